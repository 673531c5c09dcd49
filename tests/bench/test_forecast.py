"""The forecast's bench on other purchases: what it refuses, and what it says of few."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from bench import forecast_protocol as forecast
from bench import forecast_scores

GOOD = "customer,product,date\nA,tea,2017-01-01\nA,tea,2017-02-01\nB,tea,2017-01-05\n"


def run(folder: Path, content: str | bytes, *more: str, name: str = "bought.csv") -> int:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    out = str(folder / "figures.json")
    return forecast.main(["--transactions", str(path), "--output", out, *more])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "missing: customer, product, date"),
        ("customer,date\nA,2017-01-01\n", "missing: product"),
        ("customer,product,date\n", "no purchases"),
        (GOOD + "B,tea,01.02.2017\n", "line 5: '01.02.2017' is not a date"),
        (GOOD + "B,tea\n", "line 5: too few columns"),
        (GOOD + ",tea,2017-01-01\n", "line 5: customer or product is empty"),
        (b"customer,product,date\n\xff\xfe,tea,2017-01-01\n", "not UTF-8"),
    ],
)
def test_bad_files_are_refused_by_name_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | bytes, said: str
) -> None:
    assert run(tmp_path, content) == 1
    assert said in capsys.readouterr().err


def test_files_that_are_not_there_or_not_zipped_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert forecast.main(["--transactions", str(tmp_path / "none.csv")]) == 1
    assert run(tmp_path, GOOD, name="bought.csv.gz") == 1
    assert capsys.readouterr().err.count(str(tmp_path)) == 2


@pytest.mark.parametrize("cut", ["2016-12-31", "2017-01-01", "2017-02-02", "soon"])
def test_cuts_without_a_past_or_a_future_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cut: str
) -> None:
    assert run(tmp_path, GOOD, "--cut", cut) == 1
    assert "cut" in capsys.readouterr().err


def test_a_handful_of_purchases_is_told_and_not_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Date,Store,Product,Customer\n" + "\n".join(
        f"2017-{month:02}-{day:02}T10:00,x,tea,{who}"
        for who, day in (("A", 3), ("B", 9), ("C", 20))
        for month in range(1, 8 if who != "C" else 4)
    )
    assert run(tmp_path, gzip.compress(text.encode()), "--cut", "2017-06-01", name="a.csv.gz") == 0
    assert capsys.readouterr().out.strip().splitlines()[-1].endswith("not judged, too few")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert set(figures["baselines"]) == {"pack_length", "mean_interval", "purchase_count", "bg_nbd"}
    assert {"auc", "ece", "precision_top_decile"} <= set(figures)


def test_figures_of_the_demo_stay_beside_those_of_other_purchases(tmp_path: Path) -> None:
    output = tmp_path / "figures.json"
    output.write_text(json.dumps({"source": "demo", "auc": 0.7, "nightly": {"seconds": 3}}))
    for name in ("first.csv", "second.csv"):
        assert run(tmp_path, GOOD, "--cut", "2017-01-20", name=name) == 0
        figures = json.loads(output.read_text())
        assert figures["source"] == name
        assert figures["demo"] == {"source": "demo", "auc": 0.7}
        assert figures["nightly"] == {"seconds": 3}


def test_auc_and_calibration_are_what_they_are_called() -> None:
    draw = np.random.default_rng(1)
    chance = np.round(draw.random(500), 2)
    y = draw.random(500) < chance
    pairs = [(a > b) + (a == b) / 2 for a in chance[y].tolist() for b in chance[~y].tolist()]

    assert forecast_scores.auc(y, chance) == pytest.approx(sum(pairs) / len(pairs))
    assert forecast_scores.calibration_error(y, chance) < 0.1
    assert forecast_scores.calibration_error(y, 1 - chance) > 0.3
    assert forecast_scores.precision(y, chance) > 0.8
