"""LibreOffice in its lock: it converts, it reaches nothing else, and nothing of it is left."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway import office, soffice
from gateway.office import Office
from samples import drawing
from sanitizers import attack
from sanitizers.conversion import MEDIA_TYPES, Source, Target, request
from sanitizers.lock.office import OfficeCaps
from sanitizers.model import Outcome, Reason, Refused, Verdict
from tests.sanitizers.test_legacy import EXCEL_2003, WORD_2003
from tests.waiting import until

RTF = b"{\\rtf1\\ansi \\u20250 ?\\u-30340 ?\\u12398 ?\\u35352 ?\\u-26940 ? 2026}"  # 会議の記録
# a table in a table in a table, with 200,000 rows: takes minutes
SLOW = (
    b"{\\rtf1"
    + b"{\\trowd\\cellx99\\intbl " * 3
    + b"\\trowd\\cellx500\\intbl\\itap2 x\\nestcell\\cell\\row" * 200_000
    + b"}}}}"
)


def test_a_leak_is_told_and_what_was_not_heard_counts_as_one() -> None:
    assert "connect to a socket: no answer" in attack.office_leaks(())
    assert "connect to a socket: OK" in attack.office_leaks(("connect to a socket: OK",))


async def test_switched_off_it_withholds() -> None:
    outcome = await Office(enabled=False).convert(request(Source.RTF, Target.DOCX, RTF), 1 << 20, 10)
    assert (outcome.verdict, outcome.reason, outcome.output) == (Verdict.WITHHELD, Reason.NO_CONVERTER, None)


async def test_without_libreoffice_it_withholds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    it = Office(work=tmp_path)
    assert (await it.convert(request(Source.RTF, Target.DOCX, RTF), 1 << 20, 10)).reason is Reason.NO_CONVERTER
    assert it.problem == "LibreOffice is not installed"


async def test_a_lock_that_leaks_is_no_converter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def leaky(self: Office, task: str, directory: Path, *more: str, seconds: float) -> tuple[int, bytes]:
        assert task == "assault"
        return 0, b"read /etc/passwd: OK\n"

    monkeypatch.setattr(soffice, "installed", lambda: "/usr/lib/libreoffice/program/soffice.bin")
    monkeypatch.setattr(Office, "_run", leaky)
    it = Office(work=tmp_path)
    assert "read /etc/passwd: OK" in await it.start()
    assert (await it.convert(request(Source.DOC, Target.DOCX, b"x"), 1 << 20, 10)).reason is Reason.NO_CONVERTER
    await it.stop()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_gateway_left_goes_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    living, lease = office._new_root(tmp_path)
    left = tmp_path / "mugai-office-left"
    (left / "job").mkdir(parents=True)
    for old in (left, living):
        os.utime(old, (0, 0))
    second, other = office._new_root(tmp_path)
    assert set(tmp_path.iterdir()) == {living, second}
    os.close(lease)
    os.close(other)


@pytest.mark.parametrize("result", ["link", "pipe", "directory", "nothing"])
def test_only_a_file_is_taken_out_of_the_directory(tmp_path: Path, result: str) -> None:
    place = tmp_path / "out"
    place.mkdir()
    if result == "link":
        (place / "in.docx").symlink_to("/etc/passwd")
    elif result == "pipe":
        os.mkfifo(place / "in.docx")
    elif result == "directory":
        (place / "in.docx").mkdir()
    with pytest.raises(Refused):
        soffice.collect(tmp_path, "in.docx", 99)


def test_a_linked_directory_is_not_followed_and_a_long_result_not_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "in.docx").write_bytes(b"secret")
    (tmp_path / "out").symlink_to("elsewhere")
    with pytest.raises(Refused, match="can not open"):
        soffice.collect(tmp_path, "in.docx", 99)
    (tmp_path / "out").unlink()
    (tmp_path / "elsewhere").rename(tmp_path / "out")
    assert soffice.collect(tmp_path, "in.docx", 6) == b"secret"
    with pytest.raises(Refused, match="more than 5"):
        soffice.collect(tmp_path, "in.docx", 5)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def real() -> AsyncIterator[Office]:
    it = Office(spares=0)
    assert await it.start() == ""
    yield it
    await it.stop()
    assert processes() == set()


def processes() -> set[str]:
    """LibreOffices and their launchers that this process has started, zombies included."""
    found = set()
    for each in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = each.read_text().partition(" (")[2].rpartition(")")
            if int(rest.split()[1]) == os.getpid() and name.startswith(("soffice", "python")):
                found.add(each.parent.name)
    return found


@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="module")
class TestReal:
    async def test_it_converts_and_leaves_nothing(self, real: Office) -> None:
        outcomes = await asyncio.gather(*(real.convert(request(Source.RTF, Target.DOCX, RTF), 1 << 20, 60) for _ in range(3)))
        for outcome in outcomes:
            assert outcome.output is not None, outcome
            assert outcome.output.startswith(b"PK")
            assert outcome.media_type == MEDIA_TYPES[Target.DOCX]
        assert processes() == set()
        assert {path.name for path in real._root.iterdir()} == {"profile"}

    @pytest.mark.parametrize(
        ("source", "target", "content", "sign"),
        [
            (Source.WORDML, Target.DOCX, WORD_2003, b"PK"),
            (Source.SHEETML, Target.XLSX, EXCEL_2003, b"PK"),
            (Source.VSDX, Target.PDF, drawing.visio().build(), b"%PDF-"),  # it chooses the filter by itself
        ],
    )
    async def test_it_knows_the_format_by_its_content(
        self, real: Office, source: Source, target: Target, content: bytes, sign: bytes
    ) -> None:
        outcome = await real.convert(request(source, target, content), 1 << 20, 60)
        assert outcome.output is not None, outcome
        assert outcome.output.startswith(sign)

    async def test_what_it_can_not_open_is_corrupt(self, real: Office) -> None:
        outcome = await real.convert(
            request(Source.PPT, Target.PPTX, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), 1 << 20, 60
        )
        assert (outcome.verdict, outcome.output) == (Verdict.FAILED, None)

    async def test_a_late_one_is_killed_and_nothing_of_it_is_left(self, real: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        sockets: list[int] = []

        def watched(directory: Path) -> None:
            sockets.append(len(soffice.sockets(directory)))
            clear(directory)
            sockets.append(len(soffice.sockets(directory)))

        clear = soffice.clear
        monkeypatch.setattr(soffice, "clear", watched)
        outcome: Outcome = await real.convert(request(Source.RTF, Target.DOCX, SLOW), 1 << 20, 3)
        assert (outcome.verdict, outcome.reason) == (Verdict.FAILED, Reason.LIMIT_TIME)
        assert sockets == [1, 0]
        assert processes() == set()
        assert {path.name for path in real._root.iterdir()} == {"profile"}

    async def test_a_cancelled_one_is_killed(self, real: Office) -> None:
        task = asyncio.create_task(real.convert(request(Source.RTF, Target.DOCX, SLOW), 1 << 20, 60))
        await until(processes)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert processes() == set()
        assert {path.name for path in real._root.iterdir()} == {"profile"}

    async def test_one_is_started_ahead_sees_one_document_and_the_next_one_takes_its_place(self, real: Office) -> None:
        it = Office(spares=1)
        assert await it.start() == ""
        try:
            before = await it._spares[0]
            assert before.process.returncode is None
            outcome = await it.convert(request(Source.RTF, Target.DOCX, RTF), 1 << 20, 60)
            assert outcome.output is not None, outcome
            assert before.process.returncode is not None
            assert not before.directory.exists()
            after = await it._spares[0]
            assert {str(after.process.pid)} == processes()
            assert not list(after.directory.glob("in.*"))
        finally:
            await it.stop()
        assert processes() == set()
        assert not after.directory.exists()
        assert soffice.sockets(after.directory) == []

    async def test_one_that_died_while_it_waited_costs_no_document(self, real: Office) -> None:
        it = Office(spares=1)
        assert await it.start() == ""
        try:
            (await it._spares[0]).process.kill()
            await (await it._spares[0]).process.wait()
            assert (await it.convert(request(Source.RTF, Target.DOCX, RTF), 1 << 20, 60)).output is not None
        finally:
            await it.stop()

    async def test_a_long_result_is_refused(self, real: Office) -> None:
        assert (await real.convert(request(Source.RTF, Target.DOCX, RTF), 100, 60)).reason is Reason.LIMIT_SIZE

    async def test_cpu_is_bounded(self) -> None:
        hungry = Office(caps=OfficeCaps(cpu_seconds=2))
        try:
            assert await hungry.start() == ""
            assert (await hungry.convert(request(Source.RTF, Target.DOCX, SLOW), 1 << 20, 60)).reason is Reason.LIMIT_TIME
        finally:
            await hungry.stop()
