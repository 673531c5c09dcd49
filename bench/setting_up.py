"""What the benchmark's company needs before its facts, through the product's services."""

from datetime import datetime
from zoneinfo import ZoneInfo


def add_company(*, now: datetime, period: str, zone: ZoneInfo) -> int:
    raise NotImplementedError
