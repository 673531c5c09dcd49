"""The demo company's desk: who the customers are, what was said, planned and shared.

All of it is written by the product's own services, at instants of its own up to the company's
clock, in one transaction: it is there or it is not, so that a run after a kill goes on. Every draw
is a SHA-256 of a written label; only the secrets of links differ from machine to machine.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from config.demo import company
from config.demo.desk import nightly
from config.demo.desk.contacts import meet_customers
from config.demo.desk.links import bring_people
from config.demo.desk.reading import publish_guides, share_guides
from config.demo.desk.tasks import plan_work
from config.demo.files import DemoData
from representatives.models import Representative
from sales.models import Guide

__all__ = ["settle_desk"]


def settle_desk(data: DemoData, now: datetime, say: Callable[[str], None]) -> None:
    """Fill the desk as it stands at `now`, and do the work of the night before."""
    if not Guide.objects.exists():
        say("customers, guides, links")
        with transaction.atomic():
            company.add_desk_logins(data, now)
            sellers = _sellers(data)
            publish_guides(now)
            for seller in sellers:
                meet_customers(seller, now)
                bring_people(seller, now)
                share_guides(seller, now)
    nightly.run(now, say)
    with transaction.atomic():
        for seller in _sellers(data):
            plan_work(seller, now)


def _sellers(data: DemoData) -> list[Representative]:
    codes = [member.code for member in company.desk_people(data)]
    found = {one.code: one for one in Representative.objects.filter(code__in=codes)}
    return [found[code] for code in codes]
