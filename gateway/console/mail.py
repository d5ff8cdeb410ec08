"""Screen: one held mail: why it was held, what is in it, what a release would deliver; and what is done with it.

A mail outside somebody's scope does not exist for them.  What is read of contents is journalled (AC-02).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from starlette.responses import Response

from gateway import journal
from gateway.console import facts
from gateway.console.asker import Asker
from gateway.console.guard import PICTURE_POLICY
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.console.senders import DAYS, STANCES
from gateway.control import NotRunning, Rejected, ask
from gateway.docket import Filter
from gateway.judgement import judgeable
from gateway.model import Inspection, PartReport, QuarantineState
from gateway.policy.rules import Policy
from gateway.preview import PICTURES, TEXT, Difference, differences, readable
from gateway.quarantine import QuarantineEntry
from gateway.resend import Addressee, AlreadyAsked, Proof, Resend, addressee
from gateway.rights import CONTROL
from gateway.unlocking import TRIES, Unlock, Unlocked
from gateway.words import Refusal, Words
from gateway.workflow import ledger, opening
from gateway.workflow.engine import NotAllowed
from gateway.workflow.model import Case, Kind
from sanitizers.letter import Enclosure
from sanitizers.model import Method, Profile, Verdict

screen = Screen()

METHODS: dict[Method, Words] = {
    Method.REBUILD: Words("同じ形式で安全に作り直す", "Same format, rebuilt"),
    Method.IMAGE: Words("ページを画像にしたPDF", "Pages as pictures"),
    Method.TEXT: Words("文字だけ", "Text only"),
    Method.BODY_ONLY: Words("本文だけ", "The body only"),
}
CHARACTERS = 20_000  # of one text


@screen.get("/held/{entry}", Right.LIST_HELD)
async def show(visit: Visit) -> Response:
    entry = await entry_of(visit, visit.number("entry"))
    desk, scope = visit.desk, await visit.scope()
    policy = await desk.policy()
    kinds = (Kind.AS_IT_CAME, Kind.RELEASE)
    cases = await desk.store.db.read(lambda conn: ledger.select(conn, kinds, entry=entry.id, open_only=True))
    return visit.page(
        "mail.html",
        entry=entry,
        names=desk.names(visit.language),
        obstacle=obstacle_to(entry, policy),
        profiles={name: METHODS[profile.method] for name, profile in policy.profiles.items()},
        others=desk.look_at(entry.id, visit.who.name),
        alike=await desk.docket.alike(entry.item.id, Filter(recipients=scope.patterns)),
        events=await journal.search(desk.store.db, item=entry.item.id, limit=50),
        locked=[part for part in entry.report.walk() if part.verdict is Verdict.LOCKED] if entry.report else [],
        fact=facts.name,
        stances=STANCES,
        days=DAYS,
        subjects=_subjects(entry),
        asked=[case for case in cases if case.kind is Kind.AS_IT_CAME],
        wanted=[case for case in cases if case.kind is Kind.RELEASE],
        by_eye=_by_eye(entry, policy),
        whom=await _addressee(visit, entry) if visit.may(Right.RELEASE) else None,
        resend=await _resend(visit).asked(entry.item.id),
    )


def obstacle_to(entry: QuarantineEntry, policy: Policy) -> Words | None:
    """Why a release would only hold it again; None = it may be released.  The pipeline has the last word."""
    if entry.state is not QuarantineState.HELD:
        return Words("すでに処理されています。", "It has been dealt with.")
    if entry.restored:
        return Words(
            f"{entry.restored} のバックアップから復元したメールです。その後に届いていないことを確かめてから解除できます。",
            f"It came back from the backup of {entry.restored} and may have been delivered since: make sure first.",
        )
    if not policy.rule(entry.rule).releasable:
        return Words(
            f"規則「{entry.rule}」で保留したメールは解除できません。", f"What rule {entry.rule} held cannot be released."
        )
    if entry.report is None or entry.report.verdict >= Verdict.LOCKED:
        return Words("メール全体を検査できていないため、解除できません。", "The mail as a whole was not inspected.")
    return None


def _by_eye(entry: QuarantineEntry, policy: Policy) -> list[PartReport]:
    """The files that two people may let leave as they came; none where the rule is silent."""
    if entry.state is not QuarantineState.HELD or entry.report is None or policy.rule(entry.rule).original is None:
        return []
    return [part for part in entry.report.parts if judgeable(part)]


def _subjects(entry: QuarantineEntry) -> list[tuple[str, str]]:
    """What of this mail may be denied or allowed: its sender, that domain, each of its files; with what it is called."""
    sender = entry.item.envelope.sender.lower()
    addresses = [sender, f"@{sender.rpartition('@')[2]}"] if sender else []
    files = [(part.sha256_in, part.name) for part in entry.report.parts] if entry.report else []
    return [*((each, each) for each in addresses), *dict(files[:20]).items()]


@screen.get("/held/{entry}/text", Right.READ_HELD)
async def text(visit: Visit) -> Response:
    """The whole mail as words: nothing here was ever HTML."""
    entry = await entry_of(visit, visit.number("entry"))
    await viewed(visit, entry, "text")
    inspection = await visit.desk.preview.text(entry.item.id)
    files = [(each.name, readable(each)[:CHARACTERS]) for each in inspection.enclosures]
    return visit.page(
        "mail_text.html",
        entry=entry,
        letter=inspection.letter,
        files=files,
        header=await visit.desk.preview.header(entry.item.id),
        names=visit.desk.names(visit.language),
    )


@screen.get("/held/{entry}/outcome", Right.READ_HELD)
async def outcome(visit: Visit) -> Response:
    """What a release would deliver by a profile, and what of the words would differ."""
    entry, policy = await entry_of(visit, visit.number("entry")), await visit.desk.policy()
    name = visit.request.query_params.get("profile", policy.default_profile)
    inspection, changed = await outcome_by(visit, entry, name)
    return visit.page(
        "outcome.html",
        entry=entry,
        inspection=inspection,
        chosen=name,
        profiles={each: METHODS[p.method] for each, p in policy.profiles.items()},
        differences=changed,
        names=visit.desk.names(visit.language),
    )


async def outcome_by(asker: Asker, entry: QuarantineEntry, name: str) -> tuple[Inspection, list[Difference]]:
    """What the profile of that name would make of it, and what of its words would differ; journalled.

    Raises LookupError: no such profile; Refusal."""
    profile, preview, item = _profile(await asker.desk.policy(), name), asker.desk.preview, entry.item.id
    await viewed(asker, entry, f"outcome by {profile.name}")
    inspection, original = await preview.look(item, profile), await preview.text(item)
    if inspection.letter is None or original.letter is None:
        raise Refusal("このメールは組み立て直せません。", "This mail cannot be rebuilt.", 404)
    return inspection, differences(*[await preview.words(item, each) for each in (TEXT, profile)])


@screen.get("/held/{entry}/pages/{file}/{page}", Right.READ_HELD)
async def pages(visit: Visit) -> Response:
    entry = await entry_of(visit, visit.number("entry"))
    enclosure, count = await _enclosure(visit, entry), 1
    if enclosure.media_type not in PICTURES:
        _, _, count = await visit.desk.preview.page(enclosure.content, visit.number("page") - 1)
    await viewed(visit, entry, f"page {visit.number('page')} of file {visit.number('file')}")
    return visit.page("mail_page.html", entry=entry, file=visit.number("file"), page=visit.number("page"), count=count)


@screen.get("/held/{entry}/pages/{file}/{page}/picture", Right.READ_HELD)
async def picture(visit: Visit) -> Response:
    """A picture that our worker drew and our verifier read; nothing else is ever sent from here (W11)."""
    enclosure = await _enclosure(visit, await entry_of(visit, visit.number("entry")))
    content, media_type = enclosure.content, enclosure.media_type
    if media_type not in PICTURES:
        content, media_type, _ = await visit.desk.preview.page(content, visit.number("page") - 1)
    return Response(content, media_type=media_type, headers={"Content-Security-Policy": PICTURE_POLICY})


async def _enclosure(visit: Visit, entry: QuarantineEntry) -> Enclosure:
    """The file by its number, from 1, as pictures of its pages."""
    inspection: Inspection = await visit.desk.preview.look(entry.item.id, Profile("preview-image", Method.IMAGE))
    number = visit.number("file")
    if not 1 <= number <= len(inspection.enclosures) or visit.number("page") < 1:
        raise Refusal("このファイルは画像にできません。", "This file cannot be shown as pictures.", 404)
    enclosure = inspection.enclosures[number - 1]
    if enclosure.media_type not in (*PICTURES, "application/pdf"):
        raise Refusal("このファイルは画像にできません。", "This file cannot be shown as pictures.", 404)
    return enclosure


@screen.get("/held/{entry}/pages", Right.READ_HELD)
async def files(visit: Visit) -> Response:
    """Which files can be shown as pictures."""
    entry = await entry_of(visit, visit.number("entry"))
    inspection = await visit.desk.preview.look(entry.item.id, Profile("preview-image", Method.IMAGE))
    drawable = [
        (number, each.name)
        for number, each in enumerate(inspection.enclosures, 1)
        if each.media_type in (*PICTURES, "application/pdf")
    ]
    rest = [part for part in inspection.report.parts if not part.sha256_out]
    return visit.page("mail_files.html", entry=entry, drawable=drawable, rest=rest, names=visit.desk.names(visit.language))


@screen.post("/held/{entry}/release", Right.RELEASE)
async def release(visit: Visit) -> Response:
    entry = await entry_of(visit, visit.number("entry"))
    await let_through(visit, entry, visit.reason(), visit.text("profile"))
    return visit.go("/held", Words(f"{entry.item.receipt} を解除しました。", f"{entry.item.receipt} was released."))


async def let_through(asker: Asker, entry: QuarantineEntry, reason: str, profile: str) -> None:
    """By `profile`, "" = the policy's choice.  Raises Refusal; LookupError for a profile that nobody knows."""
    policy = await asker.desk.policy()
    if obstacle := obstacle_to(entry, policy):
        raise Refusal(obstacle.ja, obstacle.en, 409)
    chosen = _profile(policy, profile).name if profile else ""
    try:
        await asker.desk.store.quarantine.release(entry.id, asker.who.name, reason, chosen)
    except ValueError as waiting:
        raise Refusal(
            "承認待ちのメールです。承認の画面で処理してください。", f"It waits for an approval: {waiting}", 409
        ) from waiting


