"""What the services of this application may refuse."""

from representatives.errors import UnableTo


class UnableToOpenPeriod(UnableTo):
    """A period can't be opened; the message says why."""


class UnableToAddPlanVersion(UnableTo):
    """A plan document or its date is refused; `field` names the part at fault."""


class UnableToStartRun(UnableTo):
    """A period can't be computed now."""


class UnableToAdvance(UnableTo):
    """A step found a fault; the run is marked and nothing of the step is kept."""


class InputChanged(UnableToAdvance):
    """The facts of an approved close are no longer those that it was approved on."""


class Busy(UnableTo):
    """Somebody else works on the run; nothing was done."""


class FenceLost(Busy):
    """Somebody else has taken the run over; the step's work was rolled back."""


class UnableToAcknowledge(UnableTo):
    """A finding of a close can't be acknowledged so; `field` names the part at fault."""


class UnableToApprove(UnableTo):
    """A run can't be approved, or not by this person."""


class UnableToReverse(UnableTo):
    """A return can't be reversed (yet)."""


class UnableToDecide(UnableTo):
    """A decision on a person's rank or coupons is refused; `field` names the part at fault."""


class UnableToChangePayee(UnableTo):
    """Bank details, a check or a hold of a payee are refused; `field` names the part at fault."""


class UnableToPayOut(UnableTo):
    """An act on a payout batch is refused; nothing was done."""


class NobodyPayable(UnableToPayOut):
    """A batch would be empty: everything is held or paid."""


class OwnBatch(UnableToPayOut):
    """Whoever made or edited a batch may not approve it."""


class UnableToImportAnswers(UnableTo):
    """A file is no file of the bank's answers; nothing of it was imported."""


class UnableToAdjust(UnableTo):
    """An adjustment is refused; `field` names the part at fault."""


class UnableToDispute(UnableTo):
    """A dispute can't be opened; `field` names the part at fault."""


class UnableToAnswer(UnableTo):
    """A dispute can't be answered so, or not by this person; `field` names the part at fault."""
