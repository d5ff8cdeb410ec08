"""A sheet handed out from a screen: as the paper that was asked for, and recorded, as it leaves the console (LG-01).

What stands on it is the screen's; how paper is made `gateway/paper.py`'s.  Raises LookupError (no such paper), Refusal (no PDF
here).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.responses import Response

from gateway import journal, paper
from gateway.console.journal import as_file
from gateway.console.screen import Visit
from gateway.paper import Sheet
from gateway.words import Refusal

PAPERS = {"pdf": "application/pdf", "html": "text/html; charset=utf-8", "csv": "text/csv; charset=utf-8"}


def wanted(visit: Visit) -> str:
    """The form's choice among PAPERS."""
    if (form := visit.text("form")) not in PAPERS:
        raise LookupError("no such form")
    return form


async def handed_out(visit: Visit, sheet: Sheet, name: str, *, purpose: str, query: str, entries: int) -> Response:
    """`entries` of the journal or a register stand on it; `query` says which."""
    return await written(visit, partial(paper.write, sheet), name, purpose=purpose, query=query, entries=entries)


async def written(
    visit: Visit, write: Callable[[str], Awaitable[bytes]], name: str, *, purpose: str, query: str, entries: int
) -> Response:
    """As `handed_out`, of what is no sheet: `write` makes it in one of PAPERS."""
    form = wanted(visit)
    try:
        content = await write(form)
    except paper.NoPaper as none:
        raise Refusal("この装置ではPDFを作れません。HTMLを印刷してください。", str(none), 409) from none
    done = journal.Exported(actor=visit.who.name, purpose=purpose, form=form, entries=entries, query=query)
    await visit.desk.store.journal.write(done)
    return as_file(content, PAPERS[form], f"{name}.{form}")
