"""What dispositions, suspicions and rules' answers are called: Japanese, English.  Other words are the notices'."""

from __future__ import annotations

from gateway.model import Disposition, Suspicion
from gateway.policy.rules import Answer

Pair = tuple[str, str]

DISPOSITIONS: dict[Disposition, Pair] = {
    Disposition.DELIVER: ("無害化して届ける", "sanitised and delivered"),
    Disposition.HOLD: ("保留する", "held"),
    Disposition.AWAIT_PASSWORD: ("パスワードを待つ", "waits for its password"),
    Disposition.AWAIT_APPROVAL: ("承認を待つ", "waits for approval"),
    Disposition.DELAY: ("送信を遅らせる", "delayed"),
    Disposition.DELETE: ("削除する", "deleted"),
    Disposition.REJECT: ("差出人に返す", "rejected to its sender"),
}
SUSPICIONS: dict[Suspicion, Pair] = {
    Suspicion.DMARC_FAIL: ("DMARC の失敗", "a DMARC failure"),
    Suspicion.SPF_FAIL: ("SPF の失敗", "an SPF failure"),
    Suspicion.NOT_JUDGED: ("確認不能", "that it could not be judged"),
    Suspicion.DISPLAY_NAME_SPOOF: ("表示名による他組織の名乗り", "another organisation's address as its name"),
    Suspicion.OWN_NAME: ("表示名による当団体の名乗り", "one of our names"),
    Suspicion.OWN_DOMAIN_OUTSIDE: ("外部から届いた当団体のドメイン", "our own domain from outside"),
    Suspicion.LOOK_ALIKE: ("当団体に似たドメイン", "a domain like ours"),
    Suspicion.SEVERAL_SENDERS: ("複数の差出人", "several senders"),
    Suspicion.REPLY_ELSEWHERE: ("別組織への返信先", "a reply address elsewhere"),
}
ANSWERS: dict[Answer, Pair] = {
    Answer.HOLDS: ("これで決まる", "decides"),
    Answer.OTHER_MAIL: ("対象外のメール", "for other mail"),
    Answer.NOT_SHOWN: ("当てはまらない", "not shown"),
    Answer.TOO_BAD: ("判定が悪く届けられない", "verdict too bad"),
    Answer.WAIVED: ("承認・例外により適用外", "waived"),
}
