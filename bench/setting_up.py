"""What the benchmark's company needs before its facts, through the product's services."""

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

NAME = "Bench"
REQUESTER, APPROVER = "requests@bench.example", "approves@bench.example"
PLAN = "four-levels"
FIRST_DAY = date(2016, 1, 1)


def level_percentages() -> tuple[int, ...]:
    """Return the plan's whole percentages by level, read from the raw document."""
    from compensation.plans import load_document, preset_text

    document = load_document(preset_text(PLAN))
    assert isinstance(document, dict)
    (levels,) = (c for c in document["components"] if c["kind"] == "level_percent")
    return tuple(int(rate) for rate in levels["rates"])


def add_company(*, now: datetime, period: str, zone: ZoneInfo) -> int:
    """Name the company, freeze its clock, add staff, plan and period; return a staff id."""
    from compensation.plans import preset_text
    from compensation.services.periods import open_period
    from compensation.services.plans import add_plan_version
    from representatives.models import Company, User

    Company.objects.filter(pk=Company.ONLY_ID).update(
        name=NAME, time_zone=zone.key, currency="EUR", clock_frozen_at=now
    )
    staff = [
        User.objects.create_user(email, is_staff=True, is_superuser=True)
        for email in (REQUESTER, APPROVER)
    ]
    add_plan_version(document=preset_text(PLAN), effective_from=FIRST_DAY, created_by=staff[0])
    open_period(label=period, zone=zone)
    return int(staff[0].pk)


def import_members(path: Path, *, now: datetime, today: date) -> None:
    """Import the representatives by the product's own import."""
    from representatives.importing import import_representatives

    import_representatives(path=path, now=now, today=today)
