"""Each file in dialogues/ is one conversation with the inbound listener.

`C:` a line from the client · `RAW:` bytes with escapes, no line end added · `FILL: n` a line of n octets · `S:` how the
next reply begins, or `EOF` · `MAILS: n` accepted in the end · `CONTENT:` of the only mail.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.smtp.harness import House, Talker, house, talk

DIALOGUES = {file.stem: file.read_text(encoding="utf-8") for file in (Path(__file__).parent / "dialogues").glob("*.smtp")}


def unescaped(text: str) -> bytes:
    return text.encode().decode("unicode_escape").encode("latin-1")


async def perform(line: str, talker: Talker, house: House) -> None:
    verb, _, text = line.partition(":")
    text = text.removeprefix(" ")
    match verb:
        case "C":
            talker.writer.write(text.encode() + b"\r\n")
        case "RAW":
            talker.writer.write(unescaped(text))
        case "FILL":
            talker.writer.write(b"x" * int(text) + b"\r\n")
        case "S":
            reply = await talker.hear()
            assert reply == b"" if text == "EOF" else reply.startswith(text.encode()), (line, reply)
        case "MAILS":
            assert len(await house.mails()) == int(text)
        case "CONTENT":
            assert await house.mails() == [unescaped(text)]
        case _:
            pytest.fail(f"no such line in a dialogue: {line}")


@pytest.mark.parametrize("name", sorted(DIALOGUES))
async def test_dialogue(name: str, tmp_path: Path) -> None:
    lines = [line for line in DIALOGUES[name].splitlines() if line and not line.startswith("#")]
    async with house(tmp_path) as inbound, talk(inbound, greet=False) as talker:
        for line in lines:
            await perform(line, talker, inbound)
