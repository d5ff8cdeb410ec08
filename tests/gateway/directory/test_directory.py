"""Who answers for whom; what an import changes; nobody answers for itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import cli, journal
from gateway.directory import Attribute, Book, Deputy, Directory, Person, Role, Section, Stale, difference, importing, wanting
from gateway.yaml_file import BadConfiguration, parse
from tests.gateway.make_directory import DAY, HOUSE, at
from tests.gateway.make_spool import rooms

CONFIG = Path(__file__).parents[3] / "config"


def names(people: tuple[Person, ...]) -> list[str]:
    return [person.address.partition("@")[0] for person in people]


def may(role: Role, applicant: str, directory: Directory = HOUSE, day: date = DAY) -> list[str]:
    return [a.person.address.partition("@")[0] for a in directory.authorities(role, at(applicant), day)]


def test_ac02_the_head_is_the_one_of_the_own_section() -> None:
    assert names(HOUSE.heads(Role.ISM, at("taro"), DAY)) == ["head"]
    assert names(HOUSE.heads(Role.ISM, at("jiro"), DAY)) == ["itchief"]
    assert names(HOUSE.heads(Role.BUR, at("taro"), DAY)) == ["director"]
    assert names(HOUSE.heads(Role.ISM, at("nobody"), DAY)) == []


def test_ac08_nobody_approves_itself_not_as_deputy_nor_by_another_address_nor_a_shared_one() -> None:
    assert may(Role.ISM, "taro") == ["head", "deputy"]
    assert may(Role.ISM, "deputy") == ["head"]
    assert may(Role.ISM, "head") == []  # its own deputy would approve in its name
    assert may(Role.ISM, "head.lgwan") == []
    assert may(Role.CSO, "itchief") == []
    shared = replace(HOUSE.person(at("counter")), members=(at("taro"), at("deputy")))  # type: ignore[type-var]
    crowded = replace(HOUSE, people=tuple(shared if p.address == at("counter") else p for p in HOUSE.people))  # type: ignore[arg-type]
    assert may(Role.ISM, "counter", crowded) == ["head"]  # any member may have written what came from there


def test_ac04_a_deputy_has_a_term_and_nobody_acts_outside_its_own() -> None:
    term = replace(HOUSE, deputies=(Deputy(at("head"), at("deputy"), date(2026, 11, 1), date(2026, 11, 27)),))
    assert may(Role.ISM, "taro", term) == ["head"]
    assert may(Role.ISM, "taro", term, date(2026, 11, 27)) == ["head", "deputy"]
    gone = tuple(replace(p, until=date(2026, 3, 31)) if p.address == at("head") else p for p in HOUSE.people)
    assert may(Role.ISM, "taro", replace(HOUSE, people=gone)) == []


def test_ac10_the_suspended_decide_nothing() -> None:
    suspended = tuple(replace(p, suspended="調査中") if p.address == at("deputy") else p for p in HOUSE.people)
    assert may(Role.ISM, "taro", replace(HOUSE, people=suspended)) == ["head"]


@given(st.data())
def test_ac08_no_directory_lets_anybody_approve_itself(data: st.DataObject) -> None:
    keys = [f"p{n}@x.example" for n in range(5)]
    address = st.sampled_from(keys)
    people = tuple(
        Person(
            key,
            key,
            data.draw(st.sampled_from(["a", "b", ""])),
            tuple(data.draw(st.sets(st.sampled_from(Role)))),
            data.draw(st.sampled_from(Attribute)),
            aliases=(f"alias.{key}",),
            members=tuple(data.draw(st.sets(address))),
        )
        for key in keys
    )
    deputies = tuple(Deputy(*pair) for pair in data.draw(st.sets(st.tuples(address, address))))
    house = Directory(people, (Section("b", "B"), Section("a", "A", "b")), deputies)
    asking = data.draw(address)
    for role in Role:
        for authority in house.authorities(role, f"alias.{asking}", DAY):
            assert authority.person.address != asking
            assert authority.on_behalf is None or authority.on_behalf.address != asking
            assert authority.person.attribute is not Attribute.SHARED


def test_the_shipped_example_is_sound() -> None:
    house = importing.load(CONFIG / "directory.yaml", Directory())
    assert may(Role.ISM, "staff", house) == ["zeimukacho", "zeimuhosa"]
    assert may(Role.ISM, "staff", house) == [
        a.person.address.partition("@")[0] for a in house.authorities(Role.ISM, "staff@lgwan.city.example.lg.jp", DAY)
    ]


def test_a_bad_yaml_is_refused_with_every_line() -> None:
    text = b"""sections:
  - {code: a, name: A, parent: b}
