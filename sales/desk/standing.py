"""Where each of a seller's customers stands today, in one statement however many there are.

A customer stands in one group at most, by the product that is most worth a word today: of those
due or overdue the one with the highest expected value, else the one that comes next. Whoever has
gone quiet as a whole (`CustomerPulse.quiet_on`) and with each product is asked how things are.
What was put off or refused, and whoever has a talk planned for a later day, is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from representatives.models import Representative
from representatives.prepared import fetch_prepared
from sales.desk.ranges import REACH


class Group(TextChoices):
    """The parts of the customers page, from the most pressing one on."""

    OVERDUE = "overdue", _("Overdue")
    DUE = "due", _("Due now")
    CARE = "care", _("Care and asks")
    COMING = "coming", _("Coming up")
    QUIET = "quiet", _("Gone quiet")


@dataclass(frozen=True, slots=True)
class Place:
    """A customer's place on the page: the group, and the forecast and follow-up behind it."""

    customer_id: int
    forecast_id: int | None
    task_id: int | None
    group: str


@dataclass(frozen=True, slots=True)
class Standing:
    """The groups with how many customers are in each, and some of the customers.

    `placed` are those asked for who stand in any group.
    """

    counts: dict[str, int]
    places: list[Place]
    placed: set[int]


STANDING_SQL = """
WITH task AS (
    SELECT DISTINCT ON (customer_id) customer_id, id, due_on
    FROM sales_followup
    WHERE representative_id = %(seller)s AND state = 'open' AND due_on <= %(today)s
      AND customer_id IS NOT NULL
    ORDER BY customer_id, due_on, id
), person AS (
    SELECT c.id, pulse.quiet_on, pulse.alive_permille,
        EXISTS (
            SELECT FROM sales_followup later
            WHERE later.customer_id = c.id AND later.state = 'open' AND later.due_on > %(today)s
              AND later.kind IN ('reorder', 'win_back') AND later.source_key IS NULL
        ) AS is_later,
        EXISTS (
            SELECT FROM sales_suggestiondecision said
            WHERE said.customer_id = c.id AND said.withdrawn_at IS NULL
              AND said.kind = 'win_back' AND (said.until IS NULL OR said.until > %(today)s)
        ) AS is_left
    FROM sales_customer c
    LEFT JOIN sales_customerpulse pulse ON pulse.customer_id = c.id
    WHERE c.representative_id = %(seller)s
      AND NOT c.is_self
      AND c.erased_at IS NULL AND c.merged_into_id IS NULL AND c.no_contact_at IS NULL
), expected AS MATERIALIZED (
    SELECT f.*
    FROM person
    CROSS JOIN LATERAL (SELECT * FROM sales_forecast WHERE customer_id = person.id OFFSET 0) f
), lead AS (
    SELECT DISTINCT ON (f.customer_id)
        f.customer_id, f.id, f.from_on, f.until_on, f.quiet_on,
        (p.bv + CASE WHEN p.repeat THEN p.rsp ELSE 0 END) * f.pieces * f.chance_permille AS worth
    FROM expected f
    JOIN sales_product p ON p.id = f.product_id AND p.is_active
    WHERE NOT EXISTS (
        SELECT FROM sales_suggestiondecision said
        WHERE said.customer_id = f.customer_id AND said.withdrawn_at IS NULL
          AND said.kind = 'repeat' AND said.product_id = f.product_id
          AND (said.until IS NULL OR said.until > %(today)s)
    )
    ORDER BY f.customer_id,
        CASE WHEN f.quiet_on <= %(today)s THEN 2 WHEN f.from_on <= %(today)s THEN 0 ELSE 1 END,
        CASE WHEN f.from_on > %(today)s THEN f.from_on END,
        worth DESC, f.id
), placed AS (
    SELECT person.id AS customer_id, lead.id AS forecast_id, task.id AS task_id,
        lead.from_on, task.due_on, coalesce(lead.worth, 0) AS worth, person.alive_permille,
        CASE
            WHEN person.quiet_on <= %(today)s AND coalesce(lead.quiet_on, %(today)s) <= %(today)s
                THEN CASE WHEN NOT person.is_later
                    AND (task.id IS NOT NULL OR NOT person.is_left) THEN 'quiet' END
            WHEN lead.until_on < %(today)s AND lead.quiet_on > %(today)s
                AND NOT person.is_later THEN 'overdue'
            WHEN lead.from_on <= %(today)s AND lead.quiet_on > %(today)s
                AND NOT person.is_later THEN 'due'
            WHEN task.id IS NOT NULL THEN 'care'
            WHEN lead.from_on BETWEEN %(today)s AND %(horizon)s AND NOT person.is_later
                THEN 'coming'
        END AS standing
    FROM person
    LEFT JOIN lead ON lead.customer_id = person.id
    LEFT JOIN task ON task.customer_id = person.id
), numbered AS (
    SELECT customer_id, forecast_id, task_id, standing,
        count(*) OVER (PARTITION BY standing) AS total,
        row_number() OVER (
            PARTITION BY standing
            ORDER BY
                CASE standing WHEN 'coming' THEN from_on WHEN 'care' THEN due_on END,
                CASE WHEN standing = 'quiet' THEN -alive_permille END,
                worth DESC, customer_id
        ) AS place
    FROM placed
    WHERE standing IS NOT NULL
)
SELECT customer_id, forecast_id, task_id, standing, total, place FROM numbered
WHERE place = 1 OR place BETWEEN %(start)s + 1 AND %(end)s
    OR customer_id = ANY (%(among)s::bigint[])
ORDER BY standing, place
"""
"""A talk that a person planned for a later day, and what was put off or refused, leave a customer
alone; what a care plan holds for later does not. LATERAL and OFFSET 0 ask the index person by
person, as the planner would read the forecasts of the whole company."""


def get_standing(
    seller: Representative,
    *,
    today: date,
    start: int = 0,
    size: int,
    among: Sequence[int] = (),
) -> Standing:
    """Return how many customers each group holds, and `size` of each from the place `start` on."""
    counts: dict[str, int] = {}
    places = []
    placed = set()
    asked = set(among)
    rows = fetch_prepared(
        STANDING_SQL,
        {
            "seller": seller.pk,
            "today": today,
            "horizon": today + timedelta(days=REACH),
            "start": start,
            "end": start + size,
            "among": list(among),
        },
    )
    # The first of each group is always read: it tells how many there are.
    for customer_id, forecast_id, task_id, group, total, place in rows:
        counts[group] = total
        if start < place <= start + size:
            places.append(Place(customer_id, forecast_id, task_id, group))
        if customer_id in asked:
            placed.add(customer_id)
    return Standing(counts, places, placed)
