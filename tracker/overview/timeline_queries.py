"""What an apprentice's timeline shows: the times at the centre, the placements, marks, remote packs and orders to catch up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from tracker import clock
from tracker.attendance import sheet_queries
from tracker.calendar.ends import COHORT, ends_in, PLACEMENT
from tracker.calendar.models import CatchUp
from tracker.calendar.queries import Calendar, calendar_for
from tracker.calendar.rules import ClosureFact, Span
from tracker.catchup.models import RemotePack, RemotePackReturn
from tracker.db import db
from tracker.employers.models import Employer
from tracker.overview import timeline_rules as rules
from tracker.overview.timeline_rules import Interruption, Piece, Post, Time
from tracker.people import queries as people
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.placements import queries as placements
from tracker.placements.models import Placement
from tracker.policy import Actor


@dataclass(frozen=True)
class Workplace:
    """A placement with what became of its days. `new_end` is the end that holds where it was moved."""

    row: Placement
    employer: Employer | None
    pieces: Sequence[Piece]
    new_end: date | None


@dataclass(frozen=True)
class Pack:
    """A remote pack that the apprentice was given; `returned_on` None: not brought back yet."""

    row: RemotePack
    given_on: date
    returned_on: date | None


@dataclass(frozen=True)
class Timeline:
    """All that the picture and the list beside it show.

    first, last   of the picture
    enrolment     the present one, else the latest; None: never enrolled
    original_end  of the present cohort, as it was planned first
    new_end       the end that holds, where it was moved
    centre        days at the centre, the earliest first
    marked        absences, excused days and days of remote training
    orders        what was ordered to catch up for the cohorts while the apprentice was in them
    closures      by id, all that is named
    """

    apprentice: Apprentice
    today: date
    first: date
    last: date
    enrolment: Enrolment | None
    original_end: date | None
    new_end: date | None
    cohorts: Mapping[str, Cohort]
    centre: Sequence[Piece]
    workplaces: Sequence[Workplace]
    marked: Sequence[Piece]
    packs: Sequence[Pack]
    orders: Sequence[tuple[CatchUp, date, date]]
    interruptions: Sequence[Interruption]
    closures: Mapping[str, ClosureFact]


def timeline_of(actor: Actor, apprentice_id: str) -> Timeline:
    """The timeline of an apprentice. Raises NotFound."""
    apprentice = people.apprentice_for(actor, apprentice_id)
    partition, today = apprentice.partition, clock.today()
    calendar, ends = calendar_for(actor, partition), ends_in(partition)
    cohorts = {row.id: row for row in people.cohorts(actor, partition, with_void=True)}
    enrolments = people.enrolments_of(apprentice)
    values = sheet_queries.marks_of(partition, [apprentice_id]).get(apprentice_id, {})
    marks = {place: value.status or "" for place, value in values.items()}
    marked_first = min((on for on, _slot in marks), default=None)
    begun = [_time(calendar, row, cohorts.get(row.cohort_id or ""), marked_first, today) for row in reversed(enrolments)]
    times = [time for time in begun if time]
    rows = [row for row in reversed(placements.placements_of(actor, apprentice_id)) if row.void_reason is None and row.starts_on]
    posts = [_post(calendar, row, ends.of_placement(row)) for row in rows]
    present = cohorts.get(enrolments[0].cohort_id or "") if enrolments else None
    extension = ends.extension(COHORT, present) if present else None
    original_end = sheet_queries.original_end(present) if present else None
    known = [today, original_end, extension.ends_on if extension else None]
    known += [time.last for time in times] + [post.last for post in posts]
    last = min(max(on for on in known if on), today + rules.LONGEST / 2)
    centre = rules.at_centre(times, posts, today, last)
    workplaces = [_workplace(ends.extension(PLACEMENT, row), row, post, today, last) for row, post in zip(rows, posts, strict=True)]
    first = min((piece.first for piece in (*centre, *(piece for each in workplaces for piece in each.pieces))), default=today)
    return Timeline(
        apprentice=apprentice,
        today=today,
        first=first,
        last=last,
        enrolment=enrolments[0] if enrolments else None,
        original_end=original_end,
        new_end=extension.ends_on if extension else None,
        cohorts=cohorts,
        centre=centre,
        workplaces=workplaces,
        marked=[piece for piece in rules.said(marks) if piece.last >= first],
        packs=_packs(apprentice, times),
        orders=_orders(calendar, times, last),
        interruptions=rules.interruptions(times, posts, today),
        closures={fact.id: fact for fact in calendar.closures},
    )


def _time(calendar: Calendar, row: Enrolment, cohort: Cohort | None, marked_first: date | None, today: date) -> Time | None:
    """An enrolment as a time at the centre; None if nobody knows when it began."""
    first = row.starts_on or (cohort.starts_on if cohort else None) or marked_first
    if first is None:
        return None
    site = calendar.site_of(cohort) if cohort else calendar.site_of_campus(None)
    last = row.ended_on or (sheet_queries.last_day(cohort, today) if cohort else None)
    return Time(row.cohort_id or "", first, last, calendar.intervals(site), sheet_queries.original_end(cohort) if cohort else None)


def _post(calendar: Calendar, row: Placement, ends_on: date | None) -> Post:
    employer = placements.employer_of(row)
    return Post(
        row.id,
        row.starts_on or date.max,
        ends_on,
        calendar.intervals(calendar.site_of_employer(employer)) if employer else (),
        [Span(each.since, each.until) for each in placements.pauses(placements.suspensions(row))],
    )


def _workplace(extension: object, row: Placement, post: Post, today: date, last: date) -> Workplace:
    return Workplace(row, placements.employer_of(row), rules.at_work(post, today, last), post.last if extension else None)


def _packs(apprentice: Apprentice, times: Sequence[Time]) -> list[Pack]:
    """The remote packs given to the apprentice's cohorts while he was in them, the earliest first."""
    rows = db.session.scalars(
        select(RemotePack)
        .where(RemotePack.partition == apprentice.partition, RemotePack.void_reason.is_(None))
        .order_by(RemotePack.given_on, RemotePack.id)
    )
    back = select(RemotePackReturn).where(
        RemotePackReturn.partition == apprentice.partition, RemotePackReturn.apprentice_id == apprentice.id
    )
    returned = {each.pack_id: each.returned_on for each in db.session.scalars(back)}
    return [
        Pack(row, row.given_on, returned.get(row.id))
        for row in rows
        if row.given_on and any(time.cohort == row.cohort_id and rules.lies_in(row.given_on, time) for time in times)
    ]


def _orders(calendar: Calendar, times: Sequence[Time], last: date) -> list[tuple[CatchUp, date, date]]:
    """Orders to catch up with the days on which they reached the apprentice, the earliest first."""
    found = []
    for row in calendar.catch_ups:
        for time in times:
            if row.void_reason is None and row.since and row.cohort_id == time.cohort:
                begin, end = max(row.since, time.first), min(row.until or last, time.last or last)
                if begin <= end:
                    found.append((row, begin, end))
    return sorted(found, key=lambda each: (each[1], each[0].id))
