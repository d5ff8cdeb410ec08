"""An account's address decides whose mail its holder sees: when it changes, both addresses are written to (AC-05, LG-08).

One administrator changes it; whoever loses it, and whose it becomes, hear who did, and can object.  Only addresses inside.
"""

from __future__ import annotations

import secrets

from gateway.console.desk import Desk
from gateway.model import Authored, Direction
from gateway.spool.contents import small
from gateway.workflow.letters import Letter


def letters(desk: Desk, account: str, actor: str, before: str, after: str) -> tuple[Letter, ...]:
    """To be stored with the change.  Not counted among the few notices of an hour: nobody may be kept from hearing of it."""
    ours = desk.settings.inbound.domains
    told = [each for each in (before, after) if before != after and each.rpartition("@")[2] in ours]
    text = desk.notices.moved(account, before, after, actor)
    return tuple(_letter(desk, each, text) for each in told)


def _letter(desk: Desk, to: str, text: str) -> Letter:
    name = f"moved.{secrets.token_hex(8)}"
    subject = "【管理画面】利用者のメールアドレスが変更されました"
    content = desk.workflow.letters.notifier.mail(to=(to,), subject=subject, text=text, name=name, receipt="")
    note = Authored("notice", "", (to,), Direction.INBOUND, content, not to.isascii())
    return note, small(content)
