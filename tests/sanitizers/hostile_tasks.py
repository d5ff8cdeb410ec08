"""A task table of attacks and bombs, loaded into a real zygote instead of `sanitizers.tasks`.

The detail of the part to sanitise (`part.name`) names the bomb; each behaves as a worker that an attacker took over.
"""

from __future__ import annotations

import ctypes
import io
import os
import socket
import time
from dataclasses import replace

import pikepdf

from sanitizers import attack
from sanitizers.job import Job
from sanitizers.letter import Attachment, Letter
from sanitizers.lock import FONTS
from sanitizers.model import Outcome, Part, Reason, Refused, Task, Verdict
from sanitizers.protocol import HEADER, Claim, FrameType, Start, frame, write_ask, write_child, write_claim
from sanitizers.worker import TaskTable

CLEAN = Outcome(Verdict.CLEAN, "text/plain", b"out", "text/plain", "a.txt")

_ANSWER = b"".join(block or b"" for block in write_claim(Claim(CLEAN)))


def _sanitise(content: bytes, start: Start, job: Job) -> Claim:
    return BOMBS[start.part.name](content, job)


def echo(content: bytes, job: Job) -> Claim:
    return Claim(replace(CLEAN, output=content))


def nest(content: bytes, job: Job) -> Claim:
    """As many containers in one another as the first byte says."""
    if content[0] == 0:
        return Claim(replace(CLEAN, output=b"core"))
    child = job.child(bytes([content[0] - 1]), Part("1", "nest", ""))
    return Claim(replace(CLEAN, output=b"(" + (child.output or b"none") + b")"))


def blind(content: bytes, job: Job) -> Claim:
    child = job.child(content, Part("1", "echo", ""), want_output=False)
    return Claim(replace(CLEAN, output=f"{child.verdict.name} {child.output}".encode()))


def aes_256_pdf(content: bytes, job: Job) -> Claim:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return Claim(replace(CLEAN, output=str(len(pdf.pages)).encode()))


def descriptors(content: bytes, job: Job) -> Claim:
    held = [n for n in range(1 << 10) if _is_open(n)]
    return Claim(replace(CLEAN, output=" ".join(map(str, held)).encode()))


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def memory(content: bytes, job: Job) -> Claim:
    return Claim(replace(CLEAN, output=bytes(8 << 30)))


def cpu(content: bytes, job: Job) -> Claim:
    while True:
        pass


def sleep(content: bytes, job: Job) -> Claim:
    time.sleep(60)
    return Claim(CLEAN)


def flood(content: bytes, job: Job) -> Claim:
    block = b"x" * (1 << 20)
    while True:
        os.write(1, block)


def long_output(content: bytes, job: Job) -> Claim:
    os.write(1, HEADER.pack(FrameType.ANSWER, 2, 1 << 60) + b"{}")
    return _silence()


def long_json(content: bytes, job: Job) -> Claim:
    os.write(1, HEADER.pack(FrameType.ANSWER, 0xFFFFFFFF, -1))
    return _silence()


def negative_length(content: bytes, job: Job) -> Claim:
    os.write(1, HEADER.pack(FrameType.ANSWER, 2, -2) + b"{}")
    return _silence()


def children(content: bytes, job: Job) -> Claim:
    while True:
        os.write(1, write_child(Part("1", "echo", ""), b"", False))


def ask(content: bytes, job: Job) -> Claim:
    return Claim(replace(CLEAN, output=job.ask(Task.RENDER, content)))


def asks(content: bytes, job: Job) -> Claim:
    while True:
        os.write(1, write_ask(Task.RENDER, b""))


def ask_for_all(content: bytes, job: Job) -> Claim:
    os.write(1, write_ask(Task.LETTER, b""))
    return _silence()


def segfault(content: bytes, job: Job) -> Claim:
    ctypes.string_at(0)
    return Claim(CLEAN)


def garbage(content: bytes, job: Job) -> Claim:
    os.write(1, b"\xff" * 64)
    return Claim(CLEAN)


def not_json(content: bytes, job: Job) -> Claim:
    os.write(1, frame(FrameType.ANSWER, b"\x80{"))
    return _silence()


def half_answer(content: bytes, job: Job) -> Claim:
    os.write(1, _ANSWER[:-1])
    return _silence()


def twice(content: bytes, job: Job) -> Claim:
    os.write(1, _ANSWER)
    return Claim(CLEAN)


def early_exit(content: bytes, job: Job) -> Claim:
    os._exit(0)


def answer_then_die(content: bytes, job: Job) -> Claim:
    os.write(1, _ANSWER)
    os._exit(1)


def close_and_stay(content: bytes, job: Job) -> Claim:
    os.write(1, _ANSWER)
    os.close(1)
    time.sleep(60)
    return Claim(CLEAN)


def exploit(content: bytes, job: Job) -> Claim:
    socket.socket()
    return Claim(CLEAN)


def surprise(content: bytes, job: Job) -> Claim:
    raise ZeroDivisionError("of the sanitiser\x07")


def refuse(content: bytes, job: Job) -> Claim:
    raise Refused(Reason.ENCRYPTED, "password", Verdict.LOCKED)


def infected(content: bytes, job: Job) -> Claim:
    return Claim(replace(CLEAN, verdict=Verdict.INFECTED, output=None, reason=Reason.INFECTED))


def _silence() -> Claim:
    os._exit(0)


BOMBS = {f.__name__: f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == __name__}


def _letter(content: bytes, start: Start, job: Job) -> Claim:
    if content == b"asked":
        job.ask(Task.RENDER, content)
    else:
        job.child(content, Part("1", "echo", ""), want_output=False)
    attachments = (Attachment(1 if content == b"invented" else 0, "a.txt"),)
    letter = Letter("件名", (), None, (), (), (), "", "", (), (), "本文\n", attachments)
    return Claim(Outcome(Verdict.CLEAN, "message/rfc822"), letter)


def _verify(content: bytes, start: Start, job: Job) -> Claim:
    objections = (start.part.declared, *start.digests) if content else ()
    return Claim(Outcome(Verdict.CLEAN, ""), objections=objections)


def _attack(content: bytes, start: Start, job: Job) -> Claim:
    return Claim(Outcome(Verdict.CLEAN, ""), objections=attack.attempt_all())


def _render(content: bytes, start: Start, job: Job) -> Claim:
    """Which confinement it is in: only the renderer's can open a font directory."""
    try:
        os.listdir(FONTS)
    except OSError:
        return Claim(replace(CLEAN, output=b"sees no fonts"))
    return Claim(replace(CLEAN, output=b"sees fonts"))


TASKS: TaskTable = {
    Task.SANITISE: _sanitise,
    Task.LETTER: _letter,
    Task.VERIFY: _verify,
    Task.ATTACK: _attack,
    Task.RENDER: _render,
}
