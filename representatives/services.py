"""The only writers of people and of the referral tree.

Each service takes the tree lock first, reads again what it decides upon, checks, changes, and
leaves a dated record. `now` is the company's clock, read by the caller.
"""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from representatives import labels, notices, selectors, tree
from representatives.clock import next_period_start
from representatives.codes import MAX_LENGTH, is_code, new_code
from representatives.errors import UnableTo
from representatives.locks import acquire_tree_lock
from representatives.mail import Place, queue_welcome
from representatives.models import (
    NAME_LENGTH,
    Representative,
    SponsorChange,
    StatusChange,
    User,
)
from representatives.notice_kinds import NoticeKind
from representatives.status_words import status_word
from representatives.text import sort_key

PHONE_LENGTH = 40


class UnableToEnrol(UnableTo):
    """The enrolment is refused."""


class UnableToChangeSponsor(UnableTo):
    """The sponsor change is refused."""


class UnableToChangeStatus(UnableTo):
    """The change of membership status is refused."""


class UnableToUpdateProfile(UnableTo):
    """The new name or contact is refused."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Name and contact of a person, trimmed and checked."""

    name: str
    email: str = ""
    phone: str = ""


def clean_contact(*, name: str, email: str = "", phone: str = "") -> Contact:
    """Return a person's name and contact as they are kept.

    :raises UnableToUpdateProfile: naming the field, if one is empty, too long or malformed.
    """
    contact = Contact(
        name=" ".join(name.split()),
        email=User.objects.normalize_email(email),
        phone=" ".join(phone.split()),
    )
    for field, value, limit in (
        ("name", contact.name, NAME_LENGTH),
        ("email", contact.email, 254),
        ("phone", contact.phone, PHONE_LENGTH),
    ):
        if len(value) > limit:
            raise UnableToUpdateProfile(
                gettext("At most %(limit)s characters.") % {"limit": limit}, field=field
            )
        if not value.isprintable():
            raise UnableToUpdateProfile(gettext("Control characters are not allowed."), field=field)
    if not contact.name:
        raise UnableToUpdateProfile(gettext("A name is needed."), field="name")
    if contact.email:
        try:
            validate_email(contact.email)
        except ValidationError:
            raise UnableToUpdateProfile(
                gettext("%(email)s is not an e-mail address.") % {"email": contact.email},
                field="email",
            ) from None
    return contact


def enrol_representative(
    *,
    sponsor: Representative | None,
    name: str,
    email: str,
    enrolled_on: date,
    now: datetime,
    phone: str = "",
    code: str | None = None,
    password: str | None = None,
    password_hash: str | None = None,
    with_login: bool = True,
    welcome: Place | None = None,
) -> Representative:
    """Enrol a person at the end of a sponsor's front line; free of value.

    With `with_login` the person gets a user with that e-mail; without `password` (or its hash,
    for callers who hold the lock already) one must be set by a reset first. `code` is for
    companies that bring their own; else it is random. `sponsor` None founds the tree. `welcome`
    sends an e-mail on how to set a password, with links to that place.

    :raises UnableToEnrol: naming the field at fault; nothing is written then.
    :raises TreeBusy: if another writer holds the tree lock too long.
    """
    try:
        contact = clean_contact(name=name, email=email, phone=phone)
    except UnableToUpdateProfile as fault:
        raise UnableToEnrol(fault.message, field=fault.field) from None
    _check_enrolment(contact, with_login=with_login, code=code)
    # Hashing takes a tenth of a second on purpose: not under the lock.
    hashed = password_hash or (make_password(password) if with_login else "")
    member = Representative(
        code=code or new_code(),
        name=contact.name,
        sort_key=sort_key(contact.name),
        email=contact.email,
        phone=contact.phone,
        enrolled_on=enrolled_on,
        created_at=now,
        tree_id=tree.TREE_ID,
    )
    try:
        with transaction.atomic():
            acquire_tree_lock()
            _place(member, sponsor)
            if with_login:
                member.user = User.objects.create(
                    email=contact.email, password=hashed, date_joined=now
                )
            member.save(force_insert=True)
            _tell_sponsor(sponsor, member, now)
            if welcome is not None:
                queue_welcome(member, place=welcome)
    except IntegrityError as error:
        raise _enrolment_refusal(error) from error
    return member


def _check_enrolment(contact: Contact, *, with_login: bool, code: str | None) -> None:
    if with_login and not contact.email:
        raise UnableToEnrol(gettext("An e-mail address is needed to log in."), field="email")
    if code is not None and not is_code(code):
        raise UnableToEnrol(
            gettext(
                "A code has 1 to %(max_length)s letters (A to Z), digits and . _ ~ - after the "
                "first."
            )
            % {"max_length": MAX_LENGTH},
            field="code",
        )


def _place(member: Representative, sponsor: Representative | None) -> None:
    """Label the newcomer under the sponsor as the database knows him now."""
    if sponsor is None:
        if Representative.objects.exists():
            raise UnableToEnrol(
                gettext("A sponsor is needed: the tree has its root."), field="sponsor"
            )
        member.lft, member.rght, member.level = tree.FIRST_LABEL, tree.LAST_LABEL, 0
        return
    tail = labels.open_tail(sponsor.pk)
    if tail.sponsor_status != Representative.Status.ENROLLED:
        raise UnableToEnrol(
            gettext("%(sponsor)s is %(sponsor_status)s and can't sponsor anybody.")
            % {"sponsor": sponsor, "sponsor_status": status_word(tail.sponsor_status)},
            field="sponsor",
        )
    member.sponsor_id = sponsor.pk
    member.lft = tail.start + tail.step
    member.rght = member.lft + tail.step
    member.level = tail.level


