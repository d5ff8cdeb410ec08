"""What the path's settlements are made of: decisions that no rule makes, the words for them, two settlements as one.

Pure values; the path itself is `pipeline.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.model import Decision, DeliveryOutcome, Direction, Disposition, Inspection, QueueItem, Settlement, State
from gateway.observation import Correspondence

UNPROCESSABLE = Decision(
    Disposition.HOLD, "unprocessable", "処理が繰り返し中断されたため、保留しました。", ("SAN-02", "HD-07"), "", ""
)
UNDELIVERABLE = Decision(
    Disposition.HOLD,
    "undeliverable",
    "宛先のメールサーバに届けられず、差出人にも返せないため、保管しました。",
    ("HD-07",),
    "",
    "",
)
FOREIGN = Decision(
    Disposition.HOLD,
    "foreign-copy",
    "この装置が作ったと確認できない配送用の写しだったため、送らずに保留しました。",
    ("SAN-02", "HD-07"),
    "",
    "",
)
WAITS_IN = {
    Disposition.AWAIT_PASSWORD: State.AWAITING_PASSWORD,
    Disposition.AWAIT_APPROVAL: State.AWAITING_APPROVAL,
    Disposition.DELAY: State.DELAYED,
}
NOT_AS_IT_CAME = "原本の解除は承認されましたが、再検査で条件を満たさなかったため、保留を続けます。"
FORGOTTEN = "パスワードは保存していないため、再起動で失われました。もう一度入力してください。"
UNCLEARED = "組み立て直したメールの再確認で問題が見つかったため、保留しました。"


def wrote(item: QueueItem, outcomes: Sequence[DeliveryOutcome]) -> tuple[Correspondence, ...]:
    """Who wrote with whom, of what arrived; a report has no writer."""
    sender = item.envelope.sender
    if not sender:
        return ()
    pairs = ((o.recipient, sender) if item.envelope.direction is Direction.INBOUND else (sender, o.recipient) for o in outcomes)
    return tuple(Correspondence(*pair) for pair in pairs)


def subject_of(inspection: Inspection | None) -> str:
    return inspection.letter.subject if inspection and inspection.letter else ""


def merge(first: Settlement, second: Settlement) -> Settlement:
    return Settlement(
        first.moves + second.moves,
        first.cleared + second.cleared,
        first.held + second.held,
        first.opened + second.opened,
        first.authored + second.authored,
        first.retry_at if second.retry_at is None else second.retry_at,
        first.attempts if second.attempts is None else second.attempts,
        first.learnt + second.learnt,
        second.filed or first.filed,
        first.events + second.events,
    )
