"""`manage.py explain` and `manage.py why_not`: what they tell, to whom, and how they end."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from compensation import services
from compensation.models import Earning, MemberResult, Run
from sales.models import OrderLine
from tests.compensation.test_posted_parts import EVERY_KIND
from tests.compensation.town import PLAN, Town

CAPPED = (
    PLAN.replace("name: town", "name: town-with-caps")
    + """
  - {id: match, kind: match, of: [levels], rates: ["50"]}
  - {id: pool, kind: pool, percent: "2", shares: {by_rank: {Bronze: 1, Silver: 2}}}
caps:
  - {id: most, scope: person, of: [levels, match], amount: "9.00"}
"""
)


def tell(*arguments: str) -> str:
    """Run a command that ends well and return what it says."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def ends_with(*arguments: str) -> int:
    """Run a command that ends with a fault and return its exit code."""
    with pytest.raises(CommandError) as fault:
        call_command(*arguments, stdout=StringIO())
    return int(fault.value.returncode)


def close_under(town: Town, document: str) -> Run:
    services.add_plan_version(
        document=document, effective_from=date(2016, 2, 1), created_by=town.closer
    )
    return town.close("2017-01")


def line_of(code: str) -> OrderLine:
    return OrderLine.objects.filter(order__seller__code=code).order_by("pk").first()  # type: ignore[return-value]


def uplines(told: dict[str, Any], component: str) -> dict[str | None, dict[str, Any]]:
    found = next(one for one in told["components"] if one["component"] == component)
    return {row["member"]: row for row in found["uplines"]}


def test_explain_adds_up_for_every_member_and_component(town: Town) -> None:
    run = close_under(town, EVERY_KIND)

    for code, member in town.members.items():
        told = json.loads(tell("explain", "2017-01", code, "--all", "--json"))
        stored = MemberResult.objects.get(run_id=run.pk, representative_id=member.pk)
        assert told["money_minor"] == stored.commission_minor
        assert told["rsp"] == stored.rsp_total
        for line in told["lines"]:
            assert line["adds_up"]
            assert sum(part["amount"] for part in line["parts"]) == line["amount"]
            assert len(line["parts"]) == line["part_count"]
            assert line["rule"]


def test_explain_opens_matches_through_lines_and_cuts_through_what_they_cut(town: Town) -> None:
    run = close_under(town, CAPPED)

    told = json.loads(tell("explain", "2017-01", "TOP", "--all", "--json"))
    lines = {(one["component"], one["paid_level"]): one for one in told["lines"]}
    assert all(one["rule"] for one in told["lines"])

    cut = lines["most", 0]
    assert cut["amount"] < 0
    assert {one["component"] for one in cut["through"]} <= {"levels", "match"}
    assert sum(one["share"] for one in cut["through"]) == cut["amount"]
    assert sum(part["amount"] for part in cut["parts"]) == cut["amount"]
    match = next(one for key, one in lines.items() if key[0] == "match")
    assert {one["component"] for one in match["through"]} == {"levels"}
    assert sum(one["share"] for one in match["through"]) == match["amount"]
    pool = lines["pool", 0]
    assert pool["hangs_on_no_order"] == pool["amount"]
    assert pool["adds_up"]
    assert {"measure": "company_bv", "value": run.bv, "at_least": None} in pool["facts"]
    assert not pool["parts"]


def test_explain_tells_fifty_parts_at_once_and_the_rest_by_page(town: Town) -> None:
    for _ in range(60):
        town.buy("F", "2017-01-22", TEA=1)
    town.close("2017-01")

    first = json.loads(tell("explain", "2017-01", "F", "rsp", "0", "--json"))["lines"][0]
    second = json.loads(tell("explain", "2017-01", "F", "rsp", "0", "--page", "2", "--json"))
    every = json.loads(tell("explain", "2017-01", "F", "rsp", "0", "--all", "--json"))

    assert len(first["parts"]) == 50
    assert first["part_count"] > 60
    assert second["lines"][0]["first_part"] == 51
    assert every["lines"][0]["parts"][:50] == first["parts"]
    assert every["lines"][0]["parts"][50:100] == second["lines"][0]["parts"]
    assert "--page N" in tell("explain", "2017-01", "F", "rsp", "0")
    assert "stand on earlier pages" in tell("explain", "2017-01", "F", "rsp", "0", "--page", "99")


def test_explain_ends_with_its_exit_codes(town: Town) -> None:
    town.close("2017-01")

    assert ends_with("explain", "2017-13", "A") == 2
    assert ends_with("explain", "2017-01", "A", "--page", "0") == 2
    assert ends_with("explain", "2017-01", "NOBODY") == 2
    assert ends_with("explain", "2017-01", "A", "nothing") == 2
    assert ends_with("explain", "2017-01", "C", "levels") == 1
    assert ends_with("explain", "2017-02", "A") == 1
    assert "TOP" in tell("explain", "2017-01", "TOP")


