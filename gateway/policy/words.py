"""What dispositions, verdicts, signs and suspicions are called in a sentence: Japanese, English."""

from __future__ import annotations

from gateway.model import Disposition, Sign, Suspicion
from sanitizers.model import Verdict

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
VERDICTS: dict[Verdict, Pair] = {
    Verdict.CLEAN: ("問題なし", "clean"),
    Verdict.SANITISED: ("無害化", "sanitised"),
    Verdict.WITHHELD: ("一部除外", "withheld"),
    Verdict.LOCKED: ("暗号化", "locked"),
    Verdict.INFECTED: ("感染", "infected"),
    Verdict.FAILED: ("確認不能", "not inspected"),
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
SIGNS: dict[Sign, Pair] = {
    Sign.BULK_RECIPIENTS: ("互いに見える外部の宛先", "external addresses that see one another"),
    Sign.BULK_DOMAINS: ("互いに見える外部のドメイン", "external domains that see one another"),
    Sign.ADDRESSES_IN_BODY: ("本文中の外部アドレス", "external addresses in the text"),
    Sign.AUTO_FORWARDED: ("自動転送の形跡", "signs of automatic forwarding"),
    Sign.FORGED_SENDER: ("差出人の偽り", "a forged sender"),
    Sign.FREE_MAIL: ("フリーメールの宛先", "a free mail recipient"),
    Sign.OWN_FREE_MAIL: ("本人のものらしいフリーメールの宛先", "free mail that looks like the sender's own"),
    Sign.NEW_RECIPIENT: ("初めての宛先", "new recipients"),
    Sign.DENIED_RECIPIENT: ("所属から送れない宛先", "a recipient denied to the section"),
    Sign.NO_EXTERNAL_RIGHT: ("外部送信の権限なし", "no right to send outside"),
    Sign.NO_ATTACHMENT_RIGHT: ("添付の権限なし", "no right to attach"),
    Sign.ADDRESS_NOT_VALID: ("有効期間外のアドレス", "an address out of its term"),
    Sign.UNKNOWN_SENDER: ("名簿にない差出人", "a sender not in the directory"),
    Sign.SUSPENDED: ("利用停止中の差出人", "a suspended sender"),
    Sign.MY_NUMBER: ("個人番号", "an individual number"),
    Sign.PENSION_NUMBER: ("基礎年金番号", "a pension number"),
    Sign.DRIVERS_LICENCE: ("運転免許証番号", "a driver's licence number"),
    Sign.PASSPORT: ("旅券番号", "a passport number"),
    Sign.RESIDENCE_CARD: ("在留カード番号", "a residence card number"),
    Sign.HEALTH_INSURANCE: ("被保険者番号", "a health insurance number"),
    Sign.BANK_ACCOUNT: ("口座番号", "bank accounts"),
    Sign.CARD_NUMBER: ("クレジットカード番号", "a card number"),
    Sign.TELEPHONE: ("電話番号", "telephone numbers"),
    Sign.POSTAL_ADDRESS: ("住所", "postal addresses"),
    Sign.BIRTH_DATE: ("生年月日", "dates of birth"),
    Sign.PERSON_NAME: ("氏名", "names of people"),
    Sign.MAIL_ADDRESS: ("メールアドレス", "mail addresses"),
    Sign.CLASS_1: ("機密性1の表示", "class 1"),
    Sign.CLASS_2: ("機密性2の表示", "class 2"),
    Sign.CLASS_3: ("機密性3の表示", "class 3"),
    Sign.CLASS_UNKNOWN: ("機密性の表示なし", "no stated class"),
    Sign.UNREAD_ATTACHMENT: ("文字を調べられない添付", "an attachment without searchable words"),
    Sign.ENCRYPTED_ATTACHMENT: ("暗号化された添付", "an encrypted attachment"),
    Sign.WEAK_ENCRYPTION: ("指定外の方式の暗号化", "encryption that is not designated"),
    Sign.UNPROTECTED: ("暗号化が必要なのに、されていない添付", "an attachment that has to be encrypted and is not"),
}
