"""The approval of an adjustment, killed at its fault point."""

from __future__ import annotations

from tests.compensation.town import APPROVER, Town, local

NOW = local("2017-02-10T09:00")


def approve() -> None:
    """Grant what was asked for."""
    from compensation import services
    from compensation.models import Adjustment
    from representatives.models import User

    by = User.objects.get(email=APPROVER)
    services.approve_adjustment(adjustment=Adjustment.objects.get(), by=by, now=NOW)


def with_a_request(town: Town) -> None:
    """Post January and ask for an adjustment."""
    from compensation import services

    town.close("2017-01")
    services.request_adjustment(
        representative=town.members["A"],
        money_minor=1234,
        rsp=-500,
        reason="A parcel that was lost",
        line=None,
        related_period=None,
        by=town.closer,
        now=NOW,
    )
