"""What one has sent, by a token of its sender (ML-08)."""

from __future__ import annotations

from gateway.api.scopes import TokenScope
from gateway.directory import Role
from tests.gateway.api.make_program import program
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_approvals import holder
from tests.gateway.console.test_sent import WRONG, mail
from tests.gateway.make_directory import HOUSE


async def test_ml08_a_program_lists_its_owners_sent_mail_and_asks_for_what_is_held(c: Console) -> None:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    own, other = await mail(c, "急ぎの件", rule="not-inspected"), await mail(c, "別の件", sender="jiro")
    taro = await program(c, await holder(c, "taro", Role.USR), TokenScope.MINE_READ, TokenScope.MINE_ACT)
    [listed] = (await taro.get("/sent")).json()["items"]
    assert (listed["item"], listed["subject"], listed["copies"][0]["fate"]) == (own, "急ぎの件", "held")
    assert listed["copies"][0]["recipient"] == WRONG
    assert (await taro.get("/sent?fate=delivered")).json() == {"items": [], "next": None}
    assert (await taro.get("/sent?fate=lost")).status_code == 422
    for path in (f"/sent/{other}", "/sent/nothing"):
        assert (await taro.get(path)).status_code == 404
    assert [each["askable"] for each in (await taro.get(f"/sent/{own}")).json()["held"]] == [True]
    asked = await taro.post(f"/sent/{own}/release", {"reason": "本日締切"})
    [case] = asked.json()["items"]
    assert (asked.status_code, case["kind"], case["waits_for"]) == (201, "release", ["ism", "syo"])
    shown = (await taro.get(f"/sent/{own}")).json()
    assert ([each["askable"] for each in shown["held"]], shown["cases"]) == ([False], [case["case"]])
    assert (await taro.post(f"/sent/{own}/release", {"reason": "もう一度"})).status_code == 409