def _tell_sponsor(sponsor: Representative | None, member: Representative, now: datetime) -> None:
    if sponsor is not None and sponsor.user_id is not None:
        notices.notify(
            kind=NoticeKind.MEMBER,
            event=f"member:{member.pk}",
            representatives=[sponsor.pk],
            facts={"member": member.pk},
            now=now,
        )


def give_login(
    *,
    representative: Representative,
    email: str,
    now: datetime,
    password: str | None = None,
    welcome: Place | None = None,
) -> Representative:
    """Give a log-in to a member who has none, such as one who came by an import.

    Without `password` one must be set by a reset first. `welcome` as in `enrol_representative`.

    :raises UnableToEnrol: naming the field, if the address is malformed or known already, or the
        member has a log-in or is not enrolled.
    """
    try:
        contact = clean_contact(name=representative.name, email=email)
    except UnableToUpdateProfile as fault:
        raise UnableToEnrol(fault.message, field=fault.field) from None
    _check_enrolment(contact, with_login=True, code=None)
    hashed = make_password(password)
    try:
        with transaction.atomic():
            member = Representative.objects.select_for_update().get(pk=representative.pk)
            if member.user_id is not None or member.status != Representative.Status.ENROLLED:
                raise UnableToEnrol(
                    gettext("%(member)s has a log-in already or is not enrolled.")
                    % {"member": member},
                    field="email",
                )
            member.user = User.objects.create(email=contact.email, password=hashed, date_joined=now)
            member.save(update_fields=["user"])
            if welcome is not None:
                queue_welcome(member, place=welcome)
    except IntegrityError as error:
        raise _enrolment_refusal(error) from error
    return member


def _enrolment_refusal(error: IntegrityError) -> UnableToEnrol:
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    if name == "user_email_unique":
        return UnableToEnrol(gettext("This e-mail address has a log-in already."), field="email")
    if name == "representative_code_unique":
        return UnableToEnrol(gettext("This code is taken."), field="code")
    raise error


def update_profile(
    *, representative: Representative, name: str, email: str, phone: str
) -> Representative:
    """Change a representative's name and contact; the log-in address is the user's own.

    :raises UnableToUpdateProfile: naming the field at fault.
    """
    contact = clean_contact(name=name, email=email, phone=phone)
    with transaction.atomic():
        member = Representative.objects.select_for_update().get(pk=representative.pk)
        member.name, member.sort_key = contact.name, sort_key(contact.name)
        member.email, member.phone = contact.email, contact.phone
        member.save(update_fields=["name", "sort_key", "email", "phone"])
    return member


# -- Sponsor changes -------------------------------------------------------------------------------


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
            raise UnableToChangeSponsor(
                f"{target} is in the downline of {member}"
                + (", or will be by a change decided before." if decided else "."),
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


# -- Membership status -----------------------------------------------------------------------------


def terminate_representative(
    *, representative: Representative, reason: str, decided_by: User, now: datetime
) -> StatusChange:
    """End a membership for good: the place in the tree stays, the log-in is closed.

    :raises UnableToChangeStatus: if it has ended already or no reason is given.
    """
    return _change_status(representative, Representative.Status.TERMINATED, reason, decided_by, now)


def suspend_representative(
    *, representative: Representative, reason: str, decided_by: User, now: datetime
) -> StatusChange:
    """Suspend a membership: never active while it lasts, log-in closed.

    :raises UnableToChangeStatus: unless the member is enrolled, or if no reason is given.
    """
    return _change_status(representative, Representative.Status.SUSPENDED, reason, decided_by, now)


def reinstate_representative(
    *, representative: Representative, reason: str, decided_by: User, now: datetime
) -> StatusChange:
    """Lift a suspension.

    :raises UnableToChangeStatus: unless the member is suspended, or if no reason is given.
    """
    return _change_status(representative, Representative.Status.ENROLLED, reason, decided_by, now)


_ALLOWED_FROM = {
    Representative.Status.ENROLLED: (Representative.Status.SUSPENDED,),
    Representative.Status.SUSPENDED: (Representative.Status.ENROLLED,),
    Representative.Status.TERMINATED: (
        Representative.Status.ENROLLED,
        Representative.Status.SUSPENDED,
    ),
}


def _change_status(
    representative: Representative,
    new_status: Representative.Status,
    reason: str,
    decided_by: User,
    now: datetime,
) -> StatusChange:
    reason = reason.strip()
    if not reason:
        raise UnableToChangeStatus(gettext("A reason is needed."), field="reason")
    with transaction.atomic():
        acquire_tree_lock()
        member = Representative.objects.select_for_update().get(pk=representative.pk)
        if member.status not in _ALLOWED_FROM[new_status]:
            raise UnableToChangeStatus(
                gettext("%(member)s is %(status)s and can't become %(new_status)s.")
                % {
                    "member": member,
                    "status": status_word(member.status),
                    "new_status": status_word(new_status),
                },
                field="status",
            )
        change = StatusChange.objects.create(
            representative=member,
            old_status=member.status,
            new_status=new_status,
            effective_at=now,
            reason=reason,
            decided_by=decided_by,
        )
        member.status = new_status
        member.save(update_fields=["status"])
        if member.user_id is not None:
            # A member who is staff as well keeps the staff's door.
            User.objects.filter(pk=member.user_id, is_staff=False).update(
                is_active=new_status == Representative.Status.ENROLLED
            )
        return change
