"""Second sales from beginning to end: a day's work, a contact who stays, a rescue, a link.

As with the other journeys, nobody's needs another one; whom a journey begins with is new each time.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import desk
from tests.browser.actors import Actor, Keyboard
from tests.browser.conftest import Site
from tests.browser.journeys import OpenWindow, log_in, reload_until

pytestmark = pytest.mark.browser


def _row(page: Page, text: str) -> Locator:
    """Return the row of a list of things to do that holds a text."""
    return page.locator("main .todo > li").filter(has_text=text)


def _toast(page: Page) -> Locator:
    return page.locator(".toast-note")


def _pay(page: Page, staff: Actor, reference: str, paid_at: str = "") -> None:
    """Record the payment of an order in the administration."""
    page.goto(f"/admin/sales/order/?q={reference}")
    staff.press(page.get_by_role("link", name="Record the payment"))
    staff.write(page.locator("#id_reference"), f"slip of {reference}")
    if paid_at:
        page.locator("#id_paid_at").fill(paid_at)
    staff.press(page.get_by_role("button", name="Save"))
    expect(page.get_by_text(f"Order {reference} is paid and counts.")).to_be_visible()


def _order(page: Page, actor: Actor, pieces: str = "1") -> str:
    """Order the product that a form already names, or the only one, and return the reference."""
    if not page.locator("#order-lines").get_by_text("Daily Greens").count():
        actor.choose(page.locator("#id_product"), "Daily Greens")
        actor.write(page.locator("#id_quantity"), pieces)
        actor.press(page.get_by_role("button", name="Add", exact=True))
    expect(page.locator("#order-lines")).to_contain_text("Daily Greens")
    actor.press(page.get_by_role("button", name="Place the order"))
    expect(page.get_by_text("The order is placed.")).to_be_visible()
    return page.url.rstrip("/").rpartition("/")[2]


def test_work_through_today(open_window: OpenWindow, site: Site) -> None:
    with open_window(role="representative") as (page, actor):
        page.goto("/today/")
        task = f"Pack samples {secrets.token_hex(3)}"
        _plan_a_task(page, actor, task)

        # Done, taken back, put off: each with a way back, and never lost.
        page.goto("/today/")
        actor.press(_row(page, task).get_by_role("button", name="Done"))
        expect(_row(page, task)).to_have_count(0)
        actor.press(_toast(page).get_by_role("button", name="Undo"))
        expect(_row(page, task)).to_have_count(1)
        actor.press(_row(page, task).get_by_role("button", name="Tomorrow"))
        expect(_row(page, task)).to_have_count(0)

        # A suggestion with its reason is refused, comes back, and becomes a message.
        first = page.locator("main .todo > li").filter(has_text=re.compile("|".join(desk.REGULARS)))
        name = next(one for one in desk.REGULARS if one in first.first.inner_text())
        row = _row(page, name)
        expect(row).to_contain_text("RSP")
        actor.press(row.locator("summary").filter(has_text="Not this"))
        actor.press(row.get_by_role("button", name="Has enough of it at home"))
        expect(row).to_have_count(0)
        actor.press(_toast(page).get_by_role("button", name="Undo"))
        expect(row).to_have_count(1)
        actor.press(row.get_by_role("button", name=re.compile("^(Write|Call)")))
        expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("message|Call"))
        expect(page.locator("#draft-body")).to_have_value(re.compile(name.split()[0]))
        actor.press(page.get_by_role("button", name="Text message sent"))
        expect(_toast(page)).to_be_visible()

        page.goto("/today/")
        expect(_row(page, name)).to_have_count(0)
        page.goto("/follow-ups/")
        actor.press(page.locator("main").get_by_role("link", name=task))
        actor.press(page.get_by_role("button", name="Done", exact=True))
        expect(page.locator("main .todo")).not_to_contain_text(task)


def _plan_a_task(page: Page, actor: Actor, task: str) -> None:
    actor.press(page.get_by_role("link", name="Plan a follow-up").first)
    actor.write(page.locator("#id_text"), task)
    page.locator("#id_due_on").fill("2017-11-20")
    actor.press(page.get_by_role("button", name="Plan it"))
    expect(page.get_by_role("heading", level=1)).not_to_have_text("New follow-up")


def test_a_contact_becomes_a_customer_who_buys_again(open_window: OpenWindow, site: Site) -> None:
    with open_window() as (page, actor), open_window(role="superuser") as (office, staff):
        log_in(page, actor, "reader@example.org")
        name = f"Nadia {secrets.token_hex(3)}"
        _add_a_contact(page, actor, name)
        address = page.url

        # What was said stands in the timeline.
        actor.press(page.locator("summary").filter(has_text="Note a talk"))
        actor.write(page.locator("#id_text"), "Would like to try the greens")
        actor.press(page.get_by_role("button", name="Note it"))
        expect(page.locator("#timeline")).to_contain_text("Would like to try the greens")

        actor.press(page.get_by_role("link", name="First order"))
        reference = _order(page, actor)
        _pay(office, staff, reference, "2017-11-10T09:00")
        page.goto(address)
        expect(page.locator("main")).to_contain_text("New customer")
        expect(page.get_by_role("region", name="What is next")).to_contain_text("After-sales care")

        actor.press(page.get_by_role("link", name="Order again"))
        reference = _order(page, actor)
        _pay(office, staff, reference)
        page.goto(address)
        facts = page.get_by_role("region", name="At a glance")
        expect(facts).to_contain_text("Current customer")
        expect(facts.locator("dt:has-text('Paid orders') + dd")).to_have_text("2")
        page.goto(f"/orders/{reference}/")
        expect(page.locator("main")).to_contain_text("Repeat sale")


def _add_a_contact(page: Page, actor: Actor, name: str) -> None:
    page.goto("/customers/")
    actor.press(page.get_by_role("link", name="New customer").first)
    actor.write(page.locator("#id_name"), name)
    actor.write(page.locator("#id_phone"), "+44 7700 900456")
    actor.press(page.get_by_role("button", name="Save", exact=True))
    added = page.get_by_role("heading", level=1, name=name)
    question = page.get_by_text("If it is somebody else, save once more.")
    expect(added.or_(question).first).to_be_visible()
    if question.count():
        actor.press(page.get_by_role("button", name="Save", exact=True))
    expect(added).to_be_visible()
    expect(page.locator("main")).to_contain_text("Nothing yet.")


def test_a_sponsor_rescues_a_member_at_zero(
    open_window: OpenWindow, site: Site, worker: None
) -> None:
    with open_window() as (page, sponsor), open_window() as (hers, member):
        name = desk.AT_ZERO["keyboard" if isinstance(sponsor, Keyboard) else "pointer"]
        log_in(page, sponsor, "ana@example.org")
        page.goto("/today/people/")
        row = page.locator("main li").filter(has_text=name).filter(has_text="October: 50 BV")
        sponsor.press(row.get_by_role("button", name="Plan a talk"))
        expect(row.get_by_role("link", name="Planned for")).to_be_visible()

        # The talk stands on the sponsor's list and is noted; nothing tells of anybody's customers.
        page.goto("/follow-ups/")
        expect(page.locator("main")).not_to_contain_text(desk.MEMBERS_CUSTOMER)
        sponsor.press(page.locator("main").get_by_role("link", name=name).first)
        sponsor.write(page.locator("#id_note"), "Had been ill, starts again today")
        sponsor.press(page.get_by_role("button", name="Talked", exact=True))

        with open_window(role="superuser") as (office, staff):
            log_in(hers, member, f"{name.split()[0].lower()}@example.org")
            hers.goto("/orders/new/")
            member.choose(hers.locator("#id_customer"), desk.MEMBERS_CUSTOMER)
            _pay(office, staff, _order(hers, member))

        page.goto("/today/people/")
        reload_until(page, lambda: name not in page.locator("main").inner_text())


def test_a_referral_link_ends_in_a_first_order(open_window: OpenWindow, site: Site) -> None:
    with open_window() as (page, actor), open_window(role="superuser") as (office, staff):
        log_in(page, actor, "bruno@example.org")
        campaign, name = f"Fair {secrets.token_hex(3)}", f"Paula {secrets.token_hex(3)}"
        page.goto("/links/")
        actor.write(page.locator("#id_campaign"), campaign)
        actor.press(page.get_by_role("button", name="Make the link"))
        public = page.locator("#address").input_value()
        link = page.url

        with open_window() as (outside, visitor):
            _leave_a_contact(outside, visitor, public, name)

        page.goto(link)
        _expect_funnel(page, visits="1", contacts="1", orders="0")
        actor.press(page.locator("main").get_by_role("link", name=name).first)
        actor.press(page.get_by_role("link", name="First order"))
        _pay(office, staff, _order(page, actor))

        page.goto(link)
        _expect_funnel(page, visits="1", contacts="1", orders="1")


def _leave_a_contact(page: Page, visitor: Actor, address: str, name: str) -> None:
    """Open the link as somebody with a browser of their own, agree, and leave a contact."""
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Bruno Costa")
    assert [
        one["name"] for one in page.context.cookies() if "referral" in one.get("name", "")
    ] == []
    visitor.press(page.get_by_role("button", name="Yes, remember it"))
    expect(page.locator("main")).to_contain_text("This device remembers the page")
    visitor.write(page.locator("#id_name"), name)
    visitor.write(page.locator("#id_email"), f"{name.replace(' ', '.').lower()}@example.com")
    agreed: Any = page.locator("#id_consent")
    if isinstance(visitor, Keyboard):
        agreed.focus()
        page.keyboard.press("Space")
    else:
        visitor.press(agreed)
    visitor.press(page.get_by_role("button", name="Send my message"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")


def _expect_funnel(page: Page, **counts: str) -> None:
    labels = {"visits": "Visits", "contacts": "Contacts", "orders": "First orders"}
    for key, number in counts.items():
        tile = page.locator(".standing .fig").filter(has_text=labels[key])
        expect(tile.locator(".fig-value").first).to_have_text(number)
