"""Numbers as people read them, from integers, in the language of the page. No floats.

English groups in threes from 1,000 on; Polish from five digits on, with no-break spaces and the
currency sign behind the amount. The minus is the true minus sign.
"""

from fractions import Fraction

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"

# ISO 4217 currencies whose minor unit is not a hundredth.
MINOR_DIGITS = {"BHD": 3, "JPY": 0, "KRW": 0, "KWD": 3, "TND": 3}
SIGNS = {"EUR": "€", "GBP": "£", "JPY": "¥", "PLN": "zł", "USD": "$"}


def _is_polish(language: str | None) -> bool:
    return (language or "en").split("-")[0] == "pl"


def _grouped(digits: str, language: str | None) -> str:
    separator = NO_BREAK_SPACE if _is_polish(language) else ","
    if len(digits) < (5 if _is_polish(language) else 4):
        return digits
    head = len(digits) % 3
    parts = [digits[:head]] if head else []
    parts += [digits[start : start + 3] for start in range(head, len(digits), 3)]
    return separator.join(parts)


def _decimal(value: int, places: int, language: str | None) -> str:
    """Return value / 10**places as text without its sign."""
    whole, fraction = divmod(abs(value), 10**places)
    text = _grouped(str(whole), language)
    if places:
        text += ("," if _is_polish(language) else ".") + str(fraction).zfill(places)
    return text


def _signed(text: str, value: int) -> str:
    return f"{MINUS}{text}" if value < 0 else text


def whole(number: int, language: str | None = "en") -> str:
    """Return a whole number with groups."""
    return _signed(_grouped(str(abs(number)), language), number)


def hundredths(value: int, language: str | None = "en") -> str:
    """Return hundredths as text; the two places are shown only when they are not zero."""
    if value % 100 == 0:
        return _signed(_grouped(str(abs(value) // 100), language), value)
    return _signed(_decimal(value, 2, language), value)


def plain_money(minor: int, currency: str, language: str | None = "en") -> str:
    """Return an amount in minor units of a currency without the currency's sign."""
    return _signed(_decimal(minor, MINOR_DIGITS.get(currency, 2), language), minor)


def money(minor: int, currency: str, language: str | None = "en") -> str:
    """Return an amount in minor units with the currency's sign: −€1.25, or −1,25 € in Polish."""
    text = _decimal(minor, MINOR_DIGITS.get(currency, 2), language)
    sign = SIGNS.get(currency)
    if _is_polish(language):
        text = f"{text}{NO_BREAK_SPACE}{sign or currency}"
    elif sign and currency != "PLN":
        text = f"{sign}{text}"
    else:
        text = f"{currency}{NO_BREAK_SPACE}{text}"
    return _signed(text, minor)


def percent(rate: Fraction, language: str | None = "en") -> str:
    """Return an exact rate as a percentage of up to four places, else as a fraction."""
    for places in range(5):
        scaled = rate * 100 * 10**places
        if scaled.denominator == 1:
            text = _decimal(scaled.numerator, places, language)
            return _signed(f"{text}%", scaled.numerator)
    return f"{rate.numerator}/{rate.denominator}"


def day_format(form: str, language: str | None = "en") -> str:
    """Return a format of Django's as the language writes it.

    In Polish a short month behind a day is small, and a comma follows the day of the week.
    """
    if not _is_polish(language):
        return form
    return form.replace("j M", "j b").replace("l j", "l, j")


def width(part: int, whole: int) -> str:
    """Return part of whole as an SVG width between 0% and 100%, in tenths of a per cent."""
    if whole <= 0 or part <= 0:
        return "0%"
    tenths = min(1000, part * 1000 // whole)
    return f"{tenths // 10}.{tenths % 10}%"
