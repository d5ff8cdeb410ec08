"""The wall with real zygotes and workers: what hostile workers do, and that the supervisor neither believes nor falls."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pikepdf
import pytest
import pytest_asyncio

from gateway.sandbox import Answer, OnChild, Sandbox, SandboxDown
from gateway.zygote import Zygote
from sanitizers.model import Limits, Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.protocol import Start
from tests.waiting import PATIENCE, until

HOSTILE = "tests.sanitizers.hostile_tasks"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Wall:
    sandbox: Sandbox
    alarms: list[str] = field(default_factory=list)

    async def bomb(
        self,
        name: str,
        content: bytes | int = b"hello",
        on_child: OnChild | None = None,
        wall_seconds: float = PATIENCE,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> Answer:
        start = Start(Task.SANITISE, Part("", name, ""), Profile(limits=limits))
        return await self.sandbox.run(start, content, on_child, wall_seconds=wall_seconds)

    def zygote(self) -> Zygote:
        assert self.sandbox._current is not None
        return self.sandbox._current.result()

    async def descriptors(self) -> int:
        """Of this process, once no former zygote is left."""
        await self.bomb("echo")
        async with asyncio.timeout(PATIENCE):
            while any(not z.dead for z in self.sandbox._zygotes if z is not self.zygote()):
                await self.bomb("echo")
        return len(os.listdir("/proc/self/fd"))

    async def echo(self, part: Part, content: bytes) -> Outcome:
        return (await self.bomb(part.name, content, self.echo)).outcome


@asynccontextmanager
async def wall(tasks: str = HOSTILE, **options: object) -> AsyncIterator[Wall]:
    alarms: list[str] = []
    sandbox = Sandbox(tasks=tasks, on_alarm=alarms.append, **options)  # type: ignore[arg-type]
    await sandbox.start()
    try:
        yield Wall(sandbox, alarms)
    finally:
        await sandbox.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hostile() -> AsyncIterator[Wall]:
    async with wall(cpu_seconds=1) as it:
        assert it.sandbox.ready
        yield it


async def test_every_attack_is_stopped_and_production_kills_the_attacker() -> None:
    sandbox = Sandbox(tasks=HOSTILE)
    try:
        result = await sandbox.start()
    finally:
        await sandbox.stop()
    assert (result.leaks, result.kills, result.problem) == ((), True, "")
    assert result.level >= 3
    assert result.attempts >= 90


@pytest.mark.slow
async def test_the_real_sanitisers_work_behind_the_wall() -> None:
    async with wall("sanitizers.tasks") as real:
        assert real.sandbox.level >= 3
        outcome = (await real.bomb("a.txt", "会議の件\n".encode("cp932"))).outcome
        assert outcome.output is not None
        assert "会議の件" in outcome.output.decode()
        start = Start(Task.VERIFY, Part("", "", outcome.media_type), Profile())
        assert (await real.sandbox.run(start, outcome.output, wall_seconds=PATIENCE)).objections == ()


async def test_without_landlock_the_level_is_2_and_3_is_not_ready() -> None:
    async with wall("tests.sanitizers.hostile_tasks_old_kernel") as strict:
        assert strict.sandbox.level == 2
        assert not strict.sandbox.ready
        with pytest.raises(SandboxDown, match="level 2, 3 is required"):
            await strict.bomb("echo")
    async with wall("tests.sanitizers.hostile_tasks_old_kernel", minimum_level=2) as chosen:
        assert (await chosen.bomb("echo")).outcome.output == b"hello"
        assert (await render(chosen, Task.RENDER, b"")).reason is Reason.NO_CONVERTER


@pytest.mark.slow
@pytest.mark.parametrize(("lock", "level"), [("no_seccomp", 0), ("leaky", 1)])
async def test_without_a_lock_nothing_runs_whatever_is_configured(lock: str, level: int) -> None:
    async with wall(f"tests.sanitizers.hostile_tasks_{lock}", minimum_level=0) as open_wall:
        assert open_wall.sandbox.level == level
        with pytest.raises(SandboxDown):
            await open_wall.bomb("echo")


@pytest.mark.slow
async def test_level_4_needs_a_network_of_its_own_and_hidden_files() -> None:
    async with wall(hidden="/proc/self/no such file") as it:
        has_network = {name for _, name in socket.if_nameindex()} > {"lo"}
        can_leave_it = os.geteuid() == 0  # with CAP_SYS_ADMIN, which a container's root has not
        assert it.sandbox.level == (4 if can_leave_it or not has_network else 3)
    async with wall(hidden="/") as it:
        assert it.sandbox.level == 3


async def test_content_is_read_from_bytes_and_from_a_descriptor_at_any_offset(hostile: Wall) -> None:
    assert (await hostile.bomb("echo", b"\0\xff" * 3_000_000)).outcome.output == b"\0\xff" * 3_000_000
    with tempfile.TemporaryFile() as file:
        file.write(b"spooled")
        file.flush()
        assert (await hostile.bomb("echo", file.fileno())).outcome.output == b"spooled"
        assert file.tell() == 7


async def test_a_pdf_with_aes_256_opens_where_no_random_device_can(hostile: Wall) -> None:
    encrypted = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(encrypted, encryption=pikepdf.Encryption(owner="owner", user="", R=6))
    assert (await hostile.bomb("aes_256_pdf", encrypted.getvalue())).outcome.output == b"1"


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


async def test_the_zygote_has_no_privilege_left(hostile: Wall) -> None:
    status = _status(hostile.zygote().process.pid)
    assert {int(uid) for uid in status["Uid"].split()} == {os.geteuid() or 65534}
    assert [int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff")] == [0, 0, 0]
    assert (status["NoNewPrivs"], status["Seccomp"], status["Threads"]) == ("1", "2", "1")
    if os.geteuid() == 0:
        assert status["Groups"].split() == []


async def test_an_answer_tells_what_it_cost(hostile: Wall) -> None:
    answer = await hostile.bomb("echo")
    assert answer.cpu_seconds > 0
    assert answer.peak_bytes > 1 << 20
    assert 0 < answer.seconds < PATIENCE


BOMBS = {
    "memory": Reason.LIMIT_MEMORY,
    "cpu": Reason.LIMIT_TIME,
    "surprise": Reason.CRASHED,
}
TAKEN_OVER = {
    "flood": Reason.CRASHED,
    "long_output": Reason.LIMIT_SIZE,
    "long_json": Reason.LIMIT_SIZE,
    "negative_length": Reason.CRASHED,
    "children": Reason.CRASHED,
    "segfault": Reason.CRASHED,
    "exploit": Reason.EXPLOIT_ATTEMPT,
    "garbage": Reason.CRASHED,
    "not_json": Reason.CRASHED,
    "half_answer": Reason.CRASHED,
    "twice": Reason.CRASHED,
    "ask": Reason.CRASHED,
    "early_exit": Reason.CRASHED,
    "answer_then_die": Reason.CRASHED,
    "close_and_stay": Reason.CRASHED,
    "infected": Reason.CRASHED,
}


@pytest.mark.parametrize(("bombs", "alarms"), [(BOMBS, 0), (TAKEN_OVER, len(TAKEN_OVER))], ids=["bombs", "taken over"])
async def test_each_bomb_fails_its_own_part_only(hostile: Wall, bombs: dict[str, Reason], alarms: int) -> None:
    hostile.alarms.clear()
    *answers, good = await asyncio.gather(*(hostile.bomb(name) for name in [*bombs, "echo"]))
    assert {name: answer.outcome.reason for name, answer in zip(bombs, answers, strict=True)} == bombs
    assert {(answer.outcome.verdict, answer.outcome.output) for answer in answers} == {(Verdict.FAILED, None)}
    assert len(hostile.alarms) == alarms
    assert good.outcome.output == b"hello"
    assert (await hostile.bomb("echo")).outcome.output == b"hello"


async def test_wall_time_is_enforced(hostile: Wall) -> None:
    answer = await hostile.bomb("sleep", wall_seconds=0.2)
    assert answer.outcome.reason is Reason.LIMIT_TIME
    assert answer.seconds < 60  # as long as it would have slept


async def test_wall_time_includes_the_children(hostile: Wall) -> None:
    async def slow(part: Part, content: bytes) -> Outcome:
        return (await hostile.bomb("sleep")).outcome

    answer = await hostile.bomb("nest", b"\1", slow, wall_seconds=0.3)
    assert answer.outcome.reason is Reason.LIMIT_TIME
    assert answer.seconds < 60


async def test_a_refusal_in_the_worker_keeps_its_verdict(hostile: Wall) -> None:
    outcome = (await hostile.bomb("refuse")).outcome
    assert (outcome.verdict, outcome.reason) == (Verdict.LOCKED, Reason.ENCRYPTED)


async def test_children_five_deep_each_in_a_process_of_its_own(hostile: Wall) -> None:
    answer = await hostile.bomb("nest", b"\5", hostile.echo)
    assert answer.outcome.output == b"(((((core)))))"


async def test_many_containers_at_once_do_not_deadlock(hostile: Wall) -> None:
    answers = await asyncio.gather(*(hostile.bomb("nest", b"\3", hostile.echo) for _ in range(12)))
    assert {answer.outcome.output for answer in answers} == {b"(((core)))"}


async def test_bytes_that_the_container_does_not_want_stay_outside(hostile: Wall) -> None:
    assert (await hostile.bomb("blind", b"x", hostile.echo)).outcome.output == b"CLEAN None"


async def test_an_exhausted_budget_is_raised_inside(hostile: Wall) -> None:
    async def no_more(part: Part, content: bytes) -> Outcome:
        raise Refused(Reason.LIMIT_PARTS, "enough")

    outcome = (await hostile.bomb("nest", b"\1", no_more)).outcome
    assert (outcome.reason, outcome.detail) == (Reason.LIMIT_PARTS, "enough")


async def test_a_worker_that_ignores_the_budget_is_killed(hostile: Wall) -> None:
    asked = 0

    async def no_more(part: Part, content: bytes) -> Outcome:
        nonlocal asked
        asked += 1
        raise Refused(Reason.LIMIT_PARTS, "enough")

    assert (await hostile.bomb("children", b"", no_more, limits=Limits(parts=20))).outcome.reason is Reason.LIMIT_PARTS
    assert asked == 20


async def test_an_error_of_the_caller_passes_through_and_leaves_nothing_behind(hostile: Wall) -> None:
    async def broken(part: Part, content: bytes) -> Outcome:
        raise TimeoutError("the scanner's, not the worker's")

    before = await hostile.descriptors()
    with pytest.raises(TimeoutError, match="scanner"):
        await hostile.bomb("nest", b"\1", broken)
    assert await hostile.descriptors() == before


async def test_a_cancelled_job_ends_its_worker(hostile: Wall) -> None:
    before = await hostile.descriptors()
    job = asyncio.create_task(hostile.bomb("sleep"))
    await until(lambda: any(z._jobs for z in [*hostile.sandbox._zygotes]))  # a new current one may have come meanwhile
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert await hostile.descriptors() == before
    assert (await hostile.bomb("echo")).outcome.output == b"hello"


async def test_an_output_over_the_limit_is_an_honest_failure(hostile: Wall) -> None:
    hostile.alarms.clear()
    assert (await hostile.bomb("echo", b"x" * 1001, limits=Limits(part_bytes=1000))).outcome.reason is Reason.LIMIT_SIZE
    assert not hostile.alarms


async def test_a_letter_comes_with_its_body(hostile: Wall) -> None:
    answer = await hostile.sandbox.run(
        Start(Task.LETTER, Part("", "", ""), Profile()), b"x", hostile.echo, wall_seconds=PATIENCE
    )
    assert answer.letter is not None
    assert (answer.letter.subject, answer.letter.body) == ("件名", "本文\n")


async def test_a_letter_can_not_name_a_child_that_it_did_not_have(hostile: Wall) -> None:
    answer = await hostile.sandbox.run(
        Start(Task.LETTER, Part("", "", ""), Profile()), b"invented", hostile.echo, wall_seconds=PATIENCE
    )
    assert (answer.outcome.verdict, answer.letter) == (Verdict.FAILED, None)
    assert "attachment" in answer.outcome.detail


async def render(wall: Wall, task: Task, content: bytes) -> Outcome:
    return (await wall.sandbox.run(Start(task, Part("", "", ""), Profile()), content, wall_seconds=PATIENCE)).outcome


async def test_a_renderer_sees_fonts_and_its_answer_comes_back(hostile: Wall) -> None:
    start = Start(Task.SANITISE, Part("", "ask", ""), Profile())
    answer = await hostile.sandbox.run(start, b"x", None, partial(render, hostile), wall_seconds=PATIENCE)
    assert answer.outcome.output == b"sees fonts"


async def test_a_failed_renderer_fails_who_asked(hostile: Wall) -> None:
    async def late(task: Task, content: bytes) -> Outcome:
        return Outcome(Verdict.FAILED, "", reason=Reason.LIMIT_TIME, detail="late")

    start = Start(Task.SANITISE, Part("", "ask", ""), Profile())
    outcome = (await hostile.sandbox.run(start, b"x", None, late, wall_seconds=PATIENCE)).outcome
    assert (outcome.verdict, outcome.reason, outcome.detail) == (Verdict.FAILED, Reason.LIMIT_TIME, "late")


@pytest.mark.parametrize("bomb", ["asks", "ask_for_all"])
async def test_who_asks_too_much_is_killed(hostile: Wall, bomb: str) -> None:
    start = Start(Task.SANITISE, Part("", bomb, ""), Profile(limits=Limits(parts=3)))
    outcome = (await hostile.sandbox.run(start, b"x", None, partial(render, hostile), wall_seconds=PATIENCE)).outcome
    assert outcome.reason is (Reason.LIMIT_PARTS if bomb == "asks" else Reason.CRASHED)


async def test_who_reads_a_letter_may_ask_for_no_other_task(hostile: Wall) -> None:
    start = Start(Task.LETTER, Part("", "", ""), Profile())
    answer = await hostile.sandbox.run(start, b"asked", hostile.echo, partial(render, hostile), wall_seconds=PATIENCE)
    assert (answer.outcome.verdict, answer.letter) == (Verdict.FAILED, None)
    assert "asks for render" in answer.outcome.detail


async def test_a_verifier_objects(hostile: Wall) -> None:
    start = Start(Task.VERIFY, Part("", "", "text/plain"), Profile(), ("00", "ff"))
    assert (await hostile.sandbox.run(start, b"x", wall_seconds=PATIENCE)).objections == ("text/plain", "00", "ff")
    assert (await hostile.sandbox.run(start, b"", wall_seconds=PATIENCE)).objections == ()


@pytest.mark.slow
async def test_a_dead_zygote_is_an_error_of_the_machine_and_is_replaced() -> None:
    async with wall() as it:
        job = asyncio.create_task(it.bomb("sleep"))
        await until(lambda: it.zygote()._jobs)
        os.kill(it.zygote().process.pid, signal.SIGKILL)
        with pytest.raises(SandboxDown):
            await job
        assert (await it.bomb("echo")).outcome.output == b"hello"


@pytest.mark.slow
async def test_a_stopped_zygote_does_not_hold_the_lanes_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    async with wall() as it:
        os.kill(it.zygote().process.pid, signal.SIGSTOP)
        monkeypatch.setattr("gateway.zygote.REPORT_SECONDS", 0.2)
        with pytest.raises(SandboxDown, match="did not answer"):
            await it.bomb("echo")
        monkeypatch.undo()
        assert (await it.bomb("echo")).outcome.output == b"hello"


async def test_after_an_attack_new_jobs_get_a_new_zygote_and_running_ones_finish(hostile: Wall) -> None:
    await hostile.bomb("echo")
    before = hostile.zygote()
    running = asyncio.create_task(hostile.bomb("nest", b"\2", _slowly(hostile)))
    await asyncio.sleep(0.05)
    await hostile.bomb("exploit")
    assert (await running).outcome.output == b"((core))"
    await hostile.bomb("echo")
    assert hostile.zygote() is not before


def _slowly(it: Wall) -> OnChild:
    async def child(part: Part, content: bytes) -> Outcome:
        await asyncio.sleep(0.2)
        return (await it.bomb(part.name, content, child)).outcome

    return child


@pytest.mark.slow
async def test_a_zygote_is_renewed_after_its_share_of_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    async with wall() as it:
        first = it.zygote()
        monkeypatch.setattr("gateway.sandbox._JOBS_PER_ZYGOTE", 5)
        async with asyncio.timeout(PATIENCE):
            while it.zygote() is first:
                assert (await it.bomb("echo")).outcome.output == b"hello"
        monkeypatch.undo()
        await it.descriptors()
        assert first.dead


@pytest.mark.slow
async def test_a_worker_holds_its_three_descriptors_and_no_other() -> None:
    with tempfile.TemporaryFile() as secret:
        os.set_inheritable(secret.fileno(), True)
        async with wall() as it:
            assert (await it.bomb("descriptors")).outcome.output == b"0 1 2"


@pytest.mark.slow
async def test_no_descriptor_and_no_process_is_left_after_many_jobs(hostile: Wall) -> None:
    before = await hostile.descriptors()
    for _ in range(300):
        await hostile.bomb("echo")
    assert await hostile.descriptors() == before
    assert not hostile.zygote()._jobs


@pytest.mark.slow
async def test_nothing_runs_after_stop() -> None:
    async with wall() as it:
        job = asyncio.create_task(it.bomb("sleep"))
        await until(lambda: it.zygote()._jobs)
        await it.sandbox.stop()
        with pytest.raises(SandboxDown):
            await job
        with pytest.raises(SandboxDown):
            await it.bomb("echo")
