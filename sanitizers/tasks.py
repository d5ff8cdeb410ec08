"""What a worker can be asked to do: one explicit table.

Importing this module imports every sanitiser, which is how the zygote gets them all before the lock.
"""

from __future__ import annotations

from sanitizers import attack, authentication, disclosure, message, picture_pdf, registry, render, verify, zip_aes
from sanitizers.disclosure.model import DISCLOSED, Disclosed
from sanitizers.identity import AUTHENTICATION
from sanitizers.image import heif
from sanitizers.job import Job
from sanitizers.model import Outcome, Reason, Refused, Task, Verdict
from sanitizers.plain import rebuilt
from sanitizers.protocol import Claim, Start
from sanitizers.svg import draw
from sanitizers.worker import TaskTable


def _sanitise(content: bytes, start: Start, job: Job) -> Claim:
    return Claim(registry.sanitise(content, start.part, job))


def _letter(content: bytes, start: Start, job: Job) -> Claim:
    letter, outcome = message.letter(content, start.part, job)
    return Claim(outcome, letter)


def _verify(content: bytes, start: Start, job: Job) -> Claim:
    digests, profile = frozenset(start.digests), start.profile
    if profile.passwords:
        objections = verify.locked(content, start.part.names, digests, profile.passwords[0])
    else:
        objections = verify.verify(content, start.part.declared, digests, profile.method)
    return Claim(Outcome(Verdict.CLEAN, ""), objections=tuple(objections))


def _render(content: bytes, start: Start, job: Job) -> Claim:
    return Claim(render.render(content, start.profile.limits))


def _page(content: bytes, start: Start, job: Job) -> Claim:
    return Claim(picture_pdf.page(content, int(start.part.path or 0), job))


def _draw(content: bytes, start: Start, job: Job) -> Claim:
    return Claim(draw.draw(content))


def _decode(content: bytes, start: Start, job: Job) -> Claim:
    return Claim(heif.decode(content, start.profile.limits))


def _identify(content: bytes, start: Start, job: Job) -> Claim:
    if start.session is None:
        raise Refused(Reason.CRASHED, "no session to judge")
    found = authentication.authenticate(content, start.session, job)
    return Claim(Outcome(Verdict.CLEAN, "", AUTHENTICATION.dump_json(found), "application/json"))


def _disclose(content: bytes, start: Start, job: Job) -> Claim:
    if start.search is None:
        raise Refused(Reason.CRASHED, "nothing to search for")
    read = rebuilt.read(content, start.part.declared, start.profile.limits)
    found = disclosure.disclosed(read.text, start.search, read.properties) if read else Disclosed(is_read=False)
    return Claim(Outcome(Verdict.CLEAN, "", DISCLOSED.dump_json(found), "application/json"))


def _pack(content: bytes, start: Start, job: Job) -> Claim:
    return Claim(zip_aes.pack(content, start.part, "".join(start.profile.passwords), start.profile.limits))


def _attack(content: bytes, start: Start, job: Job) -> Claim:
    return Claim(Outcome(Verdict.CLEAN, ""), objections=attack.attempt_all())


TASKS: TaskTable = {
    Task.SANITISE: _sanitise,
    Task.LETTER: _letter,
    Task.VERIFY: _verify,
    Task.ATTACK: _attack,
    Task.RENDER: _render,
    Task.PAGE: _page,
    Task.DRAW: _draw,
    Task.DECODE: _decode,
    Task.IDENTIFY: _identify,
    Task.DISCLOSE: _disclose,
    Task.PACK: _pack,
}
