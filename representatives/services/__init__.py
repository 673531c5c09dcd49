"""The only writers of people and of the referral tree.

Each service takes the tree lock first, reads again what it decides upon, checks, changes, and
leaves a dated record. `now` is the company's clock, read by the caller.
"""

from representatives.services.people import (
    PHONE_LENGTH,
    Contact,
    UnableToEnrol,
    UnableToUpdateProfile,
    clean_contact,
    enrol_representative,
    give_login,
    update_profile,
)
from representatives.services.sponsors import (
    UnableToChangeSponsor,
    apply_sponsor_changes,
    cancel_sponsor_change,
    change_sponsor,
    check_sponsor_change,
)
from representatives.services.status import (
    UnableToChangeStatus,
    reinstate_representative,
    suspend_representative,
    terminate_representative,
)

__all__ = [
    "PHONE_LENGTH",
    "Contact",
    "UnableToChangeSponsor",
    "UnableToChangeStatus",
    "UnableToEnrol",
    "UnableToUpdateProfile",
    "apply_sponsor_changes",
    "cancel_sponsor_change",
    "change_sponsor",
    "check_sponsor_change",
    "clean_contact",
    "enrol_representative",
    "give_login",
    "reinstate_representative",
    "suspend_representative",
    "terminate_representative",
    "update_profile",
]
