"""Drafts tried on stored mail from the console: one job a version, in this process, by the sandbox that the previews use.

A trial takes its turn with the reviewers, one mail at a time; it is kept in memory only and ends with the process.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gateway import journal
from gateway.policy import file as policy_file
from gateway.policy.book import Policies, Version
from gateway.policy.observers import observers_of
from gateway.policy.senders import Senders
from gateway.policy.words import DISPOSITIONS
from gateway.replay import Depth, Replay, Replayed, Selection
from gateway.words import Refusal, Words
from gateway.workflow.register import Register

if TYPE_CHECKING:
    from gateway.console.desk import Desk

KEPT = 8  # trials in memory; the oldest finished one goes


@dataclass
class Trial:
    version: Version
    by: str
    began_at: float
    depth: Depth
    total: int = 0
    done: list[Replayed] = field(default_factory=list)
    problem: Words | None = None
    task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        return self.task is not None and not self.task.done()

    @property
    def changed(self) -> list[Replayed]:
        return [each for each in self.done if each.changes]

    @property
    def failed(self) -> list[Replayed]:
        return [each for each in self.done if each.failure]

    def kinds(self) -> list[tuple[Words, int]]:
        """What becomes of recipients differently, and how often."""
        counted = Counter((c.before.disposition, c.after.disposition) for each in self.done for c in each.changes)
        words = {pair: [DISPOSITIONS[disposition] for disposition in pair] for pair in counted}
        return [
            (Words(*(f"{before[n]} → {after[n]}" for n in (0, 1))), counted[pair])
            for pair, (before, after) in sorted(words.items(), key=lambda each: -counted[each[0]])
        ]


class Trials:
    def __init__(self) -> None:
        self._trials: dict[int, Trial] = {}

    def of(self, number: int) -> Trial | None:
        return self._trials.get(number)

    async def begin(self, desk: Desk, version: Version, selection: Selection, depth: Depth, by: str) -> None:
        """Raises Refusal: one is running for this version."""
        old = self._trials.pop(version.number, None)
        if old is not None and old.is_running:
            self._trials[version.number] = old
            raise Refusal("この版はいま試しています。", "This version is being tried already.", 409)
        trial = Trial(version, by, desk.store.clock.now(), depth)
        self._trials[version.number] = trial
        for number in [n for n, each in self._trials.items() if not each.is_running][: max(0, len(self._trials) - KEPT)]:
            if number != version.number:
                del self._trials[number]
        trial.task = asyncio.create_task(_run(desk, trial, selection))

    async def stop(self, number: int) -> None:
        trial = self._trials.get(number)
        if trial is not None and trial.task is not None:
            trial.task.cancel()
            await asyncio.gather(trial.task, return_exceptions=True)


async def _run(desk: Desk, trial: Trial, selection: Selection) -> None:
    store, settings, looks = desk.store, desk.settings, desk.preview
    policies = Policies(store.db, store.clock, Path(settings.policy))
    try:
        current = await policies.current()
        replay = Replay(
            store.db,
            Register(store.db, store.clock),
            current,
            policy_file.parse(trial.version.text),
            looks.stored,
            lambda policy: observers_of(settings, policy, store, looks),
            await policies.known() | {current.version: current},
            trial.depth,
            Senders(store.db, store.clock),
        )
        items = await replay.select(selection)
        trial.total = len(items)
        async for replayed in replay.run(items):
            trial.done.append(replayed)
    except Refusal as refusal:
        trial.problem = refusal.words
    except asyncio.CancelledError:
        trial.problem = Words("途中で止めました。", "It was stopped.")
        raise
    except Exception as error:
        trial.problem = Words(f"続けられません。({type(error).__name__})", f"It can not go on: {type(error).__name__}")
        raise
    finally:
        tried = journal.PolicyTried(
            policy_version=trial.version.version, actor=trial.by, mails=len(trial.done), changed=len(trial.changed)
        )
        await store.journal.write(tried)
