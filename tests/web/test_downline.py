"""The downline: table, filters, orders and pages, the tree opened at a person, the sheet."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from compensation.models import MemberResult
from compensation.selectors_pages import downline, downline_table, downline_tree
from compensation.selectors_pages.downline_query import Question, Scope, scope_of
from compensation.selectors_pages.plans import get_plan
from representatives.models import Representative
from representatives.services import suspend_representative
from tests.web import company
from tests.web.company import Town
from tests.web.test_pages import text_of, visit

DOWNLINE = "/downline/"


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


@pytest.fixture
def wide_town(db: None) -> Town:
    """A top with 130 people below, four to a sponsor; some sell much, some little, many nothing."""
    town = company.found_town()
    company.enrol(town, "Marta Wrona", log_in=True)
    names = ["Marta Wrona"]
    for number in range(130):
        name = f"{'Żaneta' if number % 3 else 'Adam'} {number % 10} {number:03d}"
        company.enrol(town, name, names[number // 4])
        names.append(name)
    for number in range(1, 131, 4):
        company.sell(town, names[number], pieces=1 + number % 3)
    company.preview(town)
    return town


def scope(town: Town, name: str = "Marta Wrona") -> Scope:
    run = town.run
    assert run is not None
    viewer = town.people[name]
    top = downline.get_member(run.pk, viewer.pk)
    assert top is not None
    plan = get_plan(run.plan_version)
    return scope_of(top, viewer=viewer, run=run, period=town.period, plan=plan)


def names_in(response: Any) -> list[str]:
    """Return the names of the table on a page, from top to bottom."""
    return re.findall(r'<a class="strong" [^>]*>([^<]+)</a>', response.content.decode())


def all_pages(client: Client, address: str) -> tuple[list[str], list[str]]:
    """Return the names of all pages going on, and of all pages coming back from the last one."""
    forth: list[str] = []
    while True:
        page = client.get(address)
        forth += names_in(page)
        following = re.search(r'rel="next" href="([^"]+)"', page.content.decode())
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    back = names_in(page)
    while found := re.search(r'rel="prev" href="([^"]+)"', page.content.decode()):
        page = client.get(found[1].replace("&amp;", "&"))
        back = names_in(page) + back
    return forth, back


ORDERS: dict[str, Any] = {
    "name": lambda member, person: person.sort_key,
    "level": lambda member, person: member.depth,
    "rank": lambda member, person: -member.pay_rank,
    "bv": lambda member, person: -member.personal_bv,
    "rsp": lambda member, person: -member.personal_rsp,
    "group": lambda member, person: -member.group_bv,
    "people": lambda member, person: member.position - member.subtree_end,
    "joined": lambda member, person: -person.enrolled_on.toordinal(),
    "tree": lambda member, person: member.position,
}


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_every_order_shows_everybody_once_forth_and_back(
    wide_town: Town, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if large:
        monkeypatch.setattr(downline_table, "SORTED_AT_MOST", 100)
    client = visit(wide_town, "Marta Wrona")
    people = {person.pk: person for person in Representative.objects.all()}
    rows = MemberResult.objects.filter(run=wide_town.run).order_by("position")
    members = [(member, people[member.representative_id]) for member in rows if member.position]

    for sort, key in ORDERS.items():
        forth, back = all_pages(client, f"/downline/?view=table&sort={sort}")

        keys = {person.name: key(member, person) for member, person in members}
        assert sorted(forth) == sorted(keys), sort
        assert [keys[name] for name in forth] == sorted(keys.values()), sort
        assert back == forth, sort


def test_filters_find_who_answers_them_and_stay_in_the_address(wide_town: Town) -> None:
    town = wide_town
    client = visit(town, "Marta Wrona")
    rows = MemberResult.objects.filter(run=town.run).exclude(position=0)
    names = {person.pk: person.name for person in Representative.objects.all()}
    plan = get_plan(town.run.plan_version)  # type: ignore[union-attr] # a preview was made
    need = plan.activity.at_least

    def expected(test: Any) -> set[str]:
        return {names[row.representative_id] for row in rows if test(row)}

    for query, test in {
        "level=2": lambda row: row.depth == 2,
        "level=5": lambda row: row.depth >= 5,
        "rank=0": lambda row: row.pay_rank == 0,
        "state=active": lambda row: row.active,
        "state=inactive": lambda row: not row.active,
        "state=near": lambda row: not row.active and row.window_bv * 5 >= need * 4,
        "state=dormant": lambda row: not row.active and not row.status and row.window_bv <= 0,
        "bv_least=50": lambda row: row.personal_bv >= 5000,
        "bv_most=25": lambda row: row.personal_bv <= 2500,
        "rsp_least=60": lambda row: row.personal_rsp >= 6000,
        "group_least=100.5": lambda row: row.group_bv >= 10050,
        "joined_from=2017-01-03": lambda row: False,
        "joined_to=2017-01-02": lambda row: True,
        "level=2&state=active": lambda row: row.depth == 2 and row.active,
        "q=adam&view=table": lambda row: names[row.representative_id].startswith("Adam"),
        "q=zaneta&state=active": lambda row: (
            names[row.representative_id].startswith("Ż") and row.active
        ),
    }.items():
        forth, back = all_pages(client, f"/downline/?{query}&sort=bv")
        assert set(forth) == expected(test), query
        assert back == forth, query

    page = client.get("/downline/?level=2&state=active&sort=name").content.decode()
    assert "sort=bv" in page
    assert all("level=2" in link for link in re.findall(r'hx-get="(\?[^"]*sort=bv[^"]*)"', page))
    assert re.search(r'downline\.csv\?[^"]*level=2', page)


def test_what_is_not_understood_is_told_and_kept(town: Town) -> None:
    response = visit(town, "Marta Wrona").get(
        "/downline/?bv_least=much&joined_from=yesterday&level=x&after=-1&before=%01"
    )

    text = response.content.decode()
    assert response.status_code == 200
    assert "Enter a number such as 60 or 60.50." in text
    assert 'value="much"' in text
    assert len(names_in(response)) == 4


def test_a_search_with_one_answer_opens_the_tree_there(town: Town) -> None:
    client = visit(town, "Marta Wrona")
    code = town.people["Dawid Nowak"].code

    response = client.get("/downline/?q=nowak")
    tree = client.get(response.headers["Location"])

    assert response.status_code == 302
    assert f"at={code}" in response.headers["Location"]
    way = re.search(r'<nav class="way-down".*?</nav>', tree.content.decode(), re.DOTALL)
    assert way is not None
    assert re.findall(r">\s*([A-Z][^<]+?)\s*<", way[0]) == [
        "You",
        "Ana Silva",
        "Celine Petit",
        "Dawid Nowak",
    ]
    assert 'id="found"' in tree.content.decode()
    assert "Bruno Costa" in text_of(tree)
    assert "Draw the picture" in text_of(
        client.get(f"/downline/?at={town.people['Ana Silva'].code}")
    )


def test_a_search_with_more_answers_lists_them(town: Town) -> None:
    page = visit(town, "Marta Wrona").get("/downline/?q=NO")

    assert names_in(page) == ["Bruno Costa", "Dawid Nowak"]


def test_a_large_downline_is_searched_by_beginnings(
    wide_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downline_table, "SORTED_AT_MOST", 100)
    client = visit(wide_town, "Marta Wrona")
    code = wide_town.people["Adam 0 000"].code

    assert "Nobody found" in text_of(client.get("/downline/?q=128"))
    assert names_in(client.get("/downline/?q=Zaneta+8&view=table"))[:1] == ["Żaneta 8 008"]
    assert client.get(f"/downline/?q={code}").status_code == 302
    assert (
        'id="people"'
        not in client.get(
            "/downline/?view=table", headers={"HX-Request": "true", "HX-Target": "people"}
        ).content.decode()
    )


def test_a_large_downline_adds_its_levels_up_after_the_page(
    wide_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downline_table, "SORTED_AT_MOST", 100)
    client = visit(wide_town, "Marta Wrona")

    page = client.get("/downline/?state=near")
    levels = client.get("/downline/levels/?state=near", HTTP_HX_REQUEST="true")
    assert "<html" not in levels.content.decode()
    assert client.get("/downline/levels/?state=near").content.decode().count("<h1") == 1

    assert 'hx-get="/downline/levels/?state=near&amp;month=2017-11"' in page.content.decode()
    assert "Together" not in text_of(page)
    assert "Together 130 people" in text_of(levels)
    assert 'hx-swap-oob="true"' in levels.content.decode()
    assert re.search(r'state=near" aria-current="true"[^<]*<b>', levels.content.decode())


def test_many_answers_are_told_as_more_than_are_counted(
    wide_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downline_table, "COUNTED_AT_MOST", 20)
    client = visit(wide_town, "Marta Wrona")

    assert "More than 20 people" in text_of(client.get("/downline/?state=inactive"))
    assert "130 people" in text_of(client.get("/downline/?view=table"))


def test_the_tree_opens_at_a_person_deep_down_and_in_a_wide_front_line(db: None) -> None:
    town = company.found_town()
    company.enrol(town, "Marta Wrona", log_in=True)
    for number in range(53):
        company.enrol(town, f"Person {number:02d}", "Marta Wrona")
    above = "Person 52"
    for number in range(15):
        company.enrol(town, f"Deep {number:02d}", above)
        above = f"Deep {number:02d}"
    company.preview(town)
    client = visit(town, "Marta Wrona")

    wide = client.get(f"/downline/?at={town.people['Deep 00'].code}")
    deep = client.get(f"/downline/?at={town.people['Deep 14'].code}")

    assert "Level 5 and on 12 people" in text_of(deep)
    assert "Person 52" in text_of(wide)
    assert "Person 51" not in text_of(wide)
    assert "Show the other 52 people of your front line" in text_of(wide)
    assert "3 people between" in text_of(deep)
    assert "Deep 02" in text_of(deep)
    assert "Deep 01" not in text_of(deep)
    assert deep.content.decode().count('class="member') == downline_tree.PATH_SHOWN + 1


def test_crossline_and_unknown_people_open_nothing(town: Town) -> None:
    client = visit(town, "Bruno Costa")
    for person in (town.people["Ana Silva"].code, "ZZZZZZZZZZZZZ"):
        for address in (f"/downline/?at={person}", f"/downline/chart/?root={person}"):
            assert client.get(address).status_code == 404, address


def test_the_picture_counts_whom_it_leaves_out_and_nobody_less(wide_town: Town) -> None:
    """Suspended directs are no enrolled ones, yet stand in the tree and the picture."""
    suspend_representative(
        representative=wide_town.people["Żaneta 1 001"],
        reason="Asked for it.",
        decided_by=wide_town.staff,
        now=wide_town.now,
    )
    company.preview(wide_town)

    page = visit(wide_town, "Marta Wrona").get("/downline/chart/")

    assert "All 130 people can be shown" in text_of(page)
    assert "directly below" not in text_of(page)
    assert "data-others" not in page.content.decode()


def test_levels_are_added_up_to_four_and_beyond(wide_town: Town) -> None:
    found = downline_table.list_levels(scope(wide_town))
    rows = list(MemberResult.objects.filter(run=wide_town.run).exclude(position=0))

    for level in found:
        inside = [row for row in rows if level["level"] in (0, min(row.depth, 5))]
        assert level["people"] == len(inside)
        assert level["active_people"] == sum(row.active for row in inside)
        assert level["volume"] == sum(row.personal_bv for row in inside)
        assert level["points"] == sum(row.personal_rsp for row in inside)
    assert [level["level"] for level in found] == [1, 2, 3, 4, 0]
    assert (
        downline_table.count(scope(wide_town), Question(state="active"))
        == (found[-1]["active_people"])
    )
    assert (
        downline_table.count(scope(wide_town), Question(state="dormant"))
        == (found[-1]["dormant_people"])
    )


def _sheet(client: Client, query: str = "") -> list[dict[str, str]]:
    response = client.get(f"/downline/downline.csv?{query}")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join(response.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(content, newline="")))


def test_the_sheet_holds_who_answers_and_no_formula(town: Town) -> None:
    for number, name in enumerate(("=HYPERLINK(0)", "@risk", '-1+"quoted", name', "＝1+1")):
        company.enrol(town, f"Sly{number}", "Bruno Costa")
        Representative.objects.filter(pk=town.people[f"Sly{number}"].pk).update(name=name)
    company.preview(town)
    client = visit(town, "Marta Wrona")

    rows = _sheet(client)
    active = _sheet(client, "state=active")

    assert {row["Name"] for row in rows} == {
        "Ana Silva",
        "Bruno Costa",
        "Celine Petit",
        "Dawid Nowak",
        "'=HYPERLINK(0)",
        "'@risk",
        '\'-1+"quoted", name',
        "'＝1+1",
    }
    ana = next(row for row in rows if row["Name"] == "Ana Silva")
    assert ana == {
        "Name": "Ana Silva",
        "Code": town.people["Ana Silva"].code,
        "Level": "1",
        "Rank": ana["Rank"],
        "Status": "Enrolled",
        "Active": "yes",
        "Personal BV": "100.00",
        "Own RSP": "80.00",
        "Group BV": "225.00",
        "Active directs": "0",
        "People below": "2",
        "Joined": "2017-01-02",
    }
    assert {row["Active"] for row in active} == {"yes"}
    assert not any("example.org" in value for row in rows for value in row.values())


def test_the_card_shows_a_contact_only_as_its_owner_chose(town: Town) -> None:
    ana, celine = town.people["Ana Silva"], town.people["Celine Petit"]
    addresses = {person.pk: f"/downline/{person.code}/" for person in (ana, celine)}
    Representative.objects.filter(pk__in=addresses).update(phone="+48 600 700 800")
    client = visit(town, "Marta Wrona")

    def shown(person: Representative, choice: str) -> bool:
        Representative.objects.filter(pk=person.pk).update(contact_shared_with=choice)
        page = client.get(addresses[person.pk]).content.decode()
        assert ("+48 600" in page) == (person.email in page)
        return person.email in page

    # Marta is Ana's sponsor and stands above Celine.
    assert [shown(ana, choice) for choice in ("nobody", "sponsor", "upline")] == [False, True, True]
    assert [shown(celine, choice) for choice in ("nobody", "sponsor", "upline")] == [
        False,
        False,
        True,
    ]
    listed = client.get("/downline/?view=table").content.decode()
    assert ana.email not in listed
