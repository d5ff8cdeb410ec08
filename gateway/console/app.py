"""The building plan of the console: the desk, the screens, the guard around them; and the server that shows them."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from gateway import rights
from gateway.api import app as api_app
from gateway.api.tokens import Tokens
from gateway.audit import exhibit
from gateway.compliance import holding
from gateway.console import (
    account,
    approvals,
    audits,
    bycode,
    byprovider,
    cases,
    dashboard,
    exhibits,
    external,
    findings,
    forms,
    held,
    incidents,
    journal,
    mail,
    mine,
    originals,
    people,
    periodicals,
    playbooks,
    records,
    rules,
    screen,
    self_checks,
    self_inspections,
    senders,
    sent,
    signin,
    specimens,
    stops,
    tokens,
)
from gateway.console.accounts import Accounts
from gateway.console.codes import Codes
from gateway.console.credentials import Seal
from gateway.console.desk import Desk
from gateway.console.guard import Guard
from gateway.console.page import STATIC, Pages
from gateway.console.passkeys import Passkeys
from gateway.console.provider import Provider
from gateway.console.pulse import Pulse
from gateway.console.screen import Declared
from gateway.console.sessions import Sessions
from gateway.docket import Docket
from gateway.evidence import packing
from gateway.notice import Notices
from gateway.notifier import notifying
from gateway.parcel import patience
from gateway.preview import Preview
from gateway.rights import CONSOLE_KEY, CONTROL
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.trouble import Trouble
from gateway.window import TURNS, Window
from gateway.workflow.engine import Workflow
from gateway.workflow.letters import letters

if TYPE_CHECKING:  # needs the LDAP library
    from gateway.console.binding import Binding

SCREENS = (
    signin.screen,
    dashboard.screen,
    held.screen,
    mail.screen,
    originals.screen,
    senders.screen,
    account.screen,
    people.screen,
    tokens.screen,
    records.screen,
    journal.screen,
    playbooks.screen,
    incidents.screen,
    self_inspections.screen,
    self_checks.screen,
    periodicals.screen,
    audits.screen,
    exhibits.screen,
    findings.screen,
    external.screen,
    bycode.screen,
    byprovider.screen,
    mine.screen,
    sent.screen,
    approvals.screen,
    cases.screen,
    rules.screen,
    forms.screen,
    specimens.screen,
    stops.screen,
)


_PLAINLY = {404: "この画面はありません。アドレスを確かめるか、メニューから選び直してください。", 405: "この操作はできません。"}


def declared() -> tuple[Declared, ...]:
    """Every route with the right that it needs."""
    return tuple(each for one in SCREENS for each in one.declared)


def desk(settings: Settings, store: Store, config: Path | None = None) -> Desk:
    """`config` is the file that the settings came from."""
    console = settings.console
    sessions = Sessions(
        store.db,
        store.clock,
        idle=console.idle_minutes * 60,
        absolute=console.session_hours * 3_600,
        elevation=console.elevation_minutes * 60,
    )
    notices, notifier = Notices.load(Path(settings.notices)), notifying(settings, store.clock)
    seal = Seal(settings.place(CONSOLE_KEY))
    accounts = Accounts(store.db, store.clock, seal, settings.workflow.auditor_apart)
    assert notifier.tickets is not None
    return Desk(
        settings=settings,
        store=store,
        pages=Pages(settings.organisation, console.banner),
        accounts=accounts,
        sessions=sessions,
        notices=notices,
        notifier=notifier,
        docket=Docket(store.db),
        preview=_preview(settings, store, notices),
        pack=packing.there(settings.place(CONTROL)) if rights.is_apart(settings) else packing.here(store),
        prove=exhibit.there(settings.place(CONTROL)) if rights.is_apart(settings) else exhibit.here(settings, config, store),
        hold=holding.there(settings.place(CONTROL)) if rights.is_apart(settings) else holding.here(settings, config, store),
        config=config,
        pulse=Pulse(settings.health.host, settings.health.port),
        passkeys=Passkeys(store.db, store.clock, console.origin, f"Mugai {urlsplit(console.origin).hostname}"),
        binding=_binding(settings, store, accounts),
        provider=Provider(settings.oidc, console.origin, seal, store.clock) if settings.oidc.issuer else None,
        workflow=Workflow(store.db, store.spool, store.clock, letters(settings, notices, notifier)),
        tickets=notifier.tickets,
        codes=Codes(store.db, store.spool, store.clock, accounts, notices, notifier),
        tokens=Tokens(store.db, store.clock),
    )


def _preview(settings: Settings, store: Store, notices: Notices) -> Preview | Window:
    """Where the contents can be read.  Raises NoRight."""
    if rights.is_apart(settings):
        return Window(settings.place(CONTROL), TURNS * patience(settings.sandbox.wall_seconds))
    return Preview(settings, store, notices)


def _binding(settings: Settings, store: Store, accounts: Accounts) -> Binding | None:
    """Raises BadConfiguration: the LDAP library is missing."""
    if not settings.ldap.sign_in:
        return None
    from gateway.console.binding import Binding

    return Binding(settings.ldap, store.db, accounts)


def application(at: Desk) -> Guard:
    routes = [screen.route(each, at) for each in declared()]
    static = Mount("/static", StaticFiles(directory=STATIC))
    app = Starlette(routes=[*routes, static], exception_handlers={HTTPException: _plainly, Exception: _surprise})
    return Guard(
        app, api_app.application(at), at.settings.console, {each.path: each.body for each in declared() if each.takes_file}
    )


async def _plainly(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    ja = _PLAINLY.get(error.status_code, "")
    return PlainTextResponse(f"{error.status_code} {ja}\n{error.status_code} {error.detail}", error.status_code)


async def _surprise(request: Request, error: Exception) -> Response:
    """The log has it; the person in front of the page learns nothing of our inside."""
    ja = "画面の処理で問題が起きました。もう一度操作しても直らないときは、管理者に知らせてください。"
    return PlainTextResponse(f"500: {ja}\n500: an error of the console; it is in its log", 500)


class NoDoor(Trouble):
    """Browsers can not come in where gateway.yaml says; the text names the keys."""


class Server(uvicorn.Server):
    """Ends when asked to: uvicorn's own handler would raise the signal once more, before the store is closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def server(at: Desk) -> Server:
    console = at.settings.console
    return Server(
        uvicorn.Config(
            application(at),
            host=console.host,
            port=console.port,
            ssl_certfile=console.certificate or None,
            ssl_keyfile=console.key or None,
            ssl_ca_certs=console.client_ca or None,
            ssl_cert_reqs=ssl.CERT_REQUIRED if console.client_ca else ssl.CERT_NONE,
            server_header=False,
            proxy_headers=False,  # who in front is believed is the guard's
            access_log=False,  # the journal says who looked at what
            log_config=None,
            timeout_keep_alive=30,
            limit_concurrency=200,
        )
    )


def opened(server: Server) -> list[socket.socket]:
    """For `serve`: who connects from now on is answered.  Raises NoDoor: uvicorn itself would log it and end the process."""
    at = server.config
    try:
        at.load()
    except OSError as error:  # of `ssl` as well
        why = error.strerror or error
        raise NoDoor(f"console.certificate, console.key or console.client_ca in gateway.yaml can not be used: {why}") from None
    try:
        found = socket.getaddrinfo(at.host, at.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return [socket.create_server(address[:2], family=family) for family, *_, address in found]
    except OSError as error:
        why, *_ = (error.strerror or str(error)).split(" (")  # Python adds the address
        raise NoDoor(
            f"the console can not listen on {at.host}:{at.port}: {why}; stop what listens there, or change "
            "console.host or console.port in gateway.yaml"
        ) from None
