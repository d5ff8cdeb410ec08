"""The interactive form (12.7): fields, values and looks stay, so that a clerk can still fill it in; everything active goes.

XFA, scripts, calculation order and submission go with the keys that `grammar` does not list; here the field tree itself is
made sound, and signature fields leave it (their appearance stays on the page, `annotation`).
"""

from __future__ import annotations

from pikepdf import Array, Dictionary, Object

from sanitizers.model import Kind, Reason, Refused, Treatment
from sanitizers.pdf.annotation import field_type
from sanitizers.pdf.scope import Scope, shown

_FIELDS = 50_000  # the largest public forms have some thousands
_DEPTH = 32


def rebuild(form: Object, scope: Scope) -> None:
    """Prune the field tree in place and note every field in `scope.fields`; raises Refused(LIMIT_PARTS)."""
    if "/XFA" in form:
        scope.findings.add(Kind.FORM, "AcroForm", "XFA form; the values of its AcroForm fields stay", Treatment.REMOVED)
        del form["/XFA"]
    fields = form.get("/Fields")
    form["/Fields"] = Array(_kept(fields, scope, _DEPTH) if isinstance(fields, Array) else [])


def _kept(items: Array, scope: Scope, depth: int) -> list[Object]:
    kept: list[Object] = []
    for item in items:
        if not isinstance(item, Dictionary) or item.objgen in scope.fields or depth == 0:
            continue  # already in the tree: a second place would be a cycle or a shared kid
        if field_type(item) == "/Sig":
            scope.findings.add(Kind.SIGNATURE, "AcroForm", f"signature field {shown(item.get('/T', ''))}", Treatment.REMOVED)
            continue
        if item.is_indirect:
            scope.fields.add(item.objgen)
        if len(scope.fields) > _FIELDS:
            raise Refused(Reason.LIMIT_PARTS, f"more than {_FIELDS} form fields")
        kids = item.get("/Kids")
        if isinstance(kids, Array):
            _adopt(item, kids, scope, depth)
        kept.append(item)
    return kept


def _adopt(parent: Object, kids: Array, scope: Scope, depth: int) -> None:
    below = _kept(kids, scope, depth - 1)
    parent["/Kids"] = Array(below)
    for kid in below:
        kid["/Parent"] = parent
