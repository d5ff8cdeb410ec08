"""Inside the wall no file can be opened: reading a mail in any charset loads nothing that was not loaded before."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from sanitizers import charset, compose, headers, labels, message
from sanitizers.letter import Enclosure
from sanitizers.model import Outcome, Part, Profile, Verdict

class Desk:
    profile = Profile()
    def child(self, content, part, want_output=True):
        return Outcome(Verdict.CLEAN, "x/y", None, "x/y", "a.txt")

loaded, watching = [], False
sys.addaudithook(lambda event, args: watching and event in ("open", "import") and loaded.append(args[0]))
watching = True
for label in (*labels._CODECS, "utf-7", "x-unknown", ""):
    for data in (b"abc", b"\\x81\\x40\\xff\\x00", "日本語".encode(), b"\\x1b$BEl\\x1b$(D\\x22f\\x1b$A0!\\x1b$(C0!"):
        charset.decode(data, label)
headers.addresses("山田 <a@例え.jp>".encode())
mail = "From: a@例え.jp\\nDate: 1 Jan 2020 00:00 JST\\nContent-Type: {}\\n\\n--b\\n\\nbegin 644 a\\n#0V%T\\n--b--\\n"
for kind in ("text/html", "text/plain; format=flowed", "multipart/mixed; boundary=b", "application/pdf"):
    letter, _ = message.letter(mail.format(kind).encode(), Part("", "", "message/rfc822"), Desk())
    compose.compose(letter, [Enclosure("図.pdf", "application/pdf", b"x")])
watching = False
print(loaded)
"""


def test_nothing_is_loaded_after_import() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
