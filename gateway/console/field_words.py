"""What the keys of `policy.yaml` are called in a form, and what each means; a test walks the models, so none can be missing."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.words import Words


@dataclass(frozen=True, slots=True)
class Told:
    label: Words
    help: Words


def _told(ja: str, en: str, help_ja: str = "", help_en: str = "") -> Told:
    return Told(Words(ja, en), Words(help_ja, help_en))


FIELDS: dict[str, Told] = {  # by model and key
    "WrittenRule.name": _told("名前", "Name", "記録と通知に残る、短い英数字の名前。", "Short; it stands in the record."),
    "WrittenRule.enabled": _told(
        "この規則を使う",
        "In use",
        "外すと、ファイルに残したまま使わなくなります。",
        "Off: it stays in the file and is not asked.",
    ),
    "WrittenRule.action": _told("扱い", "Action"),
    "WrittenRule.worst": _told(
        "届けてよい最も悪い判定",
        "Worst verdict that is delivered",
        "これより悪い判定のメールには当てはまらず、次の規則へ進みます。",
        "Worse mail goes on to the next rule.",
    ),
    "WrittenRule.reason": _told(
        "職員への説明", "What staff read", "通知文にそのまま載ります。", "It stands in the notice as it is written here."
    ),
    "WrittenRule.clauses": _told(
        "根拠となる要件", "Requirements that it serves", "1行に1つ。例 SAN-02", "One a line, e.g. SAN-02."
    ),
    "WrittenRule.notice": _told("届けるメールの先頭の通知", "Notice above the mail"),
    "WrittenRule.releasable": _told(
        "担当者が解除できる",
        "A reviewer may release it",
        "外すと、だれも解除できません (ウイルスなど)。",
        "Off: nobody can release what it holds.",
    ),
    "WrittenRule.exceptions": _told(
        "例外措置で外せる",
        "May be waived by an exception",
        "承認された期限付きの例外措置が、この規則を外せます。",
        "An approved exception with a term takes this rule away.",
    ),
    "WrittenRule.recipients": _told(
        "宛先", "Recipients", "送信メールを届ける規則だけ。", "For outbound mail that is delivered."
    ),
    "WrittenRule.inform": _told(
        "知らせる先",
        "Who is told",
        "送信メールだけ。1行に1つ: sender (差出人)、役割 (ism、csirt など)、メールアドレス。",
        "Outbound only; one a line: sender, a role, or an address.",
    ),
    "WrittenRule.alarm": _told(
        "警報の名前",
        "Alarm",
        "書けば、当てはまるたびに警報を出します。英小文字・数字・ハイフン。",
        "Raises this alarm each time.",
    ),
    "WrittenApproval.by": _told(
        "承認する役割",
        "Approved by",
        "1行が1段。上の段が期限までに決めなければ次の段へ。1段に空白で区切って複数の役割。例 ism bur",
        "One rung a line; within a rung any of the roles, with spaces between.",
    ),
    "WrittenApproval.hours": _told("1段の期限 (時間)", "Hours for each rung"),
    "WrittenDelay.minutes": _told("待つ時間 (分)", "Minutes"),
    "WrittenDelay.then": _told("時間が過ぎたら", "Then"),
    "WrittenDelay.tell_sender": _told("差出人に取り消しのリンクを送る", "Send a link to the sender"),
    "WrittenMatch.direction": _told("向き", "Direction"),
    "WrittenMatch.sender": _told(
        "差出人 (封筒)",
        "Sender of the envelope",
        "1行に1つ。* は何文字でも。例 *@example.jp  空の差出人は <>",
        "One a line; * is any text, <> the null sender.",
    ),
    "WrittenMatch.recipient": _told("宛先 (封筒)", "Recipient", "1行に1つ。例 *@pref.example.lg.jp", "One a line."),
    "WrittenMatch.client": _told(
        "接続元", "Client", "1行に1つのIPアドレスかネットワーク。例 192.0.2.0/24", "One address or network a line."
    ),
    "WrittenMatch.verdict": _told("メール全体の判定", "Verdict of the whole mail"),
    "WrittenMatch.finding": _told("見つかったもの (どれか1つでも)", "Findings (any of them)"),
    "WrittenMatch.media_type": _told(
        "ファイルの形式 (中身から判定)",
        "Detected type of a file",
        "1行に1つ。例 application/pdf、image/*",
        "One a line, e.g. image/*.",
    ),
    "WrittenMatch.name": _told("ファイル名", "Name of a file", "1行に1つ、小文字で。例 *.zip", "One a line, in lower case."),
    "WrittenMatch.identity": _told(
        "差出人の疑い",
        "Doubts about the sender",
        "受信メールだけ。SPF・DKIM・DMARC と見かけから判定します。",
        "Inbound mail only.",
    ),
    "WrittenMatch.larger_than": _told(
        "大きさがこれを超える", "Larger than", "転送時の大きさ。例 20MB", "As transferred, e.g. 20MB."
    ),
    "WrittenMatch.sign": _told(
        "送信メールに見えるもの (どれか1つでも)",
        "Signs of an outbound mail (any of them)",
        "いくつ (自動転送は何点) から当てはまるかを入れます。空欄は調べません。",
        "From which number it counts; empty = it does not matter.",
    ),
    "WrittenChoice.name": _told("名前", "Name"),
    "WrittenChoice.profile": _told("無害化の方法", "Way of making harmless"),
    "WrittenPolicy.default_profile": _told("標準の無害化の方法", "The default way"),
    "WrittenProfile.method": _told("方法", "Method"),
    "WrittenProfile.text_layer": _told(
        "画像にしたページに見えない文字を重ねる",
        "Invisible words over the pictures",
        "「ページを画像に」のとき、検索とコピーができるようにします。",
        "For pages as pictures: they can be searched and copied.",
    ),
    "WrittenProfile.append_text": _told(
        "本文の下に載せる添付の文字数", "Characters of each attachment below the body", "0 は載せない。20000まで。", "0 = none."
    ),
    "CandidatePasswords.file": _told(
        "自動で試すパスワードの一覧 (サーバ上のファイル)",
        "File of passwords that are tried by itself",
        "1行に1つ、200個まで、ほかの利用者が読めないファイル (chmod 600)。",
        "One a line, at most 200, chmod 600.",
    ),
    "CandidatePasswords.recent_mails": _told(
        "同じ差出人の前後24時間のメールの言葉を試す",
        "Try words of the sender's mails of a day",
        "パスワードを別便で送る慣習 (PPAP) への備え。",
    ),
    "Observing.inside": _told(
        "自分の団体とみなす宛先", "Further addresses of ours", "1行に1つ。例 *@school.example.ed.jp", "One a line."
    ),
    "BulkRecipients.exempt": _told(
        "互いに見えてもよい宛先 (登録済みの同報先)", "Recipients that may be seen by the others", "1行に1つ。", "One a line."
    ),
    "AutoForwarding.scope": _told("自動転送とみなす範囲", "What counts as forwarding"),
    "AutoForwarding.window_minutes": _told(
        "届いてから何分以内に出れば自動転送か", "Minutes in which what came in leaves again"
    ),
    "FreeMail.permits": _told(
        "フリーメールへの送信の許可",
        "Permits to write to free mail",
        "ドメインの一覧は config/free_mail.txt です。",
        "Domains: config/free_mail.txt.",
    ),
    "FreeMail.likeness": _told(
        "本人の宛先とみなす似かた (0〜1)",
        "How alike an own address is (0-1)",
        "1に近いほど、よく似たものだけを本人とみなします。",
        "Near 1: only very alike ones.",
    ),
    "Violating.count": _told(
        "所属長に知らせる件数",
        "Stopped mails of one person after which the head hears",
        "0 は自動で知らせない。",
        "0 = never by itself.",
    ),
    "Violating.days": _told("数える期間 (日)", "Counted over (days)"),
    "Violating.excepted": _told(
        "数えない規則", "Rules that do not count", "1行に1つ。本人の責めでないもの。", "One a line: nobody's fault."
    ),
    "Permit.sender": _told("差出人", "Sender"),
    "Permit.recipient": _told("宛先", "Recipient"),
    "Permit.until": _told("期限", "Until"),
    "Permit.by": _told("許可した人", "Permitted by"),
    "Permit.reason": _told("理由", "Reason"),
    "Observing.destinations": _told(
        "所属ごとの送信先",
        "Where sections may write to",
        "所属コード、または * (ほかのすべて)。宛先は空白で区切ります。",
        "Code of a section, or *.",
    ),
    "Observing.destinations.": _told("所属", "Section"),
    "Destinations.denied": _told("送れない宛先", "Denied"),
    "Destinations.allowed": _told("ここだけ送れる", "Only these"),
    "NewRecipients.scope": _told("「初めての宛先」の数え方", "Known to whom"),
    "Classification.markings": _told(
        "機密性の表示と見なす言葉",
        "Words that state a class",
        "全角・半角・空白の違いは問いません。",
        "Width and spaces do not matter.",
    ),
    "Classification.markings.": _told("言葉", "Words"),
    "Classification.markings.value": _told("機密性", "Class"),
    "Encryption.designated": _told("指定する暗号化の方式", "Designated encryption"),
    "Observing.rights": _told(
        "アドレスの種類ごとの送信の権限",
        "Rights by kind of address",
        "書かない種類は何でもできます。",
        "Kinds not named may do everything.",
    ),
    "Observing.rights.": _told("種類", "Kind"),
    "Right.external": _told("外部への送信", "Write outside"),
    "Right.attachments": _told("添付", "Attach files"),
    "Protect.mode": _told("送信する添付の暗号化", "Encrypt attachments that leave"),
    "Protect.when": _told(
        "暗号化が必要なもの",
        "What calls for a lock",
        "いくつから当てはまるかを入れます。空欄は問いません。",
        "From which number it counts.",
    ),
    "Protect.exempt": _told("暗号化したファイルを開けない宛先", "Who can open nothing locked", "1行に1つ。", "One a line."),
    "Protect.length": _told(
        "装置が作るパスワードの長さ", "Length of a password that the gateway makes", "12〜64。", "12 to 64."
    ),
    "Protect.alphabet": _told(
        "パスワードに使う文字",
        "Letters of a password",
        "英数字と記号。読み間違えるものを除くと安全です。",
        "ASCII; nothing ambiguous.",
    ),
    "Protect.shortest": _told(
        "差出人・相手と決めたパスワードの最低の長さ",
        "Shortest password of a sender or agreed one",
        "これより短ければ、装置が作ります。",
        "Below it the gateway makes one.",
    ),
    "Protect.agreed": _told(
        "相手の団体と決めたパスワードの一覧 (サーバ上のファイル)",
        "File of agreed passwords",
        "一行に「*@pref.example.lg.jp パスワード」。chmod 600。",
        "One a line: pattern of recipients, space, password; chmod 600.",
    ),
    "Hiding.to": _told("宛先を隠すときの To", "What stands in To when recipients are hidden"),
    "Hiding.delivery": _told("配送", "Delivery"),
    "Limits.part_bytes": _told("1ファイルの大きさ", "One file"),
    "Limits.total_bytes": _told("展開後の全体の大きさ", "All of it unpacked"),
    "Limits.parts": _told("添付と書庫の中のファイルの数", "Parts and members"),
    "Limits.depth": _told("書庫の入れ子", "Containers in containers"),
    "Limits.ratio": _told("圧縮率 (何倍まで)", "Unpacked : packed"),
    "Limits.pixels": _told("画像1枚の画素数", "Pixels of one frame"),
    "Limits.total_pixels": _told("画像全体の画素数", "Pixels of all frames"),
    "Limits.frames": _told("画像の枚数", "Frames"),
    "Limits.pages": _told("ページ数", "Pages"),
    "Limits.zip_entries": _told("ZIP の項目数", "Entries of a ZIP"),
    "Limits.header_bytes": _told("メールのヘッダーの大きさ", "Header of a mail"),
    "Limits.headers": _told("ヘッダーの数", "Header fields"),
}

VALUES: dict[str, Words] = {  # of short closed sets, by key and value
    "direction.inbound": Words("受信 (外から中へ)", "inbound"),
    "direction.outbound": Words("送信 (中から外へ)", "outbound"),
    "direction.": Words("どちらでも", "either"),
    "larger_than.": Words("問わない", "any"),
    "worst.": Words("(選んでください)", "(choose)"),
    "notice.changed": Words("何かを変えたとき・添付があるときだけ付ける", "when something was changed, or files are attached"),
    "notice.always": Words("必ず付ける", "always"),
    "notice.never": Words("付けない (届けないファイルのことは必ず知らせる)", "never (what is withheld is told all the same)"),
    "recipients.show": Words("そのまま", "as they are"),
    "recipients.hide": Words("互いに見えなくする", "hidden from one another"),
    "then.send": Words("送信する", "send it"),
    "then.delete": Words("確認がなければ削除する", "delete it unless confirmed"),
    "scope.external": Words("庁外への転送だけ", "only to the outside"),
    "scope.any": Words("「自分の団体とみなす宛先」への転送も", "also to our further addresses"),
    "scope.house": Words("庁内のだれかが知っていればよい", "anybody here"),
    "scope.sender": Words("差出人本人が知っていること", "the sender"),
    "mode.off": Words("暗号化しない", "never"),
    "mode.encrypt": Words("装置が暗号化する", "the gateway locks them"),
    "mode.require": Words("差出人に暗号化を求める", "senders lock them"),
    "to.undisclosed": Words("undisclosed-recipients:;", "undisclosed-recipients:;"),
    "to.sender": Words("差出人自身", "the sender"),
    "delivery.each": Words("1件ずつ送る", "one for each"),
    "delivery.together": Words("まとめて送る", "all together"),
    "bool.true": Words("できる", "yes"),
    "bool.false": Words("できない", "no"),
    "attribute.staff": Words("職員", "staff"),
    "attribute.part_time": Words("会計年度任用職員など", "part-time"),
    "attribute.contractor": Words("委託先", "contractor"),
    "attribute.shared": Words("共用", "shared"),
}
