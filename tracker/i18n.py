"""Two languages: Kiswahili first, English second. The English sentence is the key of the catalogue.

Catalogues are read with the standard library's gettext; `tracker.locale.compile` makes the one `.mo` from the small
`.po` files, one per slice.
"""

import gettext as catalogues
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final

from flask import current_app, g, has_request_context, request

from tracker.clock import EAST_AFRICA
from tracker.errors import DomainError, N_, Problem

__all__ = [
    "LANGUAGES",
    "N_",
    "_",
    "format_date",
    "format_day",
    "format_instant",
    "language",
    "ngettext",
    "pgettext",
    "raw",
    "say",
    "speaking",
]

LANGUAGES: Final = {"sw": "Kiswahili", "en": "English"}
COOKIE: Final = "lang"
MONTHS: Final = {
    "sw": ["Januari", "Februari", "Machi", "Aprili", "Mei", "Juni", "Julai", "Agosti", "Septemba", "Oktoba", "Novemba", "Desemba"],
    "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
}
WEEKDAYS: Final = {
    "sw": ["Jumatatu", "Jumanne", "Jumatano", "Alhamisi", "Ijumaa", "Jumamosi", "Jumapili"],
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
}
_spoken: ContextVar[str | None] = ContextVar("_spoken", default=None)


@cache
def _catalogue(code: str) -> catalogues.NullTranslations:
    return catalogues.translation("daftari", Path(__file__).parent / "locale", [code], fallback=True)


def asked_language() -> str | None:
    """The language that this request's `?lang=` switches to; None if it does not, or to one we lack."""
    code = request.args.get("lang")
    return code if code in LANGUAGES else None


def _request_language() -> str:
    cookie = request.cookies.get(COOKIE)
    code = asked_language() or (cookie if cookie in LANGUAGES else None)
    return code or str(current_app.config.get("LANGUAGE", "sw"))


def language() -> str:
    """Code of the language to speak now: `speaking()`, the request's, or Kiswahili."""
    if (code := _spoken.get()) is not None:
        return code
    if not has_request_context():
        return "sw"
    if "language" not in g:
        g.language = _request_language()
    return str(g.language)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak this language inside the block, whatever the request says: for the command line and for letters."""
    token = _spoken.set(code)
    try:
        yield
    finally:
        _spoken.reset(token)


def _filled(sentence: str, values: Mapping[str, object]) -> str:
    return sentence % {name: _worded(value) for name, value in values.items()} if values else sentence


def _worded(value: object) -> object:
    if isinstance(value, datetime):
        return format_instant(value)
    return format_date(value) if isinstance(value, date) else value


def _(sentence: str, **values: object) -> str:
    """The sentence in the current language, its `%(name)s` places filled; dates are written out."""
    return _filled(_catalogue(language()).gettext(sentence) if sentence else "", values)


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """The sentence for `n` things; `%(n)d` is always a place."""
    return _filled(_catalogue(language()).ngettext(singular, plural, n), {"n": n, **values})


def raw(singular: str, plural: str | None = None, n: int = 1) -> str:
    """The translated sentence with its places still open, for a library that fills them."""
    catalogue = _catalogue(language())
    return catalogue.gettext(singular) if plural is None else catalogue.ngettext(singular, plural, n)


def pgettext(context: str, sentence: str, **values: object) -> str:
    """The sentence, for a word with two senses."""
    return _filled(_catalogue(language()).pgettext(context, sentence), values)


def say(fault: DomainError | Problem) -> str:
    """The sentence of an error or a problem in the current language."""
    return _(fault.sentence, **fault.params)


def format_date(on: date | None) -> str:
    """`30 Julai 2020`, `30 July 2020`; nothing for None."""
    return f"{on.day} {MONTHS[language()][on.month - 1]} {on.year}" if on else ""


def format_day(on: date | None) -> str:
    """`Alhamisi, 30 Julai 2020`; nothing for None."""
    return f"{WEEKDAYS[language()][on.weekday()]}, {format_date(on)}" if on else ""


def format_instant(at: datetime | float | None) -> str:
    """`30 Julai 2020, 08:05` at UTC+3, by the 24-hour clock: "saa mbili" would be read as two o'clock by half the readers."""
    if at is None:
        return ""
    moment = at if isinstance(at, datetime) else datetime.fromtimestamp(at, EAST_AFRICA)
    local = moment.astimezone(EAST_AFRICA)
    return f"{format_date(local.date())}, {local:%H:%M}"
