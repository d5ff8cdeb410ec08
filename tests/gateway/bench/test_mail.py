"""The null next hop, the sender, the account of CPU time, and one small run of the whole path."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import settings
from gateway.bench import mail, processor, sender, synthetic
from gateway.bench.hop import NullHop
from tests.running import CONFIG


async def test_the_hop_counts_what_the_sender_sends_over_several_sessions() -> None:
    hop = NullHop()
    port = await hop.start()
    try:
        sent = await sender.send(port, [(n, synthetic.letter("text", n)) for n in range(20)], 4)
        again = await sender.send(port, [(7, synthetic.letter("text", 7))], 1)
    finally:
        hop.stop()
    assert sorted(hop.arrived) == sorted(each.number for each in sent) == list(range(20))
    assert all(each.accepted and each.began <= hop.arrived[each.number] <= each.ended for each in sent)
    assert (hop.duplicates, again[0].accepted) == (1, True)


async def test_a_dot_at_the_beginning_of_a_line_does_not_end_the_mail() -> None:
    hop = NullHop()
    port = await hop.start()
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        # every octet by itself: the end may come in pieces
        for octet in b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nSubject: bench 3\r\n\r\n..\r\n.x\r\n.\r\nQUIT\r\n":
            writer.write(bytes([octet]))
            await asyncio.sleep(0)
        answers = (await reader.read()).decode().splitlines()
    finally:
        hop.stop()
    assert [answer[:3] for answer in answers if answer[3] == " "] == ["220", "250", "250", "250", "354", "250", "250"]
    assert list(hop.arrived) == [3]


def test_the_cpu_of_children_is_found_living_and_ended() -> None:
    burn = "import sys; sum(range(8_000_000)); print('done', flush=True); sys.stdin.read()"
    before = processor.below(os.getpid())
    child = subprocess.Popen([sys.executable, "-c", burn], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert child.pid in processor.children(os.getpid())
    living = processor.below(os.getpid()) - before
    child.communicate()
    assert living > 0.03
    assert processor.below(os.getpid()) - before >= living - 0.01
    assert processor.spent(child.pid) == processor.Spent(0.0, 0.0)


def _flow(hop: NullHop, sent: list[sender.Sent]) -> mail.Flow:
    return mail._flow(mail.Load("text", 3, 1), None, hop, sent, mail.Cpu(0.03, 0.06, 0.003))


def test_rates_and_ages_follow_from_the_times() -> None:
    hop = NullHop()
    hop.arrived = {0: 12.0, 1: 14.0}
    refused = sender.Sent(2, 10.0, 10.5, "451 later")
    flow = _flow(hop, [sender.Sent(0, 10.0, 11.0, "250 ok"), sender.Sent(1, 11.0, 12.0, "250 ok"), refused])
    assert (flow.accepted, flow.arrived, flow.lost) == (2, 2, 1)
    assert (flow.accepting, flow.seconds) == (2.0, 4.0)
    assert (flow.latencies, flow.ages) == ((1.0, 1.0), (2.0, 3.0))


def test_a_run_in_which_nothing_arrived_is_no_measurement() -> None:
    with pytest.raises(mail.Failed, match="451 later"):
        _flow(NullHop(), [sender.Sent(0, 10.0, 10.5, "451 later")])


async def test_a_directory_that_is_not_there_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(mail.Failed, match="No such file"):
        await mail.measure(settings.load(CONFIG / "gateway.yaml"), mail.Load("text", 1, 1), None, tmp_path / "x", print)


@pytest.mark.slow
async def test_a_small_load_goes_through_a_whole_gateway(tmp_path: Path) -> None:
    seen: list[int] = []
    load = mail.Load("mixed", 10, 2)
    flow = await mail.measure(settings.load(CONFIG / "gateway.yaml"), load, None, tmp_path, seen.append)
    assert (flow.accepted, flow.arrived, flow.duplicates, flow.lost) == (10, 10, 0, 0)
    assert 0 < flow.accepting <= flow.seconds
    assert flow.cpu.gateway > 0
    assert flow.cpu.workers > 0
    assert all(accepted <= age for accepted, age in zip(flow.latencies, flow.ages, strict=True))
    assert mail.sheet(flow).row_count == 9
    assert list(tmp_path.iterdir()) == [], "its state is gone"
