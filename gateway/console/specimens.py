"""Screen: one mail or file that somebody brings, judged by a draft or by the rules in force (DV-02).

It walks the gateway's own path as with `mugai explain` (`rehearsal.py`), in the sandbox of the previews: nothing is stored,
delivered or learnt.  The answer stays in memory for
whoever asked, a few at a time; what may be taken away is what was rebuilt and verified.  Who tested which hash is recorded.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import quote

from starlette.responses import Response

from gateway import journal
from gateway.clock import JST
from gateway.console.asker import Asker
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.identity import results
from gateway.model import Client, Direction, Envelope
from gateway.observation import UNSEARCHED
from gateway.policy import sentences
from gateway.policy.book import Standing, Version
from gateway.policy.words import ANSWERS, DISPOSITIONS
from gateway.rehearsal import Rehearsed
from gateway.smtp.address import BadAddress, address
from gateway.specimen import RECEIPT, Specimen
from gateway.words import Refusal

screen = Screen()

LARGEST = 48 << 20  # bytes: the largest mail that the doors of most houses take, and room
_KEPT = 6  # answers in memory
_KEPT_BYTES = 96 << 20  # of all their files
_CHARACTERS = 20_000  # of one text
NOBODY = "192.0.2.1"  # RFC 5737: no client's address; SPF is not judged


@dataclass(frozen=True, slots=True)
class Tested:
    """`version` None = the rules in force."""

    by: str
    specimen: Specimen
    version: Version | None
    answers: tuple[Rehearsed, ...]

    @property
    def policy_version(self) -> str:
        return self.answers[0].ruling.decision.policy_version

    @property
    def size(self) -> int:
        files = (file.content for answer in self.answers for file in answer.ruling.inspection.enclosures)
        return len(self.specimen.content) + sum(map(len, files))


@screen.get("/rules/test", Right.CHANGE_POLICY)
async def form(visit: Visit) -> Response:
    return await _form(visit)


@screen.post("/rules/test", Right.CHANGE_POLICY, body=LARGEST + (1 << 20))
async def test(visit: Visit) -> Response:
    try:
        version, specimen = await _version(visit, visit.text("version")), await _specimen(visit)
        tested = await judged(visit, specimen, version)
    except Refusal as refusal:
        return await _form(visit, refusal)
    return visit.go(f"/rules/test/{_keep(visit, tested)}")


async def judged(asker: Asker, specimen: Specimen, version: Version | None) -> Tested:
    """By the rules in force without a version; recorded.  Raises Refusal."""
    answers = await asker.desk.preview.rehearse(specimen, version.number if version else 0)
    tested = Tested(asker.who.name, specimen, version, answers)
    await asker.desk.store.journal.write(_recorded(tested))
    return tested


@screen.get("/rules/test/{key}", Right.CHANGE_POLICY)
async def show(visit: Visit) -> Response:
    tested, names = _tested(visit), visit.desk.notices.names
    return visit.page(
        "rules_tested.html",
        key=visit.request.path_params["key"],
        tested=tested,
        answers=[
            (each, sentences.of_rule(each.decides, names) if each.decides else None, read_as(visit, each), list(each.files()))
            for each in tested.answers
        ],
        names=visit.desk.names(visit.language),
        dispositions=DISPOSITIONS,
        answers_of=ANSWERS,
        unsearched=UNSEARCHED,
        proven=proven,
        warned=visit.desk.notices.warnings,
    )


@screen.get("/rules/test/{key}/{answer}/{file}", Right.CHANGE_POLICY)
async def sanitised(visit: Visit) -> Response:
    """One rebuilt and verified file; never a byte of what was brought."""
    answers = _tested(visit).answers
    try:
        enclosure = answers[visit.number("answer")].ruling.inspection.enclosures[visit.number("file")]
    except IndexError:
        raise LookupError("no such file") from None
    name = f"attachment; filename*=UTF-8''{quote(enclosure.name, safe='')}"
    return Response(enclosure.content, media_type="application/octet-stream", headers={"Content-Disposition": name})


async def _form(visit: Visit, refusal: Refusal | None = None) -> Response:
    query = visit.request.query_params if visit.request.method == "GET" else visit.form
    domain = visit.desk.settings.inbound.domains[0]
    drafts = [each for each in await visit.desk.policies.list(20) if each.standing is not Standing.ENDED]
    return visit.page(
        "rules_test.html",
        refusal.status if refusal else 200,
        refusal=refusal,
        drafts=drafts,
        chosen=query.get("version", ""),
        direction=query.get("direction", Direction.INBOUND),
        sender=query.get("sender", "sender@example.com"),
        recipients=query.get("recipients", f"staff@{domain}"),
        client=query.get("client", ""),
        largest=LARGEST,
    )


async def _version(visit: Visit, number: str) -> Version | None:
    """Raises LookupError."""
    if not number:
        return None
    if not number.isdecimal() or len(number) > 15:
        raise LookupError("no such version")
    return await visit.desk.policies.get(int(number))


async def _specimen(visit: Visit) -> Specimen:
    """Raises Refusal."""
    name, content = await visit.file("file")
    direction = Direction(visit.text("direction")) if visit.text("direction") in tuple(Direction) else Direction.INBOUND
    return specimen_of(
        name, content, direction, visit.text("sender").strip(), visit.text("recipients").split(), visit.text("client")
    )


def specimen_of(
    name: str, content: bytes, direction: Direction, sender: str, recipients: Sequence[str], client: str
) -> Specimen:
    """`client` "" = nobody is supposed to have sent it: SPF is not judged.  Raises Refusal."""
    if not content:
        raise Refusal("ファイルを選んでください。", "Choose a file.", 422)
    if len(content) > LARGEST:
        raise Refusal(f"{LARGEST >> 20} MB までです。", f"At most {LARGEST >> 20} MB.", 413)
    try:
        sender, *recipients = [str(address(each)) for each in (sender, *recipients)]
    except BadAddress as bad:
        raise Refusal(f"メールアドレスが正しくありません。({bad})", f"Not an address: {bad}", 422) from bad
    if not recipients or not all(each.isascii() for each in (sender, *recipients)):
        raise Refusal("宛先を英数字のアドレスで入力してください。", "Name recipients, in ASCII.", 422)
    try:
        at = Client(str(ip_address(client.strip() or NOBODY)), 0, "test")
    except ValueError as bad:
        raise Refusal("送信元の IP アドレスが正しくありません。", "Not an IP address.", 422) from bad
    return Specimen(name[:255], content, Envelope(sender, tuple(recipients[:20]), direction, at))


def _recorded(tested: Tested) -> journal.SpecimenJudged:
    specimen, decision = tested.specimen, tested.answers[0].ruling.decision
    return journal.SpecimenJudged(
        actor=tested.by,
        policy_version=tested.policy_version,
        sha256=specimen.sha256,
        size=len(specimen.content),
        outcome=f"{decision.disposition}: {decision.rule}",
        name=specimen.name,
    )


def _keep(visit: Visit, tested: Tested) -> str:
    """The oldest give way."""
    kept, key = visit.desk.tested, secrets.token_hex(8)
    kept[key] = tested
    while len(kept) > _KEPT or (len(kept) > 1 and sum(each.size for each in kept.values()) > _KEPT_BYTES):
        kept.popitem(last=False)
    return key


def _tested(visit: Visit) -> Tested:
    """Raises LookupError: gone, or somebody else's."""
    found = visit.desk.tested.get(visit.request.path_params["key"])
    if found is None or found.by != visit.who.name:
        raise LookupError("gone")
    return found


def proven(answer: Rehearsed) -> str:
    """Who was proven to have sent it; "" where that is not asked."""
    identity = answer.ruling.inspection.identity
    return "; ".join(results(identity)) if identity else ""


def read_as(asker: Asker, answer: Rehearsed) -> str:
    """The text of the mail with its notice, as it would be read."""
    notices, desk = asker.desk.notices, asker.desk
    inspection, decision = answer.ruling.inspection, answer.ruling.decision
    if inspection.letter is None:
        return ""
    until = desk.store.clock.now() + desk.settings.retention.originals_days * 86_400
    head = notices.head(inspection, decision, RECEIPT, datetime.fromtimestamp(until, JST), desk.settings.originals_at)
    foot = notices.foot(inspection, decision, RECEIPT)
    return "\n".join(filter(None, (head, inspection.letter.body, foot)))[:_CHARACTERS]
