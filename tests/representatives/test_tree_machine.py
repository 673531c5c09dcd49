"""Whatever is done in whatever order, every read of the tree says what `sponsor` says."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from representatives import checks, importing, labels, selectors, services, tree
from representatives.errors import UnableTo
from representatives.importing import writer
from representatives.models import Representative, SponsorChange, User
from tests.representatives.people import NOW, TODAY, enrol, row, write_csv

ZONE = ZoneInfo("Europe/Warsaw")
picks = st.integers(0, 10**6)


class Truth:
    """The tree as a dictionary of sponsors, and everything that follows from it."""

    def __init__(self) -> None:
        self.sponsor: dict[int, int | None] = {}

    def upline(self, member: int) -> list[int]:
        found = []
        above = self.sponsor[member]
        while above is not None:
            found.append(above)
            above = self.sponsor[above]
        return found

    def front_line(self, member: int) -> set[int]:
        return {one for one, above in self.sponsor.items() if above == member}

    def downline(self, member: int) -> set[int]:
        return {one for one in self.sponsor if member in self.upline(one)}

    def leaves(self, members: set[int]) -> set[int]:
        sponsors = set(self.sponsor.values())
        return {one for one in members if one not in sponsors}


class ReferralTree(RuleBasedStateMachine):
    """Random acts of the services on a real database, undone at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.truth = Truth()
        self.terminated: set[int] = set()
        self.now: datetime = NOW
        self.imported = 0
        self.step = tree.ENROLMENT_STEP
        self.singly = writer.SPONSORS_PLACED_SINGLY
        self.staff = User.objects.create_user("decider@example.com", is_staff=True)

    def teardown(self) -> None:
        tree.ENROLMENT_STEP = self.step
        writer.SPONSORS_PLACED_SINGLY = self.singly
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    # Tiny steps fill every stretch at once, so that windows are spread all the time.
    @initialize(step=st.sampled_from([1, 2, 5, 2**20]), singly=st.sampled_from([0, 1000]))
    def found(self, step: int, singly: int) -> None:
        tree.ENROLMENT_STEP = step
        writer.SPONSORS_PLACED_SINGLY = singly
        self._note(enrol())

    def _note(self, member: Representative) -> Representative:
        self.truth.sponsor[member.pk] = member.sponsor_id
        return member

    def _pick(self, pick: int) -> Representative:
        ids = sorted(self.truth.sponsor)
        return Representative.objects.get(pk=ids[pick % len(ids)])

    @rule(pick=picks, times=st.integers(1, 12), deeper=st.booleans())
    def enrol(self, pick: int, times: int, deeper: bool) -> None:
        sponsor = self._pick(pick)
        if sponsor.pk in self.terminated:
            with pytest.raises(services.UnableToEnrol), transaction.atomic():
                enrol(sponsor)
            return
        for _ in range(times):
            member = self._note(enrol(sponsor))
            sponsor = member if deeper else sponsor

    @rule(pick=picks, other=picks)
    def decide_on_sponsor(self, pick: int, other: int) -> None:
        member, target = self._pick(pick), self._pick(other)
        planned = self._planned()
        circle = member.pk == target.pk or any(
            member.pk in sponsors.upline(target.pk) for sponsors in planned
        )
        refused = (
            circle
            or member.sponsor_id is None
            or self._sponsor_to_be(member) == target.pk
            or {member.pk, target.pk} & self.terminated
        )
        with _refusal_if(bool(refused)), transaction.atomic():
            services.change_sponsor(
                representative=member,
                new_sponsor=target,
                reason="asked for",
                decided_by=self.staff,
                now=self.now,
                zone=ZONE,
            )

    def _sponsor_to_be(self, member: Representative) -> int | None:
        # All decisions of one machine are for the same instant until they are applied; the one
        # for this instant is replaced, so the present sponsor counts.
        return member.sponsor_id

    def _planned(self) -> list[Truth]:
        """Return the tree as it will be when all that is decided is applied."""
        future = Truth()
        future.sponsor = dict(self.truth.sponsor)
        for change in selectors.list_pending_sponsor_changes():
            future.sponsor[change.representative_id] = change.new_sponsor_id
        return [future]

    @rule()
    def next_month(self) -> None:
        self.now += timedelta(days=31)
        due = selectors.list_pending_sponsor_changes()

        applied = services.apply_sponsor_changes(now=self.now)

        assert {one.pk for one in applied} == {one.pk for one in due}
        for change in due:
            self.truth.sponsor[change.representative_id] = change.new_sponsor_id
        assert not SponsorChange.objects.filter(applied_at=None, cancelled_at=None).exists()

    @rule(pick=picks)
    def terminate(self, pick: int) -> None:
        member = self._pick(pick)
        with _refusal_if(member.pk in self.terminated), transaction.atomic():
            services.terminate_representative(
                representative=member, reason="left", decided_by=self.staff, now=self.now
            )
        self.terminated.add(member.pk)

    @rule(tops=st.lists(picks, min_size=1, max_size=3), parents=st.lists(picks, max_size=12))
    def import_some(self, tops: list[int], parents: list[int]) -> None:
        sponsors = [self._pick(pick) for pick in tops]
        self.imported += 1
        codes = [sponsor.code for sponsor in sponsors]
        rows = []
        for at, pick in enumerate(parents):
            code = f"F{self.imported}-{at}"
            rows.append(row(code, codes[pick % len(codes)]))
            codes.append(code)
        used = {line[1] for line in rows}
        gone = any(one.code in used and one.pk in self.terminated for one in sponsors)
        with tempfile.TemporaryDirectory() as folder:
            path = write_csv(Path(folder) / "people.csv", reversed(rows))
            with _refusal_if(gone), transaction.atomic():
                importing.import_representatives(path=path, now=NOW, today=TODAY)
        if not gone:
            for member in Representative.objects.filter(code__in=[line[0] for line in rows]):
                self._note(member)

    @rule()
    def rebuild(self) -> None:
        Representative.objects.rebuild()

    @invariant()
    def labels_agree_with_sponsors(self) -> None:
        report = checks.check_tree()

        assert report.faults == []
        assert report.members == len(self.truth.sponsor)
        stored = dict(Representative.objects.values_list("pk", "sponsor_id"))
        assert stored == self.truth.sponsor

    @rule(pick=picks, other=picks)
    def read(self, pick: int, other: int) -> None:
        assert_reads(self.truth, self._pick(pick), self._pick(other))


