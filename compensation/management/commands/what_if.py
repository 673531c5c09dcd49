"""Say what an order, a sponsor change or a plan draft would do; nothing is written."""

from __future__ import annotations

import json
from argparse import ArgumentParser, _SubParsersAction
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand

from compensation.comparing import wording
from compensation.comparing.effects import Cost, Effect
from compensation.comparing.facts import UnableToCompare
from compensation.comparing.moves import MOST_LARGEST
from compensation.comparing.what_if_order import order_effect
from compensation.comparing.what_if_plan import (
    DraftRefused,
    MonthOfDraft,
    get_months,
    plan_effect,
    read_draft,
)
from compensation.comparing.what_if_sponsor import sponsor_effect
from compensation.engine import Unit
from compensation.plans import preset_names, preset_text
from representatives.clock import company_now
from representatives.models import Representative
from sales.models import Customer, Product
from sales.services import LineRequest

DONE, FAULT, USAGE = 0, 1, 2


class Command(BaseCommand):
    """``what_if order|sponsor|plan``.

    Exit 0: computed; 1: the order, the change or the draft would be refused; 2: usage.
    """

    help = "Say what an order, a sponsor change or a plan draft would do. Nothing is written."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the three things that can be tried."""
        kinds = parser.add_subparsers(dest="kind", required=True)
        order = _kind(kinds, "order", "an order placed and paid now")
        order.add_argument("seller", help="code of the representative who sells")
        order.add_argument("lines", nargs="+", metavar="SKU=PIECES")
        buyer = order.add_mutually_exclusive_group(required=True)
        buyer.add_argument("--own", action="store_true", help="the seller's own purchase")
        buyer.add_argument("--customer", metavar="REFERENCE", help="one of the seller's customers")
        buyer.add_argument("--new-customer", action="store_true", help="somebody who buys first")
        order.add_argument(
            "--not-invoiced", action="store_true", help="the company does not invoice the customer"
        )
        sponsor = _kind(kinds, "sponsor", "a sponsor change, on this month's figures")
        sponsor.add_argument("member", help="code of the member")
        sponsor.add_argument("new_sponsor", help="code of the new sponsor")
        plan = _kind(kinds, "plan", "a plan draft over months that have begun")
        plan.add_argument("file", help="plan document (YAML), or the name of a preset")
        plan.add_argument("months", nargs="+", metavar="MONTH", help="such as 2017-03")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compute and tell."""
        self.as_json: bool = options["json"]
        self.most: int | None = None if options["all"] else MOST_LARGEST
        try:
            tries: dict[str, Callable[..., None]] = {
                "order": self.order,
                "sponsor": self.sponsor,
                "plan": self.plan,
            }
            tries[options["kind"]](**options)
        except DraftRefused as fault:
            listed = [{"path": one.path, "message": one.message} for one in fault.faults]
            self.refuse(FAULT, fault.message, faults=listed)
        except UnableToCompare as fault:
            self.refuse(USAGE if fault.field == "months" else FAULT, fault.message)

    def order(
        self, *, seller: str, lines: list[str], own: bool, customer: str | None, **options: Any
    ) -> None:
        """Try an order."""
        representative = self.representative(seller)
        buyer = None
        if customer is not None:
            buyer = Customer.objects.of(representative).filter(reference=customer).first()
            if buyer is None:
                self.refuse(USAGE, f"--customer: {seller} has no customer {customer}")
        found = order_effect(
            seller=representative,
            own=own,
            customer=buyer,
            lines=[self.line(text) for text in lines],
            invoiced_to_customer=not options["not_invoiced"],
            now=company_now(),
            most=self.most,
        )
        quote, currency = found.quote, found.effect.currency
        total = wording.amount(quote.gross_minor, Unit.MONEY, currency)
        self.leave(
            f"{representative} sells {quote.units} pieces for {total} in {found.period.label}",
            found.effect,
            {
                "period": found.period.label,
                "plan": found.plan.name,
                "order": {
                    "seller": representative.code,
                    "own": own,
                    "gross_minor": quote.gross_minor,
                    "net_minor": quote.net_minor,
                    "bv": quote.bv,
                    "rsp": quote.rsp,
                    "lines": [
                        {
                            "sku": line.product.sku,
                            "quantity": line.quantity,
                            "class": line.line_class,
                        }
                        for line in quote.lines
                    ],
                },
            },
        )

    def sponsor(self, *, member: str, new_sponsor: str, **options: Any) -> None:
        """Try a sponsor change."""
        found = sponsor_effect(
            member=self.representative(member),
            new_sponsor=self.representative(new_sponsor),
            now=company_now(),
            most=self.most,
        )
        self.leave(
            f"{found.member} below {found.new_sponsor}, {found.moved} people in all, from"
            f" {found.effective_at:%Y-%m-%d %H:%M} UTC on; on the figures of {found.period.label}",
            found.effect,
            {
                "period": found.period.label,
                "plan": found.plan.name,
                "member": found.member.code,
                "new_sponsor": found.new_sponsor.code,
                "effective_at": found.effective_at.isoformat(),
                "moved": found.moved,
            },
        )

    def plan(self, *, file: str, months: list[str], **options: Any) -> None:
        """Try a plan draft."""
        draft = read_draft(self.document(file))
        periods = get_months(months, company_now())
        found = plan_effect(draft=draft, months=periods, most=self.most, told=self.month)
        self.leave(
            f"{draft.title} over {len(found.months)} months",
            found.effect,
            {
                "draft": draft.name,
                "months": [
                    {
                        "period": month.period.label,
                        "plan": month.plan.name,
                        "before": _cost(month.before),
                        "after": _cost(month.after),
                    }
                    for month in found.months
                ],
            },
        )

    def month(self, done: MonthOfDraft) -> None:
        """Tell a month that is done."""
        if not self.as_json:
            self.stdout.write(
                f"{done.period.label}: payout ratio {_ratio(done.before)} became"
                f" {_ratio(done.after)}"
            )

    def representative(self, code: str) -> Representative:
        """Find a representative by code."""
        found = Representative.objects.filter(code=code).first()
        if found is None:
            self.refuse(USAGE, f"there is no member {code}")
        return found

    def line(self, text: str) -> LineRequest:
        """Read a line such as TEA=3."""
        sku, _, pieces = text.rpartition("=")
        product = Product.objects.filter(sku=sku).first()
        if product is None:
            self.refuse(USAGE, f"{text}: there is no product {sku or text!r}; write SKU=PIECES")
        if not (pieces.isascii() and pieces.isdigit() and len(pieces) < 10):
            self.refuse(USAGE, f"{text}: {pieces!r} is not a number of pieces")
        return LineRequest(product.pk, int(pieces))

    def document(self, file: str) -> str:
        """Read the draft, or a preset by its name."""
        if file in preset_names():
            return preset_text(file)
        try:
            return Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            self.refuse(USAGE, f"{file}: can't be read ({getattr(fault, 'strerror', fault)})")

    def refuse(self, code: int, text: str, **more: Any) -> NoReturn:
        """End with a fault."""
        if self.as_json:
            self.stdout.write(json.dumps({"exit": code, "message": text, **more}))
        else:
            self.stderr.write(text)
        raise SystemExit(code)

    def leave(self, title: str, effect: Effect, facts: dict[str, Any]) -> None:
        """Print what would happen."""
        if self.as_json:
            report = {"exit": DONE, **facts, "effect": _report(effect)}
            self.stdout.write(json.dumps(report, indent=2))
            return
        self.stdout.write(title)
        for text in _told(effect):
            self.stdout.write(text)


