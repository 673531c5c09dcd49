"""Worked examples through the product's own functions, and everything that can be wrong in one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from compensation.examples import ExampleError, Status, read_examples, run
from compensation.examples.fields import as_exact
from compensation.examples.reading import LinedDict

HERE = Path(__file__).parent
PUBLISHED, FURTHER = HERE / "published.yaml", HERE / "further.yaml"
OF_OUR_OWN = (
    FURTHER,
    *(HERE / f"{name}.yaml" for name in ("bank", "company", "levels", "volumes")),
)
EXAMPLES = {example.id: example for example in read_examples(PUBLISHED)}
OWN = {example.id: example for file in OF_OUR_OWN for example in read_examples(file)}
FILE_OF = {example.id: file for file in OF_OUR_OWN for example in read_examples(file)}
REQUIRED = [
    "Q1",
    "Q2",
    "Q5",
    "Q6",
    "Q7",
    "Q9",
    "Q10",
    "Q11-RECOUNT",
    "Q11-NONE",
    "Q12-SILVER-6",
    "Q12-GOLD-6",
    "Q12-BLUE-10",
    "Q12-DIAMOND-10",
    "Q14",
    "Q15",
    "T1-NONE",
    "T1-RECOUNT",
    "T2-NONE",
    "T2-ROLLUP",
    "T6-ORDINARY",
    "T6-SILVER",
    "T6-GOLD",
    "T6-TEN-DIRECTS",
    "T10",
    "T10-BELOW",
    "T13",
    "T14",
    "T15",
    "T17",
    "T17-CARRY",
    "T18",
    "P8-PAYMENT-MONTH",
    "P11-PERIOD-BOUNDS",
    "P10-ROUNDING",
    "P10-CANCEL",
    "P12-FAST-START-ALL",
    "P12-FAST-START-GAP",
    "P12-FAST-START-LATE",
]
BUILT = {**{name: EXAMPLES[name] for name in REQUIRED}, **OWN}


def call(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run the command; give exit code, output and errors."""
    with pytest.raises(SystemExit) as ended:
        call_command("run_example", *map(str, arguments))
    out, err = capsys.readouterr()
    return ended.value.code, out, err


def scalars(value: Any, path: str = "") -> Iterator[tuple[Any, Any, str]]:
    """Give every single value under ``expected``: its container, its key, its path."""
    for key, inner in value.items():
        if isinstance(inner, LinedDict):
            yield from scalars(inner, f"{path}.{key}")
        else:
            yield value, key, f"{path}.{key}"


def changed(value: Any) -> Any:
    """Give another value of the same sort."""
    exact = as_exact(value)
    if exact is not None:
        return str(exact.numerator + 1) if exact.denominator == 1 else "0.123456"
    return "something else" if value is not None else "1"


@pytest.mark.parametrize("name", BUILT)
def test_example_is_ok(name):
    outcome = run(BUILT[name])

    assert [str(difference) for difference in outcome.differences] == []
    assert outcome.message == ""
    assert outcome.status is Status.OK


@pytest.mark.parametrize("name", BUILT)
def test_every_expected_figure_decides(name):
    example = BUILT[name]
    found = list(scalars(example.expected))
    assert found

    for container, key, path in found:
        kept = container[key]
        container[key] = changed(kept)
        try:
            outcome = run(example)
        finally:
            container[key] = kept
        assert outcome.status is Status.DIFFERENT, path
        assert outcome.differences[0].line == container.lines[key]


def test_every_published_example_is_required():
    assert set(EXAMPLES) == set(REQUIRED)


# -- the command ----------------------------------------------------------------------------------


def test_file_of_known_kinds_ends_with_0(capsys):
    code, out, err = call(FURTHER, capsys=capsys)

    assert code == 0
    assert out.splitlines() == [f"{name}: ok" for name in OWN if FILE_OF[name] == FURTHER]
    assert err == ""


