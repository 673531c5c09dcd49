"""Everything that writes people: contacts, talks, needs, consent; import, merge and erasure.

Callers say `services.add_contact(...)`. What other packages do when somebody is erased, merged or
passed on they register with `on_erase`, `on_merge` and `on_pass_on` (see `sales.people_changes`).
"""

from sales.contacts.services.consents import (
    UnableToNoteConsent,
    allow_contact,
    give_consent,
    give_notice,
    stop_contact,
    withdraw_consent,
)
from sales.contacts.services.erasing import delete_unused_contacts, erase_customer
from sales.contacts.services.files import drop_file, drop_old_files, judge, keep_file, take_file
from sales.contacts.services.merging import UnableToMerge, keep_apart, merge_customers
from sales.contacts.services.people import (
    UnableToSaveContact,
    add_contact,
    add_need,
    edit_contact,
    keep_contact,
    remove_need,
)
from sales.contacts.services.saved import UnableToSaveFilter, remove_filter, save_filter
from sales.contacts.services.talks import UnableToNote, note_talk, remove_talk
from sales.people_changes import in_use, on_erase, on_merge, on_pass_on, tells

__all__ = [
    "UnableToMerge",
    "UnableToNote",
    "UnableToNoteConsent",
    "UnableToSaveContact",
    "UnableToSaveFilter",
    "add_contact",
    "add_need",
    "allow_contact",
    "delete_unused_contacts",
    "drop_file",
    "drop_old_files",
    "edit_contact",
    "erase_customer",
    "give_consent",
    "give_notice",
    "in_use",
    "judge",
    "keep_apart",
    "keep_contact",
    "keep_file",
    "merge_customers",
    "note_talk",
    "on_erase",
    "on_merge",
    "on_pass_on",
    "remove_filter",
    "remove_need",
    "remove_talk",
    "save_filter",
    "stop_contact",
    "take_file",
    "tells",
    "withdraw_consent",
]
