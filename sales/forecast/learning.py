"""Learning when customers buy again, from the company's own past and nothing else.

Each lesson is a day in the past: what was known before it, and what was bought in the days after.
A method is chosen on the latest lessons, which it has not seen, and then fitted to all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sales.forecast import methods
from sales.forecast.evidence import Evidence
from sales.forecast.features import HORIZON, Candidates, Known, describe, feature_names, labels
from sales.forecast.methods import Bool, Method, Odds, Simple
from sales.forecast.purchases import Float, Int, Purchases

LESSONS = 6
LEAST_HISTORY = 30
"""Days of purchases before the first lesson."""
SHORT_DAYS = 5
"""Fewer days ahead are no lesson, not even for a company in its first weeks."""
LESSONS_A_MONTH = 3
"""Where rows are few, lessons overlap: each sees other days."""
LESSON_ROWS = 400_000
"""More rows than these learn no better; they are drawn evenly, with a fixed seed."""
ENOUGH_TO_CHOOSE = 20_000
CHOOSING_LESSONS = 3
BEYOND_LUCK = 2.0
"""Standard errors."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What was known on a day of the past, and what came of it."""

    cut: int
    days: int
    rows: Candidates
    y: Bool


@dataclass(frozen=True, slots=True)
class Learnt:
    """A method fitted to the past, its name, and how each did where it had not seen the answer."""

    method: Method
    name: str
    figures: dict[str, Any]

    def chances(self, rows: Candidates) -> Odds:
        """Return the chance of each row."""
        return methods.chances(self.method, rows)


def learn(
    purchases: Purchases, cut: int, *, pack_days: Float | None = None, days: int = HORIZON
) -> Learnt:
    """Learn from what was bought before the cut: the chance to buy again within some days.

    Too short a history gives the law of intervals, which begins with the length of the packs.
    """
    past = purchases.before(cut)
    lessons = list_lessons(past, cut, pack_days=pack_days, days=days)
    if not lessons or not any(methods.has_enough(lesson.y) for lesson in lessons):
        rhythm = methods.Simple.plain(feature_names(), ("rhythm",))
        return Learnt(rhythm, "rhythm", {"lessons": len(lessons)})
    if lessons[0].cut - lessons[-1].cut < HORIZON:
        return _laws_that_held(lessons[0], past, cut, Known.of(past, cut, pack_days))
    choice = choose(lessons)
    features, y = gather(lessons)
    fitted = methods.fit_all(lessons[0].rows.names, features, y)
    figures = {"lessons": len(lessons), "rows": len(y), "log_loss": choice.losses}
    method = methods.by_name(fitted, choice.name)
    if choice.answers.size:
        method = methods.Scaled.of(method, choice.odds, choice.answers)
    return Learnt(method, choice.name, figures)


def _laws_that_held(lesson: Lesson, past: Purchases, cut: int, known: Known) -> Learnt:
    """Take the law of random purchases that makes the past likelier, or that of intervals.

    Intervals must make it likelier still, and have done clearly best in the only lesson. Lessons
    of one month don't tell how a method ages: then there are laws only.
    """
    names, features = lesson.rows.names, lesson.rows.features
    laws = {law: methods.Simple.plain(names, (law,)) for law in methods.LAWS}
    losses = {law: _loss(method.odds(features), lesson.y) for law, method in laws.items()}
    evidence = Evidence.of(past, cut, known)
    figures = {"lessons": 1, "rows": len(lesson.y), "log_loss": _means(losses)}
    best = "counts" if evidence.counts > 0 else "law"
    if evidence.intervals > 0 and _is_clear(losses[best] - losses["rhythm"], lesson.rows.customer):
        rows = describe(past, lesson.cut, known, lesson.days)
        return Learnt(_levelled(laws["rhythm"], rows, lesson.y), "rhythm", figures)
    return Learnt(laws[best], best, figures)


def _levelled(law: Simple, rows: Candidates, y: Bool) -> Simple:
    """Move all odds of a law that expected too few or too many purchases, beyond what luck does.

    Its numbers are those of the whole past: if they miss what is in it, the law is to blame.
    """
    chance = methods.chances(law, rows)
    off = y - chance
    by_customer = np.bincount(rows.customer, off)
    if abs(off.sum()) <= BEYOND_LUCK * np.sqrt((by_customer**2).sum()):
        return law
    return replace(law, base=float(off.sum() / (chance * (1 - chance)).sum()))


