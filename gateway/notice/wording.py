"""The administrators' words: `names.yaml` and the templates of each language, read and checked.

Every mistake becomes a `Problem` with file, line and key; nothing is guessed or filled in.  What the words are used for
is `notice`'s business.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from gateway import yaml_file
from gateway.model import Sign, Suspicion
from gateway.workflow.model import Act, Stage
from gateway.workflow.model import Kind as CaseKind
from gateway.yaml_file import BadConfiguration, Document, Problem
from sanitizers.model import Kind, Reason, SignatureState, Treatment, Verdict

LANGUAGES = ("ja", "en")  # in the order in which they stand in a notice
TEMPLATES = (
    *("head", "foot", "withheld", "extract", "held", "password", "digest", "rejected_size", "dsn"),
    *("wanted", "waiting", "told", "delayed", "apology", "deletion"),
    *("rejected", "hidden", "informed", "code", "locked", "protected", "moved"),
    "resend",
)

_SIGN = re.compile(r"(?:^|(?<=, ))(\w+)(?= \d)")  # as `journal.Decided` writes them
_COUNTED_AGAIN = re.compile(r" (\d+) [^,]* \1件(?=,|$)")  # evidence that says no more than the count before it
_FOUND = re.compile(r"(?:^|(?<=, ))(\d+) (\w+ \w+)(?=,|$)")
_SIGNS, _KINDS, _TREATMENTS, _REASONS = frozenset(Sign), frozenset(Kind), frozenset(Treatment), frozenset(Reason)
_Member = TypeVar("_Member", bound=StrEnum)
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class Names:
    """The words of one language."""

    kinds: dict[Kind, str]
    phrases: dict[Kind, str]  # said as a whole, without a count
    treatments: dict[Treatment, str]
    verdicts: dict[Verdict, str]
    reasons: dict[Reason, str]
    signatures: dict[SignatureState, str]  # whole lines; {signer} is filled in
    warnings: dict[Suspicion, str]  # whole lines; {shown} and {actual} are filled in
    cases: dict[CaseKind, str]
    stages: dict[Stage, str]
    acts: dict[Act, str]
    signs: dict[Sign, str]

    def signs_in(self, recorded: str) -> str:
        """What the journal has as `telephone 25 090-****`, in words."""
        told = _SIGN.sub(lambda found: self.signs[Sign(found[1])] if found[1] in _SIGNS else found[1], recorded)
        return _COUNTED_AGAIN.sub(r" \1", told)

    def finding(self, name: str) -> str:
        """What is counted as `macro removed` or `withheld encrypted`; another name stays as it is."""
        first, _, second = name.partition(" ")
        if first in _KINDS and second in _TREATMENTS:
            kind, treatment = self.kinds[Kind(first)], self.treatments[Treatment(second)]
            return f"{kind} {treatment}" if treatment.isascii() else f"{kind}{treatment}"
        return self.reasons[Reason(second)] if second in _REASONS else name

    def findings_in(self, recorded: str) -> str:
        """What the journal has as `2 macro removed, 1 failed corrupt`, in words."""
        return _FOUND.sub(lambda found: f"{self.finding(found[2])} {found[1]}", recorded)


def read_templates(directory: Path, problems: list[Problem]) -> dict[tuple[str, str], Template]:
    """Compiled, by language and name.  Plain text is written, so nothing is escaped for HTML."""
    environment = SandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    templates = {}
    for language in LANGUAGES:
        for name in TEMPLATES:
            path = directory / language / f"{name}.j2"
            try:
                code = environment.compile(path.read_text("utf-8"), name, str(path))
                templates[language, name] = Template.from_code(environment, code, environment.make_globals(None))
            except TemplateSyntaxError as error:
                problems.append(Problem(str(path), error.lineno, "", f"is not a valid template: {error.message}"))
            except (OSError, UnicodeDecodeError) as error:
                problems.append(
                    Problem(str(path), 0, "", f"cannot be read: {error}", "copy it from the shipped config/notices")
                )
    return templates


def filling_problem(directory: Path, name: str, render: Callable[[], str]) -> Problem | None:
    """What is wrong with a template, if it cannot be filled in."""
    try:
        render()
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        file, line = _origin(error, directory)
        return Problem(
            file or str(directory / "*" / f"{name}.j2"), line, "", f"cannot be filled in: {error}", "see the example file"
        )
    return None


def _origin(error: Exception, directory: Path) -> tuple[str, int]:
    """The innermost template line in the traceback, as Jinja maps it."""
    found, step = ("", 0), error.__traceback__
    while step:
        if step.tb_frame.f_code.co_filename.startswith(str(directory)):
            found = (step.tb_frame.f_code.co_filename, step.tb_lineno)
        step = step.tb_next
    return found


def read_names(path: Path, problems: list[Problem]) -> Names:
    """`names.yaml` of one language."""
    try:
        document = yaml_file.read(path)
    except BadConfiguration as bad:
        problems += bad.problems
        return Names(*({} for _ in fields(Names)))
    for key in sorted(document.values.keys() - {field.name for field in fields(Names)}):
        problems.append(document.problem(key, "is not a known section"))
    verdicts = {verdict.name.lower(): verdict for verdict in Verdict}
    return Names(
        _section(document, "kinds", _by_value(Kind), problems),
        _section(document, "phrases", _by_value(Kind), problems, complete=False),
        _section(document, "treatments", _by_value(Treatment), problems),
        _section(document, "verdicts", verdicts, problems),
        _section(document, "reasons", _by_value(Reason), problems),
        _section(document, "signatures", _by_value(SignatureState), problems),
        _section(document, "warnings", _by_value(Suspicion), problems),
        _section(document, "cases", _by_value(CaseKind), problems),
        _section(document, "stages", _by_value(Stage), problems),
        _section(document, "acts", _by_value(Act), problems),
        _section(document, "signs", _by_value(Sign), problems),
    )


def _by_value(members: type[_Member]) -> dict[str, _Member]:
    return {member.value: member for member in members}


def _section(
    document: Document, section: str, members: dict[str, _Key], problems: list[Problem], complete: bool = True
) -> dict[_Key, str]:
    """One mapping of `names.yaml`; every member has a text, and there is no other."""
    given = document.values.get(section)
    texts = given if isinstance(given, dict) else {}
    for name in [*texts.keys() - members.keys()]:
        problems.append(document.problem(f"{section}.{name}", "is not a known name"))
    for name in members.keys() - texts.keys() if complete else ():
        problems.append(document.problem(section, f"has no text for {name}"))
    for name, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            problems.append(document.problem(f"{section}.{name}", "must be a text", "put it in quotes"))
    return {member: str(texts.get(name, "")) for name, member in members.items() if name in texts}
