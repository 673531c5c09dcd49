"""Contacts in and out as files: read row by row, looked at, taken once, and read again."""

from __future__ import annotations

from datetime import date

import pytest

from representatives.models import Company, Representative
from sales.contacts import exports, segments, services
from sales.contacts.files import LARGEST_BYTES, MOST_ROWS, UnableToRead, read_contacts
from sales.contacts.services.files import Verdict
from sales.models import ContactFile, Customer
from tests.sales.conftest import NOW
from tests.sales.contacts.test_people import add

POLISH = (
    "Imię;Nazwisko;Telefon;Adres e-mail;Data urodzenia;Uwagi;Ulubiony kolor\n"
    "Łucja;Żak;600 700 800;lucja@example.pl;17.05.1980;lubi herbatę;zielony\n"
    "Jan;Kot;;jan(at)example.pl;;;\n"
    ";;600;;;;\n"
    "Ewa;Lis;;;31.02.1980;;\n"
    ";;;;;;\n"
)
CARDS = """BEGIN:VCARD\r
VERSION:3.0\r
FN:Zoë Ćma\r
N:Ćma;Zoë;;;\r
TEL;TYPE=CELL:+48 600 111 222\r
EMAIL;TYPE=INTERNET:zoe@example.com\r
BDAY:1990-02-28\r
NOTE:A long note\\, with a comma and a fold\r
  here\r
END:VCARD\r
BEGIN:VCARD\r
VERSION:2.1\r
TEL;CELL:600\r
END:VCARD\r
BEGIN:VCARD\r
this is no card\r
END:VCARD\r
"""


def test_a_polish_table_is_read() -> None:
    for content in (POLISH.encode(), POLISH.encode("cp1250"), POLISH.encode("utf-16")):
        rows = read_contacts("kontakty.csv", content)

        assert [row["line"] for row in rows] == [2, 3, 4, 5]
        first = rows[0]
        assert (first["name"], first["phone"]) == ("Łucja Żak", "600 700 800")
        assert (first["email"], first["birthday"]) == ("lucja@example.pl", "05-17")
        assert (first["note"], first["fault"]) == ("lubi herbatę", "")
        assert [bool(row["fault"]) for row in rows] == [False, True, True, True]


def test_cards_are_read_one_by_one() -> None:
    rows = read_contacts("people.vcf", CARDS.encode())

    assert [(row["name"], bool(row["fault"])) for row in rows] == [
        ("Zoë Ćma", False),
        ("", True),
        ("", True),
    ]
    first = rows[0]
    assert (first["phone"], first["email"]) == ("+48 600 111 222", "zoe@example.com")
    assert first["birthday"] == "02-28"
    assert "fold" in first["note"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"name,email\n",
        b"colour,size\nred,4\n",
        b"\x00" * 9,
        b"x" * (LARGEST_BYTES + 1),
        b"name\n" + b"Ola\n" * (MOST_ROWS + 1),
        b'name\n"' + b"x" * 200_000 + b'"\n',
    ],
)
def test_files_without_contacts_are_refused(content: bytes) -> None:
    with pytest.raises(UnableToRead):
        read_contacts("x.csv", content)


@pytest.mark.django_db
def test_a_file_is_judged_taken_once_and_overwrites_nothing(seller: Representative) -> None:
    known = add(seller, "Ola Lis", phone="+48 600 700 800", note="mine")
    named = add(seller, "Jan Kot")
    rows = read_contacts(
        "x.csv",
        b"name,phone,email,note,birthday\n"
        b"Aleksandra,600700800,ola@example.com,theirs,1980-05-17\n"
        b"Jan Kot,,jan@example.com,,\n"
        b"Ewa Maj,,EWA@example.com,,\n"
        b"E. Maj,,ewa@example.com,,\n"
        b",,x@example.com,,\n",
    )
    file = services.keep_file(representative=seller, name="x.csv", rows=rows, now=NOW)

    judged = services.judge(file)
    assert [one.verdict for one in judged] == [
        Verdict.KNOWN,
        Verdict.KNOWN,
        Verdict.NEW,
        Verdict.TWICE,
        Verdict.FAULTY,
    ]
    taken = services.take_file(file=file, fill=True, now=NOW)
    again = services.take_file(file=file, fill=True, now=NOW)

    assert (taken.added, taken.filled, again.added, again.filled) == (1, 2, 0, 0)
    for one in (known, named):
        one.refresh_from_db()
    assert (known.name, known.email, known.note) == ("Ola Lis", "ola@example.com", "mine")
    assert known.birthday == date(1904, 5, 17)
    assert named.email == "jan@example.com"
    added = Customer.objects.get(name="Ewa Maj")
    assert (added.source, added.noticed_at) == (Customer.Source.IMPORT, None)
    assert not ContactFile.objects.exists()


@pytest.mark.django_db
def test_five_thousand_rows_take_few_queries(
    seller: Representative, django_assert_max_num_queries: object
) -> None:
    text = "name,email\n" + "".join(f"P{n},p{n}@example.com\n" for n in range(MOST_ROWS))
    file = services.keep_file(
        representative=seller, name="x.csv", rows=read_contacts("x.csv", text.encode()), now=NOW
    )

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        taken = services.take_file(file=file, now=NOW)

    assert taken.added == MOST_ROWS


