"""What the workflow refuses, in words for whoever stands before the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.words import Refusal
from gateway.workflow.engine import NotAllowed, NotPossible
from gateway.workflow.ledger import AlreadyDone
from gateway.workflow.token import BadToken


@contextmanager
def plainly() -> Iterator[None]:
    """Raises Refusal instead of what the workflow raises."""
    try:
        yield
    except NotAllowed as refused:
        words = "この手続きをする権限がありません。申請した本人は承認できません。"
        raise Refusal(words, f"You may not do this: {refused}", 403) from refused
    except (NotPossible, AlreadyDone) as late:
        raise Refusal("ほかの人が先に手続きをしました。", f"It has moved on: {late}", 409) from late
    except BadToken as bad:
        ja = "このリンクは使用済みか、期限が過ぎています。ログインするか、メールのコードで入ってください。"
        raise Refusal(ja, "This link was used, or is too old: sign in, or by a code by mail.", 410) from bad
    except ValueError as missing:
        raise Refusal(f"入力を確かめてください。({missing})", str(missing)) from missing
