"""What LibreOffice draws for the other sanitisers, over both walls: metafiles and pages as pictures."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image

from gateway.inspection import Inspector
from gateway.office import Office
from gateway.sandbox import Sandbox
from sanitizers.model import Profile
from tests.sanitizers.make_metafile import emf, wmf

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def inspector() -> AsyncIterator[Inspector]:
    sandbox, office = Sandbox(), Office()
    await sandbox.start()
    assert await office.start() == ""
    try:
        yield Inspector(sandbox, None, wall_seconds=120, office=office)
    finally:
        await sandbox.stop()
        await office.stop()


@pytest.mark.parametrize("content", [emf(), wmf(), wmf(placeable=False)], ids=["emf", "placeable", "bare"])
async def test_d11_a_metafile_shows_what_it_shows(inspector: Inspector, content: bytes) -> None:
    _, outcome = await inspector.file(content, "位置図.emf", Profile())
    assert outcome.output is not None, outcome
    with Image.open(io.BytesIO(outcome.output)) as picture:
        width, height = picture.size
        assert width / height == pytest.approx(2, abs=0.02)
        grey = picture.convert("L")
        assert grey.getpixel((width // 4, height // 2)) < 40  # the square
        assert grey.getpixel((width * 3 // 4, height // 2)) > 215
