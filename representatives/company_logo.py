"""The company's logo: a picture that staff upload, drawn anew before anybody sees it.

Whatever comes is read by Pillow within bounds and written again as a PNG: no byte of the file goes
out, nor anything that hides in it. SVG is refused, since it may hold scripts.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from representatives.errors import UnableTo
from representatives.models import Company, CompanyLogo, User
from representatives.models_logo import LOGO_HEIGHT, LOGO_WIDTH

MOST_BYTES = 1024 * 1024
MOST_PIXELS = 16_000_000
FORMATS = ("PNG", "JPEG")


class UnableToSetLogo(UnableTo):
    """The picture is refused."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as we drew it, for screens (PNG) and for paper (JPEG on white)."""

    content: bytes = b""
    print_content: bytes = b""
    width: int = 0
    height: int = 0


def set_logo(*, file: UploadedFile | None, by: User, now: datetime) -> CompanyLogo:
    """Make an uploaded picture the company's logo from now on; None takes the logo away.

    :raises UnableToSetLogo: naming the field, if it is no PNG or JPEG, or too large.
    """
    if not (by.is_active and by.is_staff):
        raise UnableToSetLogo(_("Only staff can do this."))
    drawn = Drawn()
    if file is not None:
        if file.size is None or file.size > MOST_BYTES:
            raise UnableToSetLogo(_("The file is larger than 1 MB."), "file")
        drawn = _drawn_anew(file.read())
    with transaction.atomic():
        company = Company.objects.select_for_update().get(pk=Company.ONLY_ID)
        logo = CompanyLogo.objects.create(
            content=drawn.content,
            print_content=drawn.print_content,
            digest=hashlib.sha256(drawn.content).hexdigest() if drawn.content else "",
            width=drawn.width,
            height=drawn.height,
            set_by=by,
            set_at=now,
        )
        company.logo_digest = logo.digest
        company.save(update_fields=["logo_digest"])
    return logo


def current(company: Company) -> CompanyLogo | None:
    """Return the logo that the company has now."""
    return find(company.logo_digest) if company.logo_digest else None


def find(digest: str) -> CompanyLogo | None:
    """Return a picture by its digest."""
    return CompanyLogo.objects.filter(digest=digest).exclude(digest="").order_by("id").first()


def logo_before(instant: datetime) -> CompanyLogo | None:
    """Return the logo that the company had just before an instant: nothing set later changes it."""
    held = CompanyLogo.objects.filter(set_at__lt=instant).order_by("-set_at", "-id").first()
    return held if held is not None and held.digest else None


def _drawn_anew(data: bytes) -> Drawn:
    """Return a picture as files of ours that fit.

    :raises UnableToSetLogo: if it is no PNG or JPEG, or too large.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            found = Image.open(io.BytesIO(data), formats=FORMATS)
            if found.width * found.height > MOST_PIXELS:
                raise UnableToSetLogo(_("The picture has more than 16 million pixels."), "file")
            picture = found.convert("RGBA")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as fault:
        raise UnableToSetLogo(_("This is no PNG or JPEG picture."), "file") from fault
    picture.thumbnail((LOGO_WIDTH, LOGO_HEIGHT), Image.Resampling.LANCZOS)
    # Pictures of their own: no text, profile or time stamp of the file comes along.
    clean = Image.new("RGBA", picture.size)
    clean.paste(picture)
    on_paper = Image.new("RGB", picture.size, "white")
    on_paper.paste(picture, mask=picture.getchannel("A"))
    screen, paper = io.BytesIO(), io.BytesIO()
    clean.save(screen, format="PNG", optimize=True)
    on_paper.save(paper, format="JPEG", quality=92, subsampling=0)
    return Drawn(screen.getvalue(), paper.getvalue(), clean.width, clean.height)
