"""A file of passwords that the administrators keep beside the rules: one a line, readable by nobody else (chmod 600).

Raises BadConfiguration.  What the passwords are for is the caller's.
"""

from __future__ import annotations

import os
from pathlib import Path

from gateway.yaml_file import BadConfiguration, Document

_LARGEST, MOST = 64 << 10, 200  # bytes, lines


def lines(path: Path, key: str, document: Document) -> tuple[str, ...]:
    """Without empty ones.  `key` is where the rules name the file."""
    try:
        with path.open("rb") as file:
            found, text = os.fstat(file.fileno()), file.read(_LARGEST + 1)
        read = text.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        advice, ja = "a UTF-8 text, one password a line", f"読めません。({error})"
        raise BadConfiguration([document.problem(key, f"cannot be read: {error}", advice, ja=ja)]) from None
    if found.st_mode & 0o077 or found.st_uid not in (0, os.geteuid()):
        ja = f"ほかの利用者が読み書きできます。chmod 600 {path}"
        raise BadConfiguration([document.problem(key, "can be read or changed by others", f"chmod 600 {path}", ja=ja)])
    if len(text) > _LARGEST or len(read) > MOST:
        ja = f"パスワードは {MOST} 個までです。"
        raise BadConfiguration([document.problem(key, f"is longer than {MOST} passwords", "each one costs time", ja=ja)])
    return tuple(filter(None, read))