@screen.post("/held/{entry}/undelivered", Right.RELEASE)
async def undelivered(visit: Visit) -> Response:
    """Somebody has made sure: it came back from a backup, and was not delivered since."""
    entry = await entry_of(visit, visit.number("entry"))
    await visit.desk.store.quarantine.confirm(entry.id, visit.who.name, visit.reason())
    return visit.go(f"/held/{entry.id}", Words("未配送の確認を記録しました。", "It is recorded that it was not delivered."))


@screen.post("/held/{entry}/original", Right.RELEASE)
async def original(visit: Visit) -> Response:
    """Asks that files be delivered as they came; somebody else decides, on the page of approvals (SAN-05)."""
    entry = await entry_of(visit, visit.number("entry"))
    case = await ask_as_it_came(visit, entry, visit.texts("file"), visit.reason())
    return visit.go(
        f"/held/{entry.id}", Words(f"申請{case.id}は、別の人の承認を待ちます。", f"{case.id} waits for a second person")
    )


async def ask_as_it_came(asker: Asker, entry: QuarantineEntry, chosen: Sequence[str], reason: str) -> Case:
    """`chosen` are paths of parts.  Raises Refusal."""
    policy = await asker.desk.policy()
    files = [part for part in entry.report.parts if part.path in chosen] if entry.report else []
    try:
        asked = opening.as_it_came(policy.rule(entry.rule), entry, files, asker.who.address, reason)
        return await asker.desk.workflow.open(asked, entry.id)
    except (NotAllowed, ValueError) as error:
        ja = "申請できません。ファイルを選び、利用者の設定に名簿のアドレスがあることを確認してください。"
        raise Refusal(ja, f"This cannot be asked for: {error}", 409) from error


