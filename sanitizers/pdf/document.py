"""One PDF from end to end: open, take over pages, form, layers and navigation, drop all else, write anew (SAN-05, D7-D9)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from decimal import Decimal

from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, PikepdfError, String

from sanitizers import names, signature
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Treatment
from sanitizers.pdf import form, grammar, navigation, source
from sanitizers.pdf.prune import Pruner
from sanitizers.pdf.scope import ObjectId, Scope, is_plain, name, shown
from sanitizers.signature import portable

_LEAVES = ("/Lang", "/PageLayout", "/PageMode")
_TYPED = {"/AcroForm": "Form", "/OCProperties": "Layers", "/ViewerPreferences": "Plain", "/OutputIntents": "OutputIntent"}
_TITLES = ("/Title", "/Subject", "/Keywords")
_INHERITED = frozenset({"/Resources", "/MediaBox", "/CropBox", "/Rotate"})
_VERSIONS = frozenset(("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "2.0"))  # qpdf writes down whatever it read
_DEPTH = 64  # of the page tree; writers need three levels for 2,000 pages
_SIDE = 14_400  # points; annex C.2
_UNIT = 1000  # of /UserUnit: plans of whole districts have 100
_NUMBERS = (int, Decimal)
_LABEL = "機密性"  # SD-04: a classification stays with the document


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """Rebuild one PDF as the same PDF without anything that acts, hides or points outside."""
    findings = Findings()
    with source.opened(content, job.profile.passwords, job.profile.limits, findings) as pdf:
        signatures = portable.signatures(pdf, content, job.profile.anchors)
        signature.report(signatures, "AcroForm", findings)
        try:
            written = _rebuild(Scope(pdf, findings, job.profile), hashlib.sha256(content).digest()[:16])
        except (PikepdfError, RuntimeError, ValueError, TypeError) as broken:  # what qpdf says of an object it cannot read
            raise Refused(Reason.CORRUPT, f"{type(broken).__name__}: {source.said(broken)}") from broken
    title = names.with_extension(part.name, "application/pdf") if part.name else ""
    return Outcome(findings.verdict(), detected, written, "application/pdf", title, findings.all(), signatures=signatures)


def _rebuild(scope: Scope, identifier: bytes) -> bytes:
    pdf = scope.pdf
    credits = _credits(scope)
    if not scope.profile.switches.pdf.forms:
        pdf.generate_appearance_streams()  # of the fields that only have a value: their looks are what stays
    for key in set(pdf.trailer.keys()) - {"/Root", "/Encrypt"}:
        del pdf.trailer[key]
    pdf.trailer["/Size"] = 0  # qpdf corrects the number, but writes none where a repaired trailer had none
    pages = _leaves(pdf.Root["/Pages"])
    if len(pages) != len(pdf.pages):
        raise Refused(Reason.CORRUPT, f"{len(pages)} pages in the page tree, {len(pdf.pages)} by qpdf")
    scope.pages = frozenset(page.objgen for page in pages)
    if pdf.Root.objgen in scope.pages or len(scope.pages) != len(pages):
        raise Refused(Reason.CORRUPT, "the catalogue is a page, or a page is there twice")
    _catalogue(pages, scope)
    if credits:
        pdf.trailer["/Info"] = pdf.make_indirect(Dictionary(credits))
    pdf.trailer["/ID"] = Array([String(identifier)])  # 14.4; qpdf's own deterministic one costs a third of the saving
    out = io.BytesIO()
    pdf.save(
        out,
        force_version="" if pdf.pdf_version in _VERSIONS else "1.7",
        object_stream_mode=ObjectStreamMode.generate,
        static_id=True,  # of the second half, which tells revisions apart: there are none
        fix_metadata_version=False,
        preserve_pdfa=False,
    )
    return out.getvalue()


def _catalogue(pages: Sequence[Object], scope: Scope) -> None:
    """Empty the catalogue (7.7.2) and fill it with what has been made sound; the rest is reported."""
    root = scope.pdf.Root
    old = {key: root[key] for key in set(root.keys())}
    for key in old:
        del root[key]
    root["/Type"] = Name.Catalog
    pruner = Pruner(scope)
    switches = scope.profile.switches.pdf
    unwanted = {key for key, setting in (("/AcroForm", switches.forms), ("/OCProperties", switches.layers)) if not setting}
    if isinstance(old.get("/AcroForm"), Dictionary) and switches.forms:
        form.rebuild(old["/AcroForm"], scope)  # first: it says which fields the pages' widgets belong to
    root["/Pages"] = _page_tree(pages, pruner, scope)
    fresh = {
        **{key: old[key] for key in _LEAVES if key in old and is_plain(old[key])},
        **{key: _pruned(old.get(key), kind, pruner) for key, kind in _TYPED.items() if key not in unwanted},
        "/Outlines": navigation.outline(old["/Outlines"], scope) if "/Outlines" in old else None,
        "/PageLabels": navigation.page_labels(old.get("/PageLabels"), scope),
        "/Dests": navigation.places_of_pdf11(old.get("/Dests"), scope),
        "/Names": navigation.named_places(old.get("/Names"), scope),
    }
    for key, value in fresh.items():
        if value is not None:
            root[key] = value
    if root.get("/PageMode") == Name.UseAttachments:
        root["/PageMode"] = Name.UseNone
    _report(old, fresh, scope)


def _pruned(value: object, kind: str, pruner: Pruner) -> Object | None:
    if not isinstance(value, (Dictionary, Array)):
        return None
    pruner.prune(value, kind, kind)
    return value


def _page_tree(pages: Sequence[Object], pruner: Pruner, scope: Scope) -> Object:
    """One flat node: nothing can stand between the root and its pages."""
    tree = scope.pdf.make_indirect(Dictionary(Type=Name.Pages, Count=len(pages)))
    tree["/Kids"] = Array(pages)
    from_above: dict[ObjectId, dict[str, Object]] = {}
    for number, page in enumerate(pages, 1):
        for key, value in _inherited(page, from_above).items():
            if key not in page:
                page[key] = value
        _bound(page, f"page {number}", scope)
        pruner.prune(page, "Page", f"page {number}")
        page["/Parent"] = tree
    return tree


def _bound(page: Object, where: str, scope: Scope) -> None:
    """No page is larger than what readers take: some give a picture of it all the memory that it asks for."""
    if "/UserUnit" in page and not (isinstance(page["/UserUnit"], _NUMBERS) and 0 < page["/UserUnit"] <= _UNIT):
        del page["/UserUnit"]
    box = page.get("/MediaBox")
    if not isinstance(box, Array) or len(box) != 4 or not all(isinstance(edge, _NUMBERS) for edge in box):
        return
    left, right = sorted((box[0], box[2]))
    bottom, top = sorted((box[1], box[3]))
    if max(right - left, top - bottom) > _SIDE:
        page["/MediaBox"] = Array([left, bottom, min(right, left + _SIDE), min(top, bottom + _SIDE)])
        size = f"{right - left} x {top - bottom} points, cut to {_SIDE}"
        scope.findings.add(Kind.UNKNOWN_CONSTRUCT, where, size, Treatment.REPLACED)


def _leaves(tree: Object) -> list[Object]:
    """The pages in order; qpdf has refused loops and repaired the rest before (`Pdf.pages` itself costs 40 us a page)."""
    leaves: list[Object] = []
    pending = [tree]
    while pending:
        node = pending.pop()
        if "/Kids" in node:
            pending.extend(reversed(list(node["/Kids"])))
        else:
            leaves.append(node)
    return leaves


def _inherited(page: Object, known: dict[ObjectId, dict[str, Object]]) -> dict[str, Object]:
    """What the page takes from the nodes above it (7.7.3.4), which are about to go; `known` by its parent."""
    node = page.get("/Parent")
    if not isinstance(node, Dictionary):
        return {}
    if node.is_indirect and node.objgen in known:
        return known[node.objgen]
    found = known[node.objgen] = {}
    for _ in range(_DEPTH):
        for key in _INHERITED & node.keys() - found.keys():
            found[key] = node[key]
        node = node.get("/Parent")
        if not isinstance(node, Dictionary):
            break
    return found


def _credits(scope: Scope) -> dict[str, Object]:
    """What stays of the document information (14.3.3): a classification label, or all titles if the profile keeps metadata."""
    info = scope.pdf.trailer.get("/Info")
    if not isinstance(info, Dictionary):
        return {}
    texts = {key: info[key] for key in _TITLES if isinstance(info.get(key), String)}
    if scope.profile.switches.pdf.metadata:
        return texts
    kept = {key: text for key, text in texts.items() if _LABEL in str(text)}
    dropped = sorted(shown(key)[1:] for key in info.keys() - kept.keys())
    if dropped:
        scope.findings.add(Kind.METADATA, "Info", ", ".join(dropped), Treatment.REMOVED)
    return kept


def _report(old: dict[str, Object], fresh: dict[str, Object | None], scope: Scope) -> None:
    for key in sorted(old.keys() - fresh.keys() - {"/Type", "/Pages", "/Version", "/Names"}):
        action = name(old[key].get("/S")) if key == "/OpenAction" and isinstance(old[key], Dictionary) else ""
        kind = Kind.JAVASCRIPT if action == "/JavaScript" else grammar.reported_as(key)
        scope.findings.add(kind, "Catalog", f"{shown(key)} {action}".strip(), Treatment.REMOVED)
    trees = old.get("/Names")
    for key in sorted(trees.keys() - {"/Dests"}) if isinstance(trees, Dictionary) else ():
        scope.findings.add(grammar.reported_as(key), "Catalog", f"names {shown(key)}", Treatment.REMOVED)
    if fresh.get("/OCProperties") is not None:
        scope.findings.add(Kind.LAYER, "Catalog", "optional content", Treatment.KEPT)
