"""How far a run is, in words, in the language of the page or of the shell."""

from __future__ import annotations

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from compensation.models import StepName
from compensation.progress import RunProgress, Stage, StepState
from representatives.formatting import whole

MILLISECONDS = 1000
SECONDS = 60


def step_name(name: str) -> str:
    """Name a step of a run."""
    return {
        StepName.FREEZE: _("Freeze"),
        StepName.COMPUTE: _("Compute"),
        StepName.VERIFY: _("Verify and check"),
        StepName.APPROVE: _("Approve"),
        StepName.POST: _("Post"),
        StepName.PUBLISH: _("Publish"),
    }[StepName(name)]


def duration(milliseconds: int) -> str:
    """Spell a time: tenths of a second below ten seconds, then seconds, then minutes."""
    if milliseconds < 10 * MILLISECONDS:
        tenths = (milliseconds + 50) // 100
        point = "," if (get_language() or "en").startswith("pl") else "."
        return f"{tenths // 10}{point}{tenths % 10}\u00a0s"
    seconds = (milliseconds + MILLISECONDS // 2) // MILLISECONDS
    if seconds < 2 * SECONDS:
        return f"{seconds}\u00a0s"
    return f"{seconds // SECONDS}\u00a0min {seconds % SECONDS}\u00a0s"


def left(found: RunProgress) -> str:
    """Say about how long it will take; nothing where nothing is known."""
    if found.left_ms is None or not found.is_at_work:
        return ""
    if found.is_late and found.stage is not Stage.WRITING:
        return _("longer than last time")
    # Whole seconds: tenths would pretend to know more than an estimate does.
    seconds = max(1, (found.left_ms + MILLISECONDS - 1) // MILLISECONDS)
    told = f"{seconds}\u00a0s" if seconds < 10 else duration(seconds * MILLISECONDS)
    return _("about %(time)s left") % {"time": told}


def rows(found: RunProgress) -> str:
    """Say how many rows the step at work has read or written, of about how many."""
    language = get_language()
    if found.rows is None or found.current is None:
        return ""
    told = {"rows": whole(found.rows, language)}
    if found.stage is Stage.READING:
        return ngettext("%(rows)s row read", "%(rows)s rows read", found.rows) % told
    if not found.current.rows:
        return ngettext("%(rows)s row written", "%(rows)s rows written", found.rows) % told
    told["all"] = whole(max(found.current.rows, found.rows), language)
    return _("%(rows)s of about %(all)s rows written") % told


def sentence(found: RunProgress) -> str:
    """Say which step is at work, its rows, and about how long it will take."""
    if found.current is None:
        return _("All steps are done.")
    name = step_name(found.current.name)
    if found.current.state is StepState.PERSON:
        return _("Waits for the approval of another person.")
    if found.current.state is StepState.NEXT:
        return _("%(step)s: waits for a worker") % {"step": name}
    parts = [rows(found)]
    if found.stage is Stage.INDEXING:
        parts = [_("building indexes")]
    parts += [duration(found.elapsed_ms), left(found)]
    return f"{name}: " + ", ".join(part for part in parts if part)
