"""Errors a service anticipates and a page or command may show as they are."""


class UnableTo(Exception):  # noqa: N818  (house names: UnableTo<Verb>)
    """An anticipated refusal; `message` is written for the person who asked.

    `field` names the form field or column at fault, where there is one.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class TreeLockError(RuntimeError):
    """A tree write was attempted outside a transaction or without the tree lock: a bug."""


class TreeBusy(UnableTo):
    """Another writer holds the tree lock for longer than one waits."""


class TreeMisuseError(TypeError):
    """A stock django-mptt call that would corrupt the gap labels or crawl through the table."""