def test_why_not_tells_of_every_upline_what_was_needed_and_who_received_it(town: Town) -> None:
    run = close_under(town, EVERY_KIND)
    line = line_of("F")

    told = json.loads(tell("why_not", "2017-01", "--line", str(line.pk), "--json"))

    points = uplines(told, "rsp")
    assert list(points) == ["F", "E", "D", "C", "B", "A", "TOP"]
    assert points["F"]["paid"][0]["paid_level"] == 0
    assert points["C"]["reason"] == "inactive"
    assert points["C"]["missed"] == [{"measure": "window_bv", "needed": 6000, "had": 633}]
    assert points["C"]["received_by"] == "B"
    assert points["TOP"]["reason"] == "too_deep"
    assert points["TOP"]["missed"] == [{"measure": "depth", "needed": 5, "had": 4}]
    for component in told["components"]:
        for row in component["uplines"]:
            for paid in row["paid"]:
                assert Earning.objects.filter(
                    run_id=run.pk,
                    receiver__code=row["member"],
                    paid_level=paid["paid_level"],
                ).exists()
            if row["reason"] not in ("paid", "capped", "inactive"):
                assert row["missed"], row


def test_why_not_says_what_a_limit_cut(town: Town) -> None:
    close_under(town, CAPPED)

    told = json.loads(
        tell("why_not", "2017-01", "--line", f"{line_of('A').order.reference}/1", "--json")
    )

    top = uplines(told, "levels")["TOP"]
    assert top["reason"] == "capped"
    assert top["cut_minor"] > 0
    assert top["missed"][0]["measure"] == "cap"


def test_why_not_tells_a_viewer_nothing_of_people_above(town: Town) -> None:
    close_under(town, EVERY_KIND)
    line = str(line_of("F").pk)

    told = json.loads(tell("why_not", "2017-01", "--line", line, "--viewer", "D", "--json"))
    text = tell("why_not", "2017-01", "--line", line, "--viewer", "D")

    for component in told["components"]:
        for row in component["uplines"]:
            if row["member"] is None:
                assert set(row) == {"member", "reason"}
            else:
                assert row["member"] in {"D", "E", "F"}
                assert row["received_by"] in {None, "D", "E", "F"}
    for stranger in ("Member C", "Member B", "Member A", "Member TOP"):
        assert stranger not in text
    assert ends_with("why_not", "2017-01", "--line", line, "--viewer", "X") == 1
    assert ends_with("why_not", "2017-01", "--member", "B", "--viewer", "D") == 1


def test_why_not_of_a_member_tells_what_pays_nothing(town: Town) -> None:
    close_under(town, EVERY_KIND)

    told = json.loads(tell("why_not", "2017-01", "--member", "C", "--json"))
    leaf = json.loads(tell("why_not", "2017-01", "--member", "F", "levels", "--json"))

    by_id = {one["component"]: one for one in told["components"]}
    assert by_id["rsp"]["levels_paid"] == [0]
    assert by_id["levels"]["reason"] == "inactive"
    assert by_id["levels"]["missed"] == [{"measure": "window_bv", "needed": 6000, "had": 633}]
    assert [one["reason"] for one in leaf["components"]] == ["no_sales"]


def test_why_not_of_sales_that_do_not_count(town: Town) -> None:
    returned = town.buy("E", "2017-01-25", TEA=2)
    town.take_back(returned, 2, "2017-01-26")
    town.close("2017-01")
    line = line_of("F")

    elsewhere = json.loads(tell("why_not", "2017-01", "--line", f"{february()}/1", "--json"))
    back = json.loads(tell("why_not", "2017-01", "--line", f"{returned.reference}/1", "--json"))
    town.set_clock("2017-02-10T12:00")
    town.take_back(line.order, line.quantity, "2017-02-10")
    later = json.loads(tell("why_not", "2017-01", "--line", str(line.pk), "--json"))

    assert (elsewhere["reason"], elsewhere["note"]) == ("not_in_period", "2017-02")
    assert (back["reason"], back["components"]) == ("refunded", [])
    assert uplines(later, "rsp")["E"]["reason"] == "refunded"
    assert (
        uplines(later, "rsp")["E"]["taken_back"] == uplines(later, "rsp")["E"]["paid"][0]["amount"]
    )


def february() -> str:
    """Reference of an order that counts in February."""
    found = OrderLine.objects.filter(order__reference__startswith="F-2017-02").first()
    assert found is not None
    return found.order.reference


def test_why_not_ends_with_its_exit_codes(town: Town) -> None:
    town.close("2017-01")

    assert ends_with("why_not", "2017-13", "--member", "A") == 2
    assert ends_with("why_not", "2017-02", "--member", "A") == 1
    assert ends_with("why_not", "2017-01", "--line", "nothing/1") == 2
    assert ends_with("why_not", "2017-01", "--member", "NOBODY") == 2
    assert ends_with("why_not", "2017-01", "--member", "A", "nothing") == 2
