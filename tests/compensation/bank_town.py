"""The town with an RSP bank, for tests of conversions and payouts."""

from __future__ import annotations

import secrets
from typing import Any

from compensation import selectors_bank, services
from compensation.engine.lots import Bank
from compensation.models import RspConversion
from tests.compensation import town as plain
from tests.compensation.town import ZONE, Town, build_town, local

BANK = """
rsp_bank:
  pending_days: 14
  expires_after_months: 2
  tiers:
    - {points: "20", cash: "1.00", bv: "5"}
    - {points: "100", cash: "6.00", bv: "40"}
"""
FLAT = """
rsp_bank:
  pending_days: 14
  expires_after_months: 2
  bv: {points: "100", bv: "10"}
"""


def build_bank_town(section: str = BANK, **keys: Any) -> Town:
    """Found the town under a plan with a bank."""
    document = plain.PLAN
    plain.PLAN = document + section
    try:
        return build_town(**keys)
    finally:
        plain.PLAN = document


def bank_of(town: Town, code: str, at: str) -> Bank:
    """The bank of a person at an instant of the company's zone."""
    return selectors_bank.get_bank(town.members[code].pk, now=local(at), zone=ZONE)


def convert(
    town: Town,
    code: str,
    points: int,
    at: str,
    *,
    target: str = "cash",
    token: str | None = None,
) -> RspConversion:
    """Convert hundredths of points of a person; each time under a token of its own unless given."""
    return services.convert_points(
        representative=town.members[code],
        points=points,
        target=target,
        token=token or secrets.token_urlsafe(12),
        by=town.closer,
        now=local(at),
    )
