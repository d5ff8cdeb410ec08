"""ISO 10303-21 (STEP clear text): .p21 and .stp by their entities, .sfc by the features in their comments (SXF).

A file is tokens; it is written anew from them, one statement or feature on a line.  HEADER and DATA stay, with every
entity; sections of references, anchors and signatures go, and so do comments that are no features.  Raises Refused(CORRUPT)
for what is no token, and where sections and statements are not as ISO 10303-21 clause 5 has them.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from sanitizers.cad import reference
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Treatment

_START, _END, _ENDSEC = "ISO-10303-21", "END-ISO-10303-21", "ENDSEC"
_SECTIONS = ("HEADER", "DATA")
_CHARSETS = ("cp932", "utf-8")  # SXF, and edition 3 of the standard; what was in any other is written in ASCII with escapes

# Each alternative begins with another character, and no repetition can be read in two ways: linear on any input.
_TOKEN = re.compile(
    r"""
    \s+
    | /\*(?P<comment>.*?)\*/
    | (?P<string> '[^']*' )
    | (?P<word> !?[A-Za-z][A-Za-z0-9_-]* | \.[A-Za-z0-9_]+\. | "[0-9A-Fa-f]*" | \#[0-9]+ | [$*]
        | [+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)? )
    | (?P<sign> [(),=;] )
    """,
    re.VERBOSE | re.DOTALL,
)
_SXF = re.compile(r"\s*(SXF[0-9.]{0,4})\s+(#\d+)\s*=\s*([a-z0-9_]{1,80})\s*\((.*)\)\s*(SXF[0-9.]{0,4})\s*", re.DOTALL)
_ARGUMENT = re.compile(r"\s*(?:\\'(?P<text>(?:[^\\]|\\(?!'\s*(?:,|\Z)))*)\\'|'(?P<value>[^'\\]*)')\s*(?:,|\Z)")
_ESCAPE = re.compile(r"\\X[24]\\((?:[0-9A-Fa-f]{4})+)\\X0\\|\\X\\([0-9A-Fa-f]{2})|(\\)\\")  # 6.4.3

# Words of the drawing, which may well say what looks like a path
_TEXTS = ("text_string_feature", "TEXT_LITERAL", "FILE_DESCRIPTION")


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    findings = Findings()
    decoded = reference.decode(content, "", findings)
    text = "\r\n".join([*_lines(_statements(decoded.text, findings), findings), ""])
    output = text.encode(decoded.charset if decoded.charset in _CHARSETS else "ascii", "mugai-step")
    return reference.outcome(output, part, detected, findings)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """A character outside the charset as ISO 10303-21 6.4.3.3 writes it: \\X4\\XXXXXXXX\\X0\\."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    codes = "".join(f"{ord(character):08X}" for character in error.object[error.start : error.end])
    return f"\\X4\\{codes}\\X0\\", error.end


codecs.register_error("mugai-step", _escaped)


def _corrupt(why: str) -> Refused:
    return Refused(Reason.CORRUPT, f"ISO 10303-21: {why}")


def _statements(text: str, findings: Findings) -> Iterator[str]:
    """Statements without their semicolon, and features as the comments that they stand in."""
    at, gathered, statement, owner, comments = 0, list[str](), "", "", 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if not token:
            raise _corrupt(f"no token at character {at}")
        at, kind = token.end(), token.lastgroup
        if kind == "comment" and (feature := _SXF.fullmatch(token["comment"])):
            if gathered:
                raise _corrupt(f"a feature inside a statement at character {at}")
            yield _feature(feature, findings)
        elif token[0] == ";":
            statement, gathered = "".join(gathered), []
            if statement == _END:
                break
            yield statement
        elif kind == "comment":
            comments += 1
        elif kind:
            if kind == "word" and gathered and gathered[-1][-1] not in "(),=":
                raise _corrupt(f"two words without a sign at character {at}")
            owner = token[0] if token[0][0].isalpha() else owner
            gathered.append(f"'{_harmless(token[0][1:-1], owner, findings)}'" if kind == "string" else token[0])
    if statement != _END:
        raise _corrupt("no end")
    if rest := text[at:].strip("\0\x1a \n\t"):
        findings.add(Kind.TRAILING_DATA, "", f"{len(rest)} characters after the end", Treatment.REMOVED)
    if comments:
        findings.add(Kind.METADATA, "", f"{comments} comments of the writing program", Treatment.REMOVED)
    yield statement


def _harmless(string: str, owner: str, findings: Findings) -> str:
    """One string without its quotes.  A doubled quote is two strings side by side, and comes out as such."""
    if owner.startswith(_TEXTS):
        return string
    return reference.bare(string, _ESCAPE.sub(_resolved, string), owner, findings)


def _resolved(escape: re.Match[str]) -> str:
    if escape[1]:
        return bytes.fromhex(escape[1]).decode("utf-16-be" if escape[0][2] == "2" else "utf-32-be", "replace")
    return chr(int(escape[2], 16)) if escape[2] else escape[3]


def _feature(feature: re.Match[str], findings: Findings) -> str:
    version, number, name, rest, closing = feature.groups()
    if version != closing:
        raise _corrupt(f"{version} ends as {closing}")
    written, at = list[str](), 0
    while at < len(rest):
        argument = _ARGUMENT.match(rest, at)
        if not argument:
            raise _corrupt(f"arguments of {number} {name}")
        at = argument.end()
        text = argument["text"]
        written.append(f"'{argument['value']}'" if text is None else f"\\'{_harmless(text, name, findings)}\\'")
    return f"/*{version}\r\n{number} = {name}({','.join(written)})\r\n{version}*/"


def _lines(statements: Iterator[str], findings: Findings) -> Iterator[str]:
    """The structure of ISO 10303-21 5.3: start, sections, end; features stand in DATA only."""
    section = None
    if next(statements, "") != _START:
        raise _corrupt("no start")
    yield f"{_START};"
    for statement in statements:
        if statement == _END and section is None:
            yield f"{_END};"
            return
        if section is None:
            section = statement.partition("(")[0]
            if section not in _SECTIONS:
                findings.add(Kind.EXTERNAL_LINK, section[:40], "section", Treatment.REMOVED)
        if statement.startswith("/*") and section != "DATA":
            raise _corrupt("a feature outside DATA")
        if section in _SECTIONS:
            yield statement if statement.startswith("/*") else f"{statement};"
        if statement == _ENDSEC:
            section = None
    raise _corrupt("no end")
