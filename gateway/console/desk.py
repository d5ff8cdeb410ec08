"""What every screen finds at hand: the store's rooms, the people, the pages.  Made once by `app`."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.api.tokens import Tokens
from gateway.audit.exhibit import Prove
from gateway.compliance.holding import Hold
from gateway.console.accounts import Accounts
from gateway.console.codes import Codes
from gateway.console.figures import Figures
from gateway.console.page import Pages
from gateway.console.passkeys import Passkeys
from gateway.console.provider import Provider
from gateway.console.pulse import Pulse
from gateway.console.sessions import Sessions
from gateway.console.trials import Trials
from gateway.docket import Docket
from gateway.evidence.packing import Pack
from gateway.journal import Verification
from gateway.notice import Notices
from gateway.notice.wording import Names
from gateway.notifier import Notifier
from gateway.policy.book import Policies
from gateway.policy.rules import Policy
from gateway.preview import Preview
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.ticket import Tickets
from gateway.window import Window
from gateway.words import Language, Words
from gateway.workflow.engine import Workflow

if TYPE_CHECKING:  # `binding` needs the LDAP library
    from gateway.console.binding import Binding
    from gateway.console.specimens import Tested

LOOKING_SECONDS = 300.0  # after which somebody has gone for coffee
LOOKED_AT = 1_000  # marks kept


@dataclass
class Desk:
    settings: Settings
    store: Store
    pages: Pages
    accounts: Accounts
    sessions: Sessions
    passkeys: Passkeys
    binding: Binding | None  # None: nobody signs in by LDAP
    provider: Provider | None  # None: nobody signs in by OpenID Connect
    notices: Notices
    notifier: Notifier
    docket: Docket
    preview: Preview | Window
    pack: Pack
    prove: Prove
    hold: Hold  # a self-inspection
    config: Path | None  # the file that the settings came from
    workflow: Workflow
    tickets: Tickets
    codes: Codes
    tokens: Tokens
    pulse: Pulse
    proving: asyncio.Task[Verification] | None = None  # the journal is being verified
    # by span: what the dashboard showed, and since when
    figures: dict[str, tuple[float, Figures]] = field(default_factory=dict)
    said: dict[str, Words] = field(default_factory=dict)  # by session: what the next page tells
    trials: Trials = field(default_factory=Trials)
    tested: OrderedDict[str, Tested] = field(default_factory=OrderedDict)  # by key: specimens that somebody looks at now
    looking: dict[int, dict[str, float]] = field(default_factory=dict)  # by held mail: who has its page open, and since when

    def names(self, language: Language) -> Names:
        """The words for findings, reasons and verdicts."""
        return self.notices.names[language]

    @property
    def policies(self) -> Policies:
        return Policies(self.store.db, self.store.clock, Path(self.settings.policy))

    async def policy(self) -> Policy:
        """What is in force; the gateway may be a second late.  Raises BadConfiguration."""
        return await self.policies.current()

    def look_at(self, entry: int, who: str) -> list[str]:
        """Marks that `who` looks at a held mail; returns who else does."""
        now = self.store.clock.now()
        others = {name: at for name, at in self.looking.get(entry, {}).items() if now - at < LOOKING_SECONDS}
        self.looking[entry] = {**others, who: now}
        if len(self.looking) > LOOKED_AT:
            del self.looking[next(iter(self.looking))]
        return [name for name in others if name != who]

    def watchers(self, entry: int) -> list[str]:
        now = self.store.clock.now()
        return [name for name, at in self.looking.get(entry, {}).items() if now - at < LOOKING_SECONDS]
