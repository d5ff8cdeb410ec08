"""A console on a store in a directory, and a browser that speaks to it without a network."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from unittest.mock import patch

import httpx
import pyotp

from gateway import settings as settings_file
from gateway.console import app
from gateway.console.desk import Desk
from gateway.console.guard import Guard
from gateway.console.screen import COOKIE
from gateway.console.standing import Account
from gateway.cutoff import Stops
from gateway.directory import Book, Role
from gateway.notice import Notices
from gateway.settings import Settings
from gateway.store.opening import Store
from tests.gateway.make_spool import Rooms, rooms

ORIGIN = "https://console.example:8443"
PASSWORD = "四月の桜は川沿いの道に三十本ある"
CONFIG = Path(__file__).parents[3] / "config" / "gateway.yaml"


@dataclass
class Browser:
    """Keeps cookies, sends what a real one sends, reads the token out of the page."""

    client: httpx.AsyncClient
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=lambda: {"origin": ORIGIN, "sec-fetch-site": "same-origin"})

    async def get(self, path: str) -> httpx.Response:
        return self._seen(await self.client.get(path))

    async def post(self, path: str, **form: str | Sequence[str]) -> httpx.Response:
        data = {"csrf": self.csrf, **form}
        return self._seen(await self.client.post(path, data=data, headers=self.headers))

    def _seen(self, answer: httpx.Response) -> httpx.Response:
        if found := re.search(r'name="csrf" value="([0-9a-f]+)"', answer.text):
            self.csrf = found[1]
        return answer


@dataclass
class Console:
    rooms: Rooms
    desk: Desk
    _running: tuple[Settings, Guard] | None = None

    def client(self, source: str = "127.0.0.1") -> httpx.AsyncClient:
        """Of the one application that runs, as in a gateway: it is built anew for other settings only."""
        settings = self.desk.settings
        if self._running is None or self._running[0] is not settings:
            self._running = settings, app.application(self.desk)
        transport = httpx.ASGITransport(self._running[1], client=(source, 40_000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    def browser(self, source: str = "127.0.0.1") -> Browser:
        return Browser(self.client(source))

    async def person(self, name: str, *some: Role, patterns: Sequence[str] = (), address: str = "") -> Account:
        until = date(2099, 3, 31) if Role.VEN in some else None  # a contractor has an end
        code = await self.desk.accounts.invite(name, name.title(), some, patterns, "test", address, until)
        return await self.desk.accounts.accept(code, "", "", PASSWORD)

    async def signed_in(self, who: Account, *, whole: bool = True, elevated: bool = False) -> Browser:
        """Without walking through the door."""
        sessions = self.desk.sessions
        token = await sessions.begin(who, "127.0.0.1", "test", whole=whole, method="password")
        if elevated:
            found = await sessions.find(token)
            assert found is not None
            token = await sessions.elevate(found)
        browser = self.browser()
        browser.client.cookies.set(COOKIE, token, domain="console.example", path="/")
        found = await sessions.find(token)
        assert found is not None
        browser.csrf = found.csrf
        return browser

    def code(self, secret: str) -> str:
        return pyotp.TOTP(secret).at(int(self.rooms.clock.now()))


_settings, _notices = cache(settings_file.load), cache(Notices.load)  # what is shipped is read once, not for each test


@asynccontextmanager
async def console(root: Path, **changes: object) -> AsyncIterator[Console]:
    """`changes` are further parts of the settings."""
    settings = _settings(CONFIG)
    at = settings.console.model_copy(update={"origin": ORIGIN})
    settings = settings.model_copy(update={"state_directory": root, "console": at, **changes})
    async with rooms(root) as opened:
        book, stops = Book(opened.db, opened.clock), Stops(opened.db, opened.clock)
        store = Store(opened.db, opened.clock, opened.spool, opened.quarantine, opened.journal, book, stops)
        with patch.object(Notices, "load", _notices):
            desk = app.desk(settings, store, CONFIG)
        yield Console(opened, desk)
