"""QR codes of links, drawn by a library as one path."""

from __future__ import annotations

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathFillImage

QUIET_ZONE = 4  # modules, as the standard asks for


def qr_svg(text: str) -> bytes:
    """Return the QR code of a text as an SVG on white, without styles or scripts."""
    code = qrcode.QRCode(
        error_correction=ERROR_CORRECT_M, border=QUIET_ZONE, image_factory=SvgPathFillImage
    )
    code.add_data(text)
    code.make(fit=True)
    return bytes(code.make_image().to_string(encoding="utf-8", xml_declaration=True))
