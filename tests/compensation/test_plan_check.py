"""`manage.py plan_check`: prose, worst case, last closed month, exit codes."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from compensation.plans import load_preset
from compensation.plans.own_purchases import OwnShare, activity_by_own_purchases, own_share_of
from sales.services import customers
from tests.engine.test_plan_document import SMALL
from tests.web.company import Town, enrol, found_town, preview, sell

pytestmark = pytest.mark.django_db


def checked(*arguments: str) -> str:
    out = io.StringIO()
    call_command("plan_check", *arguments, stdout=out)
    return out.getvalue()


def test_a_preset_is_printed_as_prose_with_its_worst_case() -> None:
    text = checked("four-levels")

    assert "A member is active with at least 60 personal BV from the first day of the" in text
    assert "Gold needs 60 personal BV, 3,000 group BV, 400 RSP credited at the base depth" in text
    assert (
        "rsp: 5.1 % of BV (5 × 0.34 RSP per BV at 0.03 a point, as 2,500 RSP together bring)"
        in text
    )
    assert "together 35.1 % of BV, with RSP at the cash rate" in text
    assert "Illustrative, not published: rsp_per_bv" in text


def test_json_tells_the_same(tmp_path: Path) -> None:
    report = json.loads(checked("by-rank-2017", "--json"))

    assert report["valid"] is True
    assert report["worst_case"]["percent_of_bv"] == "38.724"
    assert report["digest"] == load_preset("by-rank-2017").digest()


def test_faults_end_with_exit_code_1(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(SMALL.replace('"5"', '"x"'))

    with pytest.raises(CommandError, match=r'components\[0\]\.rates\[0\]: "x" is not') as caught:
        checked(str(file))
    assert caught.value.returncode == 1
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("plan_check", str(file), "--json", stdout=out)
    assert json.loads(out.getvalue())["faults"] == [
        {"path": "components[0].rates[0]", "message": '"x" is not a percentage'}
    ]


def test_a_file_that_cannot_be_read_is_exit_code_2(tmp_path: Path) -> None:
    binary = tmp_path / "plan.yaml"
    binary.write_bytes(b"\xff\xfe")

    for name, message in (
        (str(tmp_path / "none.yaml"), "No such file"),
        (str(tmp_path), "Is a directory"),
        (str(binary), "is not a text in UTF-8"),
    ):
        with pytest.raises(CommandError, match=message) as caught:
            checked(name)
        assert caught.value.returncode == 2


def test_a_worst_case_over_the_plans_limit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(SMALL + 'rsp_per_bv: "1"\nworst_case_limit: "4.99"\n')

    with pytest.raises(CommandError, match=r"is 5 % of BV, over the limit of 4.99 %"):
        checked(str(file))


def test_fixed_amounts_stand_beside_the_share_and_a_sponsors_bonus_is_warned_of(
    tmp_path: Path,
) -> None:
    file = tmp_path / "plan.yaml"
    bonus = "{id: pack, kind: flat_bonus, amount: 50, trigger: first_order}"
    file.write_text(f'{SMALL}  - {bonus}\nrsp_per_bv: "1"\n')

    text = checked(str(file))

    assert "pack: 50.00 EUR for each customer's first order, whatever the volume" in text
    assert "warning: components[1].buyers: a representative's own purchase pays his sponsor" in text


def own_name(town: Town, name: str) -> str:
    """Give the name of the customer that a representative is himself."""
    return customers.self_customer(representative=town.people[name], now=town.now).name


def test_the_share_of_activity_by_own_purchases_counts_who_would_not_be_active_without() -> None:
    town = found_town()
    for name, under in (("Ada Top", None), ("Ben Own", "Ada Top"), ("Cleo Both", "Ada Top")):
        enrol(town, name, under)
    sell(town, "Ada Top", pieces=3)
    sell(town, "Ben Own", pieces=3, customer=own_name(town, "Ben Own"))
    sell(town, "Cleo Both", pieces=3)
    sell(town, "Cleo Both", customer=own_name(town, "Cleo Both"))
    preview(town)

    assert own_share_of(town.period) == OwnShare("2017-11", active=3, by_own_purchases=1)
    assert activity_by_own_purchases() is None  # the month is not posted
