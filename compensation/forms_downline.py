"""What the table of the downline can be asked for. It stays in the address of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from compensation.forms_bank import read_points
from compensation.selectors_pages.downline_query import LEVELS_SHOWN, Question

LONGEST_SEARCH = 100
NO_VOLUME = _("Enter a number such as 60 or 60.50.")


class VolumeField(forms.CharField):
    """A volume or points as text; cleaned to hundredths, None where nothing is typed."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(required=False, max_length=20, widget=widget, **kwargs)

    def clean(self, value: object) -> int | None:
        """Return the volume in hundredths."""
        text = str(super().clean(value) or "")
        if not text:
            return None
        volume = read_points(text)
        if volume is None:
            raise forms.ValidationError(NO_VOLUME, code="invalid")
        return volume


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(
        label=label, required=False, widget=widget, input_formats=["%Y-%m-%d", "%d.%m.%Y"]
    )


STATES = [
    ("", _("All")),
    ("active", _("Active")),
    ("inactive", _("Not active")),
    ("near", _("Nearly active")),
    ("dormant", _("No sale yet")),
    ("away", _("Suspended or terminated")),
]


class DownlineForm(forms.Form):
    """Filters of the table; what is not understood is told at its field and filters nothing."""

    q = forms.CharField(required=False, max_length=LONGEST_SEARCH)
    level = forms.TypedChoiceField(label=_("Level"), required=False, coerce=int, empty_value=None)
    rank = forms.TypedChoiceField(label=_("Paid as"), required=False, coerce=int, empty_value=None)
    state = forms.ChoiceField(
        label=_("Activity"),
        required=False,
        choices=STATES,
    )
    joined_from = _day(_("Joined from"))
    joined_to = _day(_("Joined until"))
    bv_least = VolumeField(label=_("Personal BV at least"))
    bv_most = VolumeField(label=_("Personal BV at most"))
    rsp_least = VolumeField(label=_("Own RSP at least"))
    group_least = VolumeField(label=_("Group BV at least"))

    def __init__(self, data: Any, *, ranks: Sequence[str], is_over: bool = False) -> None:
        super().__init__(data, auto_id="filter-%s", use_required_attribute=False)
        dormant = ("dormant", _("No sale")) if is_over else STATES[4]
        self._offer("state", [*STATES[:4], dormant, *STATES[5:]])
        levels = [(str(level), str(level)) for level in range(1, LEVELS_SHOWN + 1)]
        deeper = (str(LEVELS_SHOWN + 1), _("Level 5 and on"))
        self._offer("level", [("", _("All")), *levels, deeper])
        self._offer("rank", [("", _("All")), *((str(i), name) for i, name in enumerate(ranks))])

    def _offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices
        field.widget.attrs["class"] = "form-select"

    def filters(self) -> list[forms.BoundField]:
        """Return the fields apart from the search."""
        return [self[name] for name in self.fields if name != "q"]

    @property
    def is_wide(self) -> bool:
        """Whether a filter is in use that only the opened fields show."""
        names = set(self.fields) - {"q", "state"}
        return any(self.data.get(name) for name in names) or bool(self.errors)

    def question(self) -> Question:
        """Return what is asked for, as far as it is understood."""
        self.is_valid()
        asked = self.cleaned_data
        return Question(
            text=asked.get("q") or "",
            level=asked.get("level"),
            rank=asked.get("rank"),
            state=asked.get("state") or "",
            joined_from=asked.get("joined_from"),
            joined_to=asked.get("joined_to"),
            bv_least=asked.get("bv_least"),
            bv_most=asked.get("bv_most"),
            rsp_least=asked.get("rsp_least"),
            group_least=asked.get("group_least"),
        )
