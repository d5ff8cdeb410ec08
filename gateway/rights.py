"""Whose the files of the state directory are when the console runs as a user of its own (`console.user`).

The console's primary group is what both share: the database, the keys of links and of sign-in, the record's public key and the
inner door.  The directory may be walked through, never written in; what is not named here stays the gateway's alone: contents
and their key, the journal's private key, reports, parcels.  The gateway must be a member of that group, else it cannot give
files to it.  Raises `NoRight`.  What passes through the door is `control.py`'s, what the console may see is `window.py`'s.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.settings import Settings
from gateway.trouble import Trouble

DATABASE, CONTROL, CONSOLE_KEY, TICKET_KEY, JOURNAL_PUBLIC = (
    "mugai.sqlite",
    "control.sock",
    "console.key",
    "ticket.key",
    "journal.pub",
)
REPORTS = "reports"  # self-inspections
FOLDER = 0o2710  # setgid: what SQLite makes beside the database belongs to the group, too
WRITTEN, READ = 0o660, 0o640
SHARED = {
    **dict.fromkeys((DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", CONTROL), WRITTEN),
    **dict.fromkeys((CONSOLE_KEY, TICKET_KEY, JOURNAL_PUBLIC), READ),
}

OPEN_FOLDER = 0o2750  # that of the self-inspections, which auditors read in the console
PRIVATE = ("blobs", "spool.key", "journal.key", "journal.key.signed")


class NoRight(Trouble):
    """One sentence: whose right is missing, or is one too many."""


@dataclass(frozen=True, slots=True)
class Guest:
    """The console's user."""

    name: str  # as the setting has it
    uid: int
    gid: int
    groups: frozenset[int]

    def may(self, path: Path, wanted: int) -> bool:
        """By the modes of the file and of the folders above it; `wanted` is of R_OK, W_OK, X_OK.  False: it is not there."""
        try:
            place = path.resolve(strict=True)
            return self._has(place, wanted) and all(self._has(each, os.X_OK) for each in place.parents)
        except OSError:
            return False

    def _has(self, place: Path, wanted: int) -> bool:
        found = place.stat()
        shift = 6 if found.st_uid == self.uid else 3 if found.st_gid in self.groups else 0
        return (found.st_mode >> shift) & wanted == wanted


def guest(user: str) -> Guest | None:
    """By name, number, or user:group in numbers; None: the console is the gateway's own user.  Raises NoRight."""
    if not user:
        return None
    first, _, second = user.partition(":")
    try:
        entry = pwd.getpwuid(int(first)) if first.isdecimal() else pwd.getpwnam(first)
    except KeyError:
        if not second:
            hint = 'name its group, too: `user: "1001:1001"`' if first.isdecimal() else f"`useradd --system {first}`"
            raise NoRight(f"console.user: there is no user {first} on this machine; {hint}") from None
        return Guest(user, int(first), int(second), frozenset({int(second)}))
    if entry.pw_uid == 0:
        raise NoRight("console.user: root may read everything; choose a user without rights")
    gid = int(second or entry.pw_gid)
    return Guest(user, entry.pw_uid, gid, frozenset(os.getgrouplist(entry.pw_name, gid)))


def share(folder: Path, guest: Guest) -> None:
    """By the gateway, before its door opens.  Raises NoRight."""
    if guest.uid == os.geteuid():
        raise NoRight(f"console.user: {guest.name} is the gateway's own user; choose another, or leave it empty")
    try:
        _give(folder, guest, FOLDER)
        for name, mode in SHARED.items():
            if (folder / name).exists():
                _give(folder / name, guest, mode)
        # those that root has written, root has shared
        for report in (folder / REPORTS).glob("*.json"):
            if os.geteuid() == report.stat().st_uid == report.parent.stat().st_uid:
                _give(report.parent, guest, OPEN_FOLDER)
                _give(report, guest, READ)
        for name in PRIVATE:
            if (folder / name).exists():
                (folder / name).chmod(0o700 if (folder / name).is_dir() else 0o600)
    except PermissionError as error:
        group = group_name(guest.gid)
        advice = f"`usermod --append --groups {group} {_user_name(os.geteuid())}`, or SupplementaryGroups={group} in its unit"
        raise NoRight(f"console.user: the gateway cannot give {error.filename} to group {group}: {advice}") from None


