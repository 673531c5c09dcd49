"""The typed plan, and how it is read from a document.

``parse_plan(document)`` takes an already loaded document (dicts, lists, texts, whole numbers; YAML
is parsed outside the engine by ``compensation.plans.load_plan``) and gives a frozen ``Plan``, or
raises ``PlanError`` with every fault and its path. The format: docs/plan/format.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from compensation.engine.caps import Cap, read_caps
from compensation.engine.close_checks import USUAL, CloseChecks, read_close_checks
from compensation.engine.components import KINDS, Component, Match, Pool, RankBonus, RspPoints
from compensation.engine.components.base import LATER, HasFigures
from compensation.engine.components.pool import check_ranking
from compensation.engine.components.rank_bonus import check_volumes
from compensation.engine.digests import content_of
from compensation.engine.figures import figure_of
from compensation.engine.ladder import Rank, Ranks, read_ranks
from compensation.engine.money import ROUNDINGS
from compensation.engine.rankings import Ranking, read_rankings
from compensation.engine.reading import Mapping, Node, PlanError, resolve
from compensation.engine.requirements import Requirement, read_window
from compensation.engine.rsp_bank import RspBank, best_rate, read_rsp_bank
from compensation.engine.types import Unit

__all__ = ["Activity", "CashRate", "Plan", "Rank", "Ranks", "parse_plan"]

FORMAT = 1
ACTIVITY_MEASURES = ("personal_bv", "personal_rsp", "always", "stated")
WITHOUT_A_SALE = frozenset(
    {
        "enrolment_bonus",
        "enrollment_bonus",
        "fee_share",
        "joining_bonus",
        "kit_bonus",
        "recruiting_bonus",
        "recruitment_bonus",
        "sign_up_bonus",
        "signup_bonus",
    }
)
"""Kinds of pay that people ask for and that no plan can have."""
CONVERTED = "converted_bv"
RATE_DIGITS = 4
"""Decimals that a cash rate may have beyond those of the currency."""
NO_PAY_ON_CONVERTED = (
    "BV that was bought with points pays no commission: a plan would pay on its own pay, without "
    "a product sale"
)


@dataclass(frozen=True, slots=True)
class CashRate:
    """``points`` hundredths of RSP are worth ``pays`` minor units."""

    points: int
    pays: int

    @property
    def per_point(self) -> Fraction:
        """Minor units for one hundredth of a point."""
        return Fraction(self.pays, self.points)


@dataclass(frozen=True, slots=True)
class Activity:
    """Who is active: ``measure`` over ``window`` is at least ``at_least`` (hundredths)."""

    measure: str
    at_least: int
    window: str
    """``period``, ``quarter_to_date`` or ``trailing``."""
    trailing: int
    """Number of periods with this one, for ``trailing``; else 0."""

    def reach(self, month_of_quarter: int) -> int:
        """Give how many earlier periods belong to the window."""
        if self.window == "quarter_to_date":
            return month_of_quarter
        return max(self.trailing - 1, 0)


@dataclass(frozen=True, slots=True)
class Plan:
    """A validated compensation plan. Money in minor units, volumes and points in hundredths."""

    name: str
    title: str
    currency: str
    currency_digits: int
    illustrative: tuple[str, ...]
    rounding: str
    rsp_cash_rate: CashRate | None
    bv_value: Fraction
    """Minor units of money that one hundredth of BV stands for in percentages; usually 1."""
    rsp_per_bv: Fraction | None
    """Largest RSP per BV of the catalogue, for the worst case only."""
    worst_case_limit: Fraction | None
    activity: Activity
    ranks: Ranks
    components: tuple[Component, ...]
    caps: tuple[Cap, ...] = field(default=(), metadata={LATER: True})
    rankings: tuple[Ranking, ...] = field(default=(), metadata={LATER: True})
    rsp_bank: RspBank | None = field(default=None, metadata={LATER: True})
    close_checks: CloseChecks = USUAL

    @property
    def cash_at_best(self) -> Fraction | None:
        """The most that a hundredth of a point can bring, minor units; ``None``: not stated."""
        flat = self.rsp_cash_rate
        return best_rate(self.rsp_bank, None if flat is None else flat.per_point)[0]

    def statement_id(self, index: int) -> str:
        """Give the id of the component or cap that ``Earnings.component`` names."""
        if index < len(self.components):
            return self.components[index].id
        return self.caps[index - len(self.components)].id

    @property
    def points_from(self) -> str:
        """Which products' points count as personal RSP: as the first RSP component says."""
        for component in self.components:
            if isinstance(component, RspPoints):
                return component.points_from
        return "repeat_only"

    @property
    def figure_names(self) -> tuple[str, ...]:
        """Names of all figures beyond the plain measures that the plan asks for, sorted."""
        asked = {one.measure for one in self.requirements() if figure_of(one.measure) is not None}
        for component in self.components:
            if isinstance(component, HasFigures):
                asked.update(component.figure_names)
        return tuple(sorted(asked))

    def requirements(self) -> Iterator[Requirement]:
        """Give every requirement of ranks, components and rankings."""
        for rank in self.ranks.ladder:
            yield from (*rank.requires, *rank.maintains)
        for component in self.components:
            yield from component.qualification
        for ranking in self.rankings:
            yield from ranking.qualification

    def digest(self) -> str:
        """Sha256 (hex) of everything that decides a result; equal plans have equal digests."""
        content = content_of(self)
        for without_effect in ("title", "illustrative", "close_checks"):
            del content[without_effect]
        for table, component in zip(content["components"], self.components, strict=True):
            table["kind"] = component.kind
        text = json.dumps(content, sort_keys=True, default=str, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def parse_plan(document: object) -> Plan:
    """Read a plan from a loaded document.

    :raises PlanError: with every fault found and its path.
    """
    root = Node(document, "")
    table = root.mapping(
        ("format", "name", "currency", "activity", "components"),
        (
            "title",
            "currency_digits",
            "illustrative",
            "rounding",
            "rsp_cash_rate",
            "bv_value",
            "rsp_per_bv",
            "worst_case_limit",
            "ranks",
            "rankings",
            "caps",
            "close_checks",
            "rsp_conversion",
            "rsp_bank",
        ),
    )
    if table.broken:
        raise PlanError(root.faults)
    if table.has("format") and table["format"].value != FORMAT:
        table["format"].fault(f"{table['format'].value!r} is not known; this engine reads {FORMAT}")
    name = table["name"].text(pattern=r"[a-z0-9][a-z0-9-]{0,59}", what="a name in a-z, 0-9 and -")
    digits = table["currency_digits"].count(0, 4) if table.has("currency_digits") else 2
    ranks = read_ranks(table["ranks"])
    rankings = read_rankings(table["rankings"], ranks.names)
    plan = Plan(
        name=name,
        title=table["title"].text() if table.has("title") else name,
        currency=table["currency"].text(pattern=r"[A-Z]{3}", what="a currency code like EUR"),
        currency_digits=digits,
        illustrative=_illustrative(table, document),
        rounding=table["rounding"].choice(ROUNDINGS) if table.has("rounding") else ROUNDINGS[0],
        rsp_cash_rate=_cash_rate(table, digits),
        bv_value=_bv_value(table, digits),
        rsp_per_bv=(_positive(table["rsp_per_bv"], "a ratio") if table.has("rsp_per_bv") else None),
        worst_case_limit=(
            table["worst_case_limit"].percentage() if table.has("worst_case_limit") else None
        ),
        activity=_activity(table),
        ranks=ranks,
        components=_components(table, ranks, digits, rankings),
        rankings=rankings,
        rsp_bank=read_rsp_bank(
            table["rsp_bank"], digits=digits, has_cash_rate=table.has("rsp_cash_rate")
        ),
        close_checks=read_close_checks(table["close_checks"], digits),
    )
    plan = replace(plan, caps=read_caps(table["caps"], plan.components, digits))
    _check_conversion(table["rsp_conversion"])
    if root.faults:
        raise PlanError(root.faults)
    return plan


def _check_conversion(node: Node) -> None:
    """What points are converted to is none of the engine's business, as long as none of it pays."""
    if not node.given:
        return
    table = node.mapping((), ("bv",))
    if table.has("bv"):
        bought = table["bv"].mapping(("commissionable",))
        if bought.has("commissionable") and bought["commissionable"].flag():
            bought["commissionable"].fault(NO_PAY_ON_CONVERTED)


def _positive(node: Node, what: str) -> Fraction:
    noted = len(node.faults)
    exact = node.decimal(what)
    if exact <= 0:
        if len(node.faults) == noted:
            node.fault("must be above nought")
        return Fraction(1)
    return exact


def _illustrative(table: Mapping, document: object) -> tuple[str, ...]:
    if not table.has("illustrative"):
        return ()
    paths = []
    for node in table["illustrative"].items():
        path = node.text(what="the path of a value in this document")
        if path and not resolve(document, path):
            node.fault(f'"{path}" leads to nothing in this document')
        paths.append(path)
    return tuple(paths)


def _cash_rate(table: Mapping, digits: int) -> CashRate | None:
    if not table.has("rsp_cash_rate"):
        return None
    rate = table["rsp_cash_rate"].mapping(("points", "pays"))
    if rate.broken or not rate.has("points") or not rate.has("pays"):
        return None
    points = rate["points"].scaled("a number of points", 2, least=1) or 1
    # A rate may be finer than the currency's last decimal: one point for 0.026.
    finer = rate["pays"].scaled("an amount", digits + RATE_DIGITS)
    whole, rest = divmod(finer, 10**RATE_DIGITS)
    if rest:
        return CashRate(points=points * 10**RATE_DIGITS, pays=finer)
    return CashRate(points=points, pays=whole)


def _bv_value(table: Mapping, digits: int) -> Fraction:
    per_unit = Fraction(10**digits, 100)
    if not table.has("bv_value"):
        return per_unit
    return per_unit * _positive(table["bv_value"], "an amount of money per BV")


def _activity(table: Mapping) -> Activity:
    fallback = Activity("always", 0, "period", 0)
    if not table.has("activity"):
        return fallback
    parts = table["activity"].mapping(("test",), ("window",))
    if parts.broken or not parts.has("test"):
        return fallback
    test = parts["test"].mapping(("measure",), ("at_least",))
    if test.broken or not test.has("measure"):
        return fallback
    measure = test["measure"].choice(ACTIVITY_MEASURES)
    if measure != test["measure"].value:
        return fallback
    at_least = 0
    if measure.startswith("personal_"):
        if test.has("at_least"):
            at_least = test["at_least"].volume()
        else:
            test["at_least"].fault("is missing")
    elif test.has("at_least"):
        test["at_least"].fault(f"has no meaning with the measure {measure}")
    window, trailing = "quarter_to_date", 0
    if parts.has("window"):
        window, trailing = read_window(parts["window"])
    return Activity(measure, at_least, window, trailing)


def _paid_on_converted(node: Node) -> bool:
    """Refuse a component that would pay on BV bought with points."""
    table = Mapping(node.value if isinstance(node.value, dict) else {}, node)
    places = [table["on"]]
    if isinstance(paid_on := table.values.get("paid_on"), dict):
        places.append(Mapping(paid_on, table["paid_on"])["base"])
    found = [place for place in places if place.value == CONVERTED]
    for place in found:
        place.fault(NO_PAY_ON_CONVERTED)
    return bool(found)


def _components(
    table: Mapping, ranks: Ranks, digits: int, rankings: tuple[Ranking, ...]
) -> tuple[Component, ...]:
    if not table.has("components"):
        return ()
    found: list[Component] = []
    for node in table["components"].items(least=1, most=50):
        if not isinstance(node.value, dict):
            node.fault("is not a table of keys and values")
            continue
        if _paid_on_converted(node):
            continue
        kind = Node(node.value.get("kind"), f"{node.path}.kind", node.faults)
        if not kind.given:
            kind.fault("is missing")
        elif str(kind.value) in WITHOUT_A_SALE:
            kind.fault(f'"{kind.value}" would pay without a product sale')
        elif str(kind.value) not in KINDS:
            kind.fault(f'"{kind.value}" is not a kind of component; known are {", ".join(KINDS)}')
        else:
            component = KINDS[str(kind.value)](node, ranks.names, digits)
            if isinstance(component, Match):
                _check_matched(component, node, found)
            if isinstance(component, Pool):
                check_ranking(component, node, rankings)
            if isinstance(component, RankBonus):
                check_volumes(component, node, [rank.requires for rank in ranks.ladder])
            found.append(component)
    ids = [component.id for component in found]
    for index, identifier in enumerate(ids):
        if identifier and identifier in ids[:index]:
            table["components"].fault(f'the id "{identifier}" stands in it twice')
    return tuple(found)


def _check_matched(match: Match, node: Node, before: list[Component]) -> None:
    """A match takes what components before it have paid: none can feed itself."""
    known = {component.id: component for component in before}
    for place, one in enumerate(match.of):
        entry = Node(None, f"{node.path}.of[{place}]", node.faults)
        if one == match.id:
            entry.fault("a component can't match itself")
        elif one in match.of[:place]:
            entry.fault(f'"{one}" stands in it twice')
        elif one and one not in known:
            entry.fault(f'"{one}" is not a component before this one')
        elif one and known[one].unit != Unit.MONEY:
            entry.fault(f'"{one}" pays no money')
