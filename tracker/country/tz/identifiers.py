"""Checks of the numbers people carry. They answer with a warning or nothing, and nobody needs any number at all.

A warning is a code of the list `identifier_warnings`. An empty text is never a warning. Formats: domain.md 2.5.
"""

import re
from datetime import date

_SEPARATORS = re.compile(r"[\s\-./()]+")


def nida_warning(text: str, birth_date: date | None = None) -> str | None:
    """Whether a national ID number has its 20 digits and begins with the date of birth, where one is known."""
    digits = _bare(text)
    if not digits:
        return None
    if not re.fullmatch(r"[0-9]{20}", digits):
        return "nida.format"
    if birth_date is not None and digits[:8] != f"{birth_date:%Y%m%d}":
        return "nida.birth_date"
    return None


def normal_nida(text: str) -> str | None:
    """As printed on the card, 19990521-12345-00001-23; None if the digits are not 20."""
    digits = _bare(text)
    if not re.fullmatch(r"[0-9]{20}", digits):
        return None
    return f"{digits[:8]}-{digits[8:13]}-{digits[13:18]}-{digits[18:]}"


def zanid_warning(text: str) -> str | None:
    """Whether a Zanzibar resident's number has 9 digits."""
    digits = _bare(text)
    return None if not digits or re.fullmatch(r"[0-9]{9}", digits) else "zanid.format"


def csee_warning(text: str) -> str | None:
    """Whether a Form IV index number looks like S0101/0001, with or without /2019; P stands for private candidates."""
    index = re.sub(r"\s+", "", text).upper()
    return None if not index or re.fullmatch(r"[SP][0-9]{4}/[0-9]{4}(/[0-9]{4})?", index) else "csee.format"


def tin_warning(text: str) -> str | None:
    """Whether a taxpayer number has 9 digits, with or without hyphens."""
    digits = _bare(text)
    return None if not digits or re.fullmatch(r"[0-9]{9}", digits) else "tin.format"


def phone_warning(text: str) -> str | None:
    """Whether `normal_phone` can make a number of it."""
    return "phone.format" if text.strip() and normal_phone(text) is None else None


def normal_phone(text: str) -> str | None:
    """The number as +255712345678, or None.

    Takes 0712 345 678, 255712345678, 00255..., and 712345678, to which spreadsheets shorten the first.
    A foreign number is kept when it is written with its + or 00. Ranges are checked loosely: new ones come every year.
    """
    digits = re.sub(r"^00", "+", _bare(text))
    if re.fullmatch(r"\+(?!255)[1-9][0-9]{7,14}", digits):
        return digits
    # Some write the local zero after the country code as well: +255 (0) 712 345 678.
    local = re.fullmatch(r"(?:\+?255)?0?([67][0-9]{8}|2[2-8][0-9]{7})", digits)
    return f"+255{local[1]}" if local else None


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", text)
