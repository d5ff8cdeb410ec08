"""Encoded words and raw 8-bit text in header values (RFC 2047, J6, J8, J10): bytes to text, linear in every case.

Adjacent words of one charset are joined as bytes before they are decoded, since Japanese mailers cut them in the middle of
a character or an escape sequence.  Structure (addresses, parameters) is not here.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

from sanitizers import charset
from sanitizers.carrier_emoji import Carrier

_START = re.compile(r"=\?([^?\s]{1,75})\?([bBqQ])\?")
_BASE64 = re.compile(r"[^A-Za-z0-9+/=]+")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_WHITE = re.compile(r"[ \t\r\n]+\Z")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`assumed` when a charset was missing, unknown or wrong; `undecodable` counts characters that could not be read."""

    text: str
    assumed: bool
    undecodable: int


class _Run:
    """Neighbouring words of one charset; base64 that was cut off its four-character rhythm is joined before decoding."""

    def __init__(self, label: str, encoding: str, payload: str):
        self.label, self._encoding, self._payloads = label.lower(), encoding, [payload]
        self._octets: list[bytes] = []

    def add(self, encoding: str, payload: str) -> None:
        if not encoding == self._encoding == "b" or "=" in self._payloads[-1]:
            self._flush()
        self._encoding = encoding
        self._payloads.append(payload)

    def decoded(self, phone: Carrier | None) -> charset.Decoded:
        self._flush()
        return charset.decode(b"".join(self._octets), self.label, phone)

    def _flush(self) -> None:
        self._octets.append(_octets(self._encoding, "".join(self._payloads)))
        self._payloads.clear()


def decode(raw: bytes, phone: Carrier | None = None) -> Decoded:
    """A header value (folded or not) as text; raw 8-bit and raw ISO-2022-JP in it are recognised."""
    plain = charset.decode(raw, phone=phone)
    decoded = decode_text(plain.text, phone)
    return Decoded(decoded.text, decoded.assumed or plain.assumed, decoded.undecodable + plain.undecodable)


def decode_text(text: str, phone: Carrier | None = None) -> Decoded:
    """The encoded words in text whose raw bytes are decoded already."""
    out: list[str] = []
    results: list[charset.Decoded] = []
    run: _Run | None = None
    position = 0
    while (word := _word(text, position)) is not None:
        start, end, label, encoding, payload = word
        between = text[position:start]
        if run is not None and run.label == label.lower() and not between.strip():
            run.add(encoding, payload)
        else:
            _close(run, out, results, phone)
            out.append("" if run is not None and not between.strip() else between)  # blanks between words are not text
            run = _Run(label, encoding, payload)
        position = end
    _close(run, out, results, phone)
    out.append(text[position:])
    return Decoded("".join(out), any(r.assumed for r in results), sum(r.undecodable for r in results))


def _word(text: str, position: int) -> tuple[int, int, str, str, str] | None:
    """The next encoded word: start, end, charset, encoding, payload.  One whose end was cut off reaches to the end."""
    match = _START.search(text, position)
    if match is None:
        return None
    end = text.find("?=", match.end())
    after = end + 2 if end >= 0 else len(text)
    payload = text[match.end() : end if end >= 0 else None]
    return match.start(), after, match[1].partition("*")[0], match[2].lower(), payload


def _close(run: _Run | None, out: list[str], results: list[charset.Decoded], phone: Carrier | None) -> None:
    if run is not None:
        results.append(run.decoded(phone))
        out.append(results[-1].text)


def _octets(encoding: str, payload: str) -> bytes:
    if encoding == "q":
        raw = _WHITE.sub("", payload).replace("_", " ").encode("utf-8", "surrogateescape")
        return _HEX.sub(lambda match: bytes((int(match[1], 16),)), raw)
    plain = _BASE64.sub("", payload).replace("=", "")
    plain = plain[: len(plain) - (len(plain) % 4 == 1)]
    return binascii.a2b_base64(plain + "=" * (-len(plain) % 4))
