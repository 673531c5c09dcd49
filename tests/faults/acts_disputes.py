"""Disputes opened and answered by processes that are killed."""

from __future__ import annotations

from compensation.models import Adjustment, Dispute, DisputeEvent, Earning, StatementLineKey
from representatives.models import Notice, Representative, User
from tests.compensation.town import CLOSER, Town, local

NOW = local("2017-02-06T10:00")
PLAINTIFF = "a@example.com"


def with_a_statement(town: Town) -> None:
    """Post January, and let A log in."""
    town.close("2017-01")
    town.set_clock("2017-02-06T10:00")
    user = User.objects.create_user(PLAINTIFF, "never typed")
    Representative.objects.filter(code="A").update(user=user)


def with_a_dispute(town: Town) -> None:
    """Let A dispute a line of January."""
    with_a_statement(town)
    open_one()


def open_one() -> None:
    """Open the dispute, unless it is open already, as the page would say."""
    from compensation import services

    member = Representative.objects.select_related("user").get(code="A")
    line = Earning.objects.filter(receiver=member, unit=0).order_by("component", "paid_level")[0]
    assert member.user is not None
    try:
        services.open_dispute(
            representative=member,
            line=StatementLineKey(
                run_id=line.run_id,
                receiver_id=line.receiver_id,
                component=line.component,
                paid_level=line.paid_level,
                rate_num=line.rate_num,
                rate_den=line.rate_den,
            ),
            expected_minor=line.amount + 500,
            text="An order of B is missing.",
            by=member.user,
            now=NOW,
        )
    except services.UnableToDispute as refused:
        if "open already" not in refused.message:
            raise


def answer_it() -> None:
    """Accept the dispute; the same answer again is the first one."""
    from compensation import services

    services.answer_dispute(
        dispute=Dispute.objects.get(),
        by=User.objects.get(email=CLOSER),
        accept=True,
        money_minor=500,
        rsp=0,
        answer="The order was entered late.",
        now=NOW,
    )


def outcome() -> object:
    """What is there of disputes, corrections and e-mails."""
    return (
        list(Dispute.objects.values_list("status", "amount", "expected_minor", "answer")),
        list(DisputeEvent.objects.order_by("ordinal").values_list("ordinal", "status", "text")),
        list(Adjustment.objects.values_list("status", "money_minor", "reason")),
        # A killed opening took a number with it, so the notice's name is told by its end.
        sorted(one.event.rsplit(":", 1)[1] for one in Notice.objects.filter(kind="dispute")),
    )
