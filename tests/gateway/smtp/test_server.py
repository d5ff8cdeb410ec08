from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gateway.model import Reply
from gateway.smtp.data import HeaderLimits
from gateway.spool import Spool
from gateway.store.db import StoreUnavailable
from tests.gateway.smtp import make_certificate
from tests.gateway.smtp.harness import ENVELOPE, INBOUND, LETTER, OUTBOUND, house, talk
from tests.gateway.smtp.make_smuggling import ENDS, SMUGGLED
from tests.waiting import PATIENCE, until


@pytest.mark.parametrize("end", ENDS, ids=repr)
async def test_s01_nothing_behind_a_false_end_is_a_mail(end: bytes, tmp_path: Path) -> None:
    async with house(tmp_path) as inbound, talk(inbound) as talker:
        await talker.begin()
        assert (await talker.say(LETTER + end + SMUGGLED)).startswith(b"554 5.6.0")
        # exactly one answer came: the next one is to the next command, and the session still works
        await talker.begin()
        assert (await talker.say(LETTER + b".\r\n")).startswith(b"250 2.6.0")
        assert await inbound.mails() == [LETTER]
        assert [refusal.reply.code for refusal in inbound.refused] == [554]


async def test_s03_a_mail_of_60_mb_is_read_to_its_end_and_the_session_goes_on(tmp_path: Path) -> None:
    async with house(tmp_path) as inbound, talk(inbound) as talker:
        await talker.begin()
        line = b"x" * 998 + b"\r\n"
        for _ in range(60):
            talker.writer.write(line * 1048)
            await talker.writer.drain()
        reply = await talker.say(b"\r\nMAIL FROM:<evil@example.com>\r\n.\r\n")
        assert reply == b"552 5.3.4 message of 60 MB exceeds the limit of 30 MB, which is about 21.8 MB of attached files\r\n"
        await talker.begin()
        assert (await talker.say(LETTER + b".\r\n")).startswith(b"250")
        assert await inbound.mails() == [LETTER]
        assert not list((tmp_path / "blobs" / "new").iterdir())


async def test_s03_an_endless_mail_ends_the_session(tmp_path: Path) -> None:
    async with house(tmp_path, replace(INBOUND, size_limit=100_000)) as inbound, talk(inbound) as talker:
        await talker.begin()
        assert (await talker.say(b"x" * 600_000)).startswith(b"552 5.3.4")
        assert await talker.hear() == b""


async def test_ml02_a_declared_size_is_refused_at_once_and_in_japanese_to_who_can_read_it(tmp_path: Path) -> None:
    async with house(tmp_path, replace(INBOUND, smtputf8=True)) as inbound, talk(inbound) as talker:
        assert b"SIZE 31457280\r\n" in await talker.say(b"EHLO client.example.com\r\n")
        reply = await talker.say(b"MAIL FROM:<a@example.com> SIZE=62914560\r\n")
        assert reply.isascii()
        reply = await talker.say(b"MAIL FROM:<a@example.com> SIZE=62914560 SMTPUTF8\r\n")
        assert re.fullmatch("552-5.3.4 message of 60 MB .*\r\n552 5.3.4 メールの大きさ.*\r\n", reply.decode())


async def test_s11_a_lie_about_the_size_does_not_help(tmp_path: Path) -> None:
    async with house(tmp_path, replace(INBOUND, size_limit=1_000)) as inbound, talk(inbound) as talker:
        await talker.begin(b"MAIL FROM:<a@example.com> SIZE=1\r\nRCPT TO:<b@city.example.lg.jp>\r\n")
        assert (await talker.say(LETTER + b"x" * 1_000 + b"\r\n.\r\n")).startswith(b"552")
        assert await inbound.mails() == []


