"""The words that both sides of the wall share: verdicts, findings, parts, profiles, outcomes.

Plain frozen values; nothing here parses, opens or decides.  The trusted side re-validates every value that came
back from a worker (`protocol.py`) before it believes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Verdict(IntEnum):
    """Ordered: the worst part speaks for the whole."""

    CLEAN = 0  # nothing had to be changed in meaning; still rebuilt
    SANITISED = 1  # active or hidden constructs were removed
    WITHHELD = 2  # part replaced by a notice (type not allowed, damaged, or the profile says so)
    LOCKED = 3  # encrypted: a password is wanted
    INFECTED = 4  # the scanner named it
    FAILED = 5  # not fully inspected: nothing leaves, and no setting changes that


class Treatment(StrEnum):
    REMOVED = "removed"  # gone without trace in the output
    REPLACED = "replaced"  # something harmless stands in its place (placeholder, cached result, picture)
    NEUTRALISED = "neutralised"  # still readable, no longer active
    KEPT = "kept"  # reported only
    BLOCKED = "blocked"  # the profile accepts no file that holds it: nothing of the part leaves


class Method(StrEnum):
    """How a part is made harmless (SAN-03, SAN-05)."""

    REBUILD = "rebuild"  # same format, made safe
    IMAGE = "image"  # pages as pictures in a PDF
    TEXT = "text"  # plain text only
    BODY_ONLY = "body_only"  # the body's text; attachments are listed, not delivered


class Kind(StrEnum):
    """What was found.  A closed set: each has a Japanese and an English name in `config/notices`."""

    MACRO = "macro"
    XLM_MACRO = "xlm_macro"
    ACTIVEX = "activex"
    EMBEDDED_OBJECT = "embedded_object"
    EMBEDDED_FILE = "embedded_file"
    EXTERNAL_LINK = "external_link"
    REMOTE_TEMPLATE = "remote_template"
    HYPERLINK = "hyperlink"
    DDE = "dde"
    FIELD = "field"
    FORMULA = "formula"
    DATA_CONNECTION = "data_connection"
    CUSTOM_XML = "custom_xml"
    RIBBON = "ribbon"
    WEB_EXTENSION = "web_extension"
    ACTION = "action"
    JAVASCRIPT = "javascript"
    FORM = "form"
    MULTIMEDIA = "multimedia"
    LAYER = "layer"
    FONT = "font"
    METADATA = "metadata"
    LOCATION = "location"  # GPS position in a picture
    COMMENT = "comment"
    TRACKED_CHANGE = "tracked_change"
    HIDDEN_CONTENT = "hidden_content"
    SIGNATURE = "signature"
    IMAGE_RECODED = "image_recoded"
    VECTOR_IMAGE = "vector_image"
    PRINTER_SETTINGS = "printer_settings"
    UNKNOWN_CONSTRUCT = "unknown_construct"  # not on the allow-list
    TRAILING_DATA = "trailing_data"  # polyglot, bytes outside the format
    RENAMED = "renamed"  # file name or extension corrected
    DECEPTIVE_NAME = "deceptive_name"  # RTLO, double extension, padding
    TYPE_MISMATCH = "type_mismatch"
    CHARSET = "charset"  # assumed, corrected or undecodable
    GAIJI = "gaiji"  # private use characters: kept, but other machines show another shape
    SCRIPT = "script"
    REMOTE_CONTENT = "remote_content"
    DECEPTIVE_LINK = "deceptive_link"
    CONTROL_CHARACTER = "control_character"  # bidi, zero width, C0
    HTML_BODY = "html_body"  # turned into text
    DUPLICATE_BODY = "duplicate_body"  # alternatives that say different things
    MIME_AMBIGUITY = "mime_ambiguity"
    HIDDEN_PART = "hidden_part"  # preamble, epilogue, uuencode, yEnc, base64 in text
    HEADER = "header"
    MEMBER_WITHHELD = "member_withheld"
    ARCHIVE_ENTRY = "archive_entry"  # link, device, bad path
    ARCHIVE_CONVERTED = "archive_converted"
    CONVERTED = "converted"  # another format than it came in
    ENCRYPTION = "encryption"  # the detail is a `Cipher`


class Cipher(StrEnum):
    """How a file was locked, where that can be told (SD-07)."""

    ZIPCRYPTO = "zipcrypto"
    ZIP_AES128 = "zip_aes128"
    ZIP_AES192 = "zip_aes192"
    ZIP_AES256 = "zip_aes256"
    PDF_RC4_40 = "pdf_rc4_40"
    PDF_RC4 = "pdf_rc4"
    PDF_AES128 = "pdf_aes128"
    PDF_AES256 = "pdf_aes256"
    OFFICE_XOR = "office_xor"  # doc, xls: obfuscation rather than encryption
    OFFICE_RC4 = "office_rc4"  # doc, xls: 40 bits
    OFFICE_CRYPTOAPI = "office_cryptoapi"  # doc, xls, ppt since Office 2003: RC4 of 40 to 128 bits
    OFFICE_STANDARD = "office_standard"  # Office 2007: AES-128
    OFFICE_AGILE = "office_agile"  # since Office 2010
    SEVEN_ZIP = "7z"
    RAR = "rar"
    SMIME = "smime"  # enveloped for somebody's certificate
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a part is not delivered.  A closed set: clerks read its Japanese text in `config/notices`."""

    UNKNOWN_TYPE = "unknown_type"
    TYPE_NOT_ALLOWED = "type_not_allowed"
    EXECUTABLE = "executable"
    TYPE_MISMATCH = "type_mismatch"
    BODY_ONLY = "body_only"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    WRONG_PASSWORD = "wrong_password"
    CORRUPT = "corrupt"
    AMBIGUOUS = "ambiguous"  # two readers would see two different things
    FORBIDDEN_CONSTRUCT = "forbidden_construct"  # DOCTYPE, remote part, profile says block
    LIMIT_SIZE = "limit_size"
    LIMIT_PARTS = "limit_parts"
    LIMIT_DEPTH = "limit_depth"
    LIMIT_RATIO = "limit_ratio"
    LIMIT_PIXELS = "limit_pixels"
    LIMIT_TIME = "limit_time"
    LIMIT_MEMORY = "limit_memory"
    INFECTED = "infected"
    NOT_SCANNED = "not_scanned"
    CRASHED = "crashed"
    VERIFY_FAILED = "verify_failed"
    EXPLOIT_ATTEMPT = "exploit_attempt"  # the worker touched what no parser needs (SIGSYS)
    NO_CONVERTER = "no_converter"  # LibreOffice is not installed
    NO_TEXT = "no_text"  # the profile wants text, and there is none
    UNDECRYPTABLE = "undecryptable"  # no password that staff could know would help here
    NO_UNPACKER = "no_unpacker"  # packed by a method that no free library reads
    SPLIT_VOLUME = "split_volume"  # one piece of several
    SELF_EXTRACTING = "self_extracting"  # a program with an archive inside
    DISC_IMAGE = "disc_image"


