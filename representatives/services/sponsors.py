"""Sponsor changes: decided, cancelled, and carried out when their instant has passed."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext

from representatives import labels, selectors
from representatives.clock import next_period_start
from representatives.errors import UnableTo
from representatives.locks import acquire_tree_lock
from representatives.models import (
    Representative,
    SponsorChange,
    User,
)
from representatives.status_words import status_word


class UnableToChangeSponsor(UnableTo):
    """The sponsor change is refused."""


def change_sponsor(
    *,
    representative: Representative,
    new_sponsor: Representative,
    reason: str,
    decided_by: User,
    now: datetime,
    zone: ZoneInfo,
) -> SponsorChange:
    """Decide that a member has another sponsor from the start of the next period on.

    The tree moves when `apply_sponsor_changes` finds the instant passed. A decision for the same
    instant replaces the earlier one, which is kept as cancelled.

    :raises UnableToChangeSponsor: naming the field, also if the change would close a circle,
        alone or together with changes decided before.
    """
    reason = reason.strip()
    if not reason:
        raise UnableToChangeSponsor(gettext("A reason is needed."), field="reason")
    with transaction.atomic():
        acquire_tree_lock()
        member, target, old_sponsor_id, own, effective_at = _checked_change(
            representative, new_sponsor, now=now, zone=zone
        )
        SponsorChange.objects.filter(
            pk__in=[change.pk for change in own if change.effective_at == effective_at]
        ).update(cancelled_at=now)
        return SponsorChange.objects.create(
            representative=member,
            old_sponsor_id=old_sponsor_id,
            new_sponsor=target,
            effective_at=effective_at,
            reason=reason,
            decided_by=decided_by,
            decided_at=now,
        )


def check_sponsor_change(
    *, representative: Representative, new_sponsor: Representative, now: datetime, zone: ZoneInfo
) -> datetime:
    """Return from when on a sponsor change would hold if it were decided now; nothing is written.

    :raises UnableToChangeSponsor: as `change_sponsor`.
    """
    return _checked_change(representative, new_sponsor, now=now, zone=zone)[-1]


def _checked_change(
    representative: Representative, new_sponsor: Representative, *, now: datetime, zone: ZoneInfo
) -> tuple[Representative, Representative, int, list[SponsorChange], datetime]:
    """Return both people, the sponsor before, the member's pending changes, and the instant."""
    effective_at = next_period_start(now, zone)
    member = Representative.objects.get(pk=representative.pk)
    target = Representative.objects.get(pk=new_sponsor.pk)
    pending = selectors.list_pending_sponsor_changes()
    own = [change for change in pending if change.representative_id == member.pk]
    old_sponsor_id = _sponsor_before(member, own, effective_at)
    _check_sponsor_change(member, target, old_sponsor_id)
    assert old_sponsor_id is not None, "checked just above"
    others = [change for change in pending if change.representative_id != member.pk]
    _refuse_circle(member, target, effective_at, others)
    return member, target, old_sponsor_id, own, effective_at


def _sponsor_before(
    member: Representative, own: list[SponsorChange], effective_at: datetime
) -> int | None:
    """Return whom the member will have as sponsor just before the change."""
    sponsor_id = member.sponsor_id
    for change in own:
        if change.effective_at > effective_at:
            raise UnableToChangeSponsor(
                gettext("A change from %(effective_at)s on is decided already; cancel it first.")
                % {"effective_at": format(change.effective_at, "%Y-%m-%d")},
                field="representative",
            )
        if change.effective_at < effective_at:
            sponsor_id = change.new_sponsor_id
    return sponsor_id


