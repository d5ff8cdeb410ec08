"""What a test asks of a rebuilt Office document, read with `zipfile` and the standard library only."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

from sanitizers import ooxml
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Outcome, Part, Profile, Switchboard, Switches
from sanitizers.verify import verify


@dataclass
class Rebuilt:
    outcome: Outcome
    parts: dict[str, bytes]

    @property
    def kinds(self) -> set[Kind]:
        return {finding.kind for finding in self.outcome.findings}

    def xml(self, name: str) -> str:
        return self.parts[name].decode()

    def holds(self, canary: str) -> bool:
        """Anywhere, in any part or part name, inflated."""
        return any(canary.encode() in content or canary in name for name, content in self.parts.items())

    def text(self, name: str) -> str:
        return "".join(re.findall(r"<(?:\w+:)?t(?: [^>]*)?>([^<]*)<", self.xml(name)))


def rebuild(content: bytes, media_type: str, switches: Switches | None = None) -> Rebuilt:
    """Sanitise, verify with the second opinion, and check that a second run finds nothing to remove."""
    job = LocalJob(Profile(switches=Switchboard(office=switches or Switches())))
    outcome = ooxml.sanitise(content, Part("1", "様式.docm", ""), media_type, job)
    assert outcome.output is not None
    assert verify(outcome.output, outcome.media_type, frozenset()) == []
    again = ooxml.sanitise(outcome.output, Part("1", outcome.name, ""), outcome.media_type, job)
    assert [f for f in again.findings if f.treatment != "kept"] == []
    assert again.output == outcome.output
    with zipfile.ZipFile(io.BytesIO(outcome.output)) as archive:
        return Rebuilt(outcome, {name: archive.read(name) for name in archive.namelist()})
