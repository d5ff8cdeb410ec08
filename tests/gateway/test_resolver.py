"""The resolver against a nameserver on the loopback: each type of record, no such name, no answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from gateway.resolver import NameserverResolver, Unresolved
from sanitizers.identity import Answer, Question, RecordType

ZONE = {
    ("t.example.", "TXT"): ('"v=spf1 " "-all"', '"second"'),
    ("a.example.", "A"): ("192.0.2.1",),
    ("a.example.", "AAAA"): ("2001:db8::1",),
    ("m.example.", "MX"): ("20 late.example.", "10 early.example."),
    ("p.example.", "PTR"): ("host.example.",),
}


class Nameserver(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer: object) -> None:
        query = dns.message.from_wire(data)
        asked = query.question[0]
        if asked.name.to_text().startswith("silent"):
            return
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        kind = dns.rdatatype.to_text(asked.rdtype)
        if records := ZONE.get((asked.name.to_text(), kind)):
            response.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *records))
        elif asked.name.to_text().startswith("broken"):
            response.set_rcode(dns.rcode.SERVFAIL)
        elif not any(name == asked.name.to_text() for name, _ in ZONE):
            response.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(response.to_wire(), peer)  # type: ignore[attr-defined]


@pytest.fixture
async def resolver() -> AsyncIterator[NameserverResolver]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Nameserver, local_addr=("127.0.0.1", 0))
    found = NameserverResolver([ip_address("127.0.0.1")], 0.3)
    found._resolver.port = transport.get_extra_info("sockname")[1]
    yield found
    transport.close()


@pytest.mark.parametrize(
    ("name", "type_", "records"),
    [
        ("t.example", RecordType.TXT, ("second", "v=spf1 -all")),
        ("a.example", RecordType.A, ("192.0.2.1",)),
        ("a.example", RecordType.AAAA, ("2001:db8::1",)),
        ("m.example", RecordType.MX, ("early.example", "late.example")),
        ("p.example", RecordType.PTR, ("host.example",)),
        ("a.example", RecordType.TXT, ()),
        ("none.example", RecordType.A, ()),
    ],
)
async def test_records_as_plain_texts(
    resolver: NameserverResolver, name: str, type_: RecordType, records: tuple[str, ...]
) -> None:
    found = await resolver.resolve(Question(name, type_))
    assert found == Answer(records) or sorted(found.records) == sorted(records)


@pytest.mark.parametrize("name", ["silent.example", "broken.example"])
async def test_without_an_answer_it_is_unresolved(resolver: NameserverResolver, name: str) -> None:
    with pytest.raises(Unresolved):
        await resolver.resolve(Question(name, RecordType.A))
