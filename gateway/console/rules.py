"""Screen: the rules as sentences, their history, and how they change: draft, trial, second person, publication, way back.

Who decides is the workflow's to say (LG-08); it counts people of the directory, so whoever changes rules here must be one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from starlette.responses import Response

from gateway.console.asker import Asker
from gateway.console.mail import METHODS
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.console.switches import CONSTRUCTS, FAMILY_NAMES, SETTINGS
from gateway.model import Direction
from gateway.policy import file as policy_file
from gateway.policy import sentences
from gateway.policy.book import Stale, Standing, Version, difference
from gateway.policy.rules import Policy
from gateway.policy.words import DISPOSITIONS
from gateway.replay import Depth, Selection
from gateway.words import Refusal, Words
from gateway.workflow import opening
from gateway.workflow.engine import NotAllowed, NotPossible, Shown
from gateway.workflow.ledger import AlreadyDone
from gateway.workflow.model import Act
from gateway.yaml_file import BadConfiguration, Problem
from sanitizers.model import FAMILIES

screen = Screen()

STANDINGS: dict[Standing, tuple[str, Words]] = {
    Standing.DRAFT: ("", Words("下書き", "draft")),
    Standing.PROPOSED: ("warn", Words("承認待ち", "waits for approval")),
    Standing.APPROVED: ("warn", Words("承認済み・公開待ち", "approved, not published")),
    Standing.IN_FORCE: ("good", Words("実施中", "in force")),
    Standing.EMERGENCY: ("bad", Words("緊急で実施中", "in force, emergency")),
    Standing.PAST: ("", Words("過去の版", "past")),
    Standing.ENDED: ("", Words("不採用", "not taken")),
}
ACTS: dict[Act, Words] = {
    Act.APPROVE: Words("承認する", "Approve"),
    Act.RATIFY: Words("事後承認する", "Ratify"),
    Act.APPLY: Words("公開する", "Publish"),
    Act.RETURN: Words("差し戻す", "Return"),
    Act.RESUBMIT: Words("もう一度申請する", "Ask again"),
    Act.DENY: Words("却下する", "Deny"),
    Act.WITHDRAW: Words("取り下げる", "Withdraw"),
}
MOST = 2_000  # mails in one trial from the console; `mugai replay` takes any number


@screen.get("/rules", Right.READ_POLICY)
async def show(visit: Visit) -> Response:
    policies = visit.desk.policies
    version, policy = await policies.in_force(), await policies.current()
    return visit.page("rules.html", version=version, differs=await _file_differs(visit), **_read(visit, policy))


@screen.get("/rules/versions", Right.READ_POLICY)
async def history(visit: Visit) -> Response:
    versions = await visit.desk.policies.list()
    return visit.page("rules_versions.html", versions=versions, standings=STANDINGS)


@screen.get("/rules/versions/{number}", Right.READ_POLICY)
async def version(visit: Visit) -> Response:
    """What it changes of the rules in force, or changed of those before it; who decided what; what may be done now."""
    desk, this = visit.desk, await _version(visit)
    old = await before(visit, this)
    return visit.page(
        "rules_version.html",
        this=this,
        standings=STANDINGS,
        acts=ACTS,
        before=old,
        lines=difference(old.text if old else policy_file.text(Path(desk.settings.policy)), this.text),
        shown=await _case(visit, this),
        stages=desk.names(visit.language).stages,
        names=desk.names(visit.language).acts,
        trial=desk.trials.of(this.number),
        **_read(visit, policy_file.parse(this.text)),
    )


@screen.get("/rules/edit", Right.CHANGE_POLICY)
async def edit(visit: Visit) -> Response:
    number = visit.request.query_params.get("version", "")
    if number.isdecimal() and len(number) < 16:
        this = await visit.desk.policies.get(int(number))
        draft = this.number if this.standing is Standing.DRAFT else 0
        return _editor(visit, this.text, draft, this.why if draft else "")
    return _editor(visit, await visit.desk.policies.text(), 0, "")


@screen.post("/rules/edit", Right.CHANGE_POLICY)
async def save(visit: Visit) -> Response:
    """Only what loads is saved; whatever is wrong is shown with its line, and the text stays in the form."""
    text, why, number = visit.text("text"), visit.text("reason"), visit.text("number")
    draft = int(number) if number.isdecimal() and len(number) < 16 else 0
    try:
        doubts = await asyncio.to_thread(policy_file.doubts, text)  # a long text takes long to read
        if visit.text("check"):
            return _editor(visit, text, draft, why, doubts=doubts)
        with said():
            saved = await visit.desk.policies.draft(text, visit.who.name, visit.reason(), draft)
    except BadConfiguration as bad:
        return _editor(visit, text, draft, why, problems=bad.problems)
    except Refusal as refusal:
        return _editor(visit, text, draft, why, refusal=refusal)
    return visit.go(f"/rules/versions/{saved.number}", Words("下書きを保存しました。", "The draft was saved."))


@screen.post("/rules/versions/{number}/propose", Right.CHANGE_POLICY)
async def propose(visit: Visit) -> Response:
    this = await _version(visit)
    await propose_version(visit, this, visit.reason(), bool(visit.text("emergency")))
    return visit.go(f"/rules/versions/{this.number}", Words("承認を求めました。", "Approval was asked for."))


async def propose_version(asker: Asker, this: Version, reason: str, emergency: bool) -> None:
    """Raises Refusal."""
    desk, workflow, who = asker.desk, asker.desk.settings.workflow, acting_address(asker)
    asked = opening.rules(this.number, this.version, who, reason, workflow.change_approvers)
    with said():
        if emergency:
            asked = opening.emergency(asked, await desk.store.directory.current(), workflow)
        await desk.policies.propose(desk.workflow, this, asked)


@screen.post("/rules/versions/{number}/act", Right.DECIDE_POLICY)
async def act(visit: Visit) -> Response:
    this, reason = await _version(visit), visit.reason()
    if visit.text("act") not in ACTS or not this.case:
        raise LookupError("no such act")
    await act_on(visit, this, Act(visit.text("act")), reason)
    return visit.go(f"/rules/versions/{this.number}", Words("記録しました。", "Recorded."))


async def act_on(asker: Asker, this: Version, chosen: Act, reason: str) -> None:
    """Raises Refusal, BadConfiguration."""
    if chosen is Act.APPLY:
        policy_file.parse(this.text)  # by today's program
    with said():
        await asker.desk.workflow.act(this.case, chosen, acting_address(asker), reason, asker.via)


@screen.post("/rules/versions/{number}/discard", Right.CHANGE_POLICY)
async def discard(visit: Visit) -> Response:
    with said():
        await visit.desk.policies.discard((await _version(visit)).number)
    return visit.go("/rules/versions", Words("下書きを捨てました。", "The draft was discarded."))


@screen.post("/rules/versions/{number}/restore", Right.CHANGE_POLICY)
async def restore(visit: Visit) -> Response:
    """The way back is a change like any other: a draft with the old text, then the second person."""
    old = await _version(visit)
    fresh = await visit.desk.policies.draft(old.text, visit.who.name, f"版{old.number}に戻す: {visit.reason()}")
    return visit.go(f"/rules/versions/{fresh.number}", Words("戻すための下書きです。", "A draft to go back."))


@screen.get("/rules/versions/{number}/trial", Right.CHANGE_POLICY)
async def trial(visit: Visit) -> Response:
    this = await _version(visit)
    found = visit.desk.trials.of(this.number)
    answer = visit.page("rules_trial.html", this=this, trial=found, dispositions=DISPOSITIONS, most=MOST, depths=Depth)
    if found is not None and found.is_running:
        answer.headers["Refresh"] = "2"  # the page tells how far it is, without a script
    return answer


@screen.post("/rules/versions/{number}/trial", Right.CHANGE_POLICY)
async def begin_trial(visit: Visit) -> Response:
    desk, this = visit.desk, await _version(visit)
    limit, days = _number(visit, "limit", 200, MOST), _number(visit, "days", 0, 3_650)
    since = desk.store.clock.now() - days * 86_400 if days else 0.0
    direction = Direction(visit.text("direction")) if visit.text("direction") in tuple(Direction) else None
    depth = Depth.FULL if visit.text("full") else Depth.RECORD
    await desk.trials.begin(desk, this, Selection(max(1, limit), since, direction), depth, visit.who.name)
    return visit.go(f"/rules/versions/{this.number}/trial")


@screen.post("/rules/versions/{number}/trial/stop", Right.CHANGE_POLICY)
async def stop_trial(visit: Visit) -> Response:
    this = await _version(visit)
    await visit.desk.trials.stop(this.number)
    return visit.go(f"/rules/versions/{this.number}/trial")


@contextmanager
def said() -> Iterator[None]:
    """What the rooms refuse, in words for the person in front of the page.  Raises Refusal."""
    try:
        yield
    except (NotAllowed, ValueError) as refused:
        raise Refusal(f"この操作はできません。({refused})", f"Not allowed: {refused}", 403) from refused
    except (AlreadyDone, NotPossible, Stale) as late:
        raise Refusal(f"いまの状態ではできません。({late})", f"Not in its present state: {late}", 409) from late


def _number(visit: Visit, name: str, otherwise: int, most: int) -> int:
    text = visit.text(name)
    return min(int(text), most) if text.isdecimal() and len(text) < 10 else otherwise


def _editor(
    visit: Visit,
    text: str,
    number: int,
    why: str,
    *,
    problems: tuple[Problem, ...] = (),
    doubts: tuple[Problem, ...] | None = None,
    refusal: Refusal | None = None,
) -> Response:
    """`doubts` None = nobody asked for a check."""
    # in a form every character must come back as it was: escaped, but neither marked nor cut
    whole = Markup("\n") + escape(text)
    status = refusal.status if refusal else 422 if problems and not visit.text("check") else 200
    return visit.page(
        "rules_edit.html", status, text=whole, number=number, why=why, problems=problems, refusal=refusal, doubts=doubts
    )


def _read(visit: Visit, policy: Policy) -> dict[str, Any]:
    names = visit.desk.notices.names
    return {
        "policy": policy,
        "ruled": [(rule, sentences.of_rule(rule, names)) for rule in policy.rules],
        "choices": [(choice, sentences.of_choice(choice, names)) for choice in policy.choices],
        "methods": METHODS,
        "families": {family: sorted(FAMILIES[family].keepable) + sorted(FAMILIES[family].never_kept) for family in FAMILIES},
        "constructs": CONSTRUCTS,
        "family_names": FAMILY_NAMES,
        "settings": SETTINGS,
    }


async def _version(visit: Visit) -> Version:
    return await visit.desk.policies.get(visit.number("number"))


async def before(asker: Asker, this: Version) -> Version | None:
    """What it is compared with: what was in force before it came, or is now; None = the file."""
    if this.came_at is None:
        return await asker.desk.policies.in_force()
    earlier = [v for v in await asker.desk.policies.list() if v.came_at is not None and v.came_at < this.came_at]
    return max(earlier, key=lambda v: v.came_at or 0.0, default=None)


async def _case(visit: Visit, this: Version) -> Shown | None:
    if not this.case:
        return None
    return await visit.desk.workflow.show(this.case, visit.who.address)


async def _file_differs(visit: Visit) -> bool:
    try:
        return await visit.desk.policies.file_differs()
    except BadConfiguration:
        return True


def acting_address(asker: Asker) -> str:
    """Of the person of the directory behind the account: it is people that are counted.  Raises Refusal."""
    if not asker.who.address:
        raise Refusal(
            "この利用者にメールアドレスが登録されていません。2名の確認は職員名簿の人で数えます。",
            "This account has no address: two people are counted by the directory.",
            403,
        )
    return asker.who.address
