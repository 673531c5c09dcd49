"""What the application role may do with each table of this app and of the packages below it.

Nothing here may be deleted by the application but sessions, log-in addresses and permissions:
people are terminated, histories are kept.
"""

GRANTS: dict[str, str] = {
    "representatives_user": "SELECT, INSERT, UPDATE",
    "representatives_user_groups": "SELECT, INSERT, UPDATE, DELETE",
    "representatives_user_user_permissions": "SELECT, INSERT, UPDATE, DELETE",
    "representatives_company": (
        "SELECT, UPDATE (name, logo_digest, time_zone, currency, add_on_days, clock_offset,"
        " clock_frozen_at, representative_label, new_for_days, past_after_days,"
        " unused_contact_months)"
    ),
    "representatives_representative": (
        "SELECT, INSERT, UPDATE (user_id, sponsor_id, name, sort_key, email, phone,"
        " contact_shared_with, status, lft, rght, tree_id, level)"
    ),
    "representatives_sponsorchange": "SELECT, INSERT, UPDATE (applied_at, cancelled_at)",
    "representatives_statuschange": "SELECT, INSERT",
    "representatives_placement": "SELECT, INSERT",
    "representatives_invitation": (
        "SELECT, INSERT, UPDATE (accepted_at, representative_id, name, email, expires_at)"
    ),
    "representatives_outboxevent": (
        "SELECT, INSERT (topic, key, payload, payload_digest, not_before, attempts, last_error),"
        " UPDATE (payload, not_before, sent_at, failed_at, attempts, last_error)"
    ),
    "representatives_alert": "SELECT, INSERT, UPDATE (seen_by_id, seen_at)",
    "representatives_notice": (
        "SELECT, INSERT (user_id, kind, event, facts, happened_at, mail, read_at, mailed_at),"
        " UPDATE (read_at, mailed_at)"
    ),
    "representatives_memberlook": (
        "SELECT, INSERT (staff_id, representative_id, reason, began_at, ends_at, ended_at),"
        " UPDATE (ended_at)"
    ),
    "representatives_companylogo": (
        "SELECT, INSERT (content, print_content, digest, width, height, set_by_id, set_at)"
    ),
    # Packages.
    "django_migrations": "SELECT",
    "django_content_type": "SELECT, INSERT, UPDATE, DELETE",
    "auth_permission": "SELECT",
    "auth_group": "SELECT, INSERT, UPDATE, DELETE",
    "auth_group_permissions": "SELECT, INSERT, UPDATE, DELETE",
    "django_admin_log": "SELECT, INSERT",
    "django_session": "SELECT, INSERT, UPDATE, DELETE",
    "account_emailaddress": "SELECT, INSERT, UPDATE, DELETE",
    "account_emailconfirmation": "SELECT, INSERT, UPDATE, DELETE",
    "mfa_authenticator": "SELECT, INSERT, UPDATE, DELETE",
    "usersessions_usersession": "SELECT, INSERT, UPDATE, DELETE",
}
