"""Statements on paper: what they say adds up, and the same statement is the same bytes."""

from __future__ import annotations

from compensation.models import Account, Balance, Earning
from compensation.statements import content
from compensation.statements.pdf import as_pdf
from compensation.statements.reading import find_frame, read_statement
from compensation.statements.sheet import as_csv
from tests.compensation.town import Town


def statement_of(town: Town, code: str, label: str) -> content.Statement:
    frame = find_frame(label)
    assert frame is not None
    found = read_statement(frame, town.members[code])
    assert found is not None
    return found


def papers(town: Town, code: str, label: str) -> list[bytes]:
    statement = statement_of(town, code, label)
    return [write(statement, language) for write in (as_pdf, as_csv) for language in ("en", "pl")]


def test_a_posted_month_has_papers_that_add_up(town: Town) -> None:
    run = town.close("2017-01")

    for code, member in town.members.items():
        statement = statement_of(town, code, "2017-01")
        lines = Earning.objects.filter(run_id=run.pk, receiver=member)
        assert statement.faults() == []
        assert statement.earned == sum(one.amount for one in lines if one.unit == 0)
        assert statement.addressee.name == f"Member {code}"
        held = Balance.objects.filter(
            representative=member, account=Account.COMMISSION_PAYABLE
        ).values_list("amount", flat=True)
        assert statement.balance.closing_money == sum(held)
        assert as_pdf(statement, "en").startswith(b"%PDF-")
