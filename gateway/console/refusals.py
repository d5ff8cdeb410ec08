"""What the rooms raise, as a refusal in words for whoever asked: one table for pages and programs."""

from __future__ import annotations

from gateway.quarantine import AlreadyDone, Kept
from gateway.store.db import StoreUnavailable
from gateway.words import Refusal
from gateway.yaml_file import BadConfiguration

KNOWN = (Refusal, LookupError, BadConfiguration, Kept, AlreadyDone, StoreUnavailable)
_SAID: dict[type[Exception], tuple[str, str, int]] = {
    BadConfiguration: ("規則のファイルに誤りがあります。", "The policy file has problems: see `mugai check`.", 503),
    StoreUnavailable: (
        "保管庫が応答しません。しばらくして、やり直してください。",
        "The store does not answer. Try again later.",
        503,
    ),
    Kept: ("証拠保全中のため、削除できません。", "It is under a legal hold and stays.", 409),
    AlreadyDone: (
        "すでに処理されています。ほかの人が先に処理したか、ボタンが二度押されました。",
        "It has been dealt with already: somebody else was faster, or the button was pressed twice.",
        409,
    ),
}


def refusal(error: Exception) -> Refusal:
    """Of one of KNOWN."""
    if isinstance(error, Refusal):
        return error
    return Refusal(*_SAID.get(type(error), ("見つかりません。", "Not found.", 404)))