def list_lessons(
    past: Purchases, cut: int, *, pack_days: Float | None = None, days: int = HORIZON
) -> list[Lesson]:
    """Return the lessons of a past, the latest first.

    Few rows are made up for by more lessons. Where the past is too short for two that don't
    overlap, there is one that asks for a third of it: laws hold for any number of days.
    """
    if not past.day.size:
        return []
    first = int(past.day.min())

    def lesson(at: int, ahead: int) -> Lesson:
        rows = describe(past, at, Known.of(past, at, pack_days), ahead)
        return Lesson(at, ahead, rows, labels(past, rows, at, ahead))

    if cut - days - HORIZON < first + LEAST_HISTORY:
        ahead = min((cut - first) // 3, days)
        return [lesson(cut - ahead, ahead)] if ahead >= SHORT_DAYS else []
    latest = lesson(cut - days, days)
    part = 1 if len(latest.y) >= ENOUGH_TO_CHOOSE else LESSONS_A_MONTH
    cuts = [cut - days - HORIZON * back // part for back in range(1, LESSONS * part)]
    return [latest, *(lesson(at, days) for at in cuts if at >= first + LEAST_HISTORY)]


def gather(lessons: list[Lesson]) -> tuple[Float, Bool]:
    """Put lessons together, or a fixed draw of their rows."""
    total = sum(len(lesson.y) for lesson in lessons)
    draw = np.random.default_rng(methods.SEED)
    share = min(1.0, LESSON_ROWS / max(total, 1))
    parts = []
    for lesson in lessons:
        taken = draw.random(len(lesson.y)) < share if share < 1 else slice(None)
        parts.append((lesson.rows.features[taken], lesson.y[taken]))
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


@dataclass(frozen=True, slots=True)
class Choice:
    """The method that did best on lessons it had not seen, what it said there, and what came."""

    name: str
    odds: Odds
    answers: Bool
    losses: dict[str, float]


def choose(lessons: list[Lesson]) -> Choice:
    """Return the method that does best on lessons it has not seen, and the loss of each.

    A more complicated one is taken only if it is better beyond what chance could do.
    """
    said: dict[str, list[Odds]] = {}
    came: list[Bool] = []
    who: list[Int] = []
    for trial in _trials(lessons):
        features, y, unseen, answers, customer = trial
        fitted = methods.fit_all(lessons[0].rows.names, features, y)
        odds = methods.with_blends({name: one.odds(unseen) for name, one in fitted.items()})
        for name, each in odds.items():
            said.setdefault(name, []).append(each)
        came.append(answers)
        who.append(customer)
    whole = {name: np.concatenate(each) for name, each in said.items() if len(each) == len(came)}
    answers = np.concatenate(came)
    losses = {name: _loss(odds, answers) for name, odds in whole.items()}
    best = _plainest_of_the_best(losses, np.concatenate(who))
    return Choice(best, whole[best], answers, _means(losses))


def _trials(lessons: list[Lesson]) -> Iterator[tuple[Float, Bool, Float, Bool, Int]]:
    """Yield rows to fit on, and later ones to judge by with their customers.

    Where all lessons overlap, as long ones of a short past do, halves of one judge each other.
    """
    enough = len(lessons[0].y) >= ENOUGH_TO_CHOOSE
    found = False
    apart = [one for one in lessons if (lessons[0].cut - one.cut) % HORIZON == 0]
    for lesson in apart[: 1 if enough else CHOOSING_LESSONS]:
        before = [one for one in lessons if one.cut + one.days <= lesson.cut]
        if before:
            found = True
            yield *gather(before), lesson.rows.features, lesson.y, lesson.rows.customer
    if not found:
        only = lessons[0]
        half = only.rows.customer % 2 == 0
        for part in (half, ~half):
            learnt, asked = only.rows.features[part], only.rows.features[~part]
            yield learnt, only.y[part], asked, only.y[~part], only.rows.customer[~part]


def _loss(odds: Odds, y: Bool) -> Odds:
    return np.logaddexp(0, np.where(y, -odds, odds))


def _means(losses: dict[str, Odds]) -> dict[str, float]:
    return {name: round(float(each.mean()), 5) for name, each in losses.items() if each.size}


def _is_clear(gain: Odds, customer: Int) -> bool:
    """Tell whether a gain is more than one standard error; rows of one customer go together."""
    by_customer = np.bincount(customer, gain - gain.mean()) if gain.size else gain
    return bool(gain.sum() > np.sqrt((by_customer**2).sum()))


def _plainest_of_the_best(losses: dict[str, Odds], customer: Int) -> str:
    """Begin with the best of the plain ones, and move on where one is clearly better."""
    plain = [name for name in losses if name in methods.PLAIN]
    best = min(plain, key=lambda name: losses[name].mean() if losses[name].size else 0.0)
    for name in losses:
        if name not in plain and _is_clear(losses[best] - losses[name], customer):
            best = name
    return best