def show(settings: Settings, report: Path) -> None:
    """A self-inspection that was written since.  Raises NoRight."""
    if found := guest(settings.console.user):
        _give(report.parent, found, OPEN_FOLDER)
        _give(report, found, READ)


def take_back(folder: Path) -> None:
    """After the setting was emptied: what `share` gave is the owner's alone again."""
    if stat.S_IMODE(folder.stat().st_mode) == FOLDER:
        for place in (folder / name for name in SHARED):
            if place.exists():
                place.chmod(0o600)
        folder.chmod(0o700)


def is_apart(settings: Settings) -> bool:
    """This process runs as the console's user: what it cannot reach is not to be opened.  Raises NoRight."""
    found = guest(settings.console.user)
    return found is not None and os.geteuid() == found.uid


def check_console(settings: Settings) -> None:
    """For the console, before it opens anything.  Raises NoRight."""
    found = guest(settings.console.user)
    if found is None:
        return
    if os.geteuid() != found.uid:
        how = f"User= in its unit, or `setpriv --reuid {found.uid} --regid {found.gid} --clear-groups mugai ... console`"
        raise NoRight(f"console.user says {found.name}, but this runs as {_user_name(os.geteuid())}: {how}")
    for name in set(SHARED) - {CONTROL}:  # it can make no file beside the database, so all must be there
        if not os.access(settings.place(name), os.R_OK):
            raise NoRight(f"{settings.place(name)} cannot be read: start the gateway (`mugai serve`) before the console")


def faults(settings: Settings, config: Path) -> Iterator[str]:
    """What is not as it should be, each with the command that mends it; for `mugai check`.  Raises NoRight."""
    found, folder = guest(settings.console.user), settings.state_directory
    if found is None:
        return
    if found.uid == folder.stat().st_uid:
        yield f"{found.name} is the owner of {folder}, that is the gateway's own user: choose another for console.user"
        return
    group = group_name(found.gid)
    if not found.may(folder, os.X_OK):
        yield f"{found.name} cannot enter {folder}: start `mugai serve` once, and `chmod o+x` the folders above it"
    if found.may(folder, os.W_OK):
        yield f"{found.name} can make and remove files in {folder}: `chmod {FOLDER:o} {folder}`"
    for place, mode in ((settings.place(name), mode) for name, mode in SHARED.items()):
        if place.exists() and not found.may(place, os.R_OK | (os.W_OK if mode == WRITTEN else 0)):
            yield f"{found.name} has no right to {place}: `chgrp {group} {place} && chmod {mode:o} {place}`"
    own = (settings.seal.key, settings.inbound.key, settings.outbound.key)
    for place in (*(settings.place(name) for name in PRIVATE), *(Path(each) for each in own if each)):
        if found.may(place, os.R_OK):
            yield f"{found.name} can read {place}: `chmod {'700' if place.is_dir() else '600'} {place}`"
    for place in dict.fromkeys((config, *(Path(each) for each in _read_by_console(settings) if each))):
        if place.exists() and not found.may(place, os.R_OK):
            yield f"{found.name} cannot read {place}: `chgrp {group} {place} && chmod g+r {place}`"


def _read_by_console(settings: Settings) -> tuple[str, ...]:
    """Configuration; "" where there is none."""
    console = settings.console
    secrets = (console.certificate, console.key, console.client_ca, settings.oidc.client_secret_file)
    return (settings.policy, settings.notices, settings.free_mail, settings.playbooks, settings.self_check, *secrets)


def group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def _give(place: Path, guest: Guest, mode: int) -> None:
    os.chown(place, -1, guest.gid)
    place.chmod(mode)
