"""C10: orders, refunds and back-dated orders that come by HTTP and import while a month closes."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from compensation import services, verification
from compensation.models import Period, Reversal, Run
from representatives.models import Representative, User
from sales import services as sales_services
from sales.importing import COLUMNS
from sales.models import Order, Return
from tests.compensation.town import Town, build_town, local
from tests.faults.closing import CLOSE
from tests.faults.forks import Child
from tests.race.processes import is_stopped, wait_until

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
BEFORE = local("2017-01-30T12:00")
BACK_DATED = "LATE-1,A,,1,GREENS,2,49.90,2017-01-15T10:00:00,"


@pytest.fixture
def site(transactional_db: None) -> Client:
    boss = User.objects.create_superuser("boss@example.com", "a long password of boss")
    client = Client()
    client.force_login(boss, backend=BACKEND)
    return client


def _facts_come_in(town: Town, site: Client, fork: Callable[..., Child], folder: Path) -> None:
    """What people do on pages, and an import, while the month is frozen and not yet posted."""
    # Staff record today that an order of January was paid: it counts from now on.
    waiting = Order.objects.get(reference="placed-in-january")
    paid = site.post(
        reverse("admin:sales_order_payment", args=[waiting.pk]),
        {"reference": "paid late", "amount": "49.90", "paid_at": "2017-01-31T23:59"},
    )
    assert paid.status_code == 302, paid.content.decode()
    # A representative orders; staff accept a return of an order of January.
    member = town.members["E"]
    member.user = User.objects.create_user("e@example.com", "a long password of E")
    Representative.objects.filter(pk=member.pk).update(user=member.user)
    own = Client()
    own.force_login(member.user, backend=BACKEND)
    lines = {"line_product": [town.products["TEA"].pk], "line_quantity": ["2"]}
    draft = lines | {"action": "place", "customer": "me"}
    assert own.post("/orders/new/", draft).status_code == 302
    back = Return.objects.get()
    accepted = site.post(
        reverse("admin:sales_return_decide", args=[back.pk]),
        {"quantity": "1", "decision": "", "act": "accept"},
    )
    assert accepted.status_code == 302, accepted.content.decode()
    # A file with an order of January is refused, or counts in the month that holds the clock.
    file = folder / "orders.csv"
    file.write_text("\n".join([",".join(COLUMNS), BACK_DATED, ""]))
    refused = fork("import_orders", file).wait()
    assert (refused.returncode, Order.objects.filter(external_ref="LATE-1").count()) == (1, 0)
    taken = fork("import_orders", file, "--into-open-period").wait()
    assert taken.returncode == 0, taken.stderr
    # Nobody dates an order back behind the program's back.
    with (
        pytest.raises(IntegrityError, match="stands as it is"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "UPDATE sales_order SET counted_at = %s WHERE external_ref = 'LATE-1'", [BEFORE]
        )


def test_what_comes_while_a_month_closes_counts_later_and_nothing_is_lost(
    town: Town,
    site: Client,
    fork: Callable[..., Child],
    tmp_path: Path,
    fresh_database: Callable[[], None],
) -> None:
    sales_services.place_order(
        seller=town.members["A"],
        customer=None,
        lines=[sales_services.LineRequest(town.products["GREENS"].pk, 1)],
        now=BEFORE,
        reference="placed-in-january",
    )
    order = next(one for key, one in town.orders.items() if key.startswith("F-2017-01-09"))
    sales_services.request_return(
        line=order.lines.get(number=1), quantity=1, requested_by=None, now=BEFORE
    )
    before = Order.objects.filter(status="paid").count()

    closing = fork(*CLOSE, env={"FAULT_POINT": "freeze.after_commit", "FAULT_ACTION": "stop"})
    wait_until(lambda: is_stopped(closing.pid), "frozen")
    _facts_come_in(town, site, fork, tmp_path)
    closing.kill(signal.SIGCONT)
    done = closing.wait()
    assert done.returncode == 0, done.stderr
    january = Run.objects.get(kind="close")
    disturbed = (january.input_digest, january.result_digest, january.commission_minor)
    assert Reversal.objects.get().sales_return.line.order == order

    # Two orders more were paid, and each paid order is in exactly one month.
    town.set_clock("2017-03-02T09:00")
    february = town.close("2017-02")
    paid = Order.objects.filter(status="paid")
    assert paid.count() == before + 2 == january.order_count + february.order_count
    assert paid.aggregate(sum=Sum("bv"))["sum"] == january.bv + february.bv
    assert verification.ledger_faults() == []

    fresh_database()
    undisturbed = build_town().close("2017-01")
    assert disturbed == (
        undisturbed.input_digest,
        undisturbed.result_digest,
        undisturbed.commission_minor,
    )
    assert Period.objects.get(label="2017-02").status == "open"
    assert services.reverse_waiting_returns(now=local("2017-02-03T09:00")) == 0
