"""Where a click may lead: a place in this document, or an http, https or mailto address.  Everything else goes.

PDF 32000-1 12.3.2 (destinations) and 12.6 (actions).  Both are rebuilt from their parts, so that neither a chained /Next nor
a page outside the page tree comes along.
"""

from __future__ import annotations

import re

from pikepdf import Array, Dictionary, Name, Object, String

from sanitizers.model import Kind, Treatment
from sanitizers.pdf.scope import Scope, is_plain, name

_ADDRESS = re.compile(rb"(?:https?://|mailto:)[^\x00-\x1f\x7f]{1,4096}", re.IGNORECASE)
_KINDS = {
    "/JavaScript": Kind.JAVASCRIPT,
    "/Launch": Kind.EXTERNAL_LINK,
    "/GoToR": Kind.EXTERNAL_LINK,
    "/GoToE": Kind.EMBEDDED_FILE,
    "/URI": Kind.HYPERLINK,
    "/SubmitForm": Kind.FORM,
    "/ImportData": Kind.FORM,
    "/ResetForm": Kind.FORM,
    "/Rendition": Kind.MULTIMEDIA,
    "/Movie": Kind.MULTIMEDIA,
    "/Sound": Kind.MULTIMEDIA,
    "/RichMediaExecute": Kind.MULTIMEDIA,
    "/SetOCGState": Kind.LAYER,
}


def action(value: object, where: str, scope: Scope) -> Object | None:
    """A new GoTo or URI action, or None; what is dropped is reported here."""
    given = value if isinstance(value, Dictionary) else Dictionary()
    kind, address = name(given.get("/S")), given.get("/URI")
    if "/Next" in given:
        scope.findings.add(Kind.ACTION, where, "chained action", Treatment.REMOVED)
    if kind == "/GoTo" and (target := destination(given.get("/D"), scope)) is not None:
        return Dictionary(S=Name.GoTo, D=target)
    if kind == "/URI" and isinstance(address, String):
        return _hyperlink(bytes(address).strip(), where, scope)
    scope.findings.add(_KINDS.get(kind, Kind.ACTION), where, f"action {kind or 'without a name'}", Treatment.REMOVED)
    return None


def _hyperlink(address: bytes, where: str, scope: Scope) -> Object | None:
    shown = address.decode("utf-8", "backslashreplace")
    address = address.replace(b" ", b"%20").replace(b"\\", b"%5C")  # as a browser reads them
    if not _ADDRESS.fullmatch(address):
        scope.findings.add(Kind.EXTERNAL_LINK, where, shown, Treatment.REMOVED)
        return None
    kept = scope.profile.switches.pdf.hyperlinks
    scope.findings.add(Kind.HYPERLINK, where, shown, Treatment.KEPT if kept else Treatment.REMOVED)
    return Dictionary(S=Name.URI, URI=String(address)) if kept else None


def destination(value: object, scope: Scope) -> Object | None:
    """A name, or [page, fit, coordinates] of a page in the page tree; None for anything else."""
    if isinstance(value, Dictionary):  # the form that /Dests and the name tree use (12.3.2.3)
        value = value.get("/D")
    if isinstance(value, (Name, String)):
        return value
    if not isinstance(value, Array) or not 2 <= len(value) <= 6:
        return None
    page, *view = value
    if not isinstance(page, Dictionary) or page.objgen not in scope.pages or not all(is_plain(item) for item in view):
        return None
    return Array([page, *view])
