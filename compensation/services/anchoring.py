"""Note the head of the ledger's chain outside the database, where settings name a file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from django.conf import settings

from compensation import anchors
from compensation.chain import Anchor
from compensation.models import Period
from representatives import alerts, outbox
from representatives.clock import company_zone
from representatives.models_outbox import Alert

TOPIC = "ledger.anchor"


def anchor_ledger(*, now: datetime) -> Anchor | None:
    """Append the chain's last head to the file that settings name; return it.

    None without a file, or while nothing is posted. Where the file names another ledger nothing is
    written: an alert is raised, once for each anchor, and None returned.

    :raises OSError: if the file can't be written (`report_unwritten_anchor` tells staff).
    """
    if not settings.LEDGER_ANCHORS:
        return None
    try:
        return anchors.write_anchor(Path(settings.LEDGER_ANCHORS))
    except (anchors.AnchorDiffers, anchors.UnableToReadAnchors) as fault:
        alerts.raise_alert(
            code="ledger_anchor",
            key=f"ledger_anchor:{fault.case}",
            text=f"{fault.message}. verify_ledger --anchors names what was changed.",
            now=now,
        )
        return None


def report_unwritten_anchor(*, fault: OSError, now: datetime) -> Alert:
    """Raise the alert of a file that can't be written, once for each of the company's days."""
    day = now.astimezone(company_zone()).date()
    return alerts.raise_alert(
        code="ledger_anchor",
        key=f"ledger_anchor:unwritten:{day.isoformat()}",
        text=(
            f"The head of the ledger can't be noted in {settings.LEDGER_ANCHORS}:"
            f" {fault.strerror or fault}. Nothing is lost as long as it is noted again soon."
        ),
        now=now,
    )


def want_anchor(period: Period) -> None:
    """Have the head noted once the posting of a month is committed; call in its transaction."""
    if settings.LEDGER_ANCHORS:
        outbox.enqueue(topic=TOPIC, key=f"anchor:{period.label}", payload={"period": period.label})