@pytest.mark.django_db
@pytest.mark.parametrize("note", ["=1+1; likes tea", "＝1+1", "＠SUM(A1)", "－2+3", "+48/A1"])
def test_what_goes_out_comes_in_again(seller: Representative, note: str) -> None:
    add(
        seller,
        "Łucja Żak",
        phone="+48 600 700 800",
        email="l@example.com",
        note=note,
        language="pl",
        birthday=date(1980, 5, 17),
    )
    company = Company.objects.get()
    people = segments.choose(seller, segments.Choice(), now=NOW, company=company)

    table = "".join(exports.as_csv(people, company))
    cards = "".join(exports.as_vcards(people))

    assert f"'{note}" in table
    for name, text in (("a.csv", table), ("a.vcf", cards)):
        row = read_contacts(name, text.encode())[0]
        assert (row["name"], row["phone"], row["email"]) == (
            "Łucja Żak",
            "+48 600 700 800",
            "l@example.com",
        )
        assert (row["birthday"], row["language"], row["fault"]) == ("05-17", "pl", "")
        assert row["note"] == note


def card(*lines: str) -> bytes:
    return "\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""]).encode()


@pytest.mark.parametrize(
    ("odd", "note"),
    [
        ("NOTE;ENCODING=QUOTED-PRINTABLE:=00abc", "abc"),
        ("NOTE;CHARSET=utf-7;ENCODING=QUOTED-PRINTABLE:+2AA-abc", "abc"),
        ("NOTE;ENCODING=b:AAAA", ""),
        ("NOTE:some\n  =\n more", "some =more"),
        ("PHOTO;ENCODING=QUOTED-PRINTABLE:=00=\nNOTE:of the photo", ""),
        ("FN" + ";A=" * 20000, ""),
        ("FN;" + "A=" * 20000 + ":x", ""),
        ("BEGIN:A\n" * 3000 + "END:A\n" * 3000, ""),
        ("NOTE;CHARSET=utf-8;CHARSET=utf-7;ENCODING=QUOTED-PRINTABLE:=41", "A"),
    ],
)
def test_no_card_breaks_the_reading_or_the_keeping(
    seller: Representative, odd: str, note: str
) -> None:
    rows = read_contacts("people.vcf", card("FN:Anna", *odd.split("\n")))
    kept = services.keep_file(representative=seller, name="people.vcf", rows=rows, now=NOW)

    assert services.take_file(file=kept, now=NOW).added == 1
    assert Customer.objects.values_list("name", "note").get() == ("Anna", note)


@pytest.mark.parametrize("charset", ["nonsense", "hex", "utf-16"])
def test_a_card_of_an_odd_charset_is_told(charset: str) -> None:
    name = f"FN;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:=00=D8abc"

    assert [bool(row["fault"]) for row in read_contacts("a.vcf", card(name))] == [True]


def test_what_only_begins_cards_is_read_quickly() -> None:
    with pytest.raises(UnableToRead):
        read_contacts("people.vcf", b"BEGIN:VCARD\n" * 100_000)

    (row,) = read_contacts("people.vcf", b"BEGIN:VCARD" + b"\n" * 1_000_000)
    assert (row["line"], row["fault"]) == (1, "This card can’t be read.")


def test_a_card_without_its_end_gives_nothing_to_the_next() -> None:
    rows = read_contacts("people.vcf", b"BEGIN:VCARD\nFN:Anna\n" + card("FN:Ewa") + b"BEGIN:VCARD")

    assert [(row["line"], row["name"], row["fault"]) for row in rows] == [
        (1, "", "This card can’t be read."),
        (3, "Ewa", ""),
        (7, "", "This card can’t be read."),
    ]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"Ewa,,,,likes tea, and milk", "This line has more cells than the first one."),
        (b'Ewa,,,,"likes tea\nIga,,,,', "A quotation mark that opens here is missing its end."),
        (b"\xc5wa \xc5\x81ak \xc5\x81,,,,", "Name: letters can’t be read. Save the file as UTF-8."),
        (b"Ewa,,,31.02.,", "The birthday is no day of the calendar."),
        (b"Ewa," + b"a" * 250 + b"@x.pl,,,", "The e-mail address has more than 254 characters."),
        (b"Ewa,,,," + b"x" * 5001, "The note has more than 5,000 letters."),
    ],
)
def test_what_is_odd_is_told_with_its_line_and_not_cut(line: bytes, fault: str) -> None:
    table = b'name,email,phone,birthday,note\nAnna,,,,"one\ntwo"\n' + line + b"\n"

    rows = read_contacts("x.csv", table)

    assert [(row["line"], row["fault"]) for row in rows] == [(2, ""), (4, fault)]


def test_a_file_that_ends_within_quotes_names_the_line() -> None:
    with pytest.raises(UnableToRead, match="Line 3 can’t be read"):
        read_contacts("x.csv", b'name\nOla\n"' + b"x" * 200_000)


@pytest.mark.django_db
def test_nobody_hides_behind_letters_that_are_not_seen(seller: Representative) -> None:
    rows = read_contacts("x.csv", "name,email\n\u202eE\u200bwa\x07 Maj,\n\u200b,\n".encode())

    assert [(row["name"], row["fault"]) for row in rows] == [
        ("Ewa Maj", ""),
        ("", "A name is missing."),
    ]
    assert add(seller, "Ewa\u2066 \u2764\ufe0f\u200d\U0001f525").name == "Ewa ❤️\u200d🔥"


def test_a_letter_that_is_broken_leaves_the_others_as_they_are() -> None:
    table = "name\nŁucja Żak\n".encode() + b"Ewa \xc5\n" + "Zoë Ćma\n".encode()

    assert [row["name"] for row in read_contacts("x.csv", table)][::2] == ["Łucja Żak", "Zoë Ćma"]
    wide = "name\nŁucja\n".encode("utf-16-le")
    assert [row["name"] for row in read_contacts("x.csv", wide)] == ["Łucja"]
