"""C13: what a posted month says stays as it was, whatever changes afterwards."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Any

from django.core.management import call_command
from django.test import Client

from compensation import services
from compensation.models import Run
from representatives.models import Representative, User
from representatives.services import apply_sponsor_changes, change_sponsor
from sales.models import Product
from tests.compensation.town import PLAN, ZONE, Town, digest, local

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TOKEN = re.compile(
    r'(csrfmiddlewaretoken" value="|X-CSRFToken": ")[^"]+|(?<=")term-\w+-[0-9a-f]{6}'
)
"""What is drawn anew for each page: the form's token, and the names of explained words."""


def _reports(town: Town, capsys: Any) -> dict[str, str]:
    """What each member is told of January: the statement's page, and every figure opened."""
    found = {}
    for code, member in town.members.items():
        client = Client()
        client.force_login(User.objects.get(email=f"{code.lower()}@example.com"), backend=BACKEND)
        page = client.get("/earnings/2017-01/")
        assert page.status_code == 200
        found[f"page of {code}"] = TOKEN.sub("", page.content.decode())
        with suppress(SystemExit):
            call_command("explain", "2017-01", member.code, "--all", "--json")
        found[f"figures of {code}"] = capsys.readouterr().out
    return found


def _everything_changes(town: Town) -> None:
    """A new plan, other prices, a subtree that moves, a rank by decision, one who leaves."""
    services.add_plan_version(
        document=PLAN.replace('["8", "5", "4", "3"]', '["1"]').replace("depth: 4", "depth: 1"),
        effective_from=date(2017, 2, 1),
    )
    Product.objects.update(retail_price_minor=1, bv=1, rsp=1, name="Another")
    now = local("2017-02-03T09:00")
    change_sponsor(
        representative=town.members["D"],
        new_sponsor=town.members["Y"],
        reason="moves",
        decided_by=town.closer,
        now=now,
        zone=ZONE,
    )
    apply_sponsor_changes(now=local("2017-03-01T00:00"))


def test_a_posted_month_is_told_byte_for_byte_as_before(town: Town, capsys: Any) -> None:
    for code, member in town.members.items():
        user = User.objects.create_user(f"{code.lower()}@example.com", "never typed")
        Representative.objects.filter(pk=member.pk).update(user=user)
    run = town.close("2017-01")
    before, ledger = _reports(town, capsys), digest()
    assert len(set(before.values())) == len(before)

    _everything_changes(town)

    assert _reports(town, capsys) == before
    assert digest() == ledger
    again = Run.objects.get(pk=run.pk)
    assert (again.input_digest, again.result_digest) == (run.input_digest, run.result_digest)
