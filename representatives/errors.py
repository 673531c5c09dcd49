"""Errors a service anticipates and a page or command may show as they are."""


class UnableTo(Exception):  # noqa: N818  (house names: UnableTo<Verb>)
    """An anticipated refusal; `message` is written for the person who asked.

    `field` names the form field or column at fault, where there is one.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class UnableToLockTree(UnableTo):
    """A tree write was attempted outside a transaction or without the tree lock."""


class TreeMisuse(TypeError):
    """A stock django-mptt call that would corrupt the gap labels or crawl through the table."""
