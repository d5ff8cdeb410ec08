"""Screen: a draft of the rules as forms: each rule, who gets which profile, each profile's switches, lists and thresholds.

The text of the draft stays the truth: a form changes in it what somebody changed, by `policy.pen`, and the whole is read again
before it is saved.  Whatever is wrong is shown beside its field, and what was filled in stays.  Only drafts are edited; who
decides about them is `rules`' page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import escape
from starlette.responses import Response

from gateway.console.fields import SPARE, Field
from gateway.console.filling import (
    ONLY,
    SECTIONS,
    Sent,
    beside,
    entries,
    entry_fields,
    fresh,
    list_fields,
    profile_fields,
    under,
    written,
)
from gateway.console.mail import METHODS
from gateway.console.roles import Right
from gateway.console.rules import said
from gateway.console.screen import Screen, Visit
from gateway.console.switches import FAMILY_NAMES
from gateway.policy import file as policy_file
from gateway.policy import pen, sentences
from gateway.policy.book import Standing, Version
from gateway.policy.pen import Place, Unwritable
from gateway.words import Refusal, Words
from gateway.yaml_file import BadConfiguration, Problem

screen = Screen()

Page = Callable[..., Response]
NEW = "new"
_NOT_SAID = Words("この箇所はフォームでは変えられません。YAML で直してください。", "This place must be edited as YAML.")


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule or a choice of the draft, as a line of the list."""

    name: str
    sentence: sentences.Sentence | None  # None: it is off
    action: str


@screen.post("/rules/drafts", Right.CHANGE_POLICY)
async def begin(visit: Visit) -> Response:
    """A draft of what is in force, to be edited by forms."""
    policies = visit.desk.policies
    draft = await policies.draft(await policies.text(), visit.who.name, visit.reason())
    return visit.go(f"/rules/versions/{draft.number}/form")


@screen.get("/rules/versions/{number}/form", Right.CHANGE_POLICY)
async def overview(visit: Visit) -> Response:
    return await _overview(visit, await _draft(visit))


@screen.get("/rules/versions/{number}/form/entries/{section}/{place}", Right.CHANGE_POLICY)
async def entry(visit: Visit) -> Response:
    draft = await _draft(visit)
    section, at = _entry(visit, draft)
    base, fields = _base(section, at, draft), entry_fields(section, draft.text, visit.desk.notices.names)
    return _entry_page(visit, draft, section, at, {f.key: f.cells(pen.at(draft.text, (*base, *f.place))) for f in fields})


@screen.post("/rules/versions/{number}/form/entries/{section}/{place}", Right.CHANGE_POLICY)
async def save_entry(visit: Visit) -> Response:
    draft = await _draft(visit)
    section, at = _entry(visit, draft)
    fields, base = entry_fields(section, draft.text, visit.desk.notices.names), _base(section, at, draft)
    sent = {field.key: field.sent(visit.form) for field in fields}
    try:
        if at == NEW:
            before = min(_number(visit.text("before")), len(entries(draft.text, section)))
            base = (section, before)
            text = pen.insert(draft.text, (section,), before, fresh(fields, sent))
        else:
            text = written(draft.text, base, fields, sent)
        if visit.text("check"):
            doubts = await asyncio.to_thread(policy_file.doubts, text)
            return _entry_page(visit, draft, section, at, sent, doubts=doubts)
        await _save(visit, draft, text)
    except BadConfiguration as bad:
        return _entry_page(visit, draft, section, at, sent, problems=bad.problems, base=base)
    except Unwritable:
        return _entry_page(visit, draft, section, at, sent, refusal=Refusal(_NOT_SAID.ja, _NOT_SAID.en, 422))
    return visit.go(f"/rules/versions/{draft.number}/form", Words("下書きに書きました。", "Written into the draft."))


