"""Enrolments as spans that do not overlap, with all by which a figure about their people can be told apart."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import and_, ColumnElement, or_, select

from tracker.db import db
from tracker.indicators.rules import AGE_BANDS, Group, WITH_DIFFICULTY, WITHOUT_DIFFICULTY, YOUNGER
from tracker.people.models import Apprentice, Enrolment
from tracker.people.rules import DIFFICULTIES, GREAT_DIFFICULTY

ACTIVE: Final = ("active", "suspended")  # statuses of an enrolment that need no end
NO_COHORT: Final = ""
PARTED: Final = "\x1f"  # stands in no code
BEGINNING: Final = sa.literal(date.min, sa.Date())


def spans(centres: Collection[str], on: date) -> sa.CTE:
    """Every enrolment that stands, with its person's kind, cut so that no two of one person overlap.

    kind        sex, occupation, age band on the day `on` and difficulty in one text: see `group_of`
    first       its first day
    since       from when marks of the person belong to it: the first enrolment takes earlier ones, too
    following   first day of the person's next enrolment
    """
    first = sa.func.coalesce(Enrolment.starts_on, BEGINNING)
    person, order = (Enrolment.partition, Enrolment.apprentice_id), (first, Enrolment.id)
    is_first = sa.func.lag(Enrolment.id).over(partition_by=person, order_by=order).is_(None)
    return (
        select(
            Enrolment.partition,
            Enrolment.id,
            Enrolment.apprentice_id,
            sa.func.coalesce(Enrolment.cohort_id, NO_COHORT).label("cohort_id"),
            _kind(on).label("kind"),
            or_(Enrolment.status.is_(None), Enrolment.status.in_(ACTIVE)).label("is_active"),
            Enrolment.ended_on,
            first.label("first"),
            sa.case((is_first, BEGINNING), else_=first).label("since"),
            sa.func.lead(first, type_=sa.Date()).over(partition_by=person, order_by=order).label("following"),
        )
        .join(Apprentice, and_(Apprentice.partition == Enrolment.partition, Apprentice.id == Enrolment.apprentice_id))
        .where(Enrolment.partition.in_(centres), Enrolment.void_reason.is_(None), Apprentice.void_reason.is_(None))
        .cte("span")
        .prefix_with("MATERIALIZED")
    )


def _kind(on: date) -> ColumnElement[str]:
    """One column, not four: the marks of years are grouped by it."""
    parts = (sa.func.coalesce(Apprentice.sex, ""), sa.func.coalesce(Enrolment.occupation, ""), _age(on), _difficulty())
    text: ColumnElement[str] = sa.cast(parts[0], sa.Text())
    for part in parts[1:]:
        text = text.concat(PARTED).concat(part)
    return text


def _age(on: date) -> ColumnElement[str]:
    """The age band on a day. In `born > day` nobody who was born on the day itself is too young."""
    born = Apprentice.birth_date
    bands: list[tuple[ColumnElement[bool], str]] = [(born.is_(None), "")]
    band = YOUNGER
    for least, code in AGE_BANDS:
        bands.append((born > years_before(on, least), band))
        band = code
    return sa.case(*bands, else_=band)


def years_before(on: date, years: int) -> date:
    """The last birthday of those who are so many years old on a day; who was born on 29 February waits for 1 March."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return on.replace(year=on.year - years, day=28)


def _difficulty() -> ColumnElement[str]:
    answers = [getattr(Apprentice, name) for name in DIFFICULTIES]
    return sa.case(
        (or_(*(answer.in_(sorted(GREAT_DIFFICULTY)) for answer in answers)), WITH_DIFFICULTY),
        (or_(*(answer.is_not(None) for answer in answers)), WITHOUT_DIFFICULTY),
        else_="",
    )


def group_of(centre: str, kind: str, region: str = "", phase: str = "") -> Group:
    """The group of a span's people."""
    sex, occupation, age, difficulty = kind.split(PARTED)
    return Group(centre, sex, occupation, age, difficulty, region, phase)


def is_there(span: sa.CTE, on: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Whether a span covers a day."""
    return and_(
        span.c.first <= on,
        or_(span.c.ended_on >= on, and_(span.c.ended_on.is_(None), span.c.is_active)),
        or_(span.c.following.is_(None), span.c.following > on),
    )


def belongs(span: sa.CTE, on: sa.SQLColumnExpression[date] | date) -> ColumnElement[bool]:
    """Whether what somebody did on a day belongs to a span: the latest that had begun, the first before any had."""
    return and_(span.c.since <= on, or_(span.c.following.is_(None), span.c.following > on))


def given(name: str, columns: Mapping[str, Any], rows: Sequence[tuple[object, ...]]) -> sa.CTE:
    """A table that we bring along."""
    return sa.values(*(sa.column(key, kind) for key, kind in columns.items()), name=name).data(rows).cte(name)


def groups_by_person(centres: Collection[str], on: date, regions: Mapping[str, str]) -> dict[tuple[str, str], Group]:
    """(centre, apprentice) -> group, by the enrolment that counts on a day."""
    span = spans(centres, on)
    rows = db.session.execute(select(span.c.partition, span.c.apprentice_id, span.c.kind).where(belongs(span, on)))
    return {(centre, key): group_of(centre, kind, regions.get(centre, "")) for centre, key, kind in rows}
