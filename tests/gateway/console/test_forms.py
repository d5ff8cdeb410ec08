"""The rules as forms: what can be written can be filled in, and only what was changed is changed in the text."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
import yaml

from gateway.console.fields import fields_of
from gateway.console.switches import EXPLANATIONS
from gateway.directory import Role
from gateway.model import Hiding
from gateway.notice import Notices
from gateway.policy.observing import Observing
from gateway.policy.protect_settings import Protect
from gateway.policy.sentences import Wording
from gateway.policy.syntax import WrittenChoice, WrittenPolicy, WrittenProfile, WrittenRule
from sanitizers.model import FAMILIES
from tests.gateway.console.make_console import CONFIG, Browser, Console

SHIPPED = (CONFIG.parent / "policy.yaml").read_text("utf-8")
NAMES = [rule["name"] for rule in yaml.safe_load(SHIPPED)["rules"]]
WHY = "しきい値の見直し"


@dataclass
class Filled(HTMLParser):
    """What a browser would send of the form with `data-live`."""

    data: dict[str, list[str]] = field(default_factory=dict)
    _select: str = ""
    _area: str = ""
    _open: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._open = "data-live" in given
        name = given.get("name") or ""
        if not self._open:
            return
        if tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.data.setdefault(name, []).append(given.get("value") or "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.data):
            self.data[self._select] = [given.get("value") or ""]
        elif tag == "textarea":
            self._area = name
            self.data[name] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.data[self._area][0] += data


@dataclass
class Desk:
    c: Console
    admin: Browser
    path: str = ""

    @property
    def number(self) -> int:
        return int(self.path.split("/")[3])

    async def text(self) -> str:
        return (await self.c.desk.policies.get(self.number)).text

    async def changed(self) -> list[str]:
        lines = difflib.unified_diff(SHIPPED.splitlines(), (await self.text()).splitlines(), lineterm="", n=0)
        return [line for line in list(lines)[2:] if not line.startswith("@@")]

    async def filled(self, page: str) -> dict[str, list[str]]:
        answer = await self.admin.get(f"{self.path}{page}")
        assert answer.status_code == 200, answer.text
        form = Filled()
        form.feed(answer.text)
        return form.data

    async def save(self, page: str, **changes: str | list[str]) -> httpx.Response:
        data = await self.filled(page)
        for key, value in changes.items():
            data[key.replace("__", ".")] = [value] if isinstance(value, str) else value
        return await self.admin.client.post(f"{self.path}{page}", data=data, headers=self.admin.headers)

    def rule(self, name: str) -> str:
        return f"/entries/rules/{NAMES.index(name)}"


@pytest.fixture
async def desk(c: Console) -> Desk:
    admin = await c.signed_in(await c.person("kanri", Role.SYM), elevated=True)
    path = (await admin.post("/rules/drafts", reason=WHY)).headers["location"]
    return Desk(c, admin, path)


PAGES = (*(f"/entries/rules/{n}" for n in range(len(NAMES))), "/lists", "/profiles/rebuild", "/profiles/outbound")


async def test_opening_and_saving_a_form_changes_nothing(desk: Desk) -> None:
    for page in PAGES:
        answer = await desk.save(page)
        assert answer.status_code == 303, (page, answer.text)
        assert await desk.changed() == [], page


async def test_a_threshold_is_changed_in_its_line_alone(desk: Desk) -> None:
    await desk.save(desk.rule("personal-information"), match__sign__telephone="50")
    before, after = await desk.changed()
    assert after[1:] == before[1:].replace("telephone: 20", "telephone: 50")
    [version] = await desk.c.desk.policies.list()
    assert (version.why, version.author) == (WHY, "kanri")


async def test_what_is_wrong_is_said_beside_its_field_and_stays_filled_in(desk: Desk) -> None:
    answer = await desk.save(desk.rule("personal-information"), match__sign__telephone="many", reason="<b>理由</b> \u200b")
    assert answer.status_code == 422
    assert "整数で書いてください" in answer.text
    assert 'value="many"' in answer.text
    assert "&lt;b&gt;理由&lt;/b&gt;" in answer.text
    assert 'aria-describedby="reason-help"' in answer.text
    assert answer.text.count("整数で書いてください") == 2, "above, and beside its field"
    assert await desk.changed() == []
    checked = await desk.save(desk.rule("personal-information"), check="yes")
    assert "誤りはありません" in checked.text
    assert await desk.changed() == []


async def test_a_rule_is_added_where_it_is_asked_before_what_delivers(desk: Desk) -> None:
    filled = await desk.filled("/entries/rules/new")
    assert filled["before"] == [str(NAMES.index("inbound"))]
    answer = await desk.save(
        "/entries/rules/new",
        name="partner",
        action="hold",
        reason="確認中: 取引先 # 1",
        clauses="HD-03\r\n",
        match__direction="inbound",
        match__sender="*@b.example\r\n c@d.example ",
        match__identity=["look_alike", "dmarc_fail"],
    )
    assert answer.status_code == 303, answer.text
    rule = yaml.safe_load(await desk.text())["rules"][NAMES.index("inbound")]
    assert rule == {
        "name": "partner",
        "match": {"direction": "inbound", "sender": ["*@b.example", "c@d.example"], "identity": ["dmarc_fail", "look_alike"]},
        "action": "hold",
        "reason": "確認中: 取引先 # 1",
        "clauses": ["HD-03"],
    }
    assert not [line for line in await desk.changed() if line.startswith("-")]


async def test_another_action_takes_what_belonged_to_the_old_one_with_it(desk: Desk) -> None:
    answer = await desk.save(desk.rule("personal-information"), action="hold", inform="ism")
    assert answer.status_code == 303, answer.text
    rule = yaml.safe_load(await desk.text())["rules"][NAMES.index("personal-information")]
    assert "approve" not in rule
    assert rule["inform"] == ["ism"]
    wrong = await desk.save(desk.rule("classified"), action="delay")
    assert wrong.status_code == 422
    assert "delay には delay が必要です" in wrong.text
    right = await desk.save(desk.rule("classified"), action="delay", delay__minutes="5")
    assert right.status_code == 303, right.text
    assert yaml.safe_load(await desk.text())["rules"][NAMES.index("classified")]["delay"] == {"minutes": 5}


async def act(desk: Desk, page: str, change: str) -> httpx.Response:
    seen = (await desk.c.desk.policies.get(desk.number)).version
    return await desk.admin.post(f"{desk.path}{page}/{change}", seen=seen)


async def test_up_down_off_on_and_out(desk: Desk) -> None:
    def names(text: str) -> list[str]:
        return [rule["name"] for rule in yaml.safe_load(text)["rules"]]

    classified = NAMES.index("classified")
    await act(desk, desk.rule("classified"), "up")
    assert names(await desk.text())[classified - 1] == "classified"
    await act(desk, f"/entries/rules/{classified - 1}", "down")
    assert await desk.changed() == []
    await act(desk, desk.rule("classified"), "off")
    assert await desk.changed() == ["+    enabled: false"]
    assert "休止中" in (await desk.admin.get(desk.path)).text
    await act(desk, desk.rule("classified"), "on")
    assert await desk.changed() == []
    await act(desk, desk.rule("classified"), "out")
    assert "classified" not in names(await desk.text())


async def test_hd03_an_order_in_which_a_rule_is_never_asked_is_refused(desk: Desk) -> None:
    answer = await act(desk, desk.rule("outbound-withheld"), "up")
    assert answer.status_code == 422
    assert "規則「outbound」は一度も使われません" in answer.text
    assert await desk.changed() == []


async def test_switches_and_limits_of_a_profile(desk: Desk) -> None:
    page = (await desk.admin.get(f"{desk.path}/profiles/rebuild")).text
    assert "VBA と Excel 4.0 マクロ。残すことはできません。" in page
    assert "keep" not in re.search(r'name="switches.office.macros".*?</select>', page, re.DOTALL)[0]  # type: ignore[index]
    assert "block" not in re.search(r'name="switches.body.hyperlinks".*?</select>', page, re.DOTALL)[0]  # type: ignore[index]
    answer = await desk.save("/profiles/rebuild", switches__office__macros="block", limits__part_bytes="32MB")
    assert answer.status_code == 303, answer.text
    lines = await desk.changed()
    assert [line.split("#")[0].strip("+- ") for line in lines] == [
        *("macros: remove", "macros: block", "part_bytes: 64MB", "part_bytes: 32MB")
    ]
    await desk.save("/profiles/image", switches__pdf__comments="remove")
    assert yaml.safe_load(await desk.text())["profiles"]["image"]["switches"] == {"pdf": {"comments": "remove"}}
    kept = await desk.save("/profiles/rebuild", switches__office__macros="keep")
    assert kept.status_code == 422


async def test_lists_are_fields_and_tables(desk: Desk) -> None:
    filled = await desk.filled("/lists")
    assert filled["observe.classification.markings.0.0"] == ["機密性1"]
    answer = await desk.save(
        "/lists",
        observe__inside="*@school.example.ed.jp",
        observe__bulk_recipients__exempt="*@pref.example.lg.jp",
        observe__free_mail__likeness="0.8",
        observe__free_mail__permits__0__0="a@city.example.lg.jp",
        observe__free_mail__permits__0__1="*@gmail.com",
        observe__free_mail__permits__0__2="2027-03-31",
        observe__free_mail__permits__0__3="課長",
        observe__free_mail__permits__0__4="災害対応",
        observe__destinations__0__0="総務課",
        observe__destinations__0__2="*.lg.jp *.go.jp",
        observe__rights__0__0="part_time",
        observe__rights__0__1="false",
        observe__classification__markings__12__0="門外不出",
        observe__classification__markings__12__1="3",
    )
    assert answer.status_code == 303, answer.text
    observe = yaml.safe_load(await desk.text())["observe"]
    assert observe["inside"] == ["*@school.example.ed.jp"]
    assert observe["free_mail"]["permits"][0]["reason"] == "災害対応"
    assert observe["destinations"] == {"総務課": {"allowed": ["*.lg.jp", "*.go.jp"]}}
    assert observe["rights"] == {"part_time": {"external": False, "attachments": True}}
    assert observe["classification"]["markings"]["門外不出"] == 3
    gone = [line for line in await desk.changed() if line.startswith("-")]
    assert len(gone) == 6, "a list of words that stands line by line gets one more line"


async def test_who_gets_which_profile(desk: Desk) -> None:
    for name, sender in (("one", "a@b.example"), ("two", "c@d.example")):
        answer = await desk.save("/entries/choose_profile/new", name=name, profile="text", match__sender=sender)
        assert answer.status_code == 303, answer.text
    chosen = yaml.safe_load(await desk.text())["choose_profile"]
    assert {each["name"]: each["match"]["sender"] for each in chosen} == {"one": ["a@b.example"], "two": ["c@d.example"]}
    assert "match.finding" not in await desk.filled("/entries/choose_profile/0")


async def test_a_form_of_another_state_of_the_draft_changes_nothing(desk: Desk) -> None:
    data = await desk.filled(desk.rule("classified"))
    await desk.save(desk.rule("personal-information"), match__sign__telephone="50")
    late = await desk.admin.client.post(f"{desk.path}{desk.rule('classified')}", data=data, headers=desk.admin.headers)
    assert late.status_code == 409
    assert "もう一度開いてください" in late.text


async def test_only_drafts_are_edited(desk: Desk) -> None:
    for page in ("/entries/rules/99", "/entries/nothing/0", "/profiles/nothing"):
        assert (await desk.admin.get(desk.path + page)).status_code == 404
    await desk.c.desk.policies.discard(desk.number)
    assert (await desk.admin.get(desk.path)).status_code == 404


async def test_what_is_written_in_a_way_that_cannot_be_kept_is_edited_as_yaml(desk: Desk) -> None:
    rule = "{name: x, match: {sender: a@b.example}, action: hold, reason: x, clauses: SD-01}"
    text = SHIPPED.replace("\nrules:\n", f"\nrules:\n  -\n    # why\n    {rule}\n", 1)
    draft = await desk.c.desk.policies.draft(text, "kanri", WHY)
    desk.path = f"/rules/versions/{draft.number}/form"
    answer = await act(desk, "/entries/rules/0", "down")
    assert answer.status_code == 422
    assert "YAML で直してください" in answer.text


def _names() -> Wording:
    return Notices.load(Path(CONFIG.parent / "notices")).names


@pytest.mark.parametrize("model", [WrittenRule, WrittenChoice, Observing, Protect, Hiding])
def test_every_key_of_the_file_is_in_a_form(model: type) -> None:
    found = {each.place[0] for each in fields_of(model, _names())}
    assert found == set(getattr(model, "model_fields", None) or model.__dataclass_fields__)


def test_every_key_of_a_profile_and_of_the_file_has_its_page() -> None:
    found = {each.place[0] for each in fields_of(WrittenProfile, _names())}
    assert found | {"switches", "limits"} == WrittenProfile.model_fields.keys()
    on_pages = {"profiles", "default_profile", "choose_profile", "hide_recipients", "observe", "protect_attachments", "rules"}
    assert on_pages == WrittenPolicy.model_fields.keys()


def test_every_construct_is_explained() -> None:
    for family, names in FAMILIES.items():
        for name in names.keepable | names.never_kept:
            assert f"{family}.{name}" in EXPLANATIONS or name in EXPLANATIONS
