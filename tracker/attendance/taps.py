"""Taps as a phone sends them, or puts them into a file: JSON -> clean values. Pure: no clock, session or Flask.

A tap is named by 128 random bits that the phone draws, so that it is saved once however often it is sent. It belongs to
the person who made it. Its time comes as an age by the phone's own reckoning: a phone whose clock is wrong by years is
still right about that.
"""

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import date
from math import isnan
from typing import Any, Final, NamedTuple

from tracker.errors import DomainError, N_

DAY_S: Final = 24 * 3600
OLDEST_S: Final = 30 * DAY_S
FIRST_YEAR, LAST_YEAR = 1900, 2199  # as everywhere a day is typed
LATEST_S: Final = 1e12  # later than any clock
MOST_TAPS: Final = 200
MOST_IN_FILE: Final = 2000  # weeks without the computer; more would keep a person waiting too long for one answer
MOST_PEOPLE: Final = 500
LONGEST: Final = 100
FILE_KIND: Final = "daftari marks"
ID: Final = re.compile(r"[0-9a-f]{32}")


class BadTap(DomainError):
    """A tap that makes no sense to this version."""

    code, status = "attendance.bad_tap", 400
    sentence = N_("This mark could not be read. Open the register again and mark once more.")


class TooManyTaps(DomainError):
    """More taps than one message may carry."""

    code, status = "attendance.too_many_taps", 413
    sentence = N_("Too many marks were sent at once. No more than %(most)s may be sent together.")


class BadTapFile(DomainError):
    """A file that no phone wrote."""

    code, status = "attendance.bad_tap_file", 400
    sentence = N_("This file holds no marks from a phone. Choose the file that the phone saved under the name daftari-marks.json.")


class NotYourTap(DomainError):
    """A tap that another person made: it waits until that person sends it."""

    code, status = "attendance.not_your_tap", 403
    sentence = N_("This mark was made by another person. It can be sent only after that person has signed in.")


class Tap(NamedTuple):
    """One act in a register.

    id             32 hexadecimal digits
    by             id of the person who tapped
    apprentice_id  whom it marks; empty for `rest`
    status         None = the mark is taken back
    seen           token of what the page showed; "" = unmarked
    after          id of the same phone's tap on this mark before, where that was on its way already; else None
    rest           not empty: all of these who are still unmarked are marked present together
    age_s          seconds between the tap and its sending, held between now and thirty days ago
    """

    id: str
    by: str
    cohort_id: str
    on: date
    slot: str
    apprentice_id: str
    status: str | None
    seen: str
    after: str | None
    rest: tuple[str, ...]
    age_s: float


def listed(content: bytes, most: int = MOST_TAPS) -> tuple[dict[str, Any], list[object]]:
    """A message and its taps, each still as it came; raises BadTap, TooManyTaps."""
    try:
        message = json.loads(content)
    except (ValueError, RecursionError):
        raise BadTap from None
    taps = message.get("taps") if isinstance(message, dict) else None
    if not isinstance(taps, list):
        raise BadTap
    if len(taps) > most:
        raise TooManyTaps(most=most)
    return message, taps


def listed_in_file(content: bytes, now_s: float) -> list[object]:
    """The taps of a file that a phone wrote, made older by the time since then; raises BadTapFile, TooManyTaps.

    Where the phone's clock and this one cannot both be right, the time since then counts as none.
    """
    try:
        message, taps = listed(content, MOST_IN_FILE)
        if message["kind"] != FILE_KIND:
            raise BadTapFile
        since_s = now_s - _number(message["written_s"], highest=LATEST_S)
    except (KeyError, BadTap):
        raise BadTapFile from None
    since_s = since_s if 0 <= since_s <= OLDEST_S else 0
    return [_older(tap, since_s) for tap in taps]


def _older(tap: object, since_s: float) -> object:
    age_s = tap.get("age_s") if isinstance(tap, dict) else None
    return {**tap, "age_s": min(age_s, OLDEST_S) + since_s} if isinstance(tap, dict) and isinstance(age_s, int | float) else tap


def id_of(raw: object) -> str:
    """The name under which a tap is answered; "" for one without."""
    found = raw.get("id") if isinstance(raw, dict) else None
    return found[:LONGEST] if isinstance(found, str) else ""


def read(raw: object) -> Tap:
    """One tap; raises BadTap. Whether its codes exist and its rows are the person's is the action's affair."""
    if not isinstance(raw, dict):
        raise BadTap
    tap_id, after, rest = _text(raw, "id"), raw.get("after"), raw.get("rest") or []
    if not ID.fullmatch(tap_id) or not (after is None or (isinstance(after, str) and ID.fullmatch(after))):
        raise BadTap
    if not isinstance(rest, list) or len(rest) > MOST_PEOPLE or not all(isinstance(each, str) for each in rest):
        raise BadTap
    try:
        on = date.fromisoformat(_text(raw, "on"))
    except ValueError:
        raise BadTap from None
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        raise BadTap
    return Tap(
        tap_id,
        _text(raw, "by"),
        _text(raw, "cohort"),
        on,
        _text(raw, "slot"),
        "" if rest else _text(raw, "apprentice"),
        _text(raw, "status") or None,
        _text(raw, "seen"),
        after,
        tuple(rest),
        _number(raw.get("age_s")),
    )


def _text(raw: Mapping[str, Any], name: str) -> str:
    found = raw.get(name)
    # No id, code or token holds what cannot be printed, and no database keeps half a character or a NUL.
    if not isinstance(found, str) or len(found) > LONGEST or not found.isprintable():
        raise BadTap
    return found


def _number(found: object, highest: float = OLDEST_S) -> float:
    # A boolean is a number to Python, "not a number" compares with nothing, and some whole numbers are too large for a float.
    if isinstance(found, bool) or not isinstance(found, int | float) or (isinstance(found, float) and isnan(found)):
        raise BadTap
    return float(max(0, min(found, highest)))


def key_of(secret: str, person_id: str) -> str:
    """The key that seals a person's taps on a phone, base64: the same on every phone, given only to who is signed in."""
    return b64encode(hmac.digest(secret.encode(), b"taps of " + person_id.encode(), "sha256")).decode()


def tapped_at(now_s: int, age_s: float) -> int:
    """The second of a tap by this computer's clock."""
    return now_s - round(age_s)