@dataclass
class BrokenSpool:
    """A spool that fails at one place; everything else is real."""

    real: Spool
    on_write: Exception | None = None
    on_accept: Exception | None = None

    def incoming(self) -> Any:
        incoming = self.real.incoming()
        if (error := self.on_write) is not None:

            async def write(chunk: bytes) -> None:
                raise error

            incoming.write = write  # type: ignore[method-assign]
        return incoming

    async def accept(self, *arguments: Any) -> Any:
        if self.on_accept is not None:
            raise self.on_accept
        return await self.real.accept(*arguments)


@pytest.mark.parametrize(
    ("on_write", "on_accept", "code"),
    [
        (StoreUnavailable("disk full"), None, b"452 4.3.1"),
        (None, StoreUnavailable("EIO"), b"451 4.3.0"),
        (None, RuntimeError("a bug"), b"451 4.3.0"),
        (RuntimeError("a bug"), None, b"451 4.3.0"),
    ],
)
async def test_an_exception_is_451_and_never_250_or_500(
    on_write: Exception | None, on_accept: Exception | None, code: bytes, tmp_path: Path
) -> None:
    async with house(tmp_path) as real:
        async with house(tmp_path, spool=BrokenSpool(real.spool, on_write, on_accept)) as broken, talk(broken) as talker:
            await talker.begin()
            assert (await talker.say(LETTER + b".\r\n")).startswith(code)
        assert await real.mails() == []


async def test_a_gate_that_fails_is_451_and_the_connection_is_closed(tmp_path: Path) -> None:
    async with house(tmp_path) as inbound, talk(inbound) as talker:
        await talker.say(b"EHLO client.example.com\r\n")
        inbound.gate.admit = None  # type: ignore[assignment,method-assign]
        assert (await talker.say(b"MAIL FROM:<a@example.com>\r\n")).startswith(b"451 4.3.0")
        assert await talker.hear() == b""


async def test_the_gate_is_asked_at_mail_and_its_word_is_passed_on(tmp_path: Path) -> None:
    async with house(tmp_path) as inbound, talk(inbound) as talker:
        inbound.gate.answer = Reply(452, "4.3.1", "insufficient storage")
        await talker.say(b"EHLO client.example.com\r\n")
        assert await talker.say(b"MAIL FROM:<a@example.com> SIZE=77\r\n") == b"452 4.3.1 insufficient storage\r\n"
        assert inbound.gate.asked == [("a@example.com", 77)]
        assert (await talker.say(ENVELOPE[ENVELOPE.index(b"RCPT") :])).startswith(b"503")
        assert [(r.sender, r.reply.code) for r in inbound.refused] == [("a@example.com", 452)]


@pytest.mark.parametrize("state", ["greeting", "command", "data", "trickle"])
async def test_s07_a_slow_client_is_cut_off_in_every_state(state: str, tmp_path: Path) -> None:
    content = state in ("data", "trickle")
    slow = {"data_seconds": 0.5} if content else {"command_seconds": 0.5}
    async with house(tmp_path, minimum_rate=0, **slow) as inbound, talk(inbound) as talker:
        if content:
            await talker.begin()

        async def trickle() -> None:
            while state != "greeting":
                talker.writer.write(b"x")
                await asyncio.sleep(0.05)

        drip = asyncio.create_task(trickle())
        assert (await talker.hear()).startswith(b"421 4.4.2")
        assert await talker.hear() == b""
        drip.cancel()


async def test_s07_below_the_minimum_rate_a_content_is_cut_off(tmp_path: Path) -> None:
    async with house(tmp_path, minimum_rate=1_000_000) as inbound, talk(inbound) as talker:
        await talker.begin()
        [session] = inbound.server._sessions
        session.limits = replace(session.limits, command_seconds=0.3)  # not before: a machine may stand still in an envelope
        assert session._deadline(0.0, 100_000) == pytest.approx(0.4)  # so many earn a tenth of a second
        talker.writer.write(b"x" * 100_000)
        assert (await talker.hear()).startswith(b"421 4.4.2")


