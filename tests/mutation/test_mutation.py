"""No rejection of the outermost readers can be taken away unnoticed: archives, packages, the structure of a message."""

from __future__ import annotations

import pytest

from tests.mutation.survivors import raises, survivors

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("module", "tests"),
    [
        ("sanitizers.zip_strict", "tests/sanitizers/test_zip_strict.py"),
        ("sanitizers.mime_strict", "tests/sanitizers/test_mime_strict.py"),
        ("sanitizers.ooxml.opc", "tests/sanitizers/test_ooxml_package.py"),
        ("sanitizers.ooxml.xml", "tests/sanitizers/test_ooxml_package.py"),
    ],
)
def test_each_rejection_is_missed_by_a_test(module: str, tests: str) -> None:
    assert raises(module)
    assert survivors(module, [tests]) == []
