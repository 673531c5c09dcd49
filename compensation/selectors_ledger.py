"""What the ledger holds for people: stored balances, which `rebuild_balances` compares."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Sum

from compensation.models import Account, Balance


def balance(representative_id: int, account: Account, unit: str) -> int:
    """Return what a representative's account holds, over all periods; it may be negative."""
    held = Balance.objects.filter(representative_id=representative_id, account=account, unit=unit)
    return int(held.aggregate(amount=Sum("amount"))["amount"] or 0)


def balances(representative_id: int, accounts: Collection[Account], unit: str) -> dict[int, int]:
    """Return account → what a representative's accounts hold, over all periods, in one query."""
    held = Balance.objects.filter(
        representative_id=representative_id, account__in=accounts, unit=unit
    )
    sums = held.values_list("account").annotate(amount=Sum("amount"))
    return dict.fromkeys(map(int, accounts), 0) | {account: int(amount) for account, amount in sums}


def balances_of(account: Account, unit: str) -> dict[int, int]:
    """Return representative → what the account holds, over all periods, nought left out."""
    return {
        number: int(amount)
        for number, amount in Balance.objects.filter(account=account, unit=unit)
        .values("representative_id")
        .annotate(amount=Sum("amount"))
        .exclude(amount=0)
        .values_list("representative_id", "amount")
    }
