"""`manage.py plan_check FILE`: validate a plan, print it as prose and what it could pay at most."""

import argparse
import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from compensation.engine import Plan, PlanError
from compensation.engine.plan_warnings import warnings
from compensation.engine.prose import money_text, plan_prose
from compensation.engine.reading import Fault
from compensation.engine.worst_case import (
    WorstCase,
    check_plan,
    percent_text,
    worst_case,
)
from compensation.plans import load_plan, preset_names, preset_text

if TYPE_CHECKING:
    from compensation.plans.own_purchases import OwnShare


class Command(BaseCommand):
    help = (
        "Validate a plan document and print it as prose, with the most it could pay. "
        "Exit 0: valid; 1: a fault was found; 2: the file can't be read."
    )
    requires_system_checks = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", help="plan document (YAML), or the name of a preset")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: object, **options: object) -> None:
        text = _read(str(options["file"]))
        as_json = bool(options["json"])
        try:
            plan = load_plan(text)
        except PlanError as error:
            self._refuse(error.faults, as_json)
        ratio = plan.rsp_per_bv if plan.rsp_per_bv is not None else _catalogue_ratio()
        faults = check_plan(plan, ratio)
        if faults:
            self._refuse(faults, as_json)
        case = worst_case(plan, ratio)
        if as_json:
            self.stdout.write(json.dumps(_report(plan, case), indent=2))
            return
        for sentence in plan_prose(plan):
            self.stdout.write(sentence)
        self.stdout.write("")
        self._print_worst_case(plan, case)
        if (share := _own_share()) is not None:
            self.stdout.write(
                f"\nIn {share.period} {share.by_own_purchases} of {share.active} active members "
                "were active only by their own purchases."
            )
        for warning in warnings(plan):
            self.stdout.write(f"warning: {warning}")
        if plan.illustrative:
            self.stdout.write(f"\nIllustrative, not published: {', '.join(plan.illustrative)}.")

    def _refuse(self, faults: "tuple[Fault, ...] | list[Fault]", as_json: bool) -> None:
        if as_json:
            listed = [{"path": fault.path, "message": fault.message} for fault in faults]
            self.stdout.write(json.dumps({"valid": False, "faults": listed}, indent=2))
        raise CommandError("\n".join(str(fault) for fault in faults), returncode=1)

    def _print_worst_case(self, plan: Plan, case: WorstCase) -> None:
        self.stdout.write("Worst case:")
        for share in case.shares:
            if share.of in ("order", "head"):
                self.stdout.write(
                    f"  {share.component}: {money_text(share.fixed_minor, plan)} {share.how}, "
                    "whatever the volume"
                )
                continue
            amount = "not known" if share.share is None else percent_text(share.share)
            base = {"bv": "BV", "margin": "the retail margin"}.get(share.of, "net sales")
            self.stdout.write(f"  {share.component}: {amount} of {base} ({share.how})")
        total = "not known" if case.of_bv is None else percent_text(case.of_bv)
        self.stdout.write(f"  together {total} of BV, with RSP at the cash rate")
        if case.of_net is None:
            self.stdout.write("  and not known of net sales")
        elif case.of_net:
            self.stdout.write(f"  and {percent_text(case.of_net)} of net sales")


def _read(name: str) -> str:
    if name in preset_names():
        return preset_text(name)
    try:
        return Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{name}: {error.strerror or error}", returncode=2) from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{name}: is not a text in UTF-8", returncode=2) from error


def _own_share() -> "OwnShare | None":
    """Give the last closed month's share of activity by own purchases, if one can be asked."""
    from compensation.plans.own_purchases import activity_by_own_purchases

    try:
        return activity_by_own_purchases()
    except DatabaseError:
        return None


def _catalogue_ratio() -> Fraction | None:
    """Give the largest RSP per BV of the catalogue; ``None`` without a catalogue to look into."""
    from sales.models import Product  # the plan can be checked without a database

    try:
        pairs = list(
            Product.objects.filter(bv__gt=0)
            .order_by("rsp", "bv")
            .values_list("rsp", "bv")
            .distinct()
        )
    except DatabaseError:
        return None
    return max((Fraction(rsp, bv) for rsp, bv in pairs), default=None)


def _report(plan: Plan, case: WorstCase) -> dict[str, object]:
    def text(share: Fraction | None) -> str | None:
        return None if share is None else percent_text(share).removesuffix(" %")

    return {
        "valid": True,
        "name": plan.name,
        "digest": plan.digest(),
        "prose": plan_prose(plan),
        "illustrative": list(plan.illustrative),
        "worst_case": {
            "percent_of_bv": text(case.of_bv),
            "percent_of_net": text(case.of_net),
            "components": [
                {
                    "component": share.component,
                    "of": share.of,
                    "percent": text(share.share),
                    "fixed_minor": share.fixed_minor if share.of in ("order", "head") else None,
                    "how": share.how,
                }
                for share in case.shares
            ],
        },
        "warnings": [str(warning) for warning in warnings(plan)],
    }
