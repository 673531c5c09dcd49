"""Managers of people."""

from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from mptt.managers import TreeManager
from mptt.querysets import TreeQuerySet


class UserManager(BaseUserManager):
    """Users by e-mail, in lower case."""

    use_in_migrations = True

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return the address as the database keeps it: trimmed, in lower case."""
        return (email or "").strip().lower()

    def get_by_natural_key(self, username: str | None) -> Any:
        """Return the user of an e-mail address, whatever its case."""
        return self.get(email=self.normalize_email(username))

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Any:
        """Create a user who can log in; without a password only after a reset."""
        address = self.normalize_email(email)
        if not address:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=address, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Any:
        """Create an administrator (`manage.py createsuperuser`)."""
        return self.create_user(
            email, password, **{**fields, "is_staff": True, "is_superuser": True}
        )

    def system(self) -> Any:
        """Return the user that names unattended acts."""
        return self.get(is_system=True)


class RepresentativeQuerySet(TreeQuerySet):
    """Filters of representatives."""


class RepresentativeTreeManager(TreeManager.from_queryset(RepresentativeQuerySet)):
    """The tree with gap labels."""


class TreeNode:
    """Instance methods of django-mptt that assume dense labels, made right."""
