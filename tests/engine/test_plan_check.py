"""`manage.py plan_check`: prose, worst case, exit codes; no database is needed."""

import io
import json
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from compensation.engine.prose import decimal_text, plan_prose
from compensation.engine.worst_case import check_plan, percent_text, worst_case
from compensation.plans import load_plan, load_preset
from tests.engine.test_plan_document import FULL, SMALL


def checked(*arguments: str) -> str:
    out = io.StringIO()
    call_command("plan_check", *arguments, stdout=out)
    return out.getvalue()


def test_a_preset_is_printed_as_prose_with_its_worst_case() -> None:
    text = checked("four-levels")

    assert "A member is active with at least 60 personal BV from the first day of the" in text
    assert "Gold needs 60 personal BV, 3,000 group BV, 400 RSP credited at the base depth" in text
    assert "rsp: 4.42 % of BV (5 × 0.34 RSP per BV at 0.026 a point)" in text
    assert "together 34.42 % of BV, with RSP at the cash rate" in text
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


def test_worst_case_of_every_kind() -> None:
    plan = load_plan(FULL)
    case = worst_case(plan)

    assert [share.share for share in case.shares] == [
        Fraction(6 * 26, 4 * 1000),
        Fraction(6, 100),
        None,
    ]
    assert (case.of_bv, case.of_net) == (Fraction(39, 1000), Fraction(6, 100))
    assert check_plan(plan) == []


def test_an_unknown_ratio_or_cash_rate_leaves_the_worst_case_open() -> None:
    without_ratio = load_plan(FULL.replace('rsp_per_bv: "0.25"\n', ""))
    without_rate = load_plan(FULL.replace('rsp_cash_rate: {points: "10000", pays: "260.00"}\n', ""))

    assert worst_case(without_ratio).of_bv is None
    assert worst_case(without_ratio, Fraction(1, 2)).of_bv == Fraction(78, 1000)
    assert worst_case(without_rate).of_bv is None
    assert [str(fault) for fault in check_plan(without_ratio)] == [
        "worst_case_limit: the worst case as a share of BV is not known"
    ]


def test_prose_tells_every_kind_and_option() -> None:
    text = "\n".join(plan_prose(load_plan(FULL)))

    for part in (
        "in this period and the 2 before it",
        "Bronze needs 100 personal BV, 2 enrolled directs; to be paid as it, 50 personal BV.",
        "at most 2 steps in a period",
        "From Bronze upwards the pay rank never falls below IR.",
        "carries the points of all products. Not the seller, but every active upline",
        "(IR 4, Bronze 6)",
        "the level of somebody who is not qualified pays nobody",
        "earn 5 %, 2.5 % of the net sales without tax of their levels 1 to 2, on 1 level.",
        "a qualified seller earns 1 %",
        "what somebody who is not qualified misses goes to the next qualified upline",
        "Sales of a seller who is not qualified pay nobody.",
        "Only sales up to 60 days after the seller's enrolment count.",
        "pack: each own order of the seller pays the seller 50.00 PLN, from 10 BV on, if enrolled",
        "10,000 RSP are worth 260.00 PLN.",
        "halves go to the even neighbour",
    ):
        assert part in text

    small = "\n".join(plan_prose(load_plan(SMALL.replace("always", "stated"))))
    assert "Who is active is stated from outside." in small
    assert "There is a single rank." in small


def test_figures_in_texts() -> None:
    assert decimal_text(1_200_050, 2) == "12,000.50"
    assert decimal_text(-100, 2) == "-1"
    assert percent_text(Fraction(1, 3)) == "33.3333 %"
    assert percent_text(Fraction(1)) == "100 %"
