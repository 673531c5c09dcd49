"""Export of what the portal keeps about the person who asks, and nothing about others but what
that person's own pages show.
"""

from compensation.own_data.archive import write_archive
from compensation.own_data.contents import parts_for
from compensation.own_data.parts import Part, Subject

__all__ = ["Part", "Subject", "parts_for", "write_archive"]
