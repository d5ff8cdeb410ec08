"""SD-09 over the wall: signatures are verified behind the lock, and trust comes from the administrators' folder alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import settings as settings_file
from gateway.inspection import Inspector
from gateway.model import PartReport
from gateway.sandbox import Sandbox
from gateway.yaml_file import BadConfiguration
from sanitizers.model import Profile, SignatureState
from tests.sanitizers import make_electronic as make


def anchors(folder: Path) -> tuple[str, ...]:
    config = folder.parent / "gateway.yaml"
    config.write_text(f"signatures: {{trust_anchors: {folder}}}")
    return settings_file.trust_anchors(settings_file.load(config))


@pytest.mark.slow
async def test_sd09_each_kind_of_signature_is_verified_behind_the_lock(tmp_path: Path) -> None:
    who, sandbox, folder = make.identity(), Sandbox(), tmp_path / "trust"
    folder.mkdir()
    (folder / "root.pem").write_text(who.anchor)
    await sandbox.start()
    try:
        inspector = Inspector(sandbox, None, wall_seconds=30, anchors=anchors(folder))
        reports: list[PartReport] = []
        for content, name in (
            (make.signed_pdf(who), "a.pdf"),
            (make.signed_office(who), "a.docx"),
            (make.opaque(b"text", who), "a.txt.p7m"),
        ):
            reports.append((await inspector.file(content, name, Profile()))[0])
        entity = b"Content-Type: text/plain\r\n\r\ntext\r\n"
        for options in ((), ("-nodetach",)):
            reports.append((await inspector.message(make.signed_mail(entity, who, *options), Profile())).report)
    finally:
        await sandbox.stop()
    found = [[(one.signer, one.state, one.detail) for one in report.signatures] for report in reports]
    assert found == [[(make.SIGNER, SignatureState.TRUSTED, "")]] * 5


def test_anchors_that_are_none_stop_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    with pytest.raises(BadConfiguration) as missing:
        anchors(folder)
    assert "is no folder" in str(missing.value.problems[0])
    folder.mkdir()
    assert anchors(folder) == ()
    (folder / "a.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(BadConfiguration) as broken:
        anchors(folder)
    assert "a.pem" in str(broken.value.problems[0])
