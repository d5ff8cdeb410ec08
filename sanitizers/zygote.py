"""The zygote: imports everything once, locks itself, then forks one worker a job.  It never sees a hostile byte.

Over its socket (SOCK_SEQPACKET) come a job's number and its three descriptors; back go the worker's pidfd and, when it
has ended, its status and usage.  Neither content nor passwords pass through here, so no worker can inherit another
mail's secrets.  Single thread: a lock that another thread holds at the fork would never be released in the worker.
Anything unexpected ends the process; the supervisor (`gateway/zygote.py`) then starts a new one.
"""

from __future__ import annotations

import encodings
import gc
import importlib
import io
import os
import pkgutil
import select
import signal
import socket
import sys
import time
from typing import NoReturn

import pikepdf
import PIL.Image
import pypdfium2
from pikepdf import Array, Dictionary, Name, String

from sanitizers.lock import Caps, Confinement, Lock, lock_worker, lock_zygote
from sanitizers.protocol import REPORT, REQUEST, ReportType
from sanitizers.worker import EXIT_UNLOCKED, TaskTable, work

# What libraries would import when they first need it, and then could not any more (security.md 1.4, found with strace).
_LAZY = """
email._header_value_parser email.contentmanager email.generator email.headerregistry email.iterators email.parser
email.policy linecache lxml.etree lxml.html PIL.Image PIL.ImageCms PIL.ImageOps PIL.ImageSequence stringprep traceback
unicodedata zipfile
"""
_NOT_ON_LINUX = ("mbcs", "oem")
_HIGHEST_DESCRIPTOR = 1 << 16  # above every RLIMIT_NOFILE in use


def main(channel: int, tasks: str, caps: Caps, permissive: bool, hidden: str) -> NoReturn:
    """`tasks` names the module with the table TASKS; `hidden` is a path that only the gateway should see."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # sent to the whole service; the gateway drains, then closes our socket
    table = preload(tasks)
    gc.collect()
    gc.freeze()  # a collection in a worker must not touch, and so copy, every page
    if len(os.listdir("/proc/self/task")) != 1:
        raise RuntimeError("a library started a thread: the zygote can not fork safely")
    lock = lock_zygote(permissive=permissive, hidden=hidden)
    with socket.socket(fileno=channel) as supervisor:
        supervisor.send(REPORT.pack(ReportType.HELLO, int(lock.is_apart), lock.landlock_abi, 0, 0.0))
        _serve(supervisor, table, lock, caps)


def preload(tasks: str) -> TaskTable:
    table: TaskTable = importlib.import_module(tasks).TASKS
    for name in _LAZY.split():
        importlib.import_module(name)
    for codec in pkgutil.iter_modules(encodings.__path__):
        if codec.name not in _NOT_ON_LINUX:
            importlib.import_module(f"encodings.{codec.name}")
    PIL.Image.init()  # all its format plug-ins
    time.tzset()
    _read_random_ahead()
    _list_fonts()
    return table


def _read_random_ahead() -> None:
    """qpdf draws 4 bytes from /dev/urandom for each AES-256 PDF that it opens, through one stdio stream.

    The 4 KiB that stdio reads ahead here are enough for a thousand in each worker.  All workers share them, which is
    harmless as none ever encrypts."""
    with pikepdf.new() as pdf:
        pdf.save(io.BytesIO(), encryption=pikepdf.Encryption(owner="", user="", R=6))


def _list_fonts() -> None:
    """pdfium looks for the machine's fonts once, when it first needs one; a renderer may open fonts, but not look around.

    What it needs first is Japanese here, so that the list is complete: a page with a font that is not embedded."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(20, 20))
        system = Dictionary(Registry=String("Adobe"), Ordering=String("Japan1"), Supplement=6)
        face = Dictionary(Type=Name.Font, Subtype=Name.CIDFontType2, BaseFont=Name("/Gothic"), CIDSystemInfo=system)
        font = Dictionary(Type=Name.Font, Subtype=Name.Type0, BaseFont=Name("/Gothic"), Encoding=Name("/UniJIS-UTF16-H"))
        font["/DescendantFonts"] = Array([pdf.make_indirect(face)])
        page.obj["/Resources"] = Dictionary(Font=Dictionary(F=font))
        page.obj["/Contents"] = pdf.make_stream(b"BT /F 9 Tf <5e02> Tj ET")
        written = io.BytesIO()
        pdf.save(written)
    with pypdfium2.PdfDocument(written.getvalue()) as document:
        document[0].render()


def _serve(supervisor: socket.socket, tasks: TaskTable, lock: Lock, caps: Caps) -> NoReturn:
    poll = select.poll()
    poll.register(supervisor, select.POLLIN)
    jobs: dict[int, tuple[int, int]] = {}  # pidfd -> pid, job number
    while True:
        for ready, _ in poll.poll():
            if ready == supervisor.fileno():
                message, descriptors, _, _ = socket.recv_fds(supervisor, REQUEST.size, 3)
                if not message:
                    os._exit(0)  # the supervisor is gone: PDEATHSIG takes the workers along
                number, name = REQUEST.unpack(message)
                confinement = Confinement[name.rstrip(b"\0").decode()]
                pid = _fork(descriptors, tasks, lock, confinement, caps)
                pidfd = os.pidfd_open(pid)
                jobs[pidfd] = pid, number
                poll.register(pidfd, select.POLLIN)
                socket.send_fds(supervisor, [REPORT.pack(ReportType.STARTED, number, 0, 0, 0.0)], [pidfd])
            else:
                pid, number = jobs.pop(ready)
                poll.unregister(ready)
                os.close(ready)
                _, status, usage = os.wait4(pid, 0)
                cpu_seconds = usage.ru_utime + usage.ru_stime
                supervisor.send(REPORT.pack(ReportType.ENDED, number, status, usage.ru_maxrss, cpu_seconds))


def _fork(descriptors: list[int], tasks: TaskTable, lock: Lock, confinement: Confinement, caps: Caps) -> int:
    zygote = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            for target, descriptor in enumerate(descriptors):
                os.dup2(descriptor, target)
            os.closerange(3, _HIGHEST_DESCRIPTOR)
            sys.stdin = sys.stdout = sys.stderr = None  # a print would land among the frames
            lock_worker(lock, confinement, caps, zygote)
        except BaseException:
            os._exit(EXIT_UNLOCKED)
        work(tasks)
    for descriptor in descriptors:
        os.close(descriptor)
    return pid
