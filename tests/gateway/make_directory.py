"""A small town: a director, two sections with their heads, deputies, clerks and a shared counter."""

from __future__ import annotations

from datetime import date

from gateway.directory import Attribute, Deputy, Directory, Person, Role, Section

DAY = date(2026, 11, 28)


def at(name: str) -> str:
    return f"{name}@city.example.lg.jp"


HOUSE = Directory(
    people=(
        Person(at("mayor"), "副市長", roles=(Role.CISO,)),
        Person(at("director"), "総務部長", "bureau", (Role.BUR,)),
        Person(at("head"), "税務課長", "tax", (Role.ISM,), aliases=(at("head.lgwan"),)),
        Person(at("deputy"), "税務課長補佐", "tax"),
        Person(at("taro"), "例示 太郎", "tax"),
        Person(at("counter"), "窓口", "tax", attribute=Attribute.SHARED, members=(at("taro"),)),
        Person(at("itchief"), "情報政策課長", "it", (Role.ISM, Role.CSO, Role.SYM)),
        Person(at("jiro"), "情報 次郎", "it", (Role.SYO, Role.CSIRT)),
    ),
    sections=(Section("bureau", "総務部"), Section("tax", "税務課", "bureau"), Section("it", "情報政策課", "bureau")),
    deputies=(Deputy(at("head"), at("deputy")),),
)
