"""The person who logs in, with what that person has chosen."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from representatives.managers import UserManager


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in by e-mail. Kept in lower case, so unique whatever the case typed.

    The one `is_system` user names unattended acts (a month computed by beat); nobody can log in
    as it.
    """

    class EmailNotices(models.TextChoices):
        """When notices are e-mailed; each stands in the portal's list whatever is chosen."""

        AT_ONCE = "at_once", _("At once")
        DAILY = "daily", _("Once a day, together")
        NEVER = "never", _("Never")

    email = models.EmailField(max_length=254)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    is_system = models.BooleanField(default=False, editable=False)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    language = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text="Of pages and e-mails; empty for the browser's.",
    )
    email_notices = models.CharField(
        max_length=10,
        choices=EmailNotices.choices,
        default=EmailNotices.AT_ONCE,
        db_default="at_once",
    )
    muted_notices = ArrayField(
        models.CharField(max_length=40),
        default=list,
        db_default=Value([], output_field=ArrayField(models.CharField(max_length=40))),
        blank=True,
        help_text="Kinds of notices that are not e-mailed.",
    )

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "user"
        verbose_name_plural = "users"
        constraints = [
            models.UniqueConstraint(fields=["email"], name="user_email_unique"),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower"),
            models.CheckConstraint(condition=~Q(email=""), name="user_email_not_empty"),
            models.UniqueConstraint(
                fields=["is_system"], condition=Q(is_system=True), name="user_one_system"
            ),
            models.CheckConstraint(
                condition=Q(is_system=False)
                | Q(is_active=False, is_staff=False, is_superuser=False),
                name="user_system_cannot_log_in",
            ),
            models.CheckConstraint(
                condition=Q(email_notices__in=["at_once", "daily", "never"]),
                name="user_email_notices_known",
            ),
            models.CheckConstraint(
                condition=Q(language__regex=r"^([a-z]{2}(-[a-z]{2,4})?)?$"),
                name="user_language_code",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        """Keep the address in the one form the database accepts."""
        self.email = type(self).objects.normalize_email(self.email)

    def get_full_name(self) -> str:
        """Return the representative's name, or the address of a user who is none."""
        representative = getattr(self, "representative", None)
        return representative.name if representative else self.email

    def get_short_name(self) -> str:
        """Return the same as `get_full_name`; names are kept whole."""
        return self.get_full_name()
