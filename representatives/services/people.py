"""Enrolment, log-ins, and names and contacts of people."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from representatives import labels, notices, tree
from representatives.codes import MAX_LENGTH, is_code, new_code
from representatives.errors import UnableTo
from representatives.locks import acquire_tree_lock
from representatives.mail import Place, queue_welcome
from representatives.models import (
    NAME_LENGTH,
    Representative,
    User,
)
from representatives.notice_kinds import NoticeKind
from representatives.status_words import status_word
from representatives.text import sort_key

PHONE_LENGTH = 40


class UnableToEnrol(UnableTo):
    """The enrolment is refused."""


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
