"""What the rules add to a mail is measured beside its inspection."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import settings
from gateway.bench import policy
from gateway.policy import file as policy_file
from gateway.store.opening import open_store
from tests.running import CONFIG


@pytest.mark.slow
async def test_a_walk_has_both_parts_and_leaves_nothing_behind(tmp_path: Path) -> None:
    site = settings.load(CONFIG / "gateway.yaml").model_copy(update={"state_directory": tmp_path})
    steps: list[None] = []
    with open_store(site) as store:
        walks = await policy.measure(site, store, policy_file.load(CONFIG / "policy.yaml"), 3, lambda: steps.append(None))
        assert await store.spool.audit() == []
    assert (len(walks.policy), len(walks.inspection), len(walks.cpu), len(steps)) == (3, 3, 3, 4)
    assert walks.policy[0] > 0
    assert walks.inspection[0] > 0
    assert policy.sheet(walks).row_count == 5
