"""Open a PDF: passwords, repair, and what stands in the file besides the document that qpdf reads.

Raises `Refused`: ENCRYPTED, WRONG_PASSWORD or UNDECRYPTABLE (LOCKED), CORRUPT when pages or their content are missing,
LIMIT_PARTS.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

from pikepdf import Dictionary, PasswordError, Pdf, PikepdfError, QpdfRuntimeError
from pikepdf.settings import set_qpdf_limits

from sanitizers import password
from sanitizers.job import Findings
from sanitizers.model import Kind, Limits, Reason, Refused, Treatment, Verdict
from sanitizers.pdf.key import file_key

_REFERENCE = re.compile(rb"\b(\d{1,10}) (\d{1,5}) R\b")
_BUFFER = re.compile(r"stream <[^>]*>[: ]*")
_LOST_PAGE = "Pages tree includes"  # qpdf: something in the page tree is no page any more
_DECODED = 256 << 20  # bytes of one stream: a 64 M pixel page in RGB is 192 MB
set_qpdf_limits(
    flate_max_memory=_DECODED,
    png_max_memory=_DECODED,
    tiff_max_memory=_DECODED,
    run_length_max_memory=_DECODED,
    dct_max_memory=_DECODED,
    dct_max_progressive_scans=50,  # each scan visits every pixel; encoders write ten
    max_stream_filters=4,
    parser_max_nesting=100,
    doc_max_warnings=1000,
)


def opened(content: bytes, passwords: Iterable[str], limits: Limits, findings: Findings) -> Pdf:
    """The document, decrypted; everything unusual about the file is in `findings`."""
    pdf = _unlocked(content, tuple(passwords), findings)
    promised = _promised(pdf)  # before qpdf repairs the page tree
    if not 0 < len(pdf.pages) <= limits.pages:
        if len(pdf.pages):
            raise Refused(Reason.LIMIT_PARTS, f"{len(pdf.pages)} pages, limit {limits.pages}")
        raise Refused(Reason.CORRUPT, "no pages")
    if damage := pdf.get_warnings():
        if promised > len(pdf.pages) or any(_LOST_PAGE in str(warning) for warning in damage):
            raise Refused(Reason.CORRUPT, f"{len(pdf.pages)} pages are left of the damaged file")
        if _is_cut(content, pdf):
            raise Refused(Reason.CORRUPT, "the file has been cut off")
        findings.add(Kind.UNKNOWN_CONSTRUCT, "", f"damaged structure, repaired: {said(damage[0])}", Treatment.REPLACED)
    _outside(content, pdf.is_linearized, findings)
    return pdf


def _unlocked(content: bytes, passwords: tuple[str, ...], findings: Findings) -> Pdf:
    for secret in password.in_time((b"", *password.as_bytes(passwords))):
        try:
            pdf = _open(content, secret)
        except PasswordError:
            continue
        except PikepdfError as broken:
            if "encrypt" in str(broken).lower():  # for somebody's certificate, or in no known way: a password is no help
                raise Refused(Reason.UNDECRYPTABLE, said(broken), Verdict.LOCKED) from broken
            raise Refused(Reason.CORRUPT, said(broken)) from broken
        except ValueError as broken:  # a number that no machine word holds
            raise Refused(Reason.CORRUPT, said(broken)) from broken
        if pdf.is_encrypted:
            how = "with a password" if secret else "without a password for reading"
            findings.add(Kind.CONVERTED, "", f"encrypted {how}; delivered without encryption", Treatment.REPLACED)
        return pdf
    if passwords:
        raise Refused(Reason.WRONG_PASSWORD, "none of the passwords opens the document", Verdict.LOCKED)
    raise Refused(Reason.ENCRYPTED, "a password is needed to open the document", Verdict.LOCKED)


def _open(content: bytes, secret: bytes) -> Pdf:
    try:
        return Pdf.open(io.BytesIO(content), password=secret, inherit_page_attributes=False)
    except QpdfRuntimeError:  # the password fits, but qpdf finds no /dev/urandom: see `key`
        key = file_key(content, secret)
        if key is None:
            raise
        return Pdf.open(io.BytesIO(content), password=key.hex(), hex_password=True, inherit_page_attributes=False)


def said(problem: object) -> str:
    """What qpdf says, without the address of our buffer: the same file must give the same report."""
    return _BUFFER.sub("", str(problem))


def _promised(pdf: Pdf) -> int:
    """How many pages the root of the page tree says there are (7.7.3.2)."""
    tree = pdf.Root.get("/Pages") if isinstance(pdf.Root, Dictionary) else None
    count = tree.get("/Count") if isinstance(tree, Dictionary) else 0
    return count if isinstance(count, int) else 0


def _is_cut(content: bytes, pdf: Pdf) -> bool:
    """Whether the end of the file (7.5.5) is missing, and with it an object, or part of one, that belongs to it.

    Readers look for the end in the last kilobyte.  A reference to nothing is a harmless null elsewhere (7.3.10), not here."""
    if b"startxref" in content[-1024:]:
        return False
    if content.rfind(b" obj") > content.rfind(b"endobj"):
        return True
    there = pdf.get_xref_table().keys()
    return any((int(number), int(generation)) not in there for number, generation in _REFERENCE.findall(content))


def _outside(content: bytes, linearized: bool, findings: Findings) -> None:
    """Bytes before the header or after the end, and earlier revisions (7.5.6): none of them is in the rebuilt file."""
    start, stop = content.find(b"%PDF-"), content.rfind(b"%%EOF")
    if start > 0:
        findings.add(Kind.TRAILING_DATA, "", f"{start} bytes before the document", Treatment.REMOVED)
    rest = len(content[stop + 5 :].strip(b"\r\n\x00 ")) if stop >= 0 else 0
    if rest:
        findings.add(Kind.TRAILING_DATA, "", f"{rest} bytes after the document", Treatment.REMOVED)
    earlier = content.count(b"startxref") - (2 if linearized else 1)
    if earlier > 0:
        findings.add(Kind.HIDDEN_CONTENT, "", f"{earlier} earlier revisions of the document", Treatment.REMOVED)
