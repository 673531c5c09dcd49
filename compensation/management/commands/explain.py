"""`manage.py explain PERIOD MEMBER [COMPONENT [LEVEL]]`: a figure opened down to order lines."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand

from compensation.engine.figures import BOUGHT
from compensation.explaining import reports, words
from compensation.explaining.asking import Asked, ask, component_index, leave
from compensation.models import EarningUnit, MemberResult
from representatives import formatting
from representatives.models import Representative


class Command(BaseCommand):
    """Totals and the first 50 parts of each line at once; ``--page`` and ``--all`` give the rest.

    Exit 0: told; 1: there are no figures, or parts don't add up; 2: usage.
    """

    help = (
        "Open a member's posted or previewed figures of a month down to order lines. "
        "Exit 0: told; 1: no figures, or parts that don't add up; 2: usage."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the figure."""
        parser.add_argument("period", help="the month, such as 2017-11")
        parser.add_argument("member", help="code of the member")
        parser.add_argument("component", nargs="?", help="id of a component or a cap of the plan")
        parser.add_argument("level", nargs="?", type=int, help="paid level")
        parser.add_argument("--page", type=int, default=1, help="which 50 parts of each line")
        parser.add_argument("--all", action="store_true", help="all parts")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell the figures."""
        if options["page"] < 1:
            leave(2, f"--page: {options['page']} is not a page, the first is 1")
        asked = ask(options["period"], options["member"])
        index = component_index(asked.plan, options["component"])
        earnings = reports.list_earnings(
            asked.run, asked.member.pk, component=index, level=options["level"]
        )
        if options["component"] is not None and not earnings:
            leave(1, f"{asked.member.code} has no such line in {asked.period.label}: see why_not")
        found = reports.report_lines(
            asked.run, asked.plan, earnings, page=options["page"], everything=options["all"]
        )
        names = reports.people_by_id(reports.people_of(found))
        if options["json"]:
            self.stdout.write(json.dumps(self.as_json(asked, found, names), indent=2))
        else:
            self.tell(asked, found, names)
        if any(not one.opened.adds_up for one in found):
            leave(1, "the parts of a line do not add up: the facts are newer than the figures")

    def as_json(
        self, asked: Asked, found: list[reports.LineReport], names: Mapping[int, Representative]
    ) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **asked.as_json(),
            "money_minor": sum(
                one.earning.amount for one in found if one.earning.unit == EarningUnit.MONEY
            ),
            "rsp": sum(one.earning.amount for one in found if one.earning.unit == EarningUnit.RSP),
            "lines": [reports.as_json(one, asked.plan, names) for one in found],
        }

    def tell(
        self, asked: Asked, found: list[reports.LineReport], names: Mapping[int, Representative]
    ) -> None:
        """Print the tree."""
        result = MemberResult.objects.filter(
            run_id=asked.run.pk, representative_id=asked.member.pk
        ).first()
        self.stdout.write(asked.headline())
        if result is not None:
            rank = asked.plan.ranks.names[result.pay_rank]
            self.stdout.write(
                f"{formatting.money(result.commission_minor, asked.plan.currency)} and "
                f"{formatting.hundredths(result.rsp_total)} RSP, paid as {rank}"
            )
        for report in found:
            self.tell_line(asked, report, names)

    def tell_line(
        self, asked: Asked, report: reports.LineReport, names: Mapping[int, Representative]
    ) -> None:
        """Print a line, its rule, and the people and order lines behind it."""
        earning, currency = report.earning, asked.plan.currency
        paid = amount_text(earning.amount, earning.unit, currency)
        level = f", paid level {earning.paid_level}" if earning.paid_level else ""
        self.stdout.write(
            f"\n{report.source_id}{level}: {base_text(earning.base, report, currency)} × "
            f"{rate_text(report, currency)} = {paid}"
        )
        for sentence in report.rule:
            self.stdout.write(f"  {sentence}")
        for fact in report.facts:
            name = "of which bought" if fact.measure == BOUGHT else fact.measure.replace("_", " ")
            self.stdout.write(f"  {name}: {fact_text(fact, asked)}")
        for someone in report.opened.people:
            for line, share in someone.through:
                self.stdout.write(
                    f"  of {named(names, someone.representative_id)}: "
                    f"{asked.plan.statement_id(line.component)}, paid level {line.paid_level}, "
                    f"{formatting.money(line.amount, currency)}: "
                    f"{formatting.money(share, currency)}"
                )
        self.tell_parts(asked, report, names)

    def tell_parts(
        self, asked: Asked, report: reports.LineReport, names: Mapping[int, Representative]
    ) -> None:
        """Print the parts shown, by person, and the sum of all."""
        earning, currency = report.earning, asked.plan.currency
        sums = {one.representative_id: one for one in report.opened.people}
        last = None
        for shown in report.shown:
            if shown.representative_id != last:
                last = shown.representative_id
                whole = sums[last]
                self.stdout.write(
                    f"  {named(names, last)}, level {whole.level}: "
                    f"{base_text(whole.base, report, currency)}, "
                    f"{amount_text(whole.amount, earning.unit, currency)}"
                )
            line = shown.part.line
            self.stdout.write(
                f"    {line.reference}/{line.number}  "
                f"{line.paid_at.astimezone(asked.zone):%Y-%m-%d}  "
                f"{base_text(shown.part.base, report, currency)}  "
                f"{amount_text(shown.part.amount, earning.unit, currency)}"
            )
        if report.part_count is None:
            self.stdout.write(
                f"  the first {len(report.shown)} parts of {formatting.whole(earning.sales)}, "
                "each before the last units are given out; --all opens all, exactly"
            )
            return
        if report.part_count and not report.shown:
            self.stdout.write(f"  all its {report.part_count} parts stand on earlier pages")
        elif report.part_count > len(report.shown):
            until = report.first + len(report.shown) - 1
            self.stdout.write(
                f"  parts {report.first} to {until} of {report.part_count}; "
                "--page N shows others, --all all"
            )
        if report.opened.unopened:
            paid = amount_text(report.opened.unopened, earning.unit, currency)
            self.stdout.write(f"  {paid} hang on no single order")
        if report.opened.adds_up:
            together = amount_text(report.opened.amount, earning.unit, currency)
            self.stdout.write(f"  {report.part_count} parts add up to {together}")
        else:
            self.stdout.write("  the parts do not add up")


def named(names: Mapping[int, Representative], number: int) -> str:
    """Name somebody with his code."""
    return f"{names[number].name} ({names[number].code})"


def amount_text(amount: int, unit: int, currency: str) -> str:
    """Write an amount of money or points."""
    if unit == EarningUnit.MONEY:
        return formatting.money(amount, currency)
    return f"{formatting.hundredths(amount)} RSP"


def base_text(base: int, report: reports.LineReport, currency: str) -> str:
    """Write a base in its unit."""
    if report.base_unit == "money":
        return formatting.money(base, currency)
    if report.base_unit in ("BV", "RSP"):
        return f"{formatting.hundredths(base)} {report.base_unit}"
    return f"{formatting.whole(base)} {report.base_unit}"


def rate_text(report: reports.LineReport, currency: str) -> str:
    """Write a rate: an amount for each, a percentage, or the exact share."""
    if report.base_unit in ("orders", "cycles", "times"):
        return formatting.money(int(report.rate), currency)
    return formatting.percent(report.rate)


def fact_text(fact: Any, asked: Asked) -> str:
    """Write a figure that a line rests on."""
    if fact.measure == "rank":
        return asked.plan.ranks.names[fact.value]
    if fact.measure in ("company_net", "pool"):
        return formatting.money(fact.value, asked.plan.currency)
    if fact.measure in ("cycles", "shares_own", "shares_all"):
        return formatting.whole(fact.value)
    if fact.measure.startswith(("company", "cycle_", "carried_")):
        return f"{formatting.hundredths(fact.value)} BV"
    text = words.with_unit(fact.measure, fact.value)
    if fact.at_least is None:
        return text
    return f"{text} of {words.with_unit(fact.measure, fact.at_least)}"
