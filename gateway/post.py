"""How one alert leaves: as a mail by the inbound next hop, as RFC 5424 syslog, as JSON to a webhook.

Each raises OSError, TimeoutError or ValueError when it was not taken.  Who hears of what, and how often, is `alerts.py`'s.
"""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from gateway import https
from gateway.alarm_names import japanese
from gateway.alert_settings import TargetSettings
from gateway.alerts import HEARTBEAT, Alert, Alerts, Send, Target, named
from gateway.clock import JST, Clock
from gateway.model import NextHop
from gateway.notifier import Notifier
from gateway.settings import Settings
from gateway.smtp.client import Conversation, Timeouts, Trouble, Unsendable
from gateway.words import Words

SECONDS = 15.0  # for one alert; it is small
_FACILITY, _ALERT, _INFO = 13, 1, 6  # RFC 5424 6.2.1: log audit; action must be taken, informational
_SYSLOG_PORTS = {"udp": 514, "tcp": 601, "tls": 6514}  # RFC 5426, 6587, 5425


def alerts(
    settings: Settings, notifier: Notifier, clock: Clock, alarm: Callable[[str, Words], None], next_hop: NextHop
) -> Alerts:
    wanted = settings.alerts
    return Alerts(
        [target(each, notifier, next_hop, settings.hostname) for each in wanted.to],
        quiet_seconds=wanted.quiet_minutes * 60,
        heartbeat_seconds=wanted.heartbeat_minutes * 60,
        now=clock.now,
        monotonic=clock.monotonic,
        alarm=alarm,
    )


def target(settings: TargetSettings, notifier: Notifier, next_hop: NextHop, hostname: str) -> Target:
    if settings.mail:
        send: Send = _Mail(settings.mail, notifier, next_hop, hostname)
    elif settings.syslog:
        send = _Syslog(settings.syslog, settings.ca_file, hostname)
    else:
        send = _Webhook(settings, hostname)
    return Target(named(settings), send, settings.alarms)


class _Mail:
    def __init__(self, to: tuple[str, ...], notifier: Notifier, next_hop: NextHop, hostname: str):
        self._to, self._notifier, self._next_hop, self._hostname = to, notifier, next_hop, hostname

    async def __call__(self, alert: Alert) -> None:
        try:
            async with asyncio.timeout(4 * SECONDS):
                limits = Timeouts(connect=SECONDS, command=SECONDS)
                conversation = await Conversation.open(self._next_hop, self._hostname, limits)
                try:
                    replies = await conversation.send("", self._to, self._content(alert), smtputf8=False)
                finally:
                    conversation.close()
        except (Trouble, Unsendable) as trouble:
            raise ConnectionError(str(trouble)) from trouble
        if refused := [f"{who}: {reply}" for who, reply in zip(self._to, replies, strict=True) if reply.code // 100 != 2]:
            raise ConnectionError("; ".join(refused))

    def _content(self, alert: Alert) -> bytes:
        alive = alert.name == HEARTBEAT
        facts = [
            "定期の生存確認です。届かなくなったら、装置を確認してください。"
            if alive
            else "メール無害化装置が警報を出しました。",
            "",
            f"警報 (alarm): {japanese(alert.name)} ({alert.name})",
            f"内容: {alert.ja or alert.detail}",
            *([f"detail: {alert.detail}"] if alert.ja else []),
            f"時刻 (time): {datetime.fromtimestamp(alert.at, JST):%Y-%m-%d %H:%M:%S} JST",
            f"装置 (host): {self._hostname}",
        ]
        if alert.item:
            facts.append(f"メール (mail): {alert.item}")
        if alert.before:
            facts.append(f"前回知らせてから同じ警報がほかに{alert.before}回ありました。 ({alert.before} more since the last)")
        subject = f"【{'生存確認' if alive else '警報'}】{japanese(alert.name)}: {(alert.ja or alert.detail)[:60]}"
        name, text = f"alert.{alert.name}.{alert.at}", "\n".join(facts) + "\n"
        return self._notifier.mail(to=self._to, subject=subject, text=text, name=name, receipt="")


class _Syslog:
    def __init__(self, url: str, ca_file: str, hostname: str):
        self._url, self._ca_file, self._hostname = urlsplit(url), ca_file, hostname

    async def __call__(self, alert: Alert) -> None:
        line, scheme = self._line(alert), self._url.scheme
        host, port = self._url.hostname or "", self._url.port or _SYSLOG_PORTS[self._url.scheme]
        async with asyncio.timeout(SECONDS):
            if scheme == "udp":
                await asyncio.to_thread(_datagram, host, port, line)
                return
            context = ssl.create_default_context(cafile=self._ca_file or None) if scheme == "tls" else None
            _, writer = await asyncio.open_connection(host, port, ssl=context)
            try:
                writer.write(b"%d %s" % (len(line), line))  # octet counting, RFC 6587 3.4.1
                await writer.drain()
            finally:
                writer.close()
                await writer.wait_closed()

    def _line(self, alert: Alert) -> bytes:
        severity = _INFO if alert.name == HEARTBEAT else _ALERT
        at = datetime.fromtimestamp(alert.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        detail = " ".join(alert.detail.split())
        again = f" ({alert.before} more before)" if alert.before else ""
        head = f"<{_FACILITY * 8 + severity}>1 {at} {self._hostname} mugai - {alert.name[:32].replace(' ', '-')} -"
        return f"{head} \ufeff{detail}{again}{f' mail={alert.item}' if alert.item else ''}".encode()


def _datagram(host: str, port: int, line: bytes) -> None:
    [family, kind, protocol, _, address] = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as out:
        out.sendto(line, address)


class _Webhook:
    def __init__(self, settings: TargetSettings, hostname: str):
        self._settings, self._hostname = settings, hostname

    async def __call__(self, alert: Alert) -> None:
        await asyncio.to_thread(self._post, alert)

    def _post(self, alert: Alert) -> None:
        """The token is read each time, so that it may be renewed."""
        settings = self._settings
        headers = {"Content-Type": "application/json", "User-Agent": "Mugai"}
        if settings.token_file:
            headers["Authorization"] = f"Bearer {Path(settings.token_file).read_text('ascii').strip()}"
        text = f"[{self._hostname}] {alert.name}: {alert.detail}"  # what chat servers show
        body = json.dumps({"text": text, "host": self._hostname, **asdict(alert)}, ensure_ascii=False).encode()
        request = urllib.request.Request(settings.webhook, body, headers, method="POST")  # noqa: S310 -- settings: http(s) only
        https.ask(request, ca_file=settings.ca_file, seconds=SECONDS)
