"""Lengths of time as people write them: 8, 7:30 or 7.5 hours. Stored in whole minutes."""

import re
from typing import Final

from tracker.errors import DomainError, N_

DAY_MINUTES: Final = 24 * 60


class NoHours(DomainError):
    """No length of time, or more than a day has."""

    code, status = "hours.none", 422
    sentence = N_("Write the hours a day as 8 or 7:30; a day has at most 24.")


def minutes_of(text: str) -> int:
    """The minutes that `8`, `7:30`, `7.5` or `7,25` hours are; raises NoHours, also for none at all and for more than a day."""
    # Behind a point only quarters of an hour: by 7.30 people mean half past, and 18 minutes would be stored unseen.
    found = re.fullmatch(r"([0-9]{1,2})(?::([0-5][0-9])|[.,]([05]|00|25|50|75))?", text.strip())
    if not found:
        raise NoHours
    minutes = int(found[1]) * 60 + int(found[2] or 0) + round(60 * float(f"0.{found[3] or 0}"))
    if not 0 < minutes <= DAY_MINUTES:
        raise NoHours
    return minutes


def clock_of(minutes: int) -> str:
    """`8:00`, `7:30`."""
    return f"{minutes // 60}:{minutes % 60:02}"
