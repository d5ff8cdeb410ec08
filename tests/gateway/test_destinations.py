"""Where each section wrote to outside, most first, and the list that its head gets once a month (ML-05)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from gateway.bulletin import Bulletins
from gateway.clock import JST
from gateway.destinations import Destinations, destinations, sheet
from gateway.paper import text
from gateway.periodic import month
from gateway.policy.observer import House
from gateway.store.schema import message, recipient
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.make_outbound import sent
from tests.gateway.workflow.make_workflow import DAY, town

OURS = House(("city.example.lg.jp",))


async def test_ml05_the_top_destinations_of_each_section_are_counted_and_sent_to_its_head(tmp_path: Path) -> None:
    async with town(tmp_path) as t:
        await sent(t, "taro", ("a@shop.example",))
        t.r.times.pass_(31 * DAY)
        t.r.clock.now()
        for _ in range(2):
            await sent(t, "taro", ("a@shop.example", "b@Shop.example", at("jiro")))
        await sent(t, "deputy", ("c@pref.example.jp",))
        await sent(t, "jiro", ("d@vendor.example",))
        await sent(t, "stranger", ("e@else.example",))
        await sent(t, "taro", ("f@unsent.example",), finish=False)
        period = month(datetime.fromtimestamp(t.r.clock.now(), JST))
        found = await t.r.db.read(destinations, OURS, period)
        assert [(d.section, d.domain, d.count, d.senders, d.fresh) for d in found] == [
            ("", "else.example", 1, 1, True),
            ("it", "vendor.example", 1, 1, True),
            ("tax", "shop.example", 4, 1, False),
            ("tax", "pref.example.jp", 1, 1, True),
        ]
        assert "税務課" in text(sheet(found, HOUSE, period))
        t.r.times.pass_(31 * DAY)
        t.r.clock.now()
        monthly = Destinations(t.r.db, t.r.clock, Bulletins(t.workflow.letters.notifier, OURS))
        assert await monthly.send() == 2
        assert await monthly.send() == 0
        mine = sa.select(recipient.c.address).join(message, recipient.c.message == message.c.id)
        told = await t.r.db.read(lambda conn: conn.scalars(mine.where(message.c.kind == "notice")).all())
        assert set(told) == {at("head"), at("itchief")}
