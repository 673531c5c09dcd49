"""Do customers buy again when they are expected to? ``python bench/forecast.py``

The real purchases of the demo company, learnt from until 30 September 2017. For each household
and each product type that it bought before: does it buy it again from 1 to 30 October? Beside
the product's own forecast stand pack length, mean interval, purchase count and BG/NBD; in which
way each is used is chosen on September, as our method is. October is scored once.

``--transactions FILE`` (a CSV with the columns customer, product, date) does the same with any
other purchases, cut at ``--cut DATE``; without a cut, 30 days before the last day of the file.
``--size N`` measures the nightly run for N customers instead.

Figures go to bench/results/forecast.json, whose `source` says of what they are; those of the
demo stay beside, as `demo`, when other purchases are looked at. The last line is a summary.
Exit code 0: the bar is met; 1: it is missed, or the purchases can't be used; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench import forecast_scores as scores
from bench import machine
from bench.forecast_data import BadFileError, day_number, day_of, read_day, read_demo, read_file
from bench.forecast_scores import Exam
from sales.forecast.features import HORIZON
from sales.forecast.learning import LEAST_HISTORY, learn
from sales.forecast.purchases import Purchases

RESULTS = Path(__file__).resolve().parent / "results" / "forecast.json"
DEMO_CUT = date(2017, 10, 1)
GAIN_BAR = 0.02
FALL_BAR = -0.005
ECE_BAR = 0.03
FEWEST_ROWS = 200
FEWEST_EVENTS = 20


@dataclass
class Outcome:
    """What one run found."""

    figures: dict[str, Any] = field(default_factory=dict)
    missed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Run the protocol and return the exit code."""
    chosen = _parse(arguments)
    if chosen.size:
        from bench import forecast_nightly  # needs a database

        return forecast_nightly.main(chosen.size)
    started = time.perf_counter()
    try:
        purchases, cut = _purchases(chosen)
        outcome = run(purchases, cut, demo=chosen.transactions is None)
    except BadFileError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    figures = {
        "source": "demo" if chosen.transactions is None else chosen.transactions.name,
        **machine.describe_commit(),
        **machine.describe_machine(),
        **outcome.figures,
        "seconds": round(time.perf_counter() - started, 1),
    }
    figures |= _kept(chosen.output, demo=chosen.transactions is None)
    chosen.output.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    _tell(figures, outcome)
    return 1 if outcome.missed else 0


