"""What forms of all apps share."""

from __future__ import annotations

from django import forms


class ServiceForm(forms.Form):
    """A form whose entries go to a service, which may still refuse them."""

    def add_refusal(self, field: str | None, message: str) -> None:
        """Show what the service refused, at its field where the form has it."""
        self.add_error(field if field in self.fields else None, message)
