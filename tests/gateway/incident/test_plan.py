"""The shipped playbooks are whole, and every mistake in somebody's own is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.incident import plan
from gateway.incident.indicators import Indicators, hosts
from gateway.incident.plan import Action
from gateway.yaml_file import BadConfiguration

CONFIG = Path(__file__).parents[3] / "config"
ONE = "playbooks:\n  x:\n    ja: あ\n    en: a\n    steps:\n"
STEP = "      - {{name: {name}, ja: あ, en: a, by: csirt, minutes: {minutes}{more}}}\n"


def test_in04_the_shipped_plan_has_the_five_emergencies_and_each_can_be_contained() -> None:
    shipped = plan.load(CONFIG / "playbooks.yaml")
    assert set(shipped.playbooks) == {"malware-in", "malware-out", "misdirected", "mass-spam", "gateway-down"}
    for book in shipped.playbooks.values():
        assert any(task.action.stops for task in book.steps)
        assert any(task.tell for task in book.steps)
    assert {task.action for book in shipped.playbooks.values() for task in book.steps} == set(Action)
    assert shipped.contacts


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (STEP.format(name="a", minutes=5, more="") * 2, "is there twice"),
        (STEP.format(name="a", minutes=5, more="") + STEP.format(name="b", minutes=4, more=""), "earlier than the step before"),
        (STEP.format(name="a", minutes=5, more=", action: hold"), "find"),
        (STEP.format(name="a", minutes=5, more=", find: [content]"), "find"),
        (STEP.format(name="a", minutes=5, more=", action: stop"), "side"),
        (STEP.format(name="a", minutes=5, more=", action: erase"), "action"),
        (STEP.format(name="a", minutes=0, more=""), "minutes"),
        (STEP.format(name="a", minutes=5, more=", tell: nobody"), "tell"),
        (STEP.format(name="A b", minutes=5, more=""), "name"),
    ],
)
def test_in04_a_mistake_in_a_plan_is_named(steps: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "playbooks.yaml"
    file.write_text(ONE + steps)
    with pytest.raises(BadConfiguration, match=said):
        plan.load(file)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("見てください https://Evil.example/a?b=c と http://b.example:8080/", ("evil.example", "b.example")),
        ("ラベル <hxxps://evil[.]example/x>。", ("evil.example",)),
        ("https://user:pw@evil.example/", ("evil.example",)),
        ("（https://evil.example）、https://evil.example。", ("evil.example",)),
        ("https://evil.exampleをご覧ください", ("evil.example",)),
        ("http://例え.jp/", ("例え.jp",)),
        ("mailto:a@b.example ftp://c.example", ()),
    ],
)
def test_in04_the_hosts_of_links_are_known_however_they_are_written(text: str, found: tuple[str, ...]) -> None:
    assert hosts([text]) == found


def test_indicators_are_joined_and_chosen_by_kind() -> None:
    both = Indicators(content=("a",), sender=("s",)) | Indicators(content=("a", "b"), like=("R",))
    assert both == Indicators(content=("a", "b"), sender=("s",), like=("R",))
    assert both.only(["sender"]) == Indicators(sender=("s",))
    assert not both.only([])
    assert str(both) == "content=a content=b sender=s like=R"
