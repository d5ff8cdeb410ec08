"""A content on its way in: what may be stored of it, and the objection to it, known only at its end.

Reading goes on to the real end whatever is wrong, so that no content is ever taken for commands (S3).  Storing and talking
are `session.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway import intake
from gateway.intake import Listener
from gateway.model import Reply
from gateway.smtp.data import Decoder, HeaderBlock

DRAIN = 4  # times the size limit that a too large content is read to its end


class Reading:
    def __init__(self, listener: Listener, too_large: Callable[[int], Reply]):
        """`too_large` refuses a content of so many octets (ML-02)."""
        self._listener, self._too_large = listener, too_large
        self._decoder, self._header = Decoder(), HeaderBlock(listener.headers)
        self.hops = 0  # times through Mugai; known after `objection`

    @property
    def ended(self) -> bool:
        return self._decoder.ended

    @property
    def rest(self) -> bytes:
        """What came behind the end."""
        return self._decoder.rest

    @property
    def size(self) -> int:
        return self._decoder.size

    @property
    def endless(self) -> bool:
        return self.size > DRAIN * self._listener.size_limit

    def feed(self, block: bytes) -> bytes:
        """What to store: nothing any more once it is clear that the content will be refused."""
        content = self._decoder.feed(block)
        self._header.feed(content)
        return b"" if self._decoder.stray or self.size > self._listener.size_limit else content

    def objection(self) -> Reply | None:
        if self._decoder.stray:
            return Reply(554, "5.6.0", "bare CR, bare LF or NUL in the message")
        if self.size > self._listener.size_limit:
            return self._too_large(self.size)
        count = self._header.count()
        self.hops = count.hops
        return intake.refuse_header(self._listener, count)
