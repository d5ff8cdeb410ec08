"""What looks at an outbound mail before the rules do: each observer knows one subject and answers with signs.

Observers only tell; rules decide.  An exception in one is the pipeline's: the step fails and is tried again, nothing leaves.
"""

from __future__ import annotations

from typing import Protocol

from gateway.model import Inspection, Observation, QueueItem


class Observer(Protocol):
    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        """What `item`, as inspected, shows of the observer's subject; `()` = nothing."""
