"""The words of notices, made of their facts when they are read, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from representatives import formatting
from representatives.models import Notice, Representative
from representatives.notice_kinds import NoticeKind

Facts = dict[str, Any]
ICONS = {
    NoticeKind.STATEMENT: "wallet2",
    NoticeKind.RANK: "award",
    NoticeKind.PAYOUT_SENT: "cash-stack",
    NoticeKind.PAYOUT_FAILED: "exclamation-circle",
    NoticeKind.PAYOUT_HELD: "lock",
    NoticeKind.ADJUSTMENT: "sliders",
    NoticeKind.DISPUTE: "chat-dots",
    NoticeKind.MEMBER: "person-plus",
    NoticeKind.POINTS: "hourglass-split",
    NoticeKind.FOLLOW_UPS: "list-check",
    NoticeKind.BANK_DETAILS: "shield-check",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A notice as it is read: what it is about, in a sentence or two, and where to look."""

    notice: Notice
    title: str
    text: str
    path: str

    @property
    def icon(self) -> str:
        """The name of its icon."""
        return ICONS[NoticeKind(self.notice.kind)]


def tell(notices: Iterable[Notice]) -> list[Told]:
    """Return notices in words; names of people are looked up, once for each receiver.

    A person who moved to another line since is not named: the receiver's pages hide them too.
    """
    rows = list(notices)
    people = _people(rows)
    found = []
    for row in rows:
        facts = dict(row.facts)
        if "member" in facts:
            facts["person"] = people.get((row.user_id, facts["member"]))
        title, text, path = _WORDS[NoticeKind(row.kind)](facts)
        found.append(Told(row, title, text, path))
    return found


def _people(rows: Iterable[Notice]) -> dict[tuple[int, int], Representative]:
    """Return the people in notices by receiver and number, as far as the receiver reaches them."""
    asked: dict[int, set[int]] = {}
    for row in rows:
        if "member" in row.facts:
            asked.setdefault(row.user_id, set()).add(row.facts["member"])
    found = {}
    for receiver, numbers in asked.items():
        reader = Representative.objects.filter(user_id=receiver).first()
        for number, person in Representative.objects.visible_to(reader).in_bulk(numbers).items():
            found[receiver, number] = person
    return found


def _statement(facts: Facts) -> tuple[str, str, str]:
    month = _month(facts["month"])
    return (
        _("Your statement for %(month)s is here") % {"month": month},
        _("You earned %(money)s in commission, and %(points)s RSP went into your bank.")
        % {"money": _money(facts, "money"), "points": _points(facts["rsp"])},
        reverse("compensation:statement", args=[facts["month"]]),
    )


def _rank(facts: Facts) -> tuple[str, str, str]:
    return (
        _("You have reached the rank %(rank)s") % {"rank": facts["rank"]},
        _("%(month)s brought you there. The page on your rank shows what comes next.")
        % {"month": _capital(_month(facts["month"]))},
        reverse("compensation:rank"),
    )


def _payout_sent(facts: Facts) -> tuple[str, str, str]:
    return (
        _("%(amount)s is on its way to you") % {"amount": _money(facts, "amount")},
        _("The payment goes to the account that ends in %(digits)s and is due on %(day)s.")
        % {"digits": facts["digits"], "day": _day(facts["day"])},
        reverse("compensation:payouts"),
    )


def _payout_failed(facts: Facts) -> tuple[str, str, str]:
    return (
        _("A payout of %(amount)s could not be made") % {"amount": _money(facts, "amount")},
        _(
            "The bank refused the payment to the account that ends in %(digits)s. The amount is in"
            " your balance again. Please check your bank details."
        )
        % {"digits": facts["digits"]},
        reverse("compensation:payouts"),
    )


def _payout_held(facts: Facts) -> tuple[str, str, str]:
    words = {
        "held": (
            _("Your payouts are held"),
            _("Nothing is paid out until this is settled. The reason: %(reason)s"),
        ),
        "released": (
            _("Your payouts are free again"),
            _("They are no longer held. The reason: %(reason)s"),
        ),
        "kyc": (
            _("Your proof of identity was refused"),
            _("Nothing is paid out until it is approved. The reason: %(reason)s"),
        ),
        "tax_form": (
            _("Your tax form was refused"),
            _("Nothing is paid out until it is approved. The reason: %(reason)s"),
        ),
    }
    title, text = words[facts["state"]]
    return title, text % {"reason": facts["reason"]}, reverse("compensation:payouts")