@screen.post("/rules/versions/{number}/form/entries/{section}/{place}/{change}", Right.CHANGE_POLICY)
async def rearrange(visit: Visit) -> Response:
    """Up, down, on, off, out."""
    draft = await _draft(visit)
    section, place = _entry(visit, draft)
    if place == NEW:
        raise LookupError("no such entry")
    at, change = int(place), visit.request.path_params["change"]
    try:
        match change:
            case "up":
                text = pen.swap(draft.text, (section,), at - 1)
            case "down":
                text = pen.swap(draft.text, (section,), at)
            case "on":
                text = pen.drop(draft.text, (section, at, "enabled"))
            case "off":
                text = pen.put(draft.text, (section, at, "enabled"), False)
            case "out":
                text = pen.take_out(draft.text, (section,), at)
            case _:
                raise LookupError("no such change")
        await _save(visit, draft, text)
    except BadConfiguration as bad:
        return await _overview(visit, draft, bad.problems)
    except Unwritable:
        raise Refusal(_NOT_SAID.ja, _NOT_SAID.en, 422) from None
    return visit.go(f"/rules/versions/{draft.number}/form")


@screen.get("/rules/versions/{number}/form/profiles/{name}", Right.CHANGE_POLICY)
async def profile(visit: Visit) -> Response:
    draft = await _draft(visit)
    base, fields = _profile(visit, draft)
    return _profile_page(visit, draft, fields, {f.key: f.cells(pen.at(draft.text, (*base, *f.place))) for f in fields})


@screen.post("/rules/versions/{number}/form/profiles/{name}", Right.CHANGE_POLICY)
async def save_profile(visit: Visit) -> Response:
    draft = await _draft(visit)
    base, fields = _profile(visit, draft)
    sent = {field.key: field.sent(visit.form) for field in fields}
    return await _save_fields(visit, draft, base, fields, sent, _profile_page)


@screen.get("/rules/versions/{number}/form/lists", Right.CHANGE_POLICY)
async def lists(visit: Visit) -> Response:
    draft = await _draft(visit)
    fields = list_fields(draft.text, visit.desk.notices.names)
    return _lists_page(visit, draft, fields, {f.key: f.cells(pen.at(draft.text, f.place)) for f in fields})


@screen.post("/rules/versions/{number}/form/lists", Right.CHANGE_POLICY)
async def save_lists(visit: Visit) -> Response:
    draft = await _draft(visit)
    fields = list_fields(draft.text, visit.desk.notices.names)
    sent = {field.key: field.sent(visit.form) for field in fields}
    return await _save_fields(visit, draft, (), fields, sent, _lists_page)


async def _save_fields(visit: Visit, draft: Version, base: Place, fields: Sequence[Field], sent: Sent, page: Page) -> Response:
    try:
        text = written(draft.text, base, fields, sent)
        if visit.text("check"):
            doubts = await asyncio.to_thread(policy_file.doubts, text)
            return page(visit, draft, fields, sent, doubts=doubts)
        await _save(visit, draft, text)
    except BadConfiguration as bad:
        return page(visit, draft, fields, sent, problems=under(base, bad.problems))
    except Unwritable:
        return page(visit, draft, fields, sent, refusal=Refusal(_NOT_SAID.ja, _NOT_SAID.en, 422))
    return visit.go(f"/rules/versions/{draft.number}/form", Words("下書きに書きました。", "Written into the draft."))


async def _save(visit: Visit, draft: Version, text: str) -> None:
    """Raises BadConfiguration, Refusal."""
    with said():
        await visit.desk.policies.draft(text, visit.who.name, draft.why, draft.number)


# -- pages ----------------------------------------------------------------------------------------------------------------


async def _overview(visit: Visit, draft: Version, problems: Sequence[Problem] = ()) -> Response:
    policy = policy_file.parse(draft.text)
    words = visit.desk.notices.names
    rules = {rule.name: (sentences.of_rule(rule, words), rule.action) for rule in policy.rules}
    choices = {choice.name: (sentences.of_choice(choice, words), "") for choice in policy.choices}
    names = [str(each["name"]) for each in entries(draft.text, "rules")]
    return visit.page(
        "rules_form.html",
        422 if problems else 200,
        this=draft,
        problems=problems,
        entries={
            "rules": [Entry(name, *rules.get(name, (None, ""))) for name in names],
            "choose_profile": [Entry(name, *known) for name, known in choices.items()],
        },
        profiles={name: METHODS[each.method] for name, each in policy.profiles.items()},
        default=policy.default_profile,
    )


