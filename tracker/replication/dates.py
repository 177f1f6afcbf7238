"""Whether the clock of this machine can be right, judged by what is held here. A person's word stands above all of it.

Nothing here stops anybody: no change is refused for its clock, and an exchange works by any date (sync/README.md, part 6).
"""

import time
from typing import Final

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

import sync
from tracker import clock
from tracker.db import db
from tracker.i18n import N_
from tracker.replication import checking, node

DAY_S: Final = 86_400
BUILT_S: Final = 1_767_225_600  # 1 January 2026: no clock of a machine that runs this is right if it shows less
LONGEST_REST_S: Final = 2 * 365 * DAY_S  # nobody leaves a register alone for longer than two years
LIFETIME_S: Final = 10 * 365 * DAY_S  # of this version, where nothing is held that a date could be compared with
# Else one laptop that wrote by a wrong clock would make all others warn for ever.
CONFIRMED_FOR_S: Final = 30 * DAY_S
LOOK_EVERY_S: Final = 60
CONFIRMED: Final = "clock-confirmed"
WRONG_DATE: Final = N_(
    "The date of this computer looks wrong: it says %(date)s. Set the date and the time of the computer. You can go on working; "
    "nothing is lost."
)


def is_doubtful(now_s: int, newest_s: int | None, confirmed_s: int | None) -> bool:
    """Whether a clock that shows `now_s` is probably wrong.

    newest_s     the latest second that a change held here claims; None = none is held
    confirmed_s  what the clock showed when a person last said that it is right
    """
    if confirmed_s is not None and -DAY_S <= now_s - confirmed_s <= CONFIRMED_FOR_S:
        return False
    if now_s < BUILT_S:
        return True
    if newest_s is None:
        return now_s > BUILT_S + LIFETIME_S
    return not newest_s - DAY_S <= now_s <= max(newest_s, BUILT_S) + LONGEST_REST_S


def doubt() -> bool:
    """Whether the date of this machine looks wrong; every page asks. False where the date is a told story's."""
    if clock.current().is_told():
        return False
    newest, confirmed = _held()
    return is_doubtful(clock.now_s(), newest, confirmed)


def confirm() -> None:
    """A person says that the clock is right as it is."""
    with node.begin() as connection:
        sync.set_self(connection, CONFIRMED, str(clock.now_s()).encode())
    current_app.extensions.pop("dates", None)


def _held() -> tuple[int | None, int | None]:
    """(newest claimed second, second of the last confirmation), looked up once a minute: the former reads every row."""
    looked, found = current_app.extensions.get("dates", (None, (None, None)))
    if looked is None or time.monotonic() - looked > LOOK_EVERY_S:
        try:
            newest = checking.newest_change()
            with db.engine.connect() as connection:
                said = sync.get_self(connection, CONFIRMED)
        except SQLAlchemyError:  # no database yet, or a damaged one: a page about that must not fail for its banner
            return None, None
        found = newest, int(said) if said else None
        current_app.extensions["dates"] = time.monotonic(), found
    return found  # type: ignore[no-any-return]