def _kind(kinds: _SubParsersAction[Any], name: str, what: str) -> ArgumentParser:
    parser: ArgumentParser = kinds.add_parser(name, help=what)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--all", action="store_true", help="list everybody, not the largest 20")
    return parser


def _ratio(cost: Cost) -> str:
    return wording.ratio(cost.payout_ratio)


def _told(effect: Effect) -> list[str]:
    def money(value: int) -> str:
        return wording.amount(value, Unit.MONEY, effect.currency)

    def more(value: int, unit: Unit = Unit.MONEY) -> str:
        return wording.change(value, unit, effect.currency)

    before, after = effect.before, effect.after
    texts = [
        f"commissions {money(before.commission)} became {money(after.commission)}"
        f" ({more(after.commission - before.commission)}), points"
        f" {more(after.rsp - before.rsp, Unit.RSP)}, worth"
        f" {more(after.rsp_value - before.rsp_value)}",
        f"total cost {money(before.total)} became {money(after.total)} ({more(effect.change)}),"
        f" payout ratio {_ratio(before)} became {_ratio(after)}",
        f"{effect.winners} gain, {effect.losers} lose; {effect.activated} become active,"
        f" {effect.deactivated} inactive; {effect.rank_changes} get another rank",
    ]
    texts += [
        f"  {earned.id}: {more(now - was, earned.unit)}"
        for earned, was, now in effect.components
        if now != was
    ]
    texts += [
        f"  {row.rank}: {row.winners} of {row.members} gain {money(row.gained)},"
        f" {row.losers} lose {money(-row.lost)}"
        for row in effect.by_rank
        if row.winners or row.losers
    ]
    texts += [
        f"  {gain.person.code} {gain.person.name}: {more(gain.change)}"
        f" (points {more(gain.points_change, Unit.RSP)})"
        + (f", {gain.rank} → {gain.new_rank}" if gain.rank != gain.new_rank else "")
        for gain in effect.largest
    ]
    return texts


def _cost(cost: Cost) -> dict[str, Any]:
    ratio = cost.payout_ratio
    return {
        **asdict(cost),
        "total": cost.total,
        "payout_ratio": None if ratio is None else [ratio.numerator, ratio.denominator],
    }


def _report(effect: Effect) -> dict[str, Any]:
    return {
        "currency": effect.currency,
        "before": _cost(effect.before),
        "after": _cost(effect.after),
        "change": effect.change,
        "winners": effect.winners,
        "losers": effect.losers,
        "rank_changes": effect.rank_changes,
        "activated": effect.activated,
        "deactivated": effect.deactivated,
        "components": [
            {"component": earned.id, "unit": earned.unit.name.lower(), "before": was, "after": now}
            for earned, was, now in effect.components
        ],
        "by_rank": [asdict(row) for row in effect.by_rank],
        "largest": [
            {
                "member": gain.person.code,
                "name": gain.person.name,
                "rank": [gain.rank, gain.new_rank],
                "money": gain.money,
                "rsp": gain.rsp,
                "value": gain.value,
            }
            for gain in effect.largest
        ],
    }
