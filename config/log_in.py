"""The form of the log-in, in the portal's own words."""

from typing import Any

from allauth.account.forms import LoginForm
from django.utils.translation import gettext_lazy as _


class LogInForm(LoginForm):
    """allauth's form; an address is called here what it is called everywhere else."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, remember = self.fields["login"], self.fields["remember"]
        login.label = _("E-mail address")
        login.widget.attrs.pop("placeholder", None)
        remember.label = _("Keep me logged in")