def ids(members: Any) -> list[int]:
    return [one.pk for one in members]


def assert_reads(truth: Truth, member: Representative, other: Representative) -> None:
    """Check every read of the tree that is in use against the sponsors alone."""
    upline, downline = truth.upline(member.pk), truth.downline(member.pk)
    front_line = truth.front_line(member.pk)
    assert ids(member.get_ancestors()) == upline[::-1]
    assert ids(member.get_ancestors(ascending=True, include_self=True)) == [member.pk, *upline]
    assert set(ids(member.get_descendants())) == downline
    assert set(ids(member.get_descendants(include_self=True))) == downline | {member.pk}
    assert set(ids(member.get_family())) == downline | {member.pk, *upline}
    assert set(ids(member.get_children())) == front_line
    assert member.get_descendant_count() == len(downline)
    assert member.is_leaf_node() == (not front_line)
    assert set(ids(member.get_leafnodes())) == truth.leaves(downline)
    assert set(ids(member.get_leafnodes(include_self=True))) == truth.leaves(downline | {member.pk})
    assert member.get_level() == member.level == len(upline)
    assert member.get_root().pk == (upline[-1] if upline else member.pk)
    assert member.is_root_node() == (not upline)
    assert member.is_child_node() == bool(upline)
    assert member.is_descendant_of(other) == (other.pk in upline)
    assert member.is_ancestor_of(other) == (other.pk in downline)
    if upline:
        family = truth.front_line(upline[0])
        assert set(ids(member.get_siblings(include_self=True))) == family
        in_order = ids(Representative.objects.filter(sponsor=upline[0]))
        at = in_order.index(member.pk)
        following = member.get_next_sibling()
        assert (following.pk if following else None) == next(iter(in_order[at + 1 :]), None)
        previous = member.get_previous_sibling()
        assert (previous.pk if previous else None) == (in_order[at - 1] if at else None)
    assert ids(Representative.objects.root_nodes()) == [ids(member.get_family())[0]]
    assert set(ids(Representative.objects.visible_to(member))) == downline | {member.pk}
    assert set(ids(Representative.objects.downline_of(member))) == downline
    assert ids(selectors.list_upline(member)) == upline
    counted = Representative.objects.add_related_count(
        Representative.objects.filter(pk=member.pk),
        Representative,
        "sponsor",
        "people",
        cumulative=True,
    )
    assert counted.get().people == len(downline)
    # Tree order is a walk: everybody directly after the sponsor or after the downline before.
    walked = ids(member.get_descendants(include_self=True))
    for at, one in enumerate(walked[1:], start=1):
        assert truth.sponsor[one] in walked[:at]


@contextmanager
def _refusal_if(refused: bool) -> Iterator[None]:
    if not refused:
        yield
        return
    with pytest.raises(UnableTo):
        yield


@pytest.mark.django_db
def test_every_read_agrees_with_the_sponsors(monkeypatch: pytest.MonkeyPatch) -> None:
    spreads: list[int] = []
    spread_around = labels._spread_around

    def counted(point: int, **options: Any) -> None:
        spreads.append(point)
        spread_around(point, **options)

    monkeypatch.setattr(labels, "_spread_around", counted)
    run_state_machine_as_test(
        ReferralTree,
        settings=settings(
            max_examples=20,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert len(spreads) > 10, "the tiny steps must fill stretches"
