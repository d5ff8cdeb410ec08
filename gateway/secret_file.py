"""A secret that lies in a file of its own, so that gateway.yaml may be shown to anybody: one line, read when it is used.

Raises BadConfiguration: it is not there, it is empty, or others on the machine can read it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from gateway.yaml_file import BadConfiguration, Problem

_FOREIGN = stat.S_IWGRP | stat.S_IRWXO  # a group may read it: root writes, the service reads


def read(path: str, key: str) -> str:
    """`key` is the setting that names the file."""
    try:
        with Path(path).open() as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            secret = file.read().strip("\r\n")
    except (OSError, ValueError) as error:
        raise _problem(path, key, getattr(error, "strerror", None) or "is not text") from None
    if mode & _FOREIGN:
        raise _problem(path, key, f"others can read or change it (mode {mode:04o})", f"chmod 600 {path}")
    if not secret:
        raise _problem(path, key, "is empty")
    return secret


def _problem(path: str, key: str, message: str, advice: str = "") -> BadConfiguration:
    return BadConfiguration([Problem(path, 0, key, message, advice)])
