"""docs/roles.md says what `roles.RIGHTS` says: its table is made of it, and each right is explained."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.console.roles import NAMES, OF_A_SECTION, RIGHTS, WITHOUT_SECOND_FACTOR, Right, scope_of
from gateway.directory import Role

DOC = Path(__file__).parents[3] / "docs" / "roles.md"
NOBODYS = (Right.PUBLIC, Right.HALF_SIGNED_IN, Right.SIGNED_IN)
GRANTED = [right for right in Right if right not in NOBODYS]


def line(role: Role) -> str:
    held = RIGHTS[role]
    everybodys = scope_of((role,), ()).patterns is None
    sight = "everybody's" if everybodys else "own section" if role in OF_A_SECTION and Right.LIST_HELD in held else "own"
    may = " ".join(f"`{right}`" for right in GRANTED if right in held) or "—"
    may_not = " ".join(f"`{right}`" for right in GRANTED if right not in held) if len(held) > len(GRANTED) / 2 else "all else"
    factor = "" if role in WITHOUT_SECOND_FACTOR else "yes"
    return f"| {role.name} {NAMES[role].ja} ({NAMES[role].en}) | {sight} | {factor} | {may} | {may_not} |"


def test_the_table_of_roles_is_made_of_the_rights() -> None:
    """After a change of `RIGHTS`: put the lines that this prints into docs/roles.md, and read them."""
    made = [line(role) for role in Role]
    print("\n".join(made))
    written = DOC.read_text().splitlines()
    assert [each for each in written if re.match(r"\| [A-Z]+ ", each)] == made


def test_each_right_is_explained_once() -> None:
    explained = re.findall(r"^\| `(\w+)` \| \S", DOC.read_text(), re.MULTILINE)
    assert sorted(explained) == sorted(GRANTED)
