"""`config/policy.yaml` -> Policy, or every problem in it with its line.

The schema is pydantic's; the values become the frozen ones of `rules.py`.  Raises BadConfiguration.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import yaml
from pydantic import ValidationError

from gateway import yaml_file
from gateway.policy import doubts as doubting
from gateway.policy.contradictions import contradictions
from gateway.policy.rules import Choice, Guessing, Policy, unreachable
from gateway.policy.syntax import CandidatePasswords, WrittenPolicy
from gateway.yaml_file import BadConfiguration, Document, Problem

_LARGEST_LIST, _MOST_LISTED = 64 << 10, 200  # bytes, passwords: they are tried on every locked file


def load(path: Path) -> Policy:
    """Raises BadConfiguration."""
    return build(yaml_file.read(path))


def text(path: Path) -> str:
    """The whole of the rules in a file; of one that lies over others, what they say together.  Raises BadConfiguration."""
    document = yaml_file.read(path)
    if not document.below:
        return path.read_text("utf-8")
    together = yaml.safe_dump(document.values, allow_unicode=True, sort_keys=False, width=120)
    return f"# {' + '.join((document.file, *document.below))}\n{together}"


def parse(text: str, name: str = "policy.yaml") -> Policy:
    """A text that is in no file, e.g. out of a browser.  Raises BadConfiguration."""
    return build(_document(text, name))


def _document(text: str, name: str) -> Document:
    content = text.encode()
    if len(content) > yaml_file.MAX_BYTES:
        ja = f"{yaml_file.MAX_BYTES} バイトを超えています。"
        raise BadConfiguration([Problem(name, 0, "", f"is larger than {yaml_file.MAX_BYTES} bytes", ja=ja)])
    return yaml_file.parse(name, content)


def doubts(text: str, name: str = "policy.yaml") -> tuple[Problem, ...]:
    """What loads, but is hardly meant.  Raises BadConfiguration for what does not load."""
    document = _document(text, name)
    return tuple(doubting.doubts(build(document), document))


def build(document: Document) -> Policy:
    try:
        raw = WrittenPolicy.model_validate(document.values)
    except ValidationError as error:
        raise BadConfiguration(yaml_file.problems_of(error, document)) from None
    if problems := list(contradictions(raw, document)):
        raise BadConfiguration(problems)
    guessing = {name: _guessing(name, profile.candidate_passwords, document) for name, profile in raw.profiles.items()}
    policy = Policy(
        profiles={name: profile.build(name) for name, profile in raw.profiles.items()},
        choices=tuple(Choice(c.name, c.match.build(), c.profile) for c in raw.choose_profile),
        rules=tuple(rule.build(raw.hide_recipients) for rule in raw.rules if rule.enabled),
        version=_version(document),
        default_profile=raw.default_profile,
        observe=raw.observe,
        guessing=guessing,
    )
    numbers = {rule.name: number for number, rule in enumerate(raw.rules)}
    if shadowed := unreachable(policy.rules):
        raise BadConfiguration(
            [
                document.problem(
                    f"rules.{numbers[rule.name]}",
                    f"{rule.name} is never reached: {earlier.name} always wins",
                    "reorder or delete it",
                    ja=f"規則「{rule.name}」は一度も使われません。先にある「{earlier.name}」が必ず当てはまります。順番を変えるか、削除してください。",
                )
                for rule, earlier in shadowed
            ]
        )
    return policy


def _guessing(profile: str, given: CandidatePasswords, document: Document) -> Guessing:
    """One password a line; a file of secrets that others on the machine can read is refused."""
    if not given.file:
        return Guessing((), given.recent_mails)
    key, path = f"profiles.{profile}.candidate_passwords.file", Path(given.file)
    try:
        with path.open("rb") as file:
            found, text = os.fstat(file.fileno()), file.read(_LARGEST_LIST + 1)
        lines = text.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(
            [
                document.problem(
                    key, f"cannot be read: {error}", "a UTF-8 text, one password a line", ja=f"読めません。({error})"
                )
            ]
        ) from None
    if found.st_mode & 0o077 or found.st_uid not in (0, os.geteuid()):
        ja = f"ほかの利用者が読み書きできます。chmod 600 {path}"
        raise BadConfiguration([document.problem(key, "can be read or changed by others", f"chmod 600 {path}", ja=ja)])
    if len(text) > _LARGEST_LIST or len(lines) > _MOST_LISTED:
        ja = f"パスワードは {_MOST_LISTED} 個までです。"
        too_many = document.problem(key, f"is longer than {_MOST_LISTED} passwords", "each one costs time", ja=ja)
        raise BadConfiguration([too_many])
    return Guessing(tuple(filter(None, lines)), given.recent_mails)


def _version(document: Document) -> str:
    canonical = json.dumps(document.values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
