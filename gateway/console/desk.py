"""What every screen finds at hand: the store's rooms, the people, the pages.  Made once by `app`."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.console.accounts import Accounts
from gateway.console.page import Pages
from gateway.console.passkeys import Passkeys
from gateway.console.sessions import Sessions
from gateway.console.words import Words
from gateway.settings import Settings
from gateway.store.opening import Store


@dataclass
class Desk:
    settings: Settings
    store: Store
    pages: Pages
    accounts: Accounts
    sessions: Sessions
    passkeys: Passkeys
    said: dict[str, Words] = field(default_factory=dict)  # by session: what the next page tells