@screen.post("/held/{entry}/ask", Right.RELEASE)
async def ask_sender(visit: Visit) -> Response:
    """For its files in another form: the sender where that is proven, else the recipient inside."""
    entry = await entry_of(visit, visit.number("entry"))
    await ask_again(visit, entry, visit.reason())
    return visit.go(f"/held/{entry.id}", Words("再送を依頼しました。", "The letter is on its way."))


async def ask_again(asker: Asker, entry: QuarantineEntry, reason: str) -> None:
    """Raises Refusal."""
    whom = await _addressee(asker, entry)
    if entry.state is not QuarantineState.HELD or not whom.to:
        raise Refusal("このメールについては依頼できません。", "Nobody can be asked about this mail.", 409)
    try:
        await _resend(asker).ask(entry, whom, asker.who.name, reason)
    except AlreadyAsked as asked:
        raise Refusal("すでに依頼しました。", "It was asked before.", 409) from asked


def _resend(asker: Asker) -> Resend:
    desk = asker.desk
    return Resend(desk.store.db, desk.store.spool, desk.store.clock, desk.notices, desk.notifier)


async def _addressee(asker: Asker, entry: QuarantineEntry) -> Addressee:
    """By what was proven when the mail came; From is read in the sandbox, and only where DMARC has proven it."""
    decided = await journal.search(asker.desk.store.db, item=entry.item.id, kind="decided", limit=1)
    facts = dict(decided[0].facts) if decided else {}
    proof = Proof(facts.get("identity", ""), facts.get("warnings", ""))
    shown: tuple[str, ...] = ()
    if proof.holds("dmarc") and not proof.holds("spf"):
        with suppress(Refusal):
            letter = (await asker.desk.preview.text(entry.item.id)).letter
            shown = tuple(box.address for box in letter.from_) if letter else ()
    return addressee(entry, proof, shown)