def unknown_kind(folder: Path) -> Path:
    """The published examples with one kind that nobody knows."""
    path = folder / "unknown.yaml"
    text = PUBLISHED.read_text(encoding="utf-8")
    path.write_text(text.replace("type: points_tiers", "type: points_in_stars"), encoding="utf-8")
    return path


def test_unknown_kind_ends_with_2_and_the_rest_still_runs(capsys, tmp_path):
    code, out, err = call(unknown_kind(tmp_path), capsys=capsys)

    assert code == 2
    assert "Q7: unknown kind points_in_stars " in out
    assert "Q7" in err
    for name in set(REQUIRED) - {"Q7"}:
        assert f"{name}: ok\n" in out
    assert ": different" not in out


def test_one_example_of_an_unknown_kind(capsys, tmp_path):
    code, out, _ = call(unknown_kind(tmp_path), "--id", "Q7", capsys=capsys)

    assert code == 2
    assert out.startswith("Q7: unknown kind points_in_stars")


def test_one_example(capsys):
    code, out, _ = call(PUBLISHED, "--id", "T17", capsys=capsys)

    assert (code, out) == (0, "T17: ok\n")


def test_unknown_id(capsys):
    code, _, err = call(PUBLISHED, "--id", "Q99", capsys=capsys)

    assert code == 2
    assert "there is no example Q99" in err


def test_no_file_named():
    with pytest.raises(CommandError):
        call_command("run_example")


def test_difference_ends_with_1_and_says_where(capsys, tmp_path):
    text = PUBLISHED.read_text(encoding="utf-8").replace('rsp: "100"}', 'rsp: "101"}')
    file = tmp_path / "changed.yaml"
    file.write_text(text, encoding="utf-8")

    code, out, _ = call(file, "--id", "Q1", capsys=capsys)

    assert code == 1
    assert out == "Q1: different\n  members.IR.rsp: expected 101, got 100.00\n"


def test_json(capsys, tmp_path):
    text = FURTHER.read_text(encoding="utf-8").replace('total_rsp: "3.01"', 'total_rsp: "3.02"')
    file = tmp_path / "changed.yaml"
    file.write_text(text, encoding="utf-8")

    code, out, _ = call(file, "--json", capsys=capsys)
    answer = json.loads(out)

    assert code == 1
    assert answer["counts"]["ok"] == list(FILE_OF.values()).count(FURTHER) - 1
    wrong = [example for example in answer["examples"] if example["status"] != "ok"]
    assert [example["id"] for example in wrong] == ["RSP-WEEKS"]
    assert wrong[0]["differences"][0]["expected"] == "3.02"
    assert wrong[0]["differences"][0]["got"] == "3.01"


# -- files that cannot be read --------------------------------------------------------------------

