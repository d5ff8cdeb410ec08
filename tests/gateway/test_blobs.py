from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.blobs import Blobs
from gateway.store.db import StoreUnavailable


@pytest.fixture
def blobs(tmp_path: Path) -> Iterator[Blobs]:
    blobs = Blobs(tmp_path / "blobs")
    yield blobs
    blobs.close()


def files(blobs: Blobs) -> list[str]:
    return blobs.older_than(float("inf"))


def test_what_is_put_can_be_opened_until_it_is_deleted(blobs: Blobs) -> None:
    key = blobs.put((b"x" * 50_000, b"x" * 50_000))
    fd = blobs.open(key)
    assert os.read(fd, 200_000) == b"x" * 100_000
    os.close(fd)
    assert blobs.exists(key)
    assert files(blobs) == [key]
    blobs.delete(key)
    blobs.delete(key)
    assert not blobs.exists(key)


def test_the_order_is_file_rename_directory(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    fsync, rename = os.fsync, Path.rename
    monkeypatch.setattr(
        os, "fsync", lambda fd: (calls.append(os.readlink(f"/proc/self/fd/{fd}").split("/blobs/")[1]), fsync(fd))[1]
    )
    monkeypatch.setattr(Path, "rename", lambda a, b: (calls.append("rename"), rename(a, b))[1])
    key = blobs.put((b"content",))
    shelf, name = key.split("/")
    assert calls == [f"new/{name}", "rename", shelf]


@pytest.mark.parametrize("call", ["fsync", "write"])
async def test_a_disk_error_leaves_nothing_and_is_not_tried_again(
    blobs: Blobs, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    tried: list[int] = []

    def broken(fd: int, *_: object) -> int:
        tried.append(fd)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, call, broken)
    with pytest.raises(StoreUnavailable, match="Input/output"):
        await blobs.run(blobs.put, (b"content",))
    monkeypatch.undo()
    assert len(tried) == 1
    assert files(blobs) == []


def test_i4_a_content_has_no_name_before_it_is_whole(blobs: Blobs) -> None:
    writing = blobs.begin()
    writing.write(b"half")
    assert all(name.startswith("new/") for name in files(blobs))
    writing.drop()
    writing.drop()
    assert files(blobs) == []
    with pytest.raises(OSError, match="Bad file descriptor"):
        writing.write(b"more")


def test_drop_waits_for_a_write_under_way(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the descriptor's number could belong to another file when the write goes on."""
    writing, inside, go_on = blobs.begin(), threading.Event(), threading.Event()
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, view: (inside.set(), go_on.wait(5), write(fd, view))[2])
    writer = threading.Thread(target=writing.write, args=(b"chunk",))
    writer.start()
    inside.wait(5)
    dropper = threading.Thread(target=writing.drop)
    dropper.start()
    dropper.join(0.05)
    assert dropper.is_alive()
    go_on.set()
    writer.join(5)
    dropper.join(5)
    assert files(blobs) == []
