"""`config/policy.yaml` -> Policy, or every problem in it with its line.

The schema is pydantic's; the values become the frozen ones of `rules.py`.  Raises BadConfiguration.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import yaml
from pydantic import ValidationError

from gateway import yaml_file
from gateway.policy import doubts as doubting
from gateway.policy import secret_file
from gateway.policy.contradictions import contradictions
from gateway.policy.protect_settings import Protect
from gateway.policy.protection import Protection
from gateway.policy.rules import Choice, Guessing, Policy, unreachable
from gateway.policy.syntax import CandidatePasswords, WrittenPolicy
from gateway.yaml_file import BadConfiguration, Document, Problem


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
        protection=_protection(raw.protect_attachments, document),
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
    key = f"profiles.{profile}.candidate_passwords.file"
    return Guessing(secret_file.lines(Path(given.file), key, document) if given.file else (), given.recent_mails)


def _protection(given: Protect, document: Document) -> Protection:
    key = "protect_attachments.agreed"
    lines = secret_file.lines(Path(given.agreed), key, document) if given.agreed else ()
    try:
        return given.build(lines)
    except ValueError as error:
        ja = "一行に、宛先 (*@pref.example.lg.jp)、空白、英数字・記号のパスワードを書いてください。"
        raise BadConfiguration([document.problem(key, str(error), "*@pref.example.lg.jp PASSWORD", ja=ja)]) from None


def _version(document: Document) -> str:
    canonical = json.dumps(document.values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
