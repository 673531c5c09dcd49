"""Django's migrate, by default as the owner of the tables."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate


class Command(migrate.Command):
    """Migrates with the owner role; the application role may not change a table."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        if "owner" in settings.DATABASES:
            parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate.

        :raises CommandError: if the database is the application role's, which owns nothing.
        """
        if options["database"] != "owner":
            raise CommandError(
                "the application role can't change tables: set MIGRATION_DATABASE_URL to the "
                "owner role's address"
                + (" and leave out --database" if "owner" in settings.DATABASES else "")
            )
        super().handle(*args, **options)
