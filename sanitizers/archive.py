"""Archives: every member goes over the wall as a part of its own, and a new ZIP is made of what came back.

Members that are withheld are replaced by a Japanese note, links and devices are dropped; one member that is locked,
infected or could not be inspected keeps the whole archive (formats.md 8, J11, F3, F9).  The note's words are the
supervisor's, who knows the administrators' (`Outcome.note`).  Raises `Refused` as `unpack` and `Job.child` do.  Opening the
containers is not here: `zip_strict.py`, `unpack.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sanitizers import names, zip_strict
from sanitizers.detect import hull
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Treatment, Verdict
from sanitizers.unpack import MEDIA_TYPES as MEDIA_TYPES
from sanitizers.unpack import Item, Sort, unpack

_ZIP = "application/zip"
_SEGMENTS = 16  # folders inside one another that are kept; Windows cannot open much deeper paths

_NOTE = "「{name}」はお届けしていません。\n"  # where there is no supervisor


@dataclass
class _Rebuilt:
    """The new archive while it grows: paths are unique without regard to case, as on Windows."""

    members: list[tuple[str, bytes]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def add(self, folder: str, name: str, content: bytes) -> None:
        stem, dot, extension = name.rpartition(".") if "." in name[1:] else (name, "", "")
        path, count = folder + name, 1
        while path.casefold() in self.taken:
            count += 1
            path = f"{folder}{stem} ({count}){dot}{extension}"
        self.taken.add(path.casefold())
        self.members.append((path, content))


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """A new ZIP of the sanitised members; its verdict is the worst of theirs, at most SANITISED when delivered."""
    findings, rebuilt, outcomes = Findings(), _Rebuilt(), list[tuple[str, Outcome]]()
    for item in _unpacked(content, part, detected, job, findings):
        if item.sort is Sort.DIRECTORY:
            continue
        if len(rebuilt.members) >= job.profile.limits.parts:
            raise Refused(Reason.LIMIT_PARTS, f"more than {job.profile.limits.parts} members")
        folder, name = _place(item, part, findings)
        if _dropped(item, folder + name, findings):
            continue
        if not item.content:  # nothing in it can harm, and a folder without it may be no use
            rebuilt.add(folder, name, b"")
            continue
        seen = tuple(segments[-1] for segments in map(_segments, item.names) if segments)
        outcome = job.child(item.content, Part(f"{part.path}/{len(outcomes) + 1}", name, "", seen))
        outcomes.append((folder + name, outcome))
        _put(rebuilt, folder, name, outcome, findings)
    return _outcome(part, detected, findings, rebuilt, outcomes)


def _unpacked(content: bytes, part: Part, detected: str, job: Job, findings: Findings) -> Iterator[Item]:
    """A piece of a split archive is broken, and its name tells why."""
    try:
        yield from unpack(content, detected, job.profile, findings)
    except Refused as refusal:
        if refusal.reason is Reason.CORRUPT and hull.is_volume(b"", part.names or (part.name,)):
            raise Refused(Reason.SPLIT_VOLUME, refusal.detail, Verdict.WITHHELD) from refusal
        raise


def _segments(path: str) -> list[str]:
    """Backslash separates too: Windows tools write it, and after decoding no CP932 trail byte can be one (J11)."""
    return [segment for segment in path.replace("\\", "/").split("/") if segment not in ("", ".")]


def _place(item: Item, part: Part, findings: Findings) -> tuple[str, str]:
    """Safe folder ("" or "a/b/") and safe file name.  A member without name is what a plain .gz holds."""
    path = item.names[0] or part.name.rpartition(".")[0]
    segments = _segments(path)
    chosen = names.safe([found[-1] for found in map(_segments, (path, *item.names[1:])) if found])
    kept = [segment for segment in segments[:-1] if segment != ".."][-_SEGMENTS:]
    folder = "".join(names.safe([segment]).name + "/" for segment in kept)
    if path.startswith(("/", "\\")) or path[1:2] == ":" or len(kept) < len(segments) - 1:
        findings.add(Kind.ARCHIVE_ENTRY, folder + chosen.name, "its path led out of the archive", Treatment.NEUTRALISED)
    if chosen.deceptive:
        findings.add(Kind.DECEPTIVE_NAME, folder + chosen.name, chosen.reason, Treatment.NEUTRALISED)
    return folder, chosen.name


def _dropped(item: Item, path: str, findings: Findings) -> bool:
    if item.sort is Sort.SPECIAL:
        findings.add(Kind.ARCHIVE_ENTRY, path, "link or device", Treatment.REMOVED)
    elif item.names[0].startswith("__MACOSX/") or item.names[0].endswith(".DS_Store"):
        findings.add(Kind.ARCHIVE_ENTRY, path, "left by the Finder of macOS", Treatment.REMOVED)
    else:
        return False
    return True


def _put(rebuilt: _Rebuilt, folder: str, name: str, outcome: Outcome, findings: Findings) -> None:
    if outcome.output is not None:
        rebuilt.add(folder, outcome.name or name, outcome.output)
    elif outcome.verdict is Verdict.WITHHELD:
        reason = outcome.reason or Reason.UNKNOWN_TYPE
        findings.add(Kind.MEMBER_WITHHELD, folder + name, reason, Treatment.REPLACED)
        note = (outcome.note or _NOTE.format(name=name)).replace("\n", "\r\n").encode("utf-8-sig")  # every Notepad shows it
        rebuilt.add(folder, name.replace(".", "_") + ".txt", note)  # a.exe.txt would itself look deceptive


def _outcome(part: Part, detected: str, findings: Findings, rebuilt: _Rebuilt, outcomes: list[tuple[str, Outcome]]) -> Outcome:
    if not outcomes and not rebuilt.members:
        raise Refused(Reason.EMPTY, "an archive without files", Verdict.WITHHELD, findings.all())
    where, worst = max(outcomes, key=lambda pair: pair[1].verdict, default=("", Outcome(Verdict.CLEAN, "")))
    if worst.verdict >= Verdict.LOCKED:
        detail = f"{where}: {worst.detail}"[:300]
        return Outcome(worst.verdict, detected, findings=findings.all(), reason=worst.reason, detail=detail)
    if detected != _ZIP:
        findings.add(Kind.ARCHIVE_CONVERTED, "", f"{detected} to {_ZIP}", Treatment.REPLACED)
    verdict = max(findings.verdict(), min(worst.verdict, Verdict.SANITISED))
    name = names.with_extension(part.name, _ZIP)
    return Outcome(verdict, detected, zip_strict.write(rebuilt.members), _ZIP, name, findings.all())