@screen.post("/held/{entry}/delete", Right.DELETE)
async def delete(visit: Visit) -> Response:
    entry = await entry_of(visit, visit.number("entry"))
    await visit.desk.store.quarantine.delete(entry.id, visit.who.name, visit.reason())
    return visit.go("/held", Words(f"{entry.item.receipt} を削除しました。", f"{entry.item.receipt} was deleted."))


@screen.post("/held/{entry}/keep", Right.KEEP)
async def keep(visit: Visit) -> Response:
    entry, quarantine = await entry_of(visit, visit.number("entry")), visit.desk.store.quarantine
    act = quarantine.let_go if entry.kept_by else quarantine.keep
    await act(entry.id, visit.who.name, visit.reason())
    return visit.go(f"/held/{entry.id}", Words("証拠保全を変更しました。", "The legal hold was changed."))


@screen.post("/held/{entry}/password", Right.RELEASE)
async def password(visit: Visit) -> Response:
    entry = await entry_of(visit, visit.number("entry"))
    await unlock(visit, entry.id, visit.who.name, visit.text("password"))
    return visit.go(
        "/held", Words("パスワードを渡しました。検査をやり直します。", "The password was handed over; it is inspected again.")
    )


async def unlock(asker: Asker, entry: int, actor: str, password: str) -> None:
    """Handed to the gateway that runs, for one inspection; nothing of it is kept (unlocking.py).  Raises Refusal."""
    try:
        await ask(asker.desk.settings.place(CONTROL), "unlock", Unlock(entry, actor, password), Unlocked)
    except NotRunning as down:
        ja = "無害化装置が動いていません。しばらくしてからお試しください。"
        raise Refusal(ja, "The gateway is not running. Try again later.", 503) from down
    except Rejected as rejected:
        ja = f"いまは受け付けられません。続けて{TRIES}回まで試せます。10分ほど待ってからお試しください。"
        raise Refusal(ja, f"Not now: {rejected}", 409) from rejected


async def entry_of(asker: Asker, number: int) -> QuarantineEntry:
    """Raises LookupError, for a mail of another section as well."""
    entry = await asker.desk.store.quarantine.show(number)
    if not (await asker.scope()).sees(entry.recipients):
        raise LookupError("not in scope")
    return entry


async def viewed(asker: Asker, entry: QuarantineEntry, what: str) -> None:
    await asker.desk.store.journal.write(journal.Viewed(item=entry.item.id, actor=asker.who.name, what=what))


def _profile(policy: Policy, name: str) -> Profile:
    """Raises LookupError."""
    return policy.profiles[name]
