"""The company's logo: what staff upload is drawn anew, bounded, and shown everywhere."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from PIL import Image, PngImagePlugin

from representatives import company_logo
from representatives.models import Company, CompanyLogo
from tests.representatives.people import send_what_waits
from tests.web import company
from tests.web.company import Town

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def town(db: None) -> Town:
    return company.small_town()


@pytest.fixture
def desk(town: Town) -> Client:
    town.staff.user_permissions.add(Permission.objects.get(codename="set_logo"))
    client = Client()
    client.force_login(town.staff, backend=BACKEND)
    return client


def picture(form: str = "PNG", size: tuple[int, int] = (300, 90), **more: Any) -> bytes:
    """A file of one colour."""
    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, form, **more)
    return out.getvalue()


def upload(client: Client, data: bytes, name: str = "logo.png") -> Any:
    return client.post("/staff/logo/", {"file": SimpleUploadedFile(name, data)})


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_is_drawn_anew_and_shown_to_everybody(
    town: Town, desk: Client, form: str
) -> None:
    facts = PngImagePlugin.PngInfo()
    facts.add_text("Comment", "a secret of the designer")
    more = {"pnginfo": facts} if form == "PNG" else {"comment": b"a secret of the designer"}

    assert upload(desk, picture(form, (1600, 400), **more)).status_code == 302

    logo = CompanyLogo.objects.get()
    assert (logo.width, logo.height) == (800, 200)
    assert b"secret" not in bytes(logo.content) + bytes(logo.print_content)
    answer = Client().get(f"/logo/{logo.digest}.png")
    assert answer.content == bytes(logo.content)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for page in (Client().get("/accounts/login/"), desk.get("/staff/people/")):
        assert f'src="/logo/{logo.digest}.png"' in page.content.decode()


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (SVG, "logo.svg", "no PNG or JPEG"),
        (SVG, "logo.png", "no PNG or JPEG"),
        (b"", "logo.png", ""),
        (b"GIF89a" + b"\0" * 40, "logo.gif", "no PNG or JPEG"),
        (picture()[:60], "logo.png", "no PNG or JPEG"),
        (b"x" * (1024 * 1024 + 1), "logo.png", "larger than 1 MB"),
        (picture("GIF"), "logo.png", "no PNG or JPEG"),
        (picture(size=(5000, 4000)), "logo.png", "16 million"),
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(
    town: Town, desk: Client, data: bytes, name: str, words: str
) -> None:
    answer = upload(desk, data, name)

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not CompanyLogo.objects.exists()


def test_only_staff_with_the_right_set_a_logo(town: Town, desk: Client) -> None:
    member = Client()
    member.force_login(town.user("Marta Wrona"), backend=BACKEND)
    assert upload(member, picture()).status_code == 404
    town.staff.user_permissions.clear()
    assert upload(desk, picture()).status_code == 403
    with pytest.raises(company_logo.UnableToSetLogo):
        company_logo.set_logo(file=None, by=town.user("Marta Wrona"), now=town.now)

    assert not CompanyLogo.objects.exists()


def test_staff_find_the_page_in_the_administration(town: Town, desk: Client) -> None:
    for address in ("/admin/", "/admin/representatives/"):
        assert 'href="/staff/logo/"' in desk.get(address).content.decode(), address

    town.staff.user_permissions.clear()
    assert "/staff/logo/" not in desk.get("/admin/").content.decode()


def test_a_logo_is_taken_away_and_its_picture_stays(town: Town, desk: Client) -> None:
    upload(desk, picture())
    digest = Company.objects.get().logo_digest

    desk.post("/staff/logo/", {"remove": "1"})

    assert Company.objects.get().logo_digest == ""
    assert company_logo.current(Company.objects.get()) is None
    assert Client().get(f"/logo/{digest}.png").status_code == 200, "papers and e-mails that are out"
    assert Client().get("/logo/none.png").status_code == 404
    assert Client().get("/logo/.png").status_code == 404


def test_emails_bring_the_logo_along(town: Town, desk: Client) -> None:
    upload(desk, picture())
    company.enrol(town, "Ewa Lis", "Marta Wrona")

    send_what_waits()

    message = next(one for one in mail.outbox if "Ewa Lis" in one.subject)
    parts = {part.get_content_type(): part for part in message.message().walk()}
    assert parts["image/png"]["Content-ID"] == "<logo@perennial>"
    assert parts["image/png"].get_payload(decode=True) == bytes(CompanyLogo.objects.get().content)
    html = parts["text/html"].get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert 'src="cid:logo@perennial"' in html
    assert "multipart/related" in parts
    assert "Lindgrove: " in message.subject


def test_the_database_keeps_every_picture(town: Town, desk: Client) -> None:
    upload(desk, picture())
    logo = CompanyLogo.objects.get()

    for change in (
        lambda: CompanyLogo.objects.update(content=b"other"),
        lambda: CompanyLogo.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    for wrong in ({"width": 0}, {"width": 801}, {"digest": ""}):
        row = {
            "digest": "x",
            "width": 10,
            "height": 10,
            "set_by": town.staff,
            "set_at": logo.set_at,
        }
        with pytest.raises(IntegrityError), transaction.atomic():
            CompanyLogo.objects.create(**row | wrong)