async def test_s07_slow_sessions_do_not_hinder_a_good_one(tmp_path: Path) -> None:
    async with house(tmp_path, sessions=300, sessions_per_peer=300) as inbound:
        slow = [await asyncio.open_connection("127.0.0.1", inbound.server.port) for _ in range(200)]
        async with talk(inbound) as talker:
            await talker.begin()
            assert (await talker.say(LETTER + b".\r\n")).startswith(b"250")
        for _, writer in slow:
            writer.close()


@pytest.mark.parametrize("limits", [{"sessions": 3}, {"sessions_per_peer": 3}])
async def test_s08_too_many_connections(limits: dict[str, int], tmp_path: Path) -> None:
    async with house(tmp_path, **limits) as inbound:
        async with talk(inbound), talk(inbound), talk(inbound), talk(inbound, greet=False) as fourth:
            assert (await fourth.hear()).startswith(b"421 4.7.0")
            assert await fourth.hear() == b""
            assert inbound.server.sessions == 3
        await until(lambda: inbound.server.sessions == 0)
        async with talk(inbound):
            assert inbound.server.sessions == 1


async def test_s08_a_flood_leaves_nothing_behind(tmp_path: Path) -> None:
    async with house(tmp_path, sessions_per_peer=5) as inbound:
        flood = [await asyncio.open_connection("127.0.0.1", inbound.server.port) for _ in range(400)]
        assert inbound.server.sessions == 5
        assert len(inbound.refused) == 395
        for _, writer in flood:
            writer.close()
        await until(lambda: inbound.server.sessions == 0)
        async with talk(inbound):
            assert inbound.server.sessions == 1


async def test_san01_an_unlisted_peer_hears_554_and_nothing_else(tmp_path: Path) -> None:
    async with house(tmp_path, replace(INBOUND, peers=(ip_network("192.0.2.0/24"),))) as inbound:
        async with talk(inbound, greet=False) as talker:
            assert (await talker.hear()).startswith(b"554 5.7.1")
            assert await talker.hear() == b""
        assert inbound.refused[0].client.address == "127.0.0.1"


@pytest.mark.parametrize(("command", "limits"), [(b"NOOP", {"junk": 5}), (b"RSET", {"junk": 5}), (b"VRFY x", {"errors": 5})])
async def test_s09_floods_end_the_session(command: bytes, limits: dict[str, int], tmp_path: Path) -> None:
    async with house(tmp_path, **limits) as inbound, talk(inbound) as talker:
        replies = [await talker.say(command + b"\r\n") for _ in range(5)]
        replies.append(await talker.say(b"NOOP\r\n"))
        assert any(reply.startswith(b"421 4.7.0") for reply in replies)
        assert await talker.hear() == b""


async def test_s09_an_accepted_mail_clears_the_count(tmp_path: Path) -> None:
    async with house(tmp_path, junk=3) as inbound, talk(inbound) as talker:
        for _ in range(4):
            await talker.begin()
            assert (await talker.say(LETTER + b".\r\n")).startswith(b"250")
            assert (await talker.say(b"RSET\r\n")).startswith(b"250")


async def test_s10_a_thousand_recipients_and_not_one_more(tmp_path: Path) -> None:
    async with house(tmp_path) as inbound, talk(inbound) as talker:
        recipients = b"".join(b"RCPT TO:<staff%d@city.example.lg.jp>\r\n" % n for n in range(1_001))
        talker.writer.write(b"EHLO x\r\n")
        await talker.hear()
        talker.writer.write(b"MAIL FROM:<a@example.com>\r\n" + recipients + b"DATA\r\n")
        replies = [await talker.hear() for _ in range(1_003)]
        assert replies[1000].startswith(b"250")
        assert replies[1001].startswith(b"452 4.5.3")
        assert replies[1002].startswith(b"354")
        assert (await talker.say(LETTER + b".\r\n")).startswith(b"250")
        [row] = await inbound.spool.queue()
        assert len(row.item.recipients) == 1_000


async def test_i1_a_recipient_named_twice_is_one_recipient(tmp_path: Path) -> None:
    async with house(tmp_path) as inbound, talk(inbound) as talker:
        await talker.begin(ENVELOPE + b"RCPT TO:<b@CITY.example.lg.jp>\r\n")
        await talker.say(LETTER + b".\r\n")
        [row] = await inbound.spool.queue()
        assert row.item.recipients == ("b@city.example.lg.jp",)