def _adjustment(facts: Facts) -> tuple[str, str, str]:
    money, points = _money(facts, "money"), _points(facts["rsp"])
    if facts["money"] and facts["rsp"]:
        text = _("%(money)s and %(points)s RSP were entered by hand. The reason: %(reason)s")
    elif facts["money"]:
        text = _("%(money)s was entered by hand. The reason: %(reason)s")
    else:
        text = _("%(points)s RSP were entered by hand. The reason: %(reason)s")
    return (
        _("Your account was adjusted"),
        text % {"money": money, "points": points, "reason": facts["reason"]},
        reverse("compensation:earnings"),
    )


def _dispute(facts: Facts) -> tuple[str, str, str]:
    number = {"number": facts["number"]}
    path = reverse("compensation:own_dispute", args=[facts["dispute"]])
    if facts["state"] == "opened":
        return (
            _("We have your question on statement %(number)s") % number,
            _("A person looks at it and answers by %(day)s.") % {"day": _day(facts["day"])},
            path,
        )
    if facts["state"] == "accepted":
        outcome = _(
            "You are right, and the line is to be corrected. A second person checks the"
            " correction; once granted it stands on the statement of the open month."
        )
    else:
        outcome = _("We have looked at the line, and it stays as it is.")
    title = _("The answer to your question on statement %(number)s") % number
    return title, f"{outcome}\n\n{facts['answer']}", path


def _member(facts: Facts) -> tuple[str, str, str]:
    person = facts["person"]
    if person is None:
        return (
            _("A person joined your front line"),
            _("The person is in another line by now, so that the name is not shown here."),
            reverse("compensation:downline"),
        )
    return (
        _("%(name)s has joined your front line") % {"name": person.name},
        _("A first hello helps: the card shows how to reach the person, if that was allowed."),
        reverse("compensation:downline_member", args=[person.code]),
    )


def _expiring(facts: Facts) -> tuple[str, str, str]:
    points, path = _points(facts["points"]), reverse("compensation:rsp")
    if facts["state"] == "cashed":
        return (
            _("%(points)s RSP reached their date") % {"points": points},
            _("They were turned into %(money)s, which is in your balance.")
            % {"money": _money(facts, "money")},
            path,
        )
    return (
        _("%(points)s RSP expire on %(day)s") % {"points": points, "day": _day(facts["day"])},
        _("Until then you choose what becomes of them; on that day they are turned into cash."),
        path,
    )


def _follow_ups(facts: Facts) -> tuple[str, str, str]:
    due, overdue = facts["due"], facts["overdue"]
    title = ngettext("%(count)s follow-up for today", "%(count)s follow-ups for today", due) % {
        "count": due
    }
    if overdue:
        text = ngettext(
            "%(count)s of them was due before. The oldest are on top of your list.",
            "%(count)s of them were due before. The oldest are on top of your list.",
            overdue,
        ) % {"count": overdue}
    else:
        text = _("Nothing is left from the days before.")
    return title, text, reverse("sales:follow_ups")


def _bank_details(facts: Facts) -> tuple[str, str, str]:
    return (
        _("Your bank details were changed"),
        _(
            "Your payouts now go to the account that ends in %(digits)s. The first payout to it is"
            " possible from %(day)s on. If this was not you, tell us before that day: until then"
            " nothing is paid to it."
        )
        % {"digits": facts["digits"], "day": _day(facts["day"])},
        reverse("compensation:bank_account"),
    )


_WORDS: dict[NoticeKind, Callable[[Facts], tuple[str, str, str]]] = {
    NoticeKind.STATEMENT: _statement,
    NoticeKind.RANK: _rank,
    NoticeKind.PAYOUT_SENT: _payout_sent,
    NoticeKind.PAYOUT_FAILED: _payout_failed,
    NoticeKind.PAYOUT_HELD: _payout_held,
    NoticeKind.ADJUSTMENT: _adjustment,
    NoticeKind.DISPUTE: _dispute,
    NoticeKind.MEMBER: _member,
    NoticeKind.POINTS: _expiring,
    NoticeKind.FOLLOW_UPS: _follow_ups,
    NoticeKind.BANK_DETAILS: _bank_details,
}


def _money(facts: Facts, name: str) -> str:
    return formatting.money(facts[name], facts["currency"], get_language())


def _points(hundredths: int) -> str:
    return formatting.hundredths(hundredths, get_language())


def _day(text: str) -> str:
    return str(formats.date_format(date.fromisoformat(text), "j E Y"))


def _month(label: str) -> str:
    return str(formats.date_format(date.fromisoformat(f"{label}-01"), "YEAR_MONTH_FORMAT"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
