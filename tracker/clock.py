"""The only place that reads a clock.

Four different times, never mixed: `today()` is the business date of the register, `now()` stamps what is written,
`wall()` notes what this machine did when, `steady()` measures sessions and waiting times. The demo fixes the first,
tells the second while its story is built, and leaves the others alone.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, UTC

from flask import current_app, Flask, has_app_context

# East Africa Time has no summer time, and a laptop's zone is often wrong: a fixed offset needs no zone data.
EAST_AFRICA = timezone(timedelta(hours=3))


class Clock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The instant that a write claims, aware, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """The business date: the day at UTC+3, whatever zone the laptop believes in."""
        return self.now().astimezone(EAST_AFRICA).date()

    def wall(self) -> float:
        """Seconds since 1970 of the real clock."""
        return time.time()

    def steady(self) -> float:
        """As `wall()` was when the process began, and the seconds since: setting the clock does not move it."""
        return _began_s + _ticks() - _began_ticks

    def is_told(self) -> bool:
        """Whether the business date is a story's, and so no fault of the machine."""
        return False


def _ticks() -> float:
    """Seconds that pass also while the laptop sleeps: a lid closed overnight ends a session."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


_began_s, _began_ticks = time.time(), _ticks()


@dataclass
class StoryClock(Clock):
    """A clock for a told story.

    moment  what `now()` says (aware); None = the real instant
    day     what `today()` says; None = the day of `now()`
    """

    moment: datetime | None = None
    day: date | None = None

    def now(self) -> datetime:
        """The moment of the story, or the real one."""
        return self.moment or super().now()

    def today(self) -> date:
        """The fixed day, or that of the moment."""
        return self.day or super().today()

    def is_told(self) -> bool:
        """Whether the day is fixed."""
        return self.day is not None

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let everything inside the block happen at `moment`, on its day."""
        before = self.moment, self.day
        self.moment, self.day = moment, None
        try:
            yield
        finally:
            self.moment, self.day = before


REAL = Clock()


def use(app: Flask, clock: Clock) -> None:
    """Give the application its clock."""
    app.extensions["clock"] = clock


def current() -> Clock:
    """The application's clock; the machine's own outside any application."""
    clock = current_app.extensions.get("clock") if has_app_context() else None
    return clock if isinstance(clock, Clock) else REAL


def now() -> datetime:
    """The instant that a write claims, aware, in UTC."""
    return current().now()


def now_s() -> int:
    """`now()` in whole seconds since 1970, the form in which stamps are stored."""
    return int(now().timestamp())


def today() -> date:
    """The business date at a fixed UTC+3."""
    return current().today()


def wall() -> float:
    """Seconds since 1970 of the real clock: for what happened when, never for the register."""
    return current().wall()


def steady() -> float:
    """Seconds that no setting of the clock moves while the process lives: for sessions and waiting times."""
    return current().steady()
