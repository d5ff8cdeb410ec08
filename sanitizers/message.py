"""A message: its structure is read strictly, its text becomes the letter's body, everything else goes to `Job.child`.

Every leaf under every reading is treated; nothing of the sender's headers, boundaries or encodings survives (formats.md 11).
`letter` reads a top-level message, `sanitise` a nested one, which is composed anew as .eml.  Raises Refused when two readers
could see different parts (AMBIGUOUS, with the rule), for a limit, or when a nested message holds what may not be delivered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sanitizers import bodies, charset, hidden, names, outlook, signature, words
from sanitizers.bodies import Piece
from sanitizers.carrier_emoji import Carrier, carrier
from sanitizers.compose import compose, inert
from sanitizers.detect import UNKNOWN, detect
from sanitizers.detect.prose import WEB_ARCHIVE
from sanitizers.envelope import Writer
from sanitizers.job import Findings, Job
from sanitizers.letter import Attachment, Enclosure, Letter
from sanitizers.mime_strict import Entity, read
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Signature, Treatment, Verdict
from sanitizers.signature import cms

MEDIA_TYPE = "message/rfc822"
MEDIA_TYPES = (MEDIA_TYPE, WEB_ARCHIVE, *outlook.MEDIA_TYPES)
MAX_BODY = 12 << 20  # bytes of UTF-8: what fits into the worker's answer (protocol.JSON_BYTES); a longer text is a file

_BODIES = ("text/plain", "text/html")
_HEADERS = "text/rfc822-headers"  # RFC 6522 3: of a mail that came back
_REPORTS = ("message/delivery-status", "message/disposition-notification", "message/feedback-report", _HEADERS)
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_DETACHED = _SIGNATURES[:2]
_SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_MIME = re.compile(rb"\s*(?:content-|mime-version)", re.IGNORECASE)
_LINE_END = re.compile(rb"\r?\n")
_LESSER = ("text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html")  # other renderings of the same text
_MARKER = b"[[mugai embedded file %d]]"
_BINARY = re.compile(rb"[\x00-\x08\x10-\x1a\x1c-\x1f]")  # in no text; escape and shifts are ISO-2022's
_MARKED = re.compile(r"\[\[mugai embedded file (\d{1,3})\]\]")


def letter(content: bytes, part: Part, job: Job) -> tuple[Letter, Outcome]:
    """A whole mail: its values and what was found in the mail itself; its parts were reported by their own outcomes."""
    reading = _Reading(part, job, want_output=False)
    read_letter = reading.letter(content)
    found = reading.findings
    return read_letter, Outcome(found.verdict(), MEDIA_TYPE, findings=found.all(), signatures=reading.signatures)


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """A nested message as a canonical .eml.  Withheld parts are named in its text; a part that failed or is locked stops it."""
    reading = _Reading(part, job, want_output=True)
    inner = reading.letter(content, detected)
    worst = max(reading.outcomes, key=lambda outcome: outcome.verdict, default=None)
    if worst is not None and worst.verdict > Verdict.WITHHELD:
        verdict = Verdict.LOCKED if worst.verdict is Verdict.LOCKED else Verdict.FAILED  # only the scanner says infected
        raise Refused(worst.reason or Reason.CRASHED, f"a part of the message: {worst.detail}", verdict, reading.findings.all())
    note = ""
    for withheld, outcome in reading.withheld:
        reading.findings.add(Kind.MEMBER_WITHHELD, withheld, f"{outcome.reason}: {outcome.detail}", Treatment.REPLACED)
        note += f"〔添付ファイル「{withheld}」は、安全な形にできないため取り除きました。〕\n"
    enclosures = [
        Enclosure(attachment.name, outcome.media_type, outcome.output)
        for attachment in inner.attachments
        if (outcome := reading.outcomes[attachment.child]).output is not None
    ]
    output = compose(inner, enclosures, notice_foot=note)
    name = names.with_extension(part.name or names.safe((inner.subject[:60],), "メール").name, MEDIA_TYPE)
    found = reading.findings
    return Outcome(found.verdict(), detected, output, MEDIA_TYPE, name, found.all(), signatures=reading.signatures)


class _Reading:
    """One message being read; children are numbered in the order of their calls."""

    def __init__(self, part: Part, job: Job, want_output: bool):
        self.findings = Findings()
        self.outcomes: list[Outcome] = []
        self._part, self._job, self._want_output = part, job, want_output
        self._attachments: list[Attachment] = []
        self._packed: list[Piece] = []  # texts inside winmail.dat, which mostly say what the mail says
        self._is_packed = False  # one winmail.dat inside another is a container of its own, and counted as such
        self.withheld: list[tuple[str, Outcome]] = []
        self._used: set[str] = set()
        self.signatures: tuple[Signature, ...] = ()
        self._is_first = True
        self._phone: Carrier | None = None  # whose emoji the texts may hold

    def letter(self, content: bytes, detected: str = MEDIA_TYPE) -> Letter:
        if detected in outlook.MEDIA_TYPES:
            content = outlook.mail(content, detected, self._job.profile, self.findings)
        root = read(content, self._job.profile.limits, self.findings)
        self._phone = carrier(root.first("from"), root.first("message-id"))
        texts = self._texts(root)
        body = inert(bodies.joined(texts + bodies.unsaid(self._packed, texts)))
        if len(body.encode()) > MAX_BODY:
            raise Refused(Reason.LIMIT_SIZE, f"a body of more than {MAX_BODY} bytes")
        return Writer(root, self._phone, self.findings).letter(body, tuple(self._attachments))

    # --- The tree

    def _texts(self, entity: Entity) -> list[Piece]:
        """The texts of the body below `entity`, in order; all other leaves become children on the way."""
        if entity.media_type == "multipart/alternative":
            has_body = any(part.media_type not in _LESSER for part in entity.parts)
            parts = [part for part in entity.parts if not (has_body and part.media_type in _LESSER)]
            return bodies.chosen(
                [piece for part in parts for piece in self._texts(part)], self.findings, "multipart/alternative"
            )
        if entity.parts:
            if entity.media_type == "multipart/signed":
                self._verify(entity)
            return [piece for part in self._without_signature(entity) for piece in self._texts(part)]
        if entity.media_type.startswith("multipart/"):
            return []  # divided into nothing
        content = entity.content(self.findings, entity.media_type)
        if self._is_body(entity, content):
            return [self._body(entity, content)]
        if entity.media_type in _SEALED and not self._is_packed and _MIME.match(inner := cms.content(content) or b""):
            return self._unsealed(content, inner)
        if content.startswith(outlook.TNEF_SIGNATURE) and not self._is_packed:
            self._unpack(content, entity)
        elif entity.media_type == "text/css" and not _names(entity):
            self.findings.add(Kind.HTML_BODY, "text/css", "style sheet of a page that is now text", Treatment.REMOVED)
        elif content or _names(entity):
            self._child(content, _names(entity), entity.media_type)
        return []

    def _verify(self, entity: Entity) -> None:
        """RFC 8551 3.5.3: a detached signature over the first part, header and all, as it came (SD-09)."""
        signed = entity.parts[0]
        for part in entity.parts[1:]:
            if part.media_type in _DETACHED:
                data = _LINE_END.sub(b"\r\n", bytes(signed.whole))
                self._signed(cms.signers(part.content(self.findings, part.media_type), data, self._job.profile.anchors))

    def _unsealed(self, content: bytes, inner: bytes) -> list[Piece]:
        """RFC 8551 3.5.2: an opaque one is a container; what it carries takes its place."""
        self._signed(cms.signers(content, None, self._job.profile.anchors))
        self._is_packed = True
        try:
            return self._texts(read(inner, self._job.profile.limits, self.findings))
        finally:
            self._is_packed = False

    def _signed(self, found: tuple[Signature, ...]) -> None:
        signature.report(found, "S/MIME", self.findings)
        self.signatures += found

    def _unpack(self, content: bytes, entity: Entity) -> None:
        """winmail.dat stands for parts of this mail, and they take its place (J13); a broken one is a part that failed."""
        try:
            mail = outlook.mail(content, outlook.TNEF, self._job.profile, self.findings)
        except Refused:
            self._child(content, _names(entity), entity.media_type)
        else:
            self._is_packed = True
            self._packed += self._texts(read(mail, self._job.profile.limits, self.findings))
            self._is_packed = False

    def _without_signature(self, entity: Entity) -> Iterator[Entity]:
        """A signature over bytes that are written anew proves nothing any more (J28)."""
        for part in entity.parts:
            if part.media_type in _SIGNATURES and entity.media_type == "multipart/signed":
                self.findings.add(Kind.SIGNATURE, "", f"{part.media_type}: the signed form does not survive", Treatment.REMOVED)
            else:
                yield part

    def _is_body(self, entity: Entity, content: bytes) -> bool:
        """Text that mail programs show in place; a name makes it a file, unless it is the first thing in the mail."""
        if entity.stray or len(content) > MAX_BODY or _is_file(content):
            return False
        if entity.media_type in _REPORTS:
            return True
        attached = any(field.value.startswith("attachment") for field in entity.dispositions)
        return entity.media_type in _BODIES and not attached and (self._is_first or not _names(entity))

    def _body(self, entity: Entity, content: bytes) -> Piece:
        self._is_first = False
        where = entity.media_type
        if where == "text/html":
            markup = bodies.decoded(content, entity.content_type, self._phone, self.findings, where)
            shown = bodies.from_html(markup, self._job.profile.switches.body, self.findings, where).text
            return Piece(self._shown(shown), True)
        rest, files = hidden.extract(content, _MARKER)  # yEnc is no text in any charset
        text = bodies.decoded(rest, entity.content_type, self._phone, self.findings, where)
        text = words.decode_text(text).text if where == _HEADERS else text
        text = bodies.plain(text, entity.content_type, self.findings, where).text
        return Piece(self._shown(self._with_files(text, files)), False)

    def _shown(self, text: str) -> str:
        """What became legible only now, without invisible characters, soft line ends or UTF-16, is a file as well."""
        rest, files = hidden.extract(text.encode(), _MARKER)
        return self._with_files(rest.decode(), files)

    def _with_files(self, text: str, files: list[hidden.HiddenFile]) -> str:
        """Embedded files become children; a line says where they stood."""
        shown = {}
        for number, file in enumerate(files, 1):
            self.findings.add(Kind.HIDDEN_PART, "body", f"{file.how} in the text", Treatment.REPLACED)
            written = charset.decode(file.name).text
            shown[str(number)] = self._child(file.content, (written,) if written else (), "")
        return _MARKED.sub(
            lambda mark: f"〔本文に埋め込まれていたファイル: {shown[mark[1]]}〕" if mark[1] in shown else mark[0], text
        )

    # --- Children

    def _child(self, content: bytes, candidates: tuple[str, ...], declared: str) -> str:
        """Hands one part over; the name under which it was handed."""
        self._is_first = False
        number = len(self.outcomes) + 1
        safe = names.safe(candidates, f"添付{number}")
        name = "" if declared == MEDIA_TYPE and not candidates else safe.name
        if safe.deceptive:
            self.findings.add(Kind.DECEPTIVE_NAME, safe.name, safe.reason, Treatment.NEUTRALISED)
        path = f"{self._part.path}/{number}" if self._part.path else str(number)
        outcome = self._job.child(content, Part(path, name, declared, candidates), self._want_output)
        self.outcomes.append(outcome)
        if outcome.verdict <= Verdict.SANITISED:
            self._attachments.append(Attachment(number - 1, self._unique(outcome.name or safe.name)))
        else:
            self.withheld.append((safe.name, outcome))
        return safe.name

    def _unique(self, name: str) -> str:
        """Two files of one name would overwrite each other in a clerk's folder."""
        stem, extension = name[: len(name) - len(names.extension(name))], names.extension(name)
        number = 1
        while (unique := name if number == 1 else f"{stem}({number}){extension}") in self._used:
            number += 1
        self._used.add(unique)
        return unique


def _is_file(content: bytes) -> bool:
    """A part called text whose content is none: some readers go by the content (M13)."""
    kind = detect(content, Part("", "", ""))
    if kind == UNKNOWN or kind.startswith(("text/", "message/")):
        return False
    return kind == "application/pdf" or _BINARY.search(content) is not None


def _names(entity: Entity) -> tuple[str, ...]:
    """Every name that some mail program could show (J7), `filename` first."""
    found = [name for field in entity.dispositions for name in field.texts("filename")]
    return tuple(dict.fromkeys(name[:1000] for name in (*found, *entity.content_type.texts("name"))))