GOOD = b"format: 1\nexamples:\n- {id: A, plan: {type: x}, expected: {a: 1}}\n"


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", 1, "empty"),
        (b"- a", 1, "mapping"),
        (b"format: 1\nexamples: [", 2, "not YAML"),
        (b"format: 1\nexamples:\n\t- a", 3, "not YAML"),
        (b"format: 1\n\xff", 2, "UTF-8"),
        (b"format: 1\na: \x01", 2, "not YAML"),
        (b"format: 2\nexamples: [a]", 1, "format must be 1"),
        (b"format: 1.0\nexamples: [a]", 1, "format must be 1"),
        (b"examples: [a]", 1, "format must be 1"),
        (b"format: 1\nexamples: []", 2, "at least one"),
        (b"format: 1\nexample: []", 2, "unknown key 'example'"),
        (b"format: 1\nexamples:\n- a", 3, "mapping"),
        (b"format: 1\nexamples:\n- {title: x}", 3, "needs an id"),
        (b"format: 1\nexamples:\n- {id: A}", 3, "A: plan"),
        (b"format: 1\nexamples:\n- {id: A, plan: {}}", 3, "A: plan.type"),
        (b"format: 1\nexamples:\n- {id: A, plan: {type: x}}", 3, "A: expected"),
        (b"format: 1\nexamples:\n- {id: A, plan: {type: x}, expect: {}}", 3, "'expect'"),
        (b"format: 1\nexamples:\n- {id: A, plan: {type: x, kind: y}}", 3, "'kind'"),
        (GOOD + b"- {id: B, plan: 1}", 4, "B: plan"),
        (b"format: 1\nformat: 1", 2, "there twice"),
        (b"format: 1\nexamples: &a [*a]", 2, "contains itself"),
        (b"format: 1\nexamples: [*a]", 2, "undefined alias"),
        (b"format: !!python/name:os.system\n", 1, "unknown tag"),
        (b"? [a]\n: 1", 1, "plain word"),
        (b"format: 1\n---\nformat: 1", 2, "another document"),
        (b"a: " + b"[" * 5000, 1, "nested too deeply"),
    ],
)
def test_bad_file_names_its_line(content, line, words, capsys, tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_bytes(content)

    code, out, err = call(file, capsys=capsys)

    assert code == 2
    assert out == ""
    assert f"line {line}: " in err
    assert words in err
    assert "Traceback" not in err


def test_two_examples_of_one_id(tmp_path):
    one = "{id: A, plan: {type: x}, expected: {a: 1}}"
    file = tmp_path / "twice.yaml"
    file.write_text(f"format: 1\nexamples:\n- {one}\n- {one}\n", encoding="utf-8")

    with pytest.raises(ExampleError, match="line 4: example A is there twice"):
        read_examples(file)


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_file_that_is_not_there(name, capsys, tmp_path):
    code, _, err = call(tmp_path / name, capsys=capsys)

    assert code == 2
    assert "cannot read" in err


# -- examples that cannot be set up ---------------------------------------------------------------


def edited(tmp_path: Path, name: str, old: str, new: str) -> Any:
    """Give one example of the two files after a change of its text."""
    source = PUBLISHED if name in EXAMPLES else FILE_OF[name]
    text = source.read_text(encoding="utf-8")
    head, mark, tail = text.partition(f"  - id: {name}\n")
    body, gap, rest = tail.partition("\n\n  ")
    assert old in body
    file = tmp_path / "edited.yaml"
    file.write_text(head + mark + body.replace(old, new) + gap + rest, encoding="utf-8")
    return next(example for example in read_examples(file) if example.id == name)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("Q1", "depth: 3", "deepness: 3", "unknown key 'deepness'"),
        ("Q1", "depth: 3", "depth: three", "depth must be a whole number"),
        ("Q1", "skip_and_recount", "dynamic", "components[0].compression"),
        ("Q1", "period: quarter", "period: fortnight", "period must be one of"),
        ("Q1", 'field: pbv, at_least: "60"', "field: shoe_size", "field must be one of"),
        ("Q1", 'at_least: "60"', 'at_most: "60"', "at_least is missing"),
        ("Q1", 'IR: {rsp: "100"}', 'IR: {points: "100"}', "unknown key, known are"),
        ("Q1", 'IR: {rsp: "100"}', 'ZZ: {rsp: "100"}', "members.ZZ: there is nothing"),
        ("Q1", 'IR: {rsp: "100"}', "IR: 100", "members.IR: must be a mapping"),
        ("Q1", 'rsp: "100"}', 'rsp: {"1": "100"}}', "members.IR.rsp: must be a single value"),
        ("Q1", "sponsor: A, pbv", "sponsor: E, pbv", "member D"),
        ("Q1", "sponsor: A, pbv", "sponsor: Z, pbv", "sponsor Z is not a member"),
        ("Q1", '{id: B, sponsor: IR, pbv: "60"}', '{id: A, pbv: "60"}', "A is there twice"),
        ("Q1", '{id: D, sponsor: A, pbv: "60"}', "{id: D, sponsor: A}", "goes by pbv"),
        ("Q1", '{id: B, sponsor: IR, pbv: "60"}', '{id: B, shoes: "9"}', "unknown key 'shoes'"),
        ("Q1", "seller: B", "seller: Z", "seller Z is not a member"),
        ("Q1", "id: S2", "id: S1", "S1 is there twice"),
        ("Q1", 'rsp: "20"', 'rsp: "20.001"', "at most two decimals"),
        ("Q1", 'rsp: "20"', 'rsp: "1e3"', "must be a decimal number"),
        ("Q1", 'rsp: "20"', 'rsp: "99999999999999999999999"', "the engine refuses"),
        ("Q1", 'date: "2012-05-08"', 'date: "2012-02-30"', "must be a date"),
        ("Q1", 'date: "2012-05-08"', "dated: yesterday", "unknown key 'dated'"),
        ("Q1", "repeat: true", "repeat: yes", "repeat must be true or false"),
        ("Q1", "    sales:", "    inputs: [{name: x}]\n    sales:", "inputs has no meaning"),
        ("Q2", "Diamond: 10", "Diamond: 1000", "depth_by_rank.Diamond"),
        ("Q2", "rank: Bronze", "rank: Brass", "'Brass' is no rank"),
        ("Q2", "active: true}", "active: maybe}", "active must be true or false"),
        ("Q14", 'Silver: "250"', 'Silvery: "250"', "Silver is missing"),
        ("Q14", "title_rank: Gold, m", "title_rank: Tin, m", "'Tin' is no rank"),
        ("Q14", ', monthly_points: "0"', "", "goes by monthly_points"),
        ("T1-NONE", '"10", "5"', '"110", "5"', "rates[0]"),
        ("T1-NONE", 'Kat: "0", R', 'Cat: "0", R', "by_source.Cat: there is nothing"),
        ("T6-ORDINARY", "branching: 5", "branching: 200000", "more than"),
        ("T6-ORDINARY", "child n of P is called P.n", "as you like", "naming must be one of"),
        ("T6-ORDINARY", 'bv: "500"', 'vb: "500"', "unknown key 'vb'"),
        ("T6-ORDINARY", "by_level: {", "by_level: {one: 1, ", "by_level.one"),
        ("P12-FAST-START-LATE", ', enrolled: "2026-01-10"', "", "both dates are needed"),
        ("T17", '{sale: S1, date: "2026-08-11"}', '{sale: S9, date: "2026-08-11"}', "S9 is not"),
        ("T17", '{sale: S1, date: "2026-08-11"}', '{sale: S1, date: "2026-07-01"}', "lies before"),
        ("T17", 'closed_months: ["2026-07"]', 'closed_months: ["July"]', "not the label"),
        ("T17", '{rank: none, from: "0"}', '{rank: none, from: "1"}', "needs nothing"),
        ("RSP-SPONSOR-CHANGE", "next_month", "at_once", "must be one of next_month"),
        ("RSP-SPONSOR-CHANGE", "new_sponsor: B", "new_sponsor: Q", "Q is not a member"),
        (
            "RSP-SPONSOR-CHANGE",
            "        sponsor_change_takes_effect: next_month\n",
            "",
            "need the parameter sponsor_change_takes_effect",
        ),
        ("P11-PERIOD-BOUNDS", '"-07:00"', '"-7"', "not an offset"),
        ("P11-PERIOD-BOUNDS", "sunday", "someday", "week_last_day must be one of"),
        ("P11-PERIOD-BOUNDS", '"20150816"', '"20150815"', "labelled by its last day"),
        ("P11-PERIOD-BOUNDS", "{name: week", "{name: day", "day is there twice"),
        ("P8-PAYMENT-MONTH", '"2025-10-01T00:05:00Z"', '"2025-10-01"', "must be an instant"),
        ("P8-PAYMENT-MONTH", '"2025-09": "0"', '"2025-13": "0"', "there is nothing of that name"),
        ("P10-ROUNDING", "mode: half_up", "mode: sideways", "mode must be one of"),
        ("P10-ROUNDING", "places: 0", "places: -1", "places must be 0"),
        ("P10-ROUNDING", 'amount: "15"', 'amount: "1.5"', "must be a whole number"),
        ("T18", "coupons_per_unit", "coupons_by_unit", "coupons_per_unit is missing"),
        ("T18", 'units: "10"', 'units: "1.5"', "units must be a whole number"),
        ("T18", "members: []", "members: [{id: A, units: 3}]", "unknown key 'units'"),
        (
            "RATE-HALVES",
            'rate: half, points: "3"',
            'rate: full, points: "3"',
            "rate must be one of",
        ),
        ("RATE-HALVES", 'pays: "0.01"', 'pays: "0.0000001"', "rsp_cash_rate.pays"),
        ("TIERS-GREEDY", 'points: "60", cash', 'points: "120", cash', "in tiers twice"),
        ("TIERS-GREEDY", ', bv: "900"', "", "either all of them state bv or none"),
        ("TIERS-GREEDY", "smallest_lump", "nobody", "leftover_at must be one of"),
        ("TIERS-GREEDY", 'points: "59"', 'points: "-59"', "points is below nought"),
        ("TIERS-ONCE", "single_lump]", "as_you_like]", "readings must be of"),
        ("CARRY-MINIMUM", '"20.00"}', '"-20.00"}', "minimum_payment is below nought"),
        ("CARRY-MINIMUM", 'earned: "19.99"', 'earned: "19.999"', "at most two decimals"),
        ("CYCLES", 'cycle_left: "300"', 'cycle_left: "0"', "components[0].cycle.left"),
        ("CYCLES", 'left: "900"', 'left: "900.001"', "at most two decimals"),
        ("CYCLES", 'left: "900", ', "", "left is missing"),
        ("CAP-SCALED", 'cap_percent: "40"', 'cap_percent: "140"', "caps[0].percent"),
        ("CAP-SCALED", ', company_volume: "1000.00"', "", "company_volume is missing"),
        ("CAP-SCALED", 'factor: "2/3"', 'fraction: "2/3"', "unknown key, known are"),
        ("CAP-SCALED", 'uncapped: "300.00"', 'uncapped: "lots"', "must be a decimal number"),
        ("RANKING", "tie: earlier_last_sale_first", "tie: by_lot", "tie must be one of"),
        ("RANKING", 'last_sale: "2026-02-03"', "last_sale: tuesday", "must be a day"),
        ("RANKING", 'last_sale: "2026-02-03"', "last_sale: 999999999999999999", "must be a day"),
        ("RSP-WEEKS", 'date: "2026-03-02"', 'date: "9999-12-31"', "beyond the calendar"),
        (
            "BONUS-OPEN-MONTH",
            "periods:\n        ",
            "periods: []\n      members:\n        ",
            "periods",
        ),
        ("UNILEVEL-SELLER", '"3": "1"', '"third": "1"', "is not a level"),
        ("RSP-TITLE-TEST", "is: Leader", "is: true", "can't be True for title"),
        ("MATCH-WHOLE-UNITS", 'earned: "519"', 'earned: "519.5"', "more decimals"),
        ("DIFFERENTIAL-FROM-2", "from_level: 2", "from_level: -2", "components[0].from_level"),
        ("ROUND-EVEN", 'amount: "5", percent', 'amount: "5", rate: "1", percent', "both given"),
    ],
)
def test_fault_in_an_example_is_named(name, old, new, words, tmp_path):
    outcome = run(edited(tmp_path, name, old, new))

    assert outcome.status is Status.FAULT
    assert words in outcome.message
    assert "line " in outcome.message


def test_fault_ends_with_2(capsys, tmp_path):
    text = FURTHER.read_text(encoding="utf-8").replace("utc_offset:", "offset:")
    file = tmp_path / "fault.yaml"
    file.write_text(text, encoding="utf-8")

    code, out, err = call(file, capsys=capsys)

    assert code == 2
    assert "ROUNDING: ok" in out
    assert "not understood: PERIOD-OF-PAYMENT (period_by_payment), BOUNDS" in err
