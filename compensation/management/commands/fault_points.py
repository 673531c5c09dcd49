"""List the points at which a test may kill a process."""

from typing import Any

from django.core.management.base import BaseCommand

from compensation.fault_points import POINTS


class Command(BaseCommand):
    """``fault_points``: one line a point; set ``FAULT_POINT=name[:nth]`` to die there."""

    help = "List the fault points of the close; FAULT_POINT=name[:nth] makes a process die there."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        """Print name and meaning."""
        for name, meaning in POINTS.items():
            self.stdout.write(f"{name}\t{meaning}")