people:
  - {address: x@y.example, name: X, section: c}
  - {address: X@Y.example, name: Y, until: soon}
"""
    with pytest.raises(BadConfiguration) as caught:
        importing.read_yaml(parse("d.yaml", text))
    assert [(p.line, p.key) for p in caught.value.problems] == [(5, "people.1.until")]
    with pytest.raises(BadConfiguration) as caught:
        importing.read_yaml(parse("d.yaml", text.replace(b"soon", b"2026-12-31")))
    assert [p.line for p in caught.value.problems] == [4, 5, 2]


CSV = """メールアドレス,氏名,部,所属,役割,区分,終了日,代理者
HEAD@x.example,課長,総務部,税務課,情報セキュリティ管理者,職員,,hosa@x.example
hosa@x.example,課長補佐,総務部,税務課,,職員,令和9年3月31日,
"rin@x.example","臨時, 一号",総務部,税務課,,会計年度任用職員,2027/3/31,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_ac03_a_csv_from_excel_is_read_in_either_encoding(encoding: str) -> None:
    house = importing.read_csv("jinji.csv", CSV.encode(encoding), Directory())
    assert [(p.address, p.until, p.attribute) for p in house.people] == [
        ("head@x.example", None, Attribute.STAFF),
        ("hosa@x.example", date(2027, 3, 31), Attribute.STAFF),
        ("rin@x.example", date(2027, 3, 31), Attribute.PART_TIME),
    ]
    assert [(s.name, s.parent) for s in house.sections] == [("総務部", ""), ("税務課", "総務部")]
    assert [a.person.name for a in house.authorities(Role.ISM, "rin@x.example", DAY)] == ["課長", "課長補佐"]


@pytest.mark.parametrize(
    ("wrong", "line", "key"),
    [
        ("hosa@x.example,課長補佐", 3, ""),  # twice
        ("no address,だれか,部,課,,,,", 5, "メールアドレス"),
        ("a@x.example,,部,課,,,,", 5, "氏名"),
        ("a@x.example,A,部,課,王様,,,", 5, "役割"),
        ("a@x.example,A,部,課,,,13月,", 5, "終了日"),
        ("a@x.example,A,部,課,,,2026-02-30,", 5, "終了日"),
        ("a@x.example,A,部,課,,,,b", 5, "代理者"),
    ],
)
def test_ac03_a_wrong_row_is_named_by_its_line(wrong: str, line: int, key: str) -> None:
    text = CSV + (wrong + "\n") if line == 5 else CSV.replace("rin@x.example", "hosa@x.example")
    with pytest.raises(BadConfiguration) as caught:
        importing.read_csv("jinji.csv", text.encode("cp932"), Directory())
    [problem] = caught.value.problems
    assert (problem.line, problem.key) == (line if line == 5 else 4, key)


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"a,b\n1,2\n", b"PK\x03\x04\0\0", CSV.splitlines()[0].encode()])
def test_ac03_what_is_no_such_csv_is_refused(content: bytes) -> None:
    with pytest.raises(BadConfiguration):
        importing.read_csv("jinji.csv", content, Directory())


