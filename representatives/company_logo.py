"""The company's logo: a picture that staff upload, drawn anew before anybody sees it.

Whatever comes is read by Pillow within bounds and written again as a PNG: no byte of the file goes
out, nor anything that hides in it. SVG is refused, since it may hold scripts.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from representatives.errors import UnableTo
from representatives.models import Company, CompanyLogo, User
from representatives.models_notices import LOGO_HEIGHT, LOGO_WIDTH

MOST_BYTES = 1024 * 1024
MOST_PIXELS = 16_000_000
FORMATS = ("PNG", "JPEG")


class UnableToSetLogo(UnableTo):
    """The picture is refused."""


def set_logo(*, file: UploadedFile | None, by: User, now: datetime) -> CompanyLogo:
    """Make an uploaded picture the company's logo from now on; None takes the logo away.

    :raises UnableToSetLogo: naming the field, if it is no PNG or JPEG, or too large.
    """
    if not (by.is_active and by.is_staff):
        raise UnableToSetLogo(_("Only staff can do this."))
    content, width, height = b"", 0, 0
    if file is not None:
        if file.size is None or file.size > MOST_BYTES:
            raise UnableToSetLogo(_("The file is larger than 1 MB."), "file")
        content, width, height = _drawn_anew(file.read())
    with transaction.atomic():
        company = Company.objects.select_for_update().get(pk=Company.ONLY_ID)
        logo = CompanyLogo.objects.create(
            content=content,
            digest=hashlib.sha256(content).hexdigest() if content else "",
            width=width,
            height=height,
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


def logo_at(instant: datetime) -> CompanyLogo | None:
    """Return the logo that the company had at an instant."""
    held = CompanyLogo.objects.filter(set_at__lte=instant).order_by("-set_at", "-id").first()
    return held if held is not None and held.digest else None


def _drawn_anew(data: bytes) -> tuple[bytes, int, int]:
    """Return a picture as a PNG of ours that fits, with its size."""
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
    out = io.BytesIO()
    # A picture of its own: no text, profile or time stamp of the file comes along.
    clean = Image.new("RGBA", picture.size)
    clean.paste(picture)
    clean.save(out, format="PNG", optimize=True)
    return out.getvalue(), clean.width, clean.height
