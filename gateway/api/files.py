"""One file sanitised: sent in, and back come the verdict, what was found and what may be used of it.

The gateway does it (`gateway/parcel.py`), by its own sandbox, scanner and profiles; here it is only carried there and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.api.call import Call
from gateway.api.held import HeldPart, part
from gateway.api.problem import Problem
from gateway.api.resource import A_FILE, Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Content, Line, VerdictName
from gateway.console.roles import Right
from gateway.control import NotRunning, Rejected, carry
from gateway.parcel import Parcel, Treated, patience
from gateway.rights import CONTROL
from gateway.words import Words

resource = Resource("ファイルの無害化", "Files")


@dataclass(frozen=True, slots=True)
class Sanitising:
    name: Annotated[str, StringConstraints(min_length=1, max_length=255), Field(description="Its file name.")]
    content: Content
    profile: Line = ""  # "" = the policy's default


@dataclass(frozen=True, slots=True)
class Sanitised:
    verdict: VerdictName  # the worst of all parts
    name: str  # to save it as; "" = nothing may be used
    media_type: str
    content: Content | None
    report: HeldPart


@resource.post(
    "/files/sanitised",
    TokenScope.FILES_SANITISE,
    Right.SIGNED_IN,
    Words("ファイルを無害化", "Sanitise a file"),
    largest=A_FILE,
)
async def sanitise(call: Call, body: Sanitising) -> Sanitised:
    """The same treatment as an attachment of a mail.  What is not proven harmless does not come back: content is null."""
    most = call.desk.settings.console.api_file
    if len(body.content) > most:
        raise Problem(f"{most >> 20} MB までです。", f"At most {most >> 20} MB.", 413)
    settings, asked = call.desk.settings, Parcel(body.name, body.profile, call.who.name)
    seconds = patience(settings.sandbox.wall_seconds)
    try:
        treated, back = await carry(settings.place(CONTROL), "sanitise", asked, Treated, body.content, seconds)
    except NotRunning as down:
        raise Problem("無害化装置が動いていません。", "The gateway is not running.", 503, {"Retry-After": "30"}) from down
    except Rejected as rejected:
        raise Problem(f"無害化できません。({rejected})", str(rejected), 409) from rejected
    report, content = treated.parted(back)
    return Sanitised(report.worst().verdict, treated.name, treated.media_type if treated.name else "", content, part(report))
