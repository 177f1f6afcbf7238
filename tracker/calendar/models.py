"""Weekly patterns, breaks and catching up, holidays as corrected, and closures with what hangs on them: facts, not switches."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Code, Ref, Row, Synced, SyncedRow

ANYWHERE = ("nation", "region", "centre")


class WeeklyPattern(Row):
    """The training days of a week (1 = Monday .. 7 = Sunday) from a date on; a new pattern never rewrites the past.

    am_minutes, pm_minutes  length of the two halves of a day; None where nobody said it
    """

    __tablename__ = "weekly_pattern"
    __sync__ = Synced(partitions=("centre",))

    campus_id: Mapped[str | None] = mapped_column(Ref)
    since: Mapped[date | None]
    weekdays: Mapped[str | None]
    am_minutes: Mapped[int | None]
    pm_minutes: Mapped[int | None]
    void_reason: Mapped[str | None]


class Break(Row):
    """Days between terms on which a centre, a campus or a cohort is not taught, though the weekly pattern has them."""

    __tablename__ = "term_break"
    __sync__ = Synced(partitions=("centre",), groups={"span": ("since", "until")})

    campus_id: Mapped[str | None] = mapped_column(Ref)
    cohort_id: Mapped[str | None] = mapped_column(Ref)
    name: Mapped[str | None]
    since: Mapped[date | None]
    until: Mapped[date | None]
    void_reason: Mapped[str | None]


class CatchUp(Row):
    """A way of making up lost time, announced for a cohort and withdrawn with a reason, as the "+2 hours" order was in 2020.

    kind     code of the list `catch_up_kinds`: longer_days, saturdays, no_break, extended_end
    since    first day on which it is in force; of no_break and saturdays, the days between since and until are taught
    minutes  longer_days: more on each training day; saturdays: on each Saturday; else None

    end_reason  why it was ended before its time, on `until`: what was done until then counts. One that never was is void
    """

    __tablename__ = "catch_up"
    __sync__ = Synced(partitions=("centre",), groups={"plan": ("kind", "since", "until", "minutes", "end_reason")})

    cohort_id: Mapped[str | None] = mapped_column(Ref)
    kind: Mapped[str | None] = mapped_column(Code)
    since: Mapped[date | None]
    until: Mapped[date | None]
    minutes: Mapped[int | None]
    end_reason: Mapped[str | None]
    authority: Mapped[str | None]
    reference: Mapped[str | None]
    void_reason: Mapped[str | None]


class Extension(Row):
    """A new planned end of a cohort or a placement; the original stays where it stood.

    cohort_id, placement_id  one of them: what ends later
    closure_id               the closure it answers, if one
    """

    __tablename__ = "extension"
    __sync__ = Synced(partitions=("centre",))

    # A column for each, so that what is known of a placement can be found and erased with its person.
    cohort_id: Mapped[str | None] = mapped_column(Ref)
    placement_id: Mapped[str | None] = mapped_column(Ref)
    ends_on: Mapped[date | None]
    announced_on: Mapped[date | None]
    closure_id: Mapped[str | None] = mapped_column(Ref)
    note: Mapped[str | None]
    void_reason: Mapped[str | None]


class HolidayCorrection(Row):
    """A holiday that the pack does not know, or one that it estimates wrongly."""

    __tablename__ = "holiday_correction"
    __sync__ = Synced(partitions=("nation",))

    jurisdiction: Mapped[str | None] = mapped_column(Code)
    on: Mapped[date | None]
    name: Mapped[str | None]
    is_holiday: Mapped[bool | None]
    void_reason: Mapped[str | None]


class Closure(Row):
    """Something closes. What counts is one of its notices.

    meanwhile  what training goes on while it is closed
    """

    __tablename__ = "closure"
    __sync__ = Synced(partitions=ANYWHERE, groups={"scope": ("scope_kind", "scope_code", "sites")})

    scope_kind: Mapped[str | None] = mapped_column(Code)
    scope_code: Mapped[str | None]
    sites: Mapped[str | None] = mapped_column(Code)
    reason: Mapped[str | None] = mapped_column(Code)
    chosen_notice_id: Mapped[str | None] = mapped_column(Ref)
    meanwhile: Mapped[str | None] = mapped_column(Code)
    note: Mapped[str | None]
    void_reason: Mapped[str | None]


class Notice(Row):
    """What somebody announced of a closure; contradicting notices stand side by side."""

    __tablename__ = "notice"
    __sync__ = Synced(partitions=ANYWHERE, groups={"dates": ("since", "expected_until")})

    closure_id: Mapped[str | None] = mapped_column(Ref)
    source: Mapped[str | None]
    authority: Mapped[str | None]
    since: Mapped[date | None]
    expected_until: Mapped[date | None]
    reference: Mapped[str | None]
    void_reason: Mapped[str | None]


class Resumption(Row):
    """A permission to reopen, or a reopening, for its own scope and sites of one closure.

    share_percent  how many of the apprentices may come on one day; None = all
    """

    __tablename__ = "resumption"
    __sync__ = Synced(partitions=ANYWHERE, groups={"scope": ("scope_kind", "scope_code", "sites")})

    closure_id: Mapped[str | None] = mapped_column(Ref)
    scope_kind: Mapped[str | None] = mapped_column(Code)
    scope_code: Mapped[str | None]
    sites: Mapped[str | None] = mapped_column(Code)
    kind: Mapped[str | None] = mapped_column(Code)
    since: Mapped[date | None]
    conditions: Mapped[str | None]
    share_percent: Mapped[int | None]
    void_reason: Mapped[str | None]


class TaughtDay(SyncedRow):
    """What somebody decided about the marks of a closed day, holiday or rest day.

    decision  None: the cohort was taught anyway, and they count; "mistake": they were entered by mistake, and never will
    """

    __tablename__ = "taught_day"
    __sync__ = Synced(partitions=("centre",))

    cohort_id: Mapped[str] = mapped_column(Ref, primary_key=True)
    on: Mapped[date] = mapped_column(primary_key=True)
    decision: Mapped[str | None] = mapped_column(Code)
    reason: Mapped[str | None]
    void_reason: Mapped[str | None]
