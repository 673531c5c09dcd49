"""Staff place people in the admin."""

from __future__ import annotations

import pytest
from django.test import Client

from representatives import placement
from representatives.models import Placement, Representative, User
from tests.representatives.people import NOW, enrol, make_staff

ADD = "/admin/representatives/placement/add/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    user = make_staff()
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    return user


@pytest.fixture
def client(staff: User) -> Client:
    client = Client()
    client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def people() -> list[Representative]:
    root = enrol()
    return [root, *(enrol(root) for _ in range(3))]


def send(client: Client, person: Representative, where: str, above: object = "") -> str:
    parent = above.pk if isinstance(above, Representative) else above
    answer = client.post(
        ADD, {"representative": person.pk, "where": where, "parent": parent}, follow=True
    )
    assert answer.status_code == 200
    return answer.content.decode()


def test_named_and_found_places(client: Client, people: list[Representative], staff: User) -> None:
    send(client, people[1], "right", people[0])
    send(client, people[2], "outermost_right")
    send(client, people[3], "fewer_people", people[0])

    places = Placement.objects.order_by("id")
    assert [(one.representative, one.parent, one.side) for one in places] == [
        (people[1], people[0], 1),
        (people[2], people[1], 1),
        (people[3], people[0], 0),
    ]
    assert {one.placed_by for one in places} == {staff}
    listed = client.get("/admin/representatives/placement/").content.decode()
    assert all(person.name in listed for person in people)
    kept = client.get(f"/admin/representatives/placement/{places[0].pk}/change/")
    assert kept.status_code == 200
    assert 'name="where"' not in kept.content.decode()


def test_faults_stand_beside_their_fields(client: Client, people: list[Representative]) -> None:
    send(client, people[1], "left", people[0])

    assert "Name the person to be placed under." in send(client, people[2], "left")
    assert "stands in this place already" in send(client, people[2], "left", people[0])
    assert "has a place already" in send(client, people[1], "right", people[0])
    assert "This field is required" in client.post(ADD, {}).content.decode()
    assert Placement.objects.count() == 1


def test_place_taken_meanwhile_is_told(
    client: Client, people: list[Representative], staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = placement.named_place

    def taken_after_the_check(**place: object) -> placement.Place:
        found = checked(**place)  # type: ignore[arg-type]
        if not Placement.objects.exists():
            monkeypatch.setattr(placement, "named_place", checked)
            placement.place_representative(
                representative=people[2],
                parent=people[0],
                side=found.side,
                placed_by=staff,
                now=NOW,
            )
        return found

    monkeypatch.setattr(placement, "named_place", taken_after_the_check)

    assert "stands in this place already" in send(client, people[1], "left", people[0])
    assert not Placement.objects.filter(representative=people[1]).exists()