class Task(StrEnum):
    """What one worker process is asked to do."""

    SANITISE = "sanitise"  # any file -> safe file
    LETTER = "letter"  # a top-level message -> Letter (headers and body as text, attachments by number)
    VERIFY = "verify"  # an output -> list of objections
    ATTACK = "attack"  # self-test: try to break out
    IDENTIFY = "identify"  # a message as it came -> what proves its sender (SPF, DKIM, DMARC, ARC)
    RESOLVE = "resolve"  # a question to the DNS; asked for by IDENTIFY only, answered outside of any worker
    DISCLOSE = "disclose"  # a rebuilt file -> what personal information it holds, counted, and its class
    RENDER = "render"  # a rebuilt PDF -> pictures of its pages; asked for by another worker only
    PAGE = "page"  # one page of a rebuilt PDF -> a picture, for a reviewer's eye
    DRAW = "draw"  # a pruned SVG -> a PNG; asked for by another worker only
    DECODE = "decode"  # a HEIC -> a picture that others can decode; asked for by another worker only
    EXTERNAL = "external"  # a format that only the administrator's own converter reads; asked for by another worker only
    PACK = "pack"  # rebuilt files -> one ZIP that only a password opens
    CONVERT = "convert"  # an old document -> OOXML, by LibreOffice; asked for by another worker only


