"""The twelve false ends of data that some server takes for one (hannob/smtpsmug, The-Login's tools), and what follows."""

from __future__ import annotations

ENDS = (
    b"\n.\n",
    b"\r.\r",
    b"\r.\n",
    b"\n.\r",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n.\r\r\n",
    b"\r\r\n.\r\r\n",
)
SMUGGLED = (
    b"MAIL FROM:<boss@city.example.lg.jp>\r\nRCPT TO:<victim@city.example.lg.jp>\r\nDATA\r\n"
    b"Subject: smuggled\r\n\r\nevil\r\n.\r\n"
)
