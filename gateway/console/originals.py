"""Screen: a mail is found again, whatever became of it: receipt number, subject, sender, recipient, file name (SAN-03, SAN-04).

The words of an original that is still kept can be read, as text that a sandbox made; its bytes are not handed out here.
"""

from __future__ import annotations

import re
from urllib.parse import urlencode

from starlette.responses import Response

from gateway import journal
from gateway.catalogue import finding
from gateway.console.asker import Asker
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.model import Inspection
from gateway.preview import readable
from gateway.spool import Shown

screen = Screen()

ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")  # a ULID


@screen.get("/originals", Right.LIST_HELD)
async def listing(visit: Visit) -> Response:
    """Newest first.  Without a word to search by, the newest mails."""
    query = visit.request.query_params
    text, before = query.get("text", "")[:200], query.get("before", "")
    patterns = (await visit.scope()).patterns
    found = await visit.desk.store.db.read(finding.find, text, patterns, before if ID.fullmatch(before) else "", finding.PAGE)
    more = urlencode({"text": text, "before": found[finding.PAGE - 1].item}) if len(found) > finding.PAGE else ""
    return visit.page("originals.html", found=found[: finding.PAGE], text=text, more=f"/originals?{more}" if more else "")


@screen.get("/originals/{item}", Right.READ_HELD)
async def show(visit: Visit) -> Response:
    shown, inspection = await read(visit, visit.request.path_params["item"])
    files = [(each.name, readable(each)) for each in inspection.enclosures]
    return visit.page("original.html", shown=shown, letter=inspection.letter, files=files)


async def read(asker: Asker, item: str) -> tuple[Shown, Inspection]:
    """The mail and its words; journalled.  Raises LookupError, for a mail of another section as well; Refusal: it is gone."""
    shown = await asker.desk.store.spool.show(item)
    if not ID.fullmatch(item) or not (await asker.scope()).sees(row.address for row in shown.recipients):
        raise LookupError("no such mail in scope")
    await asker.desk.store.journal.write(journal.Viewed(item=item, actor=asker.who.name, what="text of the original"))
    return shown, await asker.desk.preview.text(item)