def _check_sponsor_change(
    member: Representative, target: Representative, old_sponsor_id: int | None
) -> None:
    if old_sponsor_id is None:
        raise UnableToChangeSponsor(
            gettext("The root of the tree has no sponsor."), field="representative"
        )
    if member.status == Representative.Status.TERMINATED:
        raise UnableToChangeSponsor(
            gettext("%(member)s is terminated.") % {"member": member}, field="representative"
        )
    if target.status != Representative.Status.ENROLLED:
        raise UnableToChangeSponsor(
            gettext("%(target)s is %(status)s.")
            % {"target": target, "status": status_word(target.status)},
            field="new_sponsor",
        )
    if target.pk == member.pk:
        raise UnableToChangeSponsor(gettext("Nobody sponsors himself."), field="new_sponsor")
    if target.pk == old_sponsor_id:
        raise UnableToChangeSponsor(
            gettext("%(target)s is the sponsor already.") % {"target": target}, field="new_sponsor"
        )


def _refuse_circle(
    member: Representative,
    target: Representative,
    effective_at: datetime,
    others: list[SponsorChange],
) -> None:
    """Refuse if the member would be above the new sponsor at any instant decided upon."""
    instants = {effective_at} | {
        change.effective_at for change in others if change.effective_at > effective_at
    }
    for instant in sorted(instants):
        decided = {
            change.representative_id: change.new_sponsor_id
            for change in others  # in the order of their instants: the latest counts
            if change.effective_at <= instant
        }
        if member.pk in selectors.upline_ids(target.pk, decided=decided):
            names = {"target": target, "member": member}
            raise UnableToChangeSponsor(
                gettext(
                    "%(target)s is in the downline of %(member)s, or will be by a change decided "
                    "before."
                )
                % names
                if decided
                else gettext("%(target)s is in the downline of %(member)s.") % names,
                field="new_sponsor",
            )


def cancel_sponsor_change(*, change: SponsorChange, now: datetime) -> SponsorChange:
    """Take back a sponsor change that has not taken effect; it is kept as cancelled.

    :raises UnableToChangeSponsor: if it took effect or was cancelled, or if without it changes
        decided later would close a circle.
    """
    with transaction.atomic():
        acquire_tree_lock()
        pending = selectors.list_pending_sponsor_changes()
        mine = [one for one in pending if one.pk == change.pk and one.effective_at > now]
        if not mine:
            raise UnableToChangeSponsor(gettext("This change can't be cancelled any more."))
        rest = [one for one in pending if one.pk != change.pk]
        for one in rest:
            others = [each for each in rest if each.representative_id != one.representative_id]
            _refuse_circle(one.representative, one.new_sponsor, one.effective_at, others)
        mine[0].cancelled_at = now
        mine[0].save(update_fields=["cancelled_at"])
        return mine[0]


def apply_sponsor_changes(*, now: datetime) -> list[SponsorChange]:
    """Move those whose sponsor change has taken effect; called by beat, safe to repeat.

    :raises UnableToChangeSponsor: if a change can't be applied; none is applied then.
    """
    with transaction.atomic():
        acquire_tree_lock()
        due = [one for one in selectors.list_pending_sponsor_changes() if one.effective_at <= now]
        applied: list[SponsorChange] = []
        waiting = due
        while waiting:
            blocked: list[SponsorChange] = []
            for change in waiting:
                # Members who change places: the one who will be above goes first. A member's own
                # changes keep their order.
                held = any(one.representative_id == change.representative_id for one in blocked)
                if held or not _move(change):
                    blocked.append(change)
                    continue
                change.applied_at = now
                change.save(update_fields=["applied_at"])
                applied.append(change)
            if len(blocked) == len(waiting):
                raise UnableToChangeSponsor(
                    gettext("The sponsor changes %(names)s close a circle.")
                    % {"names": ", ".join(str(one.pk) for one in blocked)}
                )
            waiting = blocked
        return applied


def _move(change: SponsorChange) -> bool:
    """Move the member, or return False while the new sponsor is still below."""
    if change.representative_id in selectors.upline_ids(change.new_sponsor_id):
        return False
    labels.move_subtree(change.representative_id, sponsor_id=change.new_sponsor_id)
    return True
