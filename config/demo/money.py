"""What becomes of the demo company's money in the month that stays open, by the product's services.

Bank details and checks, one payout batch that the bank has answered and one that waits for
approval, a few conversions of points, an adjustment that is posted and one that waits, a dispute.
Every act has its own instant and is done once: whatever is there already is left as it is, so that
a run after a kill goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from schwifty import IBAN

from compensation import selectors, selectors_bank, selectors_payouts, services
from compensation.models import (
    Adjustment,
    AdjustmentStatus,
    BatchStatus,
    CheckStatus,
    ConversionTarget,
    Dispute,
    Earning,
    EarningUnit,
    Payee,
    PayeeEventKind,
    Payout,
    PayoutBatch,
    PayoutStatus,
    Period,
    RspConversion,
    StatementLineKey,
)
from config.demo import company
from config.demo.files import DemoData
from config.demo.tree import draw
from config.demo.year import ZONE
from representatives.models import Representative, User

#: No bank in Germany has this code: nobody's accounts.
BANK_CODE = "99999999"
EARLY_PAYEES, LATE_PAYEES = 24, 8
CONVERSIONS = 4
#: Points are converted in lumps of so many hundredths; the plan's smallest that buys BV is larger.
LUMP, BV_LUMP = 10_00, 100_00
MOST_CONVERTED = 2_000_00
SMALLEST_PAYOUT = 10_00
RAISED_BY = 5_00


def settle_money(label: str, data: DemoData) -> None:
    """Do all of it, in the month of ``label``, which is open and has no sales yet."""
    story = _Story(Period.objects.get(label=label), data)
    story.enter_payees(story.early, day=4)
    story.leave_papers_open(day=5)
    story.enter_payees(story.late, day=10)
    story.pay(draft_day=12, answer_day=14)
    story.convert(day=15)
    story.dispute(day=16)
    story.adjust(day=17)
    story.draft(day=19)


class _Story:
    """The people of the story, and their acts in the order of their days."""

    def __init__(self, period: Period, data: DemoData) -> None:
        self.period = period
        last = selectors.last_posted_run_before(period)
        assert last is not None, "the months before are posted"
        self.last = last
        self.requester = User.objects.get(email=company.REQUESTER)
        self.approver = User.objects.get(email=company.APPROVER)
        people = [member for _, member in company.people_with_logins(data)]
        members = {
            one.code: one
            for one in Representative.objects.filter(code__in=[one.code for one in people])
        }
        self.top, self.middle, self.leaf = (members[one.code] for one in people)
        earned = self._richest()
        known = [self.top, self.middle]
        others = [one for one in earned if one not in (*known, self.leaf)]
        self.early = [one for one in known if one in earned] + others[:EARLY_PAYEES]
        self.late = others[EARLY_PAYEES : EARLY_PAYEES + LATE_PAYEES]

    def at(self, day: int, hour: int = 10) -> datetime:
        """Move the company's clock to an hour of a day of the month and return it."""
        first = self.period.starts_at.astimezone(ZONE)
        instant = (first + timedelta(days=day - 1)).replace(hour=hour)
        company.freeze_clock(instant)
        return instant

    def _richest(self) -> list[Representative]:
        """People with a balance worth paying as the last month was posted, the largest first."""
        sums: dict[int, int] = {}
        for row in Earning.objects.filter(run_id=self.last.pk, unit=0).values_list(
            "receiver_id", "amount"
        ):
            sums[row[0]] = sums.get(row[0], 0) + row[1]
        people = Representative.objects.in_bulk(sums)
        ranked = sorted(people.values(), key=lambda one: (-sums[one.pk], one.code))
        return [one for one in ranked if sums[one.pk] >= SMALLEST_PAYOUT]

    # -- bank details and checks ---------------------------------------------------------------

    def enter_payees(self, people: list[Representative], *, day: int) -> None:
        """Enter accounts, which their owners do themselves where they have a log-in; check them."""
        now, later = self.at(day), self.at(day, 15)
        for person in people:
            if Payee.objects.filter(representative=person).exclude(iban="").exists():
                continue
            services.change_bank_account(
                representative=person,
                holder_name=person.name,
                iban=account_of(person),
                by=person.user or self.requester,
                now=now,
            )
            for kind in (PayeeEventKind.KYC, PayeeEventKind.TAX_FORM):
                if person.user is not None:
                    services.submit_check(representative=person, kind=kind, by=person.user, now=now)
                services.decide_check(
                    representative=person,
                    kind=kind,
                    approve=True,
                    reason="Papers seen, name and date agree.",
                    by=self.approver,
                    now=later,
                )

    def leave_papers_open(self, *, day: int) -> None:
        """The leaf has sent in papers that nobody has looked at yet."""
        now = self.at(day)
        assert self.leaf.user is not None
        payee = Payee.objects.filter(representative=self.leaf).first()
        if payee is None or payee.kyc_status == CheckStatus.NONE:
            services.submit_check(
                representative=self.leaf, kind=PayeeEventKind.KYC, by=self.leaf.user, now=now
            )

    # -- payouts -------------------------------------------------------------------------------

    def pay(self, *, draft_day: int, answer_day: int) -> None:
        """Pay the early payees: made by one, approved by another, answered by the bank."""
        batch = PayoutBatch.objects.order_by("pk").first()
        now = self.at(draft_day)
        if batch is None and self.early:
            days = timedelta(days=answer_day - draft_day)
            batch = services.draft_batch(
                by=self.requester, now=now, execution_date=(now + days).date()
            )
        if batch is None:
            return
        now = self.at(draft_day, 15)
        if batch.status == BatchStatus.DRAFT:
            batch = services.approve_batch(batch=batch, by=self.approver, now=now)
        if batch.status == BatchStatus.APPROVED:
            batch = services.send_batch(batch=batch, by=self.approver, now=now)
            services.confirm_sending(batch=batch, by=self.requester, now=now)
        if batch.status == BatchStatus.SENT:
            services.import_answers(
                file=self._answers(batch),
                by=self.requester,
                now=self.at(answer_day, 17),
                name="answers of the bank.csv",
            )

    def _answers(self, batch: PayoutBatch) -> bytes:
        """The bank has paid everybody but the one of the smallest amount: a closed account."""
        payouts = list(
            Payout.objects.filter(batch=batch, status=PayoutStatus.SENT)
            .select_related("representative")
            .order_by("-amount_minor", "end_to_end_id")
        )
        unknown = [one for one in payouts if one.representative.user_id is None]
        closed = unknown[-1] if len(unknown) > 1 else None
        rows = [
            f"{one.end_to_end_id},failed,AC04 Closed account"
            if one == closed
            else f"{one.end_to_end_id},settled,"
            for one in payouts
        ]
        return "\n".join(["end_to_end_id,status,reason", *rows, ""]).encode()

    def draft(self, *, day: int) -> None:
        """Draft the batch of those whose accounts can be paid to since; it waits for approval."""
        now = self.at(day)
        people = (*self.early, *self.late)
        is_owed = any(selectors_payouts.standing(one, now).payable_minor for one in people)
        if is_owed and PayoutBatch.objects.count() == 1:
            services.draft_batch(
                by=self.requester, now=now, execution_date=(now + timedelta(days=2)).date()
            )

    # -- points, adjustments, disputes -----------------------------------------------------------

    def convert(self, *, day: int) -> None:
        """The top buys BV; the middle and some others take cash for a part of what is active."""
        now = self.at(day)
        wishes = [(self.top, ConversionTarget.BV), (self.middle, ConversionTarget.CASH)]
        others = [one for one in self.early if one not in (self.top, self.middle)]
        wishes += [(one, ConversionTarget.CASH) for one in others[: CONVERSIONS - 2]]
        for person, target in wishes:
            token = f"demo-{self.period.label}"
            if RspConversion.objects.filter(representative=person, token=token).exists():
                continue
            active = selectors_bank.get_bank(person.pk, now=now, zone=ZONE).active
            points = min(active // 2, MOST_CONVERTED) // LUMP * LUMP
            if points >= (BV_LUMP if target is ConversionTarget.BV else LUMP):
                services.convert_points(
                    representative=person,
                    points=points,
                    target=target,
                    token=token,
                    by=person.user or self.requester,
                    now=now,
                )

    def dispute(self, *, day: int) -> None:
        """The middle says that the largest line of the last statement is too small."""
        now = self.at(day)
        people = {one.pk: one for one in (self.top, self.middle)}
        lines = Earning.objects.filter(
            run_id=self.last.pk, receiver__in=people, unit=EarningUnit.MONEY
        ).order_by("-amount", "receiver_id", "component", "paid_level")
        own = [line for line in lines if line.receiver_id == self.middle.pk]
        line = next(iter((*own, *lines)), None)
        if line is None or Dispute.objects.exists():
            return
        person = people[line.receiver_id]
        assert person.user is not None
        services.open_dispute(
            representative=person,
            line=StatementLineKey(
                line.run_id,
                line.receiver_id,
                line.component,
                line.paid_level,
                line.rate_num,
                line.rate_den,
            ),
            expected_minor=line.amount + RAISED_BY,
            text="An order of the last evening of the month seems to be missing from this line.",
            by=person.user,
            now=now,
        )

    def adjust(self, *, day: int) -> None:
        """One adjustment is asked for and granted by another person, one still waits."""
        now, later = self.at(day), self.at(day, 15)
        for person, money, reason in self._corrections():
            key = f"demo-{person.code}"
            asked = Adjustment.objects.filter(key=key).first()
            if asked is None:
                asked = services.request_adjustment(
                    representative=person,
                    money_minor=money,
                    rsp=0,
                    reason=reason,
                    line=None,
                    related_period=None,
                    by=self.requester,
                    now=now,
                    key=key,
                )
            if person == self.middle and asked.status == AdjustmentStatus.REQUESTED:
                services.approve_adjustment(adjustment=asked, by=self.approver, now=later)

    def _corrections(self) -> Iterator[tuple[Representative, int, str]]:
        yield self.middle, 15_00, "Parcel damaged on the way, customer served from own stock."
        yield self.top, 40_00, "Travel to the autumn meeting, receipt of 3 November."


def account_of(person: Representative) -> str:
    """Return the made-up account of a person, the same on every machine."""
    number = draw("account", person.code) % 10**10
    return str(IBAN.generate("DE", bank_code=BANK_CODE, account_code=f"{number:010d}"))
