"""The plan in force in sentences and tables, in the reader's language.

Each part says one thing that the plan decides; a table holds what depends on a level, a rank or a
bracket, with the reader's own row marked.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from compensation.engine.caps import Cap
from compensation.engine.plan import Plan
from compensation.explaining import words
from compensation.selectors_pages.plan_components import tell_component
from compensation.selectors_pages.plan_words import Part, Reader, measure_of, money, percent, whole


def tell(plan: Plan, reader: Reader | None) -> list[Part]:
    """Return the whole plan in its order of computation, without the ranks' own table."""
    parts = [_activity(plan, reader)]
    parts += [
        tell_component(plan, index, component, reader)
        for index, component in enumerate(plan.components)
    ]
    if plan.caps:
        parts.append(_caps(plan))
    return parts


def rank_sentences(plan: Plan) -> list[str]:
    """Return how ranks rise, what they pay at and what holds them."""
    ranks = plan.ranks
    told = [
        ngettext(
            "A title rises by at most %(count)s step a month, and no rank is jumped.",
            "A title rises by at most %(count)s steps a month, and no rank is jumped.",
            ranks.steps_per_period,
        )
        % {"count": whole(ranks.steps_per_period)},
        _(
            "The title stays. The rank you are paid at is the highest one, not above the title, "
            "whose requirements you met in the month."
        ),
    ]
    if ranks.grace_periods:
        told.append(
            ngettext(
                "Whoever meets less keeps the rank of the month before for %(count)s more month.",
                "Whoever meets less keeps the rank of the month before for %(count)s more months.",
                ranks.grace_periods,
            )
            % {"count": whole(ranks.grace_periods)}
        )
    if ranks.floor is not None:
        told.append(
            _("From the title %(title)s upwards nobody is paid below %(floor)s.")
            % {
                "title": ranks.names[ranks.floor.for_titles_from],
                "floor": ranks.names[ranks.floor.floor],
            }
        )
    return told


def _activity(plan: Plan, reader: Reader | None) -> Part:
    activity = plan.activity
    title = _("Who is active")
    never = _("Suspended and terminated people are never active.")
    if activity.measure == "always":
        return Part("activity", title, [_("Everybody who is enrolled is active."), never])
    if activity.measure == "stated":
        return Part("activity", title, [_("The company states month by month who is active.")])
    need = {
        "need": words.with_unit(activity.measure, activity.at_least),
        "what": words.measure_name(activity.measure, plan),
    }
    if activity.window == "quarter_to_date":
        text = _(
            "You are active with at least %(need)s (%(what)s) from the first day of the quarter "
            "to the end of the month."
        )
    elif activity.window == "trailing":
        text = ngettext(
            "You are active with at least %(need)s (%(what)s) in %(count)s month.",
            "You are active with at least %(need)s (%(what)s) in the last %(count)s months.",
            activity.trailing,
        )
        need["count"] = whole(activity.trailing)
    else:
        text = _("You are active with at least %(need)s (%(what)s) in the month.")
    told = [
        text % need,
        _("Orders of your customers and your own purchases count alike."),
        never,
    ]
    return Part("activity", title, told, here=_activity_here(plan, reader))


def _activity_here(plan: Plan, reader: Reader | None) -> str:
    window = {"personal_bv": "window_bv", "personal_rsp": "window_rsp"}
    measure = window.get(plan.activity.measure, plan.activity.measure)
    if reader is None or measure not in reader.figures:
        return ""
    return _("You have %(now)s of %(need)s.") % {
        "now": words.figure_text(plan.activity.measure, reader.figures[measure]),
        "need": words.with_unit(plan.activity.measure, plan.activity.at_least),
    }


def _caps(plan: Plan) -> Part:
    told = [_cap(plan, cap) for cap in plan.caps]
    told.append(_("What a limit takes off stands on the statement as a line of its own."))
    return Part("caps", _("Limits"), told)


def _cap(plan: Plan, cap: Cap) -> str:
    ids = [one.id for one in plan.components]
    names = ", ".join(words.source_name(plan, ids.index(one)) for one in cap.of)
    if cap.amount is not None:
        most = {"most": money(cap.amount, plan), "names": names}
        if cap.scope == "person":
            return _("Nobody is paid more than %(most)s a month by: %(names)s.") % most
        return _("All together are paid at most %(most)s a month by: %(names)s.") % most
    share = {"share": percent(cap.percent), "measure": measure_of(cap), "names": names}
    return (
        _("All together are paid at most %(share)s of the company’s %(measure)s by: %(names)s.")
        % share
    )
