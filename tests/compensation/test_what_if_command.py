"""``what_if``: what it prints, its JSON, and its exit codes."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from compensation.models import Run
from representatives.models import Company
from sales.services import add_customer
from tests.compensation.test_what_if import DRAFT
from tests.compensation.town import Town, local


@pytest.fixture
def february(january_town: Town) -> Town:
    """The town with January posted, in the middle of February."""
    january_town.set_clock("2017-02-24T12:00")
    return january_town


def told(*args: str) -> tuple[int, str]:
    """Run the command and return its exit code and what it printed."""
    out, err = StringIO(), StringIO()
    try:
        call_command("what_if", *args, stdout=out, stderr=err)
    except SystemExit as left:
        return int(left.code or 0), err.getvalue() or out.getvalue()
    return 0, out.getvalue()


def report(*args: str) -> dict[str, Any]:
    return json.loads(told(*args, "--json")[1])


def test_an_order(february: Town) -> None:
    code, text = told("order", "A", "GREENS=2", "TEA=1", "--own")

    assert code == 0
    assert text.startswith("Member A (A) sells 3 pieces for €112.70 in 2017-02\n")
    assert "payout ratio" in text
    found = report("order", "A", "GREENS=2", "--own", "--all")
    assert found["order"]["bv"] == 5000
    assert found["order"]["lines"] == [{"sku": "GREENS", "quantity": 2, "class": "repeat"}]
    effect = found["effect"]
    assert effect["change"] == effect["after"]["total"] - effect["before"]["total"]
    assert effect["winners"] == sum(one["value"][1] > one["value"][0] for one in effect["largest"])


def test_an_order_of_a_customer(february: Town) -> None:
    customer = add_customer(
        representative=february.members["A"],
        name="Ada",
        now=local("2017-02-24T12:00"),
        reference="ADA",
    )

    assert report("order", "A", "TEA=1", "--customer", customer.reference)["exit"] == 0
    assert report("order", "A", "TEA=1", "--new-customer")["order"]["own"] is False
    assert told("order", "B", "TEA=1", "--customer", "ADA") == (
        2,
        "--customer: B has no customer ADA\n",
    )


def test_a_sponsor_change(february: Town) -> None:
    code, text = told("sponsor", "E", "Y")

    assert code == 0
    assert "Member E (E) below Member Y (Y), 2 people in all, from 2017-02-28 23:00 UTC on" in text
    assert "on the figures of 2017-02" in text
    assert report("sponsor", "E", "Y")["moved"] == 2
    refused = report("sponsor", "A", "F")
    assert refused["exit"] == 1
    assert "in the downline of" in refused["message"]


def test_a_plan_draft(february: Town, tmp_path: Path) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text(DRAFT, encoding="utf-8")

    code, text = told("plan", str(file), "2017-01", "2017-02")

    assert code == 0
    assert text.startswith("2017-01: payout ratio ")
    assert "draft over 2 months" in text
    found = report("plan", str(file), "2017-01", "2017-02")
    assert [month["period"] for month in found["months"]] == ["2017-01", "2017-02"]
    run = Run.objects.get(status="posted")
    assert found["months"][0]["before"]["commission"] == run.commission_minor


def test_faults_of_a_draft_have_paths(february: Town, tmp_path: Path) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text(DRAFT.replace("roll_up", "up"), encoding="utf-8")

    found = report("plan", str(file), "2017-01")

    assert found["exit"] == 1
    assert [fault["path"] for fault in found["faults"]] == ["components[1].compression"]
    assert told("plan", str(file), "2017-01")[0] == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("order", "NOBODY", "TEA=1", "--own"), "there is no member NOBODY"),
        (("order", "A", "COFFEE=1", "--own"), "there is no product 'COFFEE'"),
        (("order", "A", "TEA", "--own"), "write SKU=PIECES"),
        (("order", "A", "TEA=x", "--own"), "'x' is not a number of pieces"),
        (("plan", "nowhere.yaml", "2017-01"), "nowhere.yaml: can't be read"),
        (("plan", "four-levels", "2019-01"), "there is no month 2019-01 that has begun"),
    ],
)
def test_usage_faults(february: Town, args: tuple[str, ...], words: str) -> None:
    code, text = told(*args)

    assert code == 2
    assert words in text


def test_what_would_be_refused_is_a_fault(february: Town) -> None:
    assert told("order", "A", "TEA=0", "--own") == (1, "Order 1 to 100000 pieces.\n")
    Company.objects.update(clock_frozen_at=local("2019-01-01T00:00"))
    assert told("sponsor", "E", "Y") == (1, "no month is open now\n")