@dataclass(frozen=True, slots=True)
class Finding:
    """One construct: what, where inside the part, in which words, and what became of it."""

    kind: Kind
    where: str
    detail: str
    treatment: Treatment


class SignatureState(StrEnum):
    """What a look at an electronic signature says (SD-09).  Each has its line in `config/notices`."""

    TRUSTED = "trusted"  # whole, and the signer is traced to a root of the administrators'
    INTACT = "intact"  # whole; who signed is only what the certificate says
    APPENDED = "appended"  # whole, but something was added behind it
    BROKEN = "broken"  # not what was signed
    UNVERIFIED = "unverified"  # nobody can say


@dataclass(frozen=True, slots=True)
class Signature:
    signer: str  # the name in the certificate; "" when there is none
    state: SignatureState
    detail: str = ""  # English


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps, each rejecting when exceeded (never truncating).  Sizes in bytes, times in seconds."""

    part_bytes: int = 64 << 20  # one part, decoded: above the 50 MB that municipal mail systems carry
    total_bytes: int = 256 << 20  # everything unpacked from one mail
    parts: int = 500  # MIME parts and archive members of one mail (security.md M11)
    depth: int = 5  # containers in containers (formats.md 8)
    ratio: int = 200  # unpacked : packed, above 1 MiB unpacked; sheet XML reaches 100
    pixels: int = 64_000_000  # one frame; an A3 scan at 600 dpi is 70 M, at 400 dpi 31 M
    total_pixels: int = 256_000_000  # all frames of one picture
    frames: int = 500
    pages: int = 2_000
    zip_entries: int = 10_000
    header_bytes: int = 256 << 10
    headers: int = 1_000


class Setting(StrEnum):
    """What a profile does with one kind of construct.  True only where it may stay: a sanitiser asks `if switches.comments`."""

    KEEP = "keep"
    REMOVE = "remove"
    BLOCK = "block"  # no file that holds it is delivered

    def __bool__(self) -> bool:
        return self is Setting.KEEP


@dataclass(frozen=True, slots=True)
class Switches:
    """Of one family of formats.  A sanitiser removes what is not kept and records it, as it does anyway; `registry` withholds
    the part when something was recorded that is blocked."""

    hyperlinks: Setting = Setting.KEEP  # http, https and mailto only; every other scheme always goes
    comments: Setting = Setting.KEEP
    tracked_changes: Setting = Setting.KEEP
    hidden_sheets: Setting = Setting.KEEP
    layers: Setting = Setting.KEEP
    forms: Setting = Setting.KEEP  # fields and values, without what acts
    metadata: Setting = Setting.REMOVE  # author, revision ids, EXIF (the classification label survives, SD-04)
    hidden_content: Setting = Setting.REMOVE
    macros: Setting = Setting.REMOVE
    scripts: Setting = Setting.REMOVE
    controls: Setting = Setting.REMOVE
    embedded_files: Setting = Setting.REMOVE  # kept: Office documents in Office documents, themselves rebuilt
    external_links: Setting = Setting.REMOVE
    commands: Setting = Setting.REMOVE
    add_ins: Setting = Setting.REMOVE
    multimedia: Setting = Setting.REMOVE
    signatures: Setting = Setting.REMOVE

    def blocked(self) -> frozenset[Kind]:
        """What may not be found in a file that is delivered."""
        return frozenset(kind for name, kinds in CONSTRUCTS.items() if getattr(self, name) is Setting.BLOCK for kind in kinds)


CONSTRUCTS: dict[str, tuple[Kind, ...]] = {  # each switch, and as what its constructs are recorded
    "hyperlinks": (Kind.HYPERLINK,),
    "comments": (Kind.COMMENT,),
    "tracked_changes": (Kind.TRACKED_CHANGE,),
    "hidden_sheets": (Kind.HIDDEN_CONTENT,),
    "layers": (Kind.LAYER,),
    "forms": (Kind.FORM,),
    "metadata": (Kind.METADATA, Kind.LOCATION),
    "hidden_content": (Kind.HIDDEN_CONTENT,),
    "macros": (Kind.MACRO, Kind.XLM_MACRO),
    "scripts": (Kind.JAVASCRIPT, Kind.SCRIPT, Kind.ACTION),
    "controls": (Kind.ACTIVEX, Kind.FORM),
    "embedded_files": (Kind.EMBEDDED_OBJECT, Kind.EMBEDDED_FILE),
    "external_links": (Kind.EXTERNAL_LINK, Kind.REMOTE_TEMPLATE, Kind.REMOTE_CONTENT, Kind.DATA_CONNECTION),
    "commands": (Kind.DDE, Kind.FIELD, Kind.FORMULA),
    "add_ins": (Kind.RIBBON, Kind.WEB_EXTENSION),
    "multimedia": (Kind.MULTIMEDIA,),
    "signatures": (Kind.SIGNATURE,),
}


@dataclass(frozen=True, slots=True)
class Family:
    """Which switches a family of formats has: those that may say `keep`, and those that never may."""

    keepable: frozenset[str]
    never_kept: frozenset[str]


def _family(keepable: str, never_kept: str) -> Family:
    return Family(frozenset(keepable.split()), frozenset(never_kept.split()))


FAMILIES = {  # the fields of `Switchboard`
    "office": _family(
        "hyperlinks comments tracked_changes hidden_sheets metadata embedded_files",
        "macros controls external_links commands scripts add_ins multimedia signatures",
    ),
    "pdf": _family(
        "hyperlinks comments forms layers metadata",
        "scripts embedded_files external_links multimedia hidden_content signatures",
    ),
    "image": _family("", "metadata hidden_content scripts external_links"),
    "html": _family("hyperlinks", "scripts forms embedded_files external_links hidden_content multimedia"),
    "body": _family("hyperlinks", ""),
}


@dataclass(frozen=True, slots=True)
class Switchboard:
    """What a profile keeps, removes or blocks.  `body` is the text of mails, which is never withheld: there is no `block`."""

    office: Switches = field(default_factory=lambda: Switches(embedded_files=Setting.KEEP))
    pdf: Switches = field(default_factory=Switches)
    image: Switches = field(default_factory=Switches)  # SVG as well
    html: Switches = field(default_factory=lambda: Switches(forms=Setting.REMOVE))
    body: Switches = field(default_factory=Switches)


@dataclass(frozen=True, slots=True)
class Profile:
    """One named way to treat a message or file; passwords live only as long as the job."""

    name: str = "rebuild"
    method: Method = Method.REBUILD
    switches: Switchboard = field(default_factory=Switchboard)
    text_layer: bool = True  # of method IMAGE: the words of each page, invisible over its picture
    limits: Limits = field(default_factory=Limits)
    append_text: int = 0  # characters of each attachment's text to show below the body
    passwords: tuple[str, ...] = field(default=(), repr=False)
    anchors: tuple[str, ...] = field(default=(), repr=False)  # PEM: the roots that a signature may be traced to


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to sanitise.  `path` numbers it in the mail: "2" is the second part, "2/1" the first member of it."""

    path: str
    name: str  # the safe display name chosen so far ("" if none)
    declared: str  # the media type that the sender wrote ("" if none)
    names: tuple[str, ...] = ()  # every name that some reader could see; the worst extension decides


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sanitiser answers.  `output` is None exactly when nothing of the part may be delivered."""

    verdict: Verdict
    detected: str  # media type by content
    output: bytes | None = field(default=None, repr=False)
    media_type: str = ""  # of the output
    name: str = ""  # of the output, extension matching its media type
    findings: tuple[Finding, ...] = ()
    reason: Reason | None = None
    detail: str = ""  # English, for the reviewer and the log
    signatures: tuple[Signature, ...] = ()  # that the content had
    note: str = ""  # of a withheld child, by the supervisor: what people read in its place


class Refused(Exception):
    """A sanitiser will not deliver this part.  `verdict` is WITHHELD, LOCKED or FAILED."""

    def __init__(self, reason: Reason, detail: str = "", verdict: Verdict = Verdict.FAILED, findings: tuple[Finding, ...] = ()):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail, self.verdict, self.findings = reason, detail, verdict, findings
