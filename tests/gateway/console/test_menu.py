from __future__ import annotations

import pytest

from gateway.console import app, roles
from gateway.console.menu import MENU, Place, menu
from gateway.directory import Role

DECLARED = {(each.method, each.path): each.right for each in app.declared()}


@pytest.mark.parametrize("place", [place for group in MENU for place in group.places], ids=lambda place: place.path)
def test_a_place_asks_for_the_right_that_its_route_declares(place: Place) -> None:
    assert DECLARED["GET", place.path] is place.right


def test_a_group_without_a_place_is_not_there_and_everybody_has_its_own_work() -> None:
    [group] = menu(lambda right: right in roles.rights_of([Role.USR]))
    assert [place.path for place in group.places] == ["/mine", "/sent", "/approvals"]
