"""SD-08 through a running gateway: a domain that must have TLS gets nothing in the clear."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.clamd import PrivateClamd
from gateway.smtp import tls
from gateway.smtp.sink import Sink
from tests.end_to_end.outbound import House, mail
from tests.gateway.smtp import make_certificate
from tests.gateway.smtp.make_next_hop import Part, playing
from tests.running import Running, free_port
from tests.waiting import until

BANK, PARTNER = "a@bank.example.jp", "b@example.com"


@pytest.mark.slow
@pytest.mark.parametrize("encrypts", [False, True])
async def test_sd08_a_domain_that_must_have_tls_gets_nothing_in_the_clear(
    clamd: PrivateClamd, tmp_path: Path, encrypts: bool
) -> None:
    certificate, key = make_certificate.files(tmp_path, "127.0.0.1")
    inside = Sink(tmp_path / "inside", "127.0.0.1", free_port())
    await inside.start()
    async with playing(Part(tls=tls.accepting(certificate, key) if encrypts else None)) as hop:
        gateway = Running(tmp_path / "state", clamd.socket, inside.port, outbound_hop_port=hop.port)
        gateway.outbound_extra = ", tls_domains: {bank.example.jp: required}"
        await asyncio.to_thread(gateway.start)
        try:
            receipt = await House(gateway, inside, inside).send(mail(), BANK, PARTNER)
            if encrypts:
                await gateway.until_empty()
            else:
                await until(lambda: gateway.facts("relayed", receipt) and gateway.facts("deferred", receipt))
            journal = await asyncio.to_thread(gateway.mugai, "journal", "search", "--mail", receipt, "--json")
            asked = [command for command in hop.commands if command.startswith(b"RCPT")]
            if encrypts:
                assert len(asked) == 2
                assert await asyncio.to_thread(gateway.queued) == []
                assert "TLSv1." in journal
            else:
                assert asked == [b"RCPT TO:<b@example.com>"]
                assert "4.7.4" in journal
                assert len(await asyncio.to_thread(gateway.queued)) == 1
        finally:
            gateway.stop()
            await inside.stop()