@pytest.mark.parametrize(
    ("header", "reply"),
    [
        (b"Received: x\r\n" * 31, b"554 5.4.6"),
        (b"X-Mugai-Hops: 5\r\n", b"554 5.4.6"),
        (b"X: y\r\n" * 1_100, b"552 5.3.4"),
        (b"Subject: " + b"x" * (1 << 20) + b"\r\n", b"552 5.3.4"),
        (b"Received: x\r\n" * 30 + b"X-Mugai-Hops: 4\r\n", b"250 2.6.0"),
    ],
)
async def test_s17_s18_loops_and_header_bombs(header: bytes, reply: bytes, tmp_path: Path) -> None:
    async with house(tmp_path, replace(INBOUND, headers=HeaderLimits())) as inbound, talk(inbound) as talker:
        await talker.begin()
        assert (await talker.say(header + LETTER + b".\r\n")).startswith(reply)


async def test_s17_a_loop_through_mugai_alone_ends(tmp_path: Path) -> None:
    """A rebuilt mail keeps no other Received; our own count goes round with it."""
    async with house(tmp_path) as inbound:
        trace, passes = b"", 0
        while passes < 20:
            async with talk(inbound) as talker:
                await talker.begin()
                reply = await talker.say(trace + b"Subject: %d\r\n\r\n.\r\n" % passes)
            if not reply.startswith(b"250"):
                break
            trace, passes = await inbound.spool.trace(reply.split()[4].decode()), passes + 1
        assert reply.startswith(b"554 5.4.6")
        assert passes == INBOUND.headers.hops


async def test_a_line_of_a_megabyte_in_the_body_is_common_and_accepted(tmp_path: Path) -> None:
    async with house(tmp_path) as inbound, talk(inbound) as talker:
        letter = LETTER + b"x" * (1 << 20) + b"\r\n"
        await talker.begin()
        assert (await talker.say(letter + b".\r\n")).startswith(b"250")
        assert await inbound.mails() == [letter]


async def test_s20_smtputf8_when_offered(tmp_path: Path) -> None:
    async with house(tmp_path, replace(INBOUND, smtputf8=True)) as inbound, talk(inbound) as talker:
        assert b"SMTPUTF8" in await talker.say(b"EHLO x\r\n")
        utf8 = "MAIL FROM:<太郎@example.com>".encode()
        assert (await talker.say(utf8 + b"\r\n")).startswith(b"553 5.6.7")
        assert (await talker.say(utf8 + b" SMTPUTF8\r\n")).startswith(b"250")
        assert (await talker.say("RCPT TO:<花子@city.example.lg.jp>\r\n".encode())).startswith(b"250")
        assert (await talker.say(b"DATA\r\n")).startswith(b"354")
        assert (await talker.say(LETTER + b".\r\n")).startswith(b"250")
        [row] = await inbound.spool.queue()
        assert row.item.envelope.smtputf8
        assert row.item.envelope.sender == "太郎@example.com"


async def test_received_names_the_client_inbound_and_nobody_outbound(tmp_path: Path) -> None:
    async def trace(listener: Any, place: Path, envelope: bytes) -> str:
        async with house(place, listener) as side, talk(side) as talker:
            await talker.begin(envelope)
            reply = await talker.say(LETTER + b".\r\n")
            return (await side.spool.trace(reply.split()[4].decode())).decode()

    inbound = await trace(INBOUND, tmp_path, ENVELOPE)
    assert inbound.startswith("Received: from client.example.com ([127.0.0.1])\r\n\tby mx.city.example.lg.jp with ESMTP;\r\n\t")
    assert inbound.endswith(" +0900\r\nX-Mugai-Hops: 1\r\n")
    outbound = await trace(OUTBOUND, tmp_path, b"MAIL FROM:<staff@city.example.lg.jp>\r\nRCPT TO:<x@example.net>\r\n")
    assert outbound.startswith("Received: from mx.city.example.lg.jp\r\n")
    assert "client" not in outbound
    assert "127" not in outbound


