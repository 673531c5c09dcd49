"""Somebody who came by a link becomes a member, by whatever invitation or by staff."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from representatives import newcomers
from representatives.models import Representative

# The arrival whose invitation is taken at this moment, else the latest of a person with the
# address. Only of the sponsor's own people; what was replaced counts for nothing.
_COUNT = """
UPDATE sales_arrival SET member_id = %(member)s
 WHERE id = (
    SELECT a.id
      FROM sales_arrival a
      LEFT JOIN sales_customer c ON c.id = a.customer_id
       AND c.representative_id = a.representative_id
      LEFT JOIN representatives_invitation i ON i.id = a.invitation_id
       AND i.accepted_at IS NULL AND i.expires_at > %(now)s
     WHERE a.representative_id = %(sponsor)s AND a.replaced_at IS NULL AND a.member_id IS NULL
       AND (lower(i.email) = %(email)s OR lower(c.email) = %(email)s)
     ORDER BY (lower(i.email) = %(email)s) IS TRUE DESC, a.arrived_at DESC, a.id DESC LIMIT 1)
"""


@newcomers.step
def count_member(*, member: Representative, now: datetime) -> None:
    """Let a newcomer count, once, for the link by which that person came to the sponsor."""
    if member.sponsor_id is None or not member.email:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNT,
            {
                "member": member.pk,
                "sponsor": member.sponsor_id,
                "email": member.email.lower(),
                "now": now,
            },
        )
