"""The keys of an installation in one file of their own, never beside the backup that they open (W17).

Without them a backup can be checked for damage, and not restored.  They do not change, so the file is written once and kept
like money.  Those that were made since (the console's, at its first start) may be missing: new ones are made, and only old
links in notices are lost.  Raises BadBackup, OSError.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.backup.manifest import BadBackup, Manifest
from gateway.evidence import archive
from gateway.journal.note import Signer, durable_write
from gateway.spool import keys as spool_key

JOURNAL = "journal.key"
_NEEDED = (JOURNAL, spool_key.FILE)


def of(state: Path) -> dict[str, bytes]:
    """Those of a state directory."""
    return {file.name: file.read_bytes() for file in sorted(state.glob("*.key"))}


def digests(keys: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(key).hexdigest() for name, key in keys.items()}


def write(file: Path, keys: Mapping[str, bytes]) -> None:
    """Into a new file, or one that holds some of them."""
    if file.exists() and not read(file).items() <= keys.items():
        raise BadBackup(f"{file} holds other keys: take another name, and keep both")
    durable_write(file, archive.archive(keys))


def read(file: Path) -> dict[str, bytes]:
    try:
        return archive.read(file.read_bytes())
    except ValueError:
        raise BadBackup(f"{file} is no file of keys that `mugai backup --keys` wrote") from None


def fitting(manifest: Manifest, keys: Mapping[str, bytes]) -> str:
    """The public key of the journal, when these are the keys of this backup."""
    there = digests(keys)
    needed = {name: digest for name, digest in manifest.keys.items() if name in there or name in _NEEDED}
    if wrong := [name for name, digest in needed.items() if there.get(name) != digest]:
        raise BadBackup(f"these are not the keys of this backup: {', '.join(wrong)} missing or another")
    if JOURNAL not in needed:
        raise BadBackup(f"{JOURNAL} is not among the keys")
    return Signer(manifest.host, Ed25519PrivateKey.from_private_bytes(keys[JOURNAL])).verifier
