"""Names sort as a Pole expects and are found without Polish letters, by the stored key alone."""

from __future__ import annotations

import importlib
from random import Random
from types import SimpleNamespace

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from representatives.models import Representative
from representatives.text import SORT_KEY_LENGTH, beginning, folded, sort_key
from sales.models import Customer
from sales.services import customers
from tests.representatives.people import enrol

ALPHABET = "aąbcćdeęfghijklłmnńoópqrsśtuvwxyzźż"
# As a Polish telephone directory has them; other accents make no difference.
IN_ORDER = [
    *("Adam Nowak", "Ądel Nowak", "Anna Abacka", "Anna Ącka", "Anna Zych"),
    *("Cezary Kot", "Czesław Kot", "Ćwiek Jan", "Damian Lis", "Élodie Petit", "Emil Rak"),
    *("Ernest Zając", "Ewa Bąk", "Ewa Bzowa", "Ewelina Cis", "Ęcki Jan", "Filip Dąb"),
    *("Lucjan Mech", "Ludwik Żak", "Lzawa Ola", "Łucja Abel", "Łucja Żak", "Łukasz Żak", "Marek"),
    *("Natan", "Norbert", "Ńko", "Olga", "Oskar", "Otylia Wąs", "Ósma Ola", "Paweł"),
    *("Sara", "Szymon", "Śledź Jan", "Świetlana", "Teresa"),
    *("Zofia Ciż", "Zygmunt", "Źdźbło Jan", "Źrebak Jan", "Żaneta", "Żółw Jan"),
]
IN_ORDER.remove("Ądel Nowak")
IN_ORDER.insert(IN_ORDER.index("Anna Zych") + 1, "Ądel Nowak")


@pytest.fixture
def root(db: None) -> Representative:
    return enrol(name="Root")


def test_alphabet_is_in_order() -> None:
    assert sorted(ALPHABET, key=sort_key) == list(ALPHABET)
    assert sorted(ALPHABET.upper(), key=sort_key) == list(ALPHABET.upper())


def test_names_are_in_order() -> None:
    mixed = list(IN_ORDER)
    Random(7).shuffle(mixed)

    assert sorted(mixed, key=sort_key) == IN_ORDER


@given(st.lists(st.text(ALPHABET + " ", min_size=1, max_size=12), max_size=8))
def test_any_names_are_in_the_order_of_their_letters(names: list[str]) -> None:
    def letters(name: str) -> list[int]:
        return [ALPHABET.find(letter) for letter in " ".join(name.split())]

    assert [letters(one) for one in sorted(names, key=sort_key)] == sorted(map(letters, names))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Anna  NOWAK ", "anna nowak"),
        ("Zoë Ørsted", "zoe orsted"),
        ("Łukasz Żak", "l{ukasz z|ak\tlukasz zak"),
        ("Z\u0307a\u0328b", "z|a{b\tzab"),
        ("", ""),
    ],
)
def test_key_of_a_name(name: str, key: str) -> None:
    assert sort_key(name) == key


@given(st.text(max_size=300))
def test_key_fits_its_column(name: str) -> None:
    assert len(sort_key(name)) <= SORT_KEY_LENGTH


def test_database_keeps_the_order(root: Representative) -> None:
    root_key = root.sort_key
    mixed = list(IN_ORDER)
    Random(11).shuffle(mixed)
    for name in mixed:
        enrol(root, name=name)

    found = Representative.objects.exclude(sort_key=root_key).order_by("sort_key", "id")

    assert [person.name for person in found] == IN_ORDER


def names_beginning(text: str) -> list[str]:
    condition, values = beginning("sort_key", text)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT name FROM representatives_representative WHERE {condition} ORDER BY sort_key",
            values,
        )
        return [name for (name,) in cursor.fetchall()]


def test_people_are_found_with_and_without_polish_letters(root: Representative) -> None:
    for name in ("Łucja Żak", "Lucjan Mech", "Żółw Jan", "Zolima Źdźbło", "Łukasz Żak"):
        enrol(root, name=name)

    def names(text: str) -> list[str]:
        found = Representative.objects.search(text).order_by("sort_key")
        return [person.name for person in found]

    for text in ("lucj", "łucj", "ŁUCJ"):
        assert names(text) == names_beginning(text) == ["Lucjan Mech", "Łucja Żak"]
    assert names("zak") == names("ŻAK") == ["Łucja Żak", "Łukasz Żak"]
    assert names_beginning("zak") == []
    assert names_beginning("zol") == names_beginning("Żół") == ["Zolima Źdźbło", "Żółw Jan"]
    assert names_beginning("ł") == ["Lucjan Mech", "Łucja Żak", "Łukasz Żak"]
    assert names_beginning("lukasz z") == ["Łukasz Żak"]


@given(st.text(ALPHABET + " é-'", min_size=1, max_size=10), st.integers(1, 10))
def test_index_ranges_hold_every_name_that_begins_so(name: str, length: int) -> None:
    key, text = sort_key(name), name[:length]
    _condition, values = beginning("k", text)
    ranges = list(zip(values[:-3:2], values[1:-3:2], strict=True))

    if folded(text):
        assert any(start <= key < end for start, end in ranges)


def test_keys_of_before_are_written_anew(root: Representative) -> None:
    """By the migrations, which know the names with Polish letters."""
    member = enrol(root, name="Łucja Żak")
    customer = customers.add_customer(representative=member, name="Ćma", now=member.created_at)
    Representative.objects.filter(pk=member.pk).update(sort_key="lucja zak")
    Customer.objects.filter(pk=customer.pk).update(sort_key="cma")

    for app in ("representatives", "sales"):
        migration = importlib.import_module(f"{app}.migrations.0009_polish_order")
        migration.write_keys(None, SimpleNamespace(connection=connection))

    member.refresh_from_db()
    customer.refresh_from_db()
    assert member.sort_key == "l{ucja z|ak\tlucja zak"
    assert customer.sort_key == "c{ma\tcma"
