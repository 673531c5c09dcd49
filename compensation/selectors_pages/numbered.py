"""Pages of a list by number, as `components/_pager.html` shows them."""

from __future__ import annotations


class Numbered:
    """What a page knows of its neighbours; the page itself has `page` and `has_next`."""

    __slots__ = ()
    page: int

    @property
    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.page > 1

    @property
    def previous_number(self) -> int:
        """Number of the page before."""
        return self.page - 1

    @property
    def next_number(self) -> int:
        """Number of the page after."""
        return self.page + 1
