"""What a row of the desk says: what is suggested or planned, in a few words and with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sales.followups import words as follow_up_words
from sales.models import FollowUp, Forecast, Occasion, SuggestionKind
from sales.suggestions.kinds import Suggestion


@dataclass(frozen=True, slots=True)
class Said:
    """A suggestion in a row: what kind it is, what it is about, and why."""

    kind: str
    about: str
    reason: str

    @property
    def title(self) -> str:
        """Return it as a title, without the full stop of the sentence."""
        return f"{self.kind} {self.about}".strip().rstrip(".")


def some_pieces(count: int, product: str) -> str:
    """Return the name of a product, with the pieces where there are several."""
    if count == 1:
        return product
    return _("%(count)s × %(product)s") % {"count": count, "product": product}


def _product_of(suggestion: Suggestion) -> str:
    """Return the product of a suggestion with the pieces usually taken."""
    if suggestion.product is None:
        return ""
    return some_pieces(suggestion.quantity, suggestion.product.name)


def of_suggestion(suggestion: Suggestion, *, also: Suggestion | None = None) -> Said:
    """Return what a suggestion says; with an add-on for the same talk, both in one."""
    product = _product_of(suggestion)
    if suggestion.kind == SuggestionKind.REPEAT and also is not None and also.product is not None:
        both = {"product": product, "other": also.product.name}
        return Said(_("Repeat and add-on:"), _("%(product)s, with %(other)s.") % both, also.reason)
    kind, about = {
        SuggestionKind.REPEAT: lambda: (_("Repeat:"), f"{product}."),
        SuggestionKind.ADD_ON: lambda: (_("Add-on:"), f"{product}."),
        SuggestionKind.UPGRADE: lambda: (_("Larger size:"), f"{product}."),
        SuggestionKind.REFERRAL_ASK: lambda: (_("Ask for a referral."), ""),
        SuggestionKind.WIN_BACK: lambda: (_("Ask how things are."), ""),
        SuggestionKind.EDUCATION: lambda: (_("Share a guide:"), f"{guide_title(suggestion)}."),
    }[suggestion.kind]()
    return Said(kind, about, suggestion.reason)


def of_follow_up(follow_up: FollowUp, *, today: date) -> Said:
    """Return what a follow-up on a customer says."""
    kinds = FollowUp.Kind
    about = follow_up.text or _about(follow_up)
    kind = {
        kinds.CARE: _("After-sales care:"),
        kinds.REORDER: _("Reorder:"),
        kinds.REFERRAL_ASK: _("Referral:"),
        kinds.WIN_BACK: _("Win back:"),
        kinds.GUIDE: _("Guide:"),
        kinds.MEMBER: _("Team:"),
        kinds.OWN: _("Your own task:"),
    }[kinds(follow_up.kind)]
    end = "" if about[-1:] in ".?!…" else "."
    return Said(kind, f"{about}{end}", follow_up_words.reason_of(follow_up, today=today))


def _about(follow_up: FollowUp) -> str:
    """Return what is to be done, without the name: it stands in the row."""
    occasion = (
        follow_up.occasion or follow_up_words.DEFAULT_OCCASIONS[FollowUp.Kind(follow_up.kind)]
    )
    return {
        Occasion.ARRIVED: _("ask whether all has arrived well"),
        Occasion.FIRST_DAYS: _("ask how the first days were"),
        Occasion.RESULT: _("ask what it has done so far"),
        Occasion.REORDER: _("ask about the next order"),
        Occasion.ADD_ON: _("tell what goes with it"),
        Occasion.UPGRADE: _("tell of the larger size"),
        Occasion.REFERRAL_ASK: _("ask who else might like it"),
        Occasion.WIN_BACK: _("ask how things are"),
        Occasion.GUIDE: _("share a guide"),
        Occasion.HELLO: _("get in touch"),
    }[Occasion(occasion)]


def also_planned(follow_up: FollowUp) -> str:
    """Return what else is planned for the same talk."""
    about = follow_up.text or _about(follow_up)
    return _("Also planned: %(task)s.") % {"task": about.rstrip(".")}


def guide_title(suggestion: Suggestion) -> str:
    """Return the title of a suggested guide in the language of the page, as far as there is one."""
    return str(getattr(suggestion.guide, "title", "")) if suggestion.guide else ""


def title_of(suggestion: Suggestion, *, status: str, today: date) -> str:
    """Return a suggestion as the title of a job: who, and what in a few words."""
    words = {
        "name": suggestion.customer.name,
        "product": _product_of(suggestion),
        "other": suggestion.with_product.name if suggestion.with_product else "",
        "guide": guide_title(suggestion),
    }
    kind = suggestion.kind
    if kind == SuggestionKind.REPEAT:
        if suggestion.forecast is not None and status == Forecast.Status.OVERDUE:
            days = (today - suggestion.forecast.until_on).days
            text = ngettext(
                "%(name)s: %(product)s %(days)s day late",
                "%(name)s: %(product)s %(days)s days late",
                days,
            )
            return text % (words | {"days": days})
        if status == Forecast.Status.DUE:
            return _("%(name)s: %(product)s due now") % words
        return _("%(name)s: %(product)s due soon") % words
    text = {
        SuggestionKind.ADD_ON: _("%(name)s: %(product)s goes well with %(other)s"),
        SuggestionKind.UPGRADE: _("%(name)s: %(product)s, the larger size"),
        SuggestionKind.REFERRAL_ASK: _("%(name)s: ask for a referral"),
        SuggestionKind.WIN_BACK: _("%(name)s: ask how things are"),
        SuggestionKind.EDUCATION: _("%(name)s: share the guide %(guide)s"),
    }[kind]
    return text % words