def _entry_page(
    visit: Visit,
    draft: Version,
    section: str,
    at: str,
    sent: Sent,
    *,
    problems: Sequence[Problem] = (),
    doubts: Sequence[Problem] | None = None,
    refusal: Refusal | None = None,
    base: Place | None = None,
) -> Response:
    fields = entry_fields(section, draft.text, visit.desk.notices.names)
    names = [str(each["name"]) for each in entries(draft.text, section)]
    return _form_page(
        visit,
        "rules_entry.html",
        draft,
        fields,
        sent,
        problems=under(base or _base(section, at, draft), problems),
        doubts=doubts,
        refusal=refusal,
        section=section,
        at=at,
        title=names[int(at)] if at != NEW else "",
        entries=names,
        before=_number(visit.text("before")) if visit.form else _first_delivery(draft.text, section),
        only=ONLY,
    )


def _profile_page(visit: Visit, draft: Version, fields: Sequence[Field], sent: Sent, **shown: object) -> Response:
    name = visit.request.path_params["name"]
    return _form_page(visit, "rules_profile.html", draft, fields, sent, name=name, families=FAMILY_NAMES, **shown)


def _lists_page(visit: Visit, draft: Version, fields: Sequence[Field], sent: Sent, **shown: object) -> Response:
    return _form_page(visit, "rules_lists.html", draft, fields, sent, **shown)


def _form_page(visit: Visit, template: str, draft: Version, fields: Sequence[Field], sent: Sent, **shown: Any) -> Response:
    """`sent` comes back as it was: escaped, but neither marked nor cut."""
    values = {"problems": (), "doubts": None, "refusal": None} | shown
    at_fields, others = beside(fields, values["problems"])
    cells = {key: tuple(tuple(escape(text) for text in row) for row in rows) for key, rows in sent.items()}
    status = values["refusal"].status if values["refusal"] else 422 if values["problems"] else 200
    status = 200 if visit.text("check") else status  # that it found something is what was asked for
    values |= {"problems": others, "beside": at_fields, "fields": fields, "cells": cells}
    return visit.page(template, status, this=draft, spare=SPARE, **values)


def _profile(visit: Visit, draft: Version) -> tuple[Place, list[Field]]:
    """Raises LookupError."""
    name = visit.request.path_params["name"]
    if name not in pen.at(draft.text, ("profiles",)):
        raise LookupError("no such profile")
    return ("profiles", name), profile_fields(visit.desk.notices.names)


async def _draft(visit: Visit) -> Version:
    """Raises Refusal: it is none any more, or not the one that the form was made of."""
    this = await visit.desk.policies.get(visit.number("number"))
    if this.standing is not Standing.DRAFT:
        raise Refusal("下書きだけを変えられます。", "Only a draft can be edited.", 409)
    if visit.request.method == "POST" and visit.text("seen") != this.version:
        ja = "下書きは、この画面を開いた後に変わりました。もう一度開いてください。"
        raise Refusal(ja, "The draft was changed meanwhile: open it again.", 409)
    return this


def _entry(visit: Visit, draft: Version) -> tuple[str, str]:
    """The list and the place in it, or NEW.  Raises LookupError."""
    section, at = visit.request.path_params["section"], visit.request.path_params["place"]
    if section not in SECTIONS:
        raise LookupError("no such list")
    if at != NEW and visit.number("place") >= len(entries(draft.text, section)):
        raise LookupError("no such entry")
    return section, at


def _base(section: str, at: str, draft: Version) -> Place:
    return (section, int(at) if at != NEW else len(entries(draft.text, section)))


def _first_delivery(text: str, section: str) -> int:
    """A new rule that stops something has to stand before the first that delivers."""
    actions = [each.get("action") for each in entries(text, section)]
    return actions.index("deliver") if "deliver" in actions else len(actions)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else 0