def test_ac03_the_transfer_keeps_what_the_csv_does_not_say() -> None:
    before = replace(
        importing.read_csv("a.csv", CSV.encode(), Directory()),
        deputies=(Deputy("head@x.example", "hosa@x.example", until=date(2027, 3, 31)),),
    )
    after = importing.read_csv("b.csv", CSV.replace("課長補佐", "主幹").encode(), before)
    assert after.deputies == before.deputies
    assert [str(change) for change in difference(before, after)] == ["~ person hosa@x.example: name 課長補佐 → 主幹"]
    without = importing.read_csv("c.csv", "\n".join(CSV.splitlines()[:2]).encode().replace(b"hosa@x.example", b""), before)
    assert {str(c)[:23] for c in difference(before, without)} >= {"- person hosa@x.example", "- person rin@x.example:"}
    assert "section 税務課: 課長 has no deputy" in wanting(without, DAY)


async def test_every_version_is_kept_and_journalled_and_nobody_overwrites_another(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        book = Book(r.db, r.clock)
        assert await book.current() == Directory()
        await book.replace(HOUSE, 0, "jinji", "四月異動")
        assert await book.current() == HOUSE
        with pytest.raises(Stale):
            await book.replace(Directory(), 0, "late", "四月異動")
        with pytest.raises(ValueError, match="reason"):
            await book.suspend(at("taro"), "cso", " ")
        await book.suspend(at("taro"), "cso", "調査中")
        assert not (await book.current()).person(at("taro")).active(book.today)  # type: ignore[union-attr]
        await book.replace(HOUSE, (await book.version())[0], "cso", "調査終了")
        await book.appoint(Deputy(at("head"), at("jiro")), "ciso", "出張")
        assert may(Role.ISM, "taro", await book.current()) == ["head", "deputy", "jiro"]
        with pytest.raises(LookupError):
            await book.appoint(Deputy(at("head"), "who@example.com"), "ciso", "出張")
        with pytest.raises(BadConfiguration):
            await book.appoint(Deputy(at("head"), at("head.lgwan")), "ciso", "出張")
        found = await journal.search(r.db, kind="directory_changed")
        assert [dict(e.facts)["reason"] for e in found] == ["四月異動", "調査中", "調査終了", "出張"]
        assert "suspended - → 調査中" in dict(found[1].facts)["changes"]


async def test_ac03_unused_ids_are_those_of_whom_nothing_came(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        book = Book(r.db, r.clock)
        await book.replace(HOUSE, 0, "jinji", "四月異動")
        await r.accept(b"old", sender=at("jiro"))
        r.times.pass_(91 * 86_400)
        r.clock.now()
        await r.accept(b"new", sender=at("head.lgwan").upper())
        unused = dict((p.address, last) for p, last in await book.unused(90))
        assert at("head") not in unused
        assert unused[at("jiro")] > 0
        assert unused[at("taro")] == 0


def test_the_command_previews_asks_before_many_go_and_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(f"state_directory: {tmp_path}\npolicy: {CONFIG / 'policy.yaml'}\nnotices: {CONFIG / 'notices'}\n")

    def mugai(*words: str) -> int:
        return cli.main(["--config", str(config), "directory", *words])

    assert mugai("import", str(CONFIG / "directory.yaml"), "--preview") == 0
    assert mugai("list") == 0
    assert "nobody" in capsys.readouterr().out
    assert mugai("import", str(CONFIG / "directory.yaml")) == 1
    assert "needs a reason" in capsys.readouterr().err
    assert mugai("import", str(CONFIG / "directory.yaml"), "--reason", "導入") == 0
    few = tmp_path / "few.csv"
    few.write_bytes(CSV.encode("cp932"))
    assert mugai("import", str(few), "--reason", "四月異動") == 1
    assert "say --removing 9" in capsys.readouterr().err
    assert mugai("show", "staff@city.example.lg.jp") == 0
    assert "税務課長補佐 (for 税務課長)" in capsys.readouterr().out
    assert mugai("suspend", "staff@city.example.lg.jp", "--reason", "調査中") == 0
    assert mugai("unused") == 1
    assert "\nstaff@" not in capsys.readouterr().out
    assert mugai("import", str(few), "--reason", "四月異動", "--removing", "9") == 0
    assert mugai("show", "staff@city.example.lg.jp") == 1