async def starttls(tmp_path: Path) -> None:
    certificate, key = make_certificate.files(tmp_path, "mx.city.example.lg.jp")
    listener = replace(INBOUND, certificate=certificate, key=key, require_tls=True)
    async with house(tmp_path, listener) as inbound, talk(inbound) as talker:
        assert b"STARTTLS" in await talker.say(b"EHLO clear.example.com\r\n")
        assert (await talker.say(b"MAIL FROM:<a@example.com>\r\n")).startswith(b"530 5.7.0")
        assert (await talker.starttls()).version() in ("TLSv1.2", "TLSv1.3")
        assert (await talker.say(b"MAIL FROM:<a@example.com>\r\n")).startswith(
            b"503"
        )  # what was said in the clear is forgotten
        assert b"STARTTLS" not in await talker.say(b"EHLO client.example.com\r\n")
        assert (await talker.say(b"STARTTLS\r\n")).startswith(b"503")
        await talker.begin()
        letter = LETTER + b"x" * 300_000 + b"\r\n"
        reply = await talker.say(letter + b".\r\n")
        assert await inbound.mails() == [letter]
        [row] = await inbound.spool.queue()
        assert row.item.envelope.client.tls.startswith("TLSv1.")
        trace = await inbound.spool.trace(reply.split()[4].decode())
        assert b"client.example.com" in trace
        assert b"with ESMTPS (TLSv1." in trace


async def starttls_injection(tmp_path: Path) -> None:
    certificate, key = make_certificate.files(tmp_path, "mx.city.example.lg.jp")
    async with house(tmp_path, replace(INBOUND, certificate=certificate, key=key)) as inbound, talk(inbound) as talker:
        await talker.say(b"EHLO client.example.com\r\n")
        assert (await talker.say(b"STARTTLS\r\nMAIL FROM:<evil@example.com>\r\n")).startswith(b"554 5.5.0")
        assert await talker.hear() == b""


async def ordinary(tmp_path: Path) -> None:
    async with house(tmp_path) as inbound, talk(inbound) as talker:
        for content in (LETTER, LETTER + b"x" * 500_000 + b"\r\n"):
            await talker.begin()
            assert (await talker.say(content + b".\r\n")).startswith(b"250")
        assert (await talker.say(b"QUIT\r\n")).startswith(b"221")
        assert sorted(map(len, await inbound.mails())) == [len(LETTER), len(LETTER) + 500_002]


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("scene", [ordinary, starttls, starttls_injection], ids=lambda scene: scene.__name__)
def test_s05_both_event_loops(
    run: Callable[..., None], scene: Callable[[Path], Coroutine[Any, Any, None]], tmp_path: Path
) -> None:
    run(scene(tmp_path))


async def test_a_client_that_leaves_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as inbound:
        async with talk(inbound) as talker:
            await talker.begin()
            talker.writer.write(LETTER + b"x" * 300_000)
            await talker.writer.drain()
            await until(lambda: list((tmp_path / "blobs" / "new").iterdir()))
        await until(lambda: not list((tmp_path / "blobs" / "new").iterdir()))
        assert await inbound.mails() == []


async def test_stop_says_goodbye_to_the_idle_and_waits_for_a_content(tmp_path: Path) -> None:
    async with house(tmp_path) as inbound, talk(inbound) as idle, talk(inbound) as busy:
        await busy.begin()
        port = inbound.server.port
        stopping = asyncio.create_task(inbound.server.stop(PATIENCE))
        assert (await idle.hear()).startswith(b"421 4.3.2")
        assert (await busy.say(LETTER + b".\r\n")).startswith(b"250")
        assert (await busy.hear()).startswith(b"421 4.3.2")
        await asyncio.wait_for(stopping, PATIENCE / 2)
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", port)
        assert await inbound.mails() == [LETTER]
