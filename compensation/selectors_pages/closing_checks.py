"""What a close was checked for and found, and what a preview would make the checks find."""

from __future__ import annotations

from dataclasses import dataclass

from compensation import gate_wording
from compensation.models import Acknowledgement, CheckCode, Finding, Run
from compensation.services.gate_checks import Found, check_run
from representatives.models import Representative


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom a finding names."""

    code: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Check:
    """A check of the close: clear, or found and acknowledged or not."""

    code: str
    title: str
    sentence: str = ""
    named: tuple[Named, ...] = ()
    unnamed: int = 0
    """How many more there are than are named."""
    said: Acknowledgement | None = None

    @property
    def is_clear(self) -> bool:
        """Whether nothing was found."""
        return not self.sentence

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to acknowledge it."""
        return not self.is_clear and self.said is None


def checks_of_close(close: Run | None) -> tuple[Check, ...]:
    """Every check of a close that has been verified, in order."""
    if close is None or not close.checks:
        return ()
    said = {one.code: one for one in close.acknowledgements.select_related("by")}
    rows: dict[str, list[Finding]] = {}
    for finding in close.findings.select_related("subject").order_by("code", "ordinal"):
        rows.setdefault(finding.code, []).append(finding)
    return tuple(_check(code, rows.get(code, []), said.get(code)) for code in CheckCode.values)


def _check(code: str, rows: list[Finding], said: Acknowledgement | None) -> Check:
    if not rows:
        return Check(code, gate_wording.title(code))
    head, *named = rows
    return Check(
        code,
        gate_wording.title(code),
        gate_wording.sentence(code, 0, head.figures),
        tuple(
            Named(
                code=row.subject.code,
                name=row.subject.name,
                text=gate_wording.sentence(code, row.ordinal, row.figures),
            )
            for row in named
            if row.subject is not None
        ),
        max(0, int(head.figures["count"]) - len(named)) if named else 0,
        said,
    )


def checks_of_preview(run: Run) -> tuple[Check, ...]:
    """What the checks would find if the month were as this run computed it; nothing is written.

    :raises UnableToAdvance: if the plan has lost a rank of the month before.
    """
    found = check_run(run).rows
    people = Representative.objects.in_bulk(
        {row.subject_id for row in found if row.subject_id is not None}
    )
    rows: dict[str, list[Finding]] = {}
    for row in found:
        rows.setdefault(row.code, []).append(_unwritten(row, people))
    return tuple(_check(code, rows.get(code, []), None) for code in CheckCode.values)


def _unwritten(row: Found, people: dict[int, Representative]) -> Finding:
    """A finding as it would be, for showing alone."""
    subject = None if row.subject_id is None else people[row.subject_id]
    return Finding(code=row.code, ordinal=row.ordinal, subject=subject, figures=row.figures)