def _kept(output: Path, *, demo: bool) -> dict[str, Any]:
    """Return what earlier runs have left: of the nightly run, and of the demo beside others."""
    try:
        before = json.loads(output.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    kept = {"nightly": before.pop("nightly")} if "nightly" in before else {}
    published = before if before.get("source") == "demo" else before.get("demo")
    return kept if demo or not published else kept | {"demo": published}


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/forecast.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--transactions", type=Path, help="a CSV file: customer, product, date")
    parser.add_argument("--cut", help="learn before this day, test from it on")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where the figures go")
    parser.add_argument("--size", type=int, help="measure the nightly run for so many customers")
    return parser.parse_args(arguments)


def _purchases(chosen: argparse.Namespace) -> tuple[Purchases, int]:
    """Return the purchases asked for, and where they are cut.

    :raises BadFileError: if there is nothing to learn from, or nothing to test on.
    """
    purchases = read_file(chosen.transactions) if chosen.transactions else read_demo()
    first, last = int(purchases.day.min()), int(purchases.day.max())
    if chosen.cut:
        cut = day_number(read_day(chosen.cut, "--cut"))
    elif chosen.transactions:
        cut = last - HORIZON + 1
    else:
        cut = day_number(DEMO_CUT)
    if not first < cut <= last:
        raise BadFileError(
            f"the cut {day_of(cut)} leaves nothing to learn from or to test on:"
            f" the purchases are from {day_of(first)} to {day_of(last)}"
        )
    return purchases, cut


def run(purchases: Purchases, cut: int, *, demo: bool) -> Outcome:
    """Learn before the cut, score the 30 days from it on once, and judge."""
    outcome = Outcome()
    last = int(purchases.day.max())
    if last < cut + HORIZON - 1:
        outcome.notes.append(
            f"the purchases end on {day_of(last)}: fewer than {HORIZON} days to test on"
        )
    past = purchases.before(cut)
    learnt = learn(past, cut)
    history = cut - HORIZON - int(past.day.min()) >= LEAST_HISTORY
    ways = scores.choose_baselines(Exam.of(past, cut - HORIZON) if history else None)
    exam = Exam.of(purchases, cut)
    chance = learnt.chances(exam.rows)
    theirs = {name: way(exam) for name, way in ways.items()}
    outcome.figures = {
        "cut": day_of(cut).isoformat(),
        "pairs": len(exam.y),
        "customers": int(np.unique(exam.rows.customer).size),
        "bought_share": round(float(exam.y.mean()), 5),
        "method": learnt.name,
        "chosen_on": learnt.figures,
    }
    events = int(min(exam.y.sum(), (~exam.y).sum()))
    if not events:
        outcome.notes.append("nothing to tell apart: all of it was bought again, or none")
        outcome.figures |= {"auc": None, "baselines": {}, "ece": None, "precision_top_decile": None}
        return outcome
    outcome.figures |= scores.figures(exam.y, chance)
    outcome.figures["baselines"] = {
        name: round(scores.auc(exam.y, score), 5) for name, score in theirs.items()
    }
    outcome.figures["baselines_precision_top_decile"] = {
        name: round(scores.precision(exam.y, score), 5) for name, score in theirs.items()
    }
    _judge(outcome, exam, chance, theirs, demo=demo, few=_few(exam, events))
    return outcome


def _few(exam: Exam, events: int) -> bool:
    return len(exam.y) < FEWEST_ROWS or events < FEWEST_EVENTS


def _judge(
    outcome: Outcome,
    exam: Exam,
    chance: np.ndarray,
    theirs: dict[str, np.ndarray],
    *,
    demo: bool,
    few: bool,
) -> None:
    """Compare with the best baseline and with the bar.

    On other purchases, which may be few, what chance alone would do is no miss.
    """
    figures = outcome.figures
    best = max(figures["baselines"], key=lambda name: figures["baselines"][name])
    gain = figures["auc"] - figures["baselines"][best]
    low, high = scores.bootstrap(exam.y, chance, theirs[best], exam.rows.customer)
    luck = scores.calibration_error_by_luck(chance)
    figures |= {
        "best_baseline": best,
        "auc_gain": round(gain, 5),
        "auc_gain_95": [round(low, 5), round(high, 5)],
        "ece_by_luck_95": round(luck, 5),
        "judged": demo or not few,
    }
    if few and not demo:
        outcome.notes.append("too few to judge: nothing below is a miss")
        return
    if demo and gain < GAIN_BAR:
        outcome.missed.append(f"AUC gain {gain:+.4f} is below {GAIN_BAR:+.3f}")
    if not demo and gain < FALL_BAR and high < 0:
        outcome.missed.append(f"AUC gain {gain:+.4f} is below {FALL_BAR:+.3f}")
    if figures["ece"] > (ECE_BAR if demo else max(ECE_BAR, luck)):
        outcome.missed.append(f"calibration error {figures['ece']:.4f} is above {ECE_BAR}")


def _tell(figures: dict[str, Any], outcome: Outcome) -> None:
    lines = [
        f"{figures['pairs']:,} pairs of {figures['customers']:,} customers and what they bought"
        f" before {figures['cut']}; {figures['bought_share']:.1%} were bought again"
        f" within {HORIZON} days",
        f"learnt by: {figures['method']}",
        *(f"note: {note}" for note in outcome.notes),
    ]
    if figures["auc"] is not None:
        lines += ["", f"{'':24}{'AUC':>8}{'top 10 %':>10}"]
        lines.append(f"{'forecast':24}{figures['auc']:8.4f}{figures['precision_top_decile']:10.3f}")
        for name, value in figures["baselines"].items():
            top = figures["baselines_precision_top_decile"][name]
            lines.append(f"{name.replace('_', ' '):24}{value:8.4f}{top:10.3f}")
        lines += ["", f"{'tenth of pairs':>24}{'chance':>8}{'bought':>10}"]
        for number, part in enumerate(figures["calibration"], start=1):
            lines.append(f"{number:24}{part['chance']:8.3f}{part['bought']:10.3f}")
    sys.stdout.write("\n".join([*lines, "", summary(figures, outcome)]) + "\n")


def summary(figures: dict[str, Any], outcome: Outcome) -> str:
    """Return the last line."""
    if figures["auc"] is None:
        return f"forecast: not judged ({'; '.join(outcome.notes)})"
    low, high = figures["auc_gain_95"]
    verdict = "MISSED: " + "; ".join(outcome.missed) if outcome.missed else "ok"
    if not figures["judged"]:
        verdict = "not judged, too few"
    return (
        f"forecast: AUC {figures['auc']:.4f}, {figures['auc_gain']:+.4f}"
        f" [{low:+.4f}, {high:+.4f}] over {figures['best_baseline']},"
        f" ECE {figures['ece']:.4f}, top 10 % {figures['precision_top_decile']:.3f}: {verdict}"
    )
