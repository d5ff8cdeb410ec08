"""`gateway.yaml`: the shipped file is the defaults, and every mistake is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import settings
from gateway.policy import file as policy_file
from gateway.settings import Settings
from gateway.yaml_file import BadConfiguration

CONFIG = Path(__file__).parents[2] / "config"
BAD = Path(__file__).parents[1] / "bad_configs"


def test_the_shipped_file_says_the_defaults() -> None:
    shipped = settings.load(CONFIG / "gateway.yaml")
    places = dict.fromkeys(settings.PLACES, "")
    assert shipped.model_copy(update=places) == Settings()


def test_every_setting_is_documented_in_the_shipped_file() -> None:
    text = (CONFIG / "gateway.yaml").read_text()

    def names(model: type) -> set[str]:
        found = set()
        for name, field in model.model_fields.items():  # type: ignore[attr-defined]
            found.add(name)
            if hasattr(field.annotation, "model_fields"):
                found |= names(field.annotation)
        return found

    assert {name for name in names(Settings) if f"{name}:" not in text} == set()


@pytest.mark.parametrize("path", sorted(BAD.glob("gateway-*.yaml")), ids=lambda p: p.stem)
def test_bad_gateway_yaml(path: Path) -> None:
    _expect(path, settings.load)


@pytest.mark.parametrize("path", sorted(BAD.glob("policy-*.yaml")), ids=lambda p: p.stem)
def test_bad_policy_yaml(path: Path) -> None:
    _expect(path, policy_file.load)


def _expect(path: Path, load: object) -> None:
    """First lines: `# expect: LINE KEY: part of the message`, one for each problem."""
    expected = [line.removeprefix("# expect: ") for line in path.read_text().splitlines() if line.startswith("# expect: ")]
    assert expected, f"{path} does not say what it expects"
    with pytest.raises(BadConfiguration) as bad:
        load(path)  # type: ignore[operator]
    found = [f"{p.line} {p.key}: {p.message}" for p in bad.value.problems]
    assert len(found) == len(expected), found
    for want in expected:
        line_and_key, _, message = want.partition(": ")
        assert any(f.startswith(line_and_key + ":") and message in f for f in found), (want, found)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot be read: No such file"):
        settings.load(tmp_path / "none.yaml")


def test_sizes_may_have_units(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("inbound: {size_limit: 20MB}\noutbound: {size_limit: 512 kb, port: 2530}\n")
    loaded = settings.load(file)
    assert (loaded.inbound.size_limit, loaded.outbound.size_limit) == (20 << 20, 512 << 10)
