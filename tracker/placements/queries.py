"""Placements that a person sees, what they are on a day, and what decent work finds missing."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import select

from tracker import replication
from tracker.accounts.history import whereabouts
from tracker.accounts.queries import name_of
from tracker.calendar.ends import Ends, ends_in, PLACEMENT
from tracker.calendar.queries import Calendar, calendar_for
from tracker.calendar.rules import closed_days, ClosureFact
from tracker.db import db, Row, row_for
from tracker.employers import queries as employers
from tracker.employers.models import Employer
from tracker.employers.rules import matches
from tracker.errors import NotFound, Problem
from tracker.people.models import Apprentice
from tracker.placements import rules
from tracker.placements.models import Placement, Roster, Suspension
from tracker.placements.rules import Hours, Pause, State, StateKind, Terms
from tracker.places import queries as places
from tracker.places.models import Centre
from tracker.policy import Actor, kind_of, may
from tracker.replication import Version

AnyRow = TypeVar("AnyRow", bound=Row)


def placements(actor: Actor, partition: str, *, with_void: bool = False) -> list[Placement]:
    """The placements of a centre, the latest begun first; raises NotFound for a centre that the actor does not see."""
    if not may(actor, "read", partition):
        raise NotFound
    rows = db.session.scalars(select(Placement).where(Placement.partition == partition))
    return _latest_first(row for row in rows if with_void or row.void_reason is None)


def placement_for(actor: Actor, placement_id: str, may: str = "read") -> Placement:
    """The access door of a placement; raises NotFound, NotAllowed."""
    return row_for(Placement, actor, placement_id, may)


def suspension_for(actor: Actor, suspension_id: str, may: str = "read") -> Suspension:
    """The access door of a suspension; raises NotFound, NotAllowed."""
    return row_for(Suspension, actor, suspension_id, may)


def placements_of(actor: Actor, apprentice_id: str) -> list[Placement]:
    """The placements of an apprentice, the latest begun first, void ones included; raises NotFound."""
    apprentice = row_for(Apprentice, actor, apprentice_id)
    rows = select(Placement).where(Placement.partition == apprentice.partition, Placement.apprentice_id == apprentice.id)
    return _latest_first(db.session.scalars(rows))


def _latest_first(rows: Iterable[Placement]) -> list[Placement]:
    return sorted(rows, key=lambda row: (row.starts_on or date.max, row.id), reverse=True)


def placed_on(actor: Actor, partition: str, on: date) -> dict[str, Placement]:
    """Apprentice id -> the placement whose days include this one, suspended or not; of several the latest begun."""
    if not may(actor, "read", partition):
        raise NotFound
    rows = db.session.scalars(
        select(Placement).where(
            Placement.partition == partition,
            Placement.void_reason.is_(None),
            Placement.starts_on <= on,
        )
    )
    ends = ends_in(partition)
    found = [row for row in rows if on <= (ends.of_placement(row) or on)]
    return {row.apprentice_id: row for row in reversed(_latest_first(found)) if row.apprentice_id}


# ---- state


def suspensions(placement: Placement) -> Sequence[Suspension]:
    """The suspensions of a placement that people decided, the earliest first, withdrawn ones included."""
    rows = select(Suspension).where(Suspension.partition == placement.partition, Suspension.placement_id == placement.id)
    return db.session.scalars(rows.order_by(Suspension.since, Suspension.id)).all()


def rosters(placement: Placement) -> Sequence[Roster]:
    """The rosters of a placement, the earliest first, withdrawn ones included."""
    rows = select(Roster).where(Roster.partition == placement.partition, Roster.placement_id == placement.id)
    return db.session.scalars(rows.order_by(Roster.since, Roster.id)).all()


def roster_for(actor: Actor, roster_id: str, may: str = "read") -> Roster:
    """The access door of a roster; raises NotFound, NotAllowed."""
    return row_for(Roster, actor, roster_id, may)


def hours(rows: Iterable[Roster]) -> list[Hours]:
    """The rosters that stand, as the rules take them."""
    return [
        Hours(row.since, frozenset(int(day) - 1 for day in row.weekdays or "" if day in rules.WEEKDAYS), row.minutes)
        for row in rows
        if row.since and row.minutes and row.void_reason is None
    ]


def pauses(rows: Iterable[Suspension]) -> list[Pause]:
    """The suspensions that stand, as the rules take them."""
    return [Pause(row.since, row.until, row.reason or "") for row in rows if row.since and row.void_reason is None]


def stand_ins(rows: Iterable[Placement], ends: Ends) -> list[Pause]:
    """The times in which these placements stand in for another one: so long that one pauses."""
    return [Pause(row.starts_on, ends.of_placement(row), rules.STAND_IN) for row in rows if row.starts_on and row.void_reason is None]


def pauses_by_placement(partition: str, ends: Ends) -> Mapping[str | None, list[Pause]]:
    """The pauses of a centre's placements: those that people decided, and while another placement stands in. Read in one go."""
    found: dict[str | None, list[Pause]] = defaultdict(list)
    for suspension in db.session.scalars(select(Suspension).where(Suspension.partition == partition)):
        found[suspension.placement_id] += pauses([suspension])
    for row in db.session.scalars(select(Placement).where(Placement.partition == partition, Placement.replaces_id.is_not(None))):
        found[row.replaces_id] += stand_ins([row], ends)
    return found


def state_on(placement: Placement, on: date, calendar: Calendar) -> State:
    """What a placement is on a day, with its reason: closures of the employer's site, a person's decision, or a stand-in."""
    employer = employer_of(placement)
    closures = calendar.workplace_closed(employer, on) if employer else ()
    others = select(Placement).where(Placement.partition == placement.partition, Placement.replaces_id == placement.id)
    paused = [*pauses(suspensions(placement)), *stand_ins(db.session.scalars(others), calendar.ends)]
    return _state(placement, on, calendar.ends, paused, closures)


def _state(placement: Placement, on: date, ends: Ends, paused: Iterable[Pause], closures: Iterable[ClosureFact]) -> State:
    is_void = placement.void_reason is not None
    return rules.state_on(on, placement.starts_on, ends.of_placement(placement), paused, closures, is_void=is_void)


def employer_of(placement: Placement) -> Employer | None:
    """The employer's row; None while it is still under way."""
    return db.session.get(Employer, {"partition": placement.partition, "id": placement.employer_id}) if placement.employer_id else None


def apprentice_of(placement: Placement) -> Apprentice | None:
    """The apprentice's row; None while it is still under way."""
    return (
        db.session.get(Apprentice, {"partition": placement.partition, "id": placement.apprentice_id}) if placement.apprentice_id else None
    )


@dataclass(frozen=True)
class Listed:
    """A placement as a list shows it. `extended_to` is the end that holds where it was moved."""

    row: Placement
    apprentice: Apprentice | None
    employer: Employer | None
    state: State
    warnings: Sequence[Problem]
    extended_to: date | None = None


def listed(actor: Actor, partition: str, rows: Sequence[Placement], on: date) -> list[Listed]:
    """Placements of one centre with their people, their state on a day and what decent work finds missing; read in one go.

    Raises NotFound for a centre that the actor does not see.
    """
    calendar = calendar_for(actor, partition)
    apprentices = _by_id(db.session.scalars(select(Apprentice).where(Apprentice.partition == partition)))
    employers_by_id = _by_id(db.session.scalars(select(Employer).where(Employer.partition == partition)))
    paused = pauses_by_placement(partition, calendar.ends)
    spans = _spans(partition)
    found = []
    for row in rows:
        employer = employers_by_id.get(row.employer_id or "")
        apprentice = apprentices.get(row.apprentice_id or "")
        closures = calendar.workplace_closed(employer, on) if employer else ()
        state = _state(row, on, calendar.ends, paused.get(row.id, ()), closures)
        extension = calendar.ends.extension(PLACEMENT, row)
        found.append(
            Listed(row, apprentice, employer, state, _warnings(row, apprentice, employer, spans), extension.ends_on if extension else None)
        )
    return found


def _rosters_by_placement(partition: str) -> Mapping[str | None, list[Roster]]:
    found: dict[str | None, list[Roster]] = defaultdict(list)
    for roster in db.session.scalars(select(Roster).where(Roster.partition == partition).order_by(Roster.since, Roster.id)):
        found[roster.placement_id].append(roster)
    return found


def days_off(partition: str, on: date) -> set[str | None]:
    """Ids of the placements whose roster leaves a day free."""
    return {key for key, rows in _rosters_by_placement(partition).items() if rules.rostered(hours(rows), on) == 0}


def away_days(calendar: Calendar, partition: str, apprentice_ids: Collection[str], days: Collection[date]) -> dict[str, set[date]]:
    """Those of the given days on which a placement expects the apprentice at the workplace, by apprentice.

    A placement that is suspended, by a closure or by a person, sends him back to the centre; so does a day off its roster.
    """
    found: dict[str, set[date]] = defaultdict(set)
    if not days:
        return found
    rows = select(Placement).where(Placement.partition == partition, Placement.void_reason.is_(None), Placement.starts_on <= max(days))
    paused = pauses_by_placement(partition, calendar.ends)
    rosters_of = _rosters_by_placement(partition)
    hosts_by_id = _by_id(db.session.scalars(select(Employer).where(Employer.partition == partition)))
    for row in db.session.scalars(rows):
        if row.apprentice_id not in apprentice_ids or row.starts_on is None:
            continue
        inside = [on for on in days if row.starts_on <= on <= (calendar.ends.of_placement(row) or date.max)]
        employer, halts, week = hosts_by_id.get(row.employer_id or ""), paused.get(row.id, ()), hours(rosters_of.get(row.id, ()))
        intervals = calendar.intervals(calendar.site_of_employer(employer)) if employer else ()
        closed = closed_days(min(days), max(days), intervals)
        found[row.apprentice_id or ""].update(
            on for on in inside if on not in closed and not any(rules.covers(halt, on) for halt in halts) and rules.rostered(week, on) != 0
        )
    return found


@dataclass(frozen=True)
class Stretch:
    """A placement over some days.

    states    what it is on each day, oldest first, no gaps
    rostered  minutes that it works on each of these days: 0 on a day off, None where no roster says anything
    """

    row: Placement
    apprentice: Apprentice | None
    employer: Employer | None
    states: Mapping[date, State]
    rostered: Mapping[date, int | None]


def stretches(actor: Actor, partition: str, first: date, last: date) -> list[Stretch]:
    """The placements of a centre that stand on some day from `first` to `last`, by employer, then apprentice. Raises NotFound."""
    calendar = calendar_for(actor, partition)
    standing = [row for row in placements(actor, partition) if row.starts_on and row.starts_on <= last]
    rows = [row for row in standing if (calendar.ends.of_placement(row) or last) >= first]
    apprentices = _by_id(db.session.scalars(select(Apprentice).where(Apprentice.partition == partition)))
    hosts_by_id = _by_id(db.session.scalars(select(Employer).where(Employer.partition == partition)))
    paused = pauses_by_placement(partition, calendar.ends)
    rosters_of = _rosters_by_placement(partition)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found = []
    for row in rows:
        employer, week = hosts_by_id.get(row.employer_id or ""), hours(rosters_of.get(row.id, ()))
        closures = {on: calendar.workplace_closed(employer, on) if employer else () for on in days}
        states = {on: _state(row, on, calendar.ends, paused.get(row.id, ()), closures[on]) for on in days}
        rostered = {on: rules.rostered(week, on) for on in days}
        found.append(Stretch(row, apprentices.get(row.apprentice_id or ""), employer, states, rostered))
    return sorted(found, key=_by_employer)


def _by_employer(each: Stretch) -> tuple[str, str, str, str]:
    employer, apprentice = each.employer, each.apprentice
    return (
        ((employer.name if employer else None) or "").casefold(),
        employer.id if employer else "",
        apprentice.full_name.casefold() if apprentice else "",
        each.row.id,
    )


def _by_id(rows: Iterable[AnyRow]) -> dict[str, AnyRow]:
    return {row.id: row for row in rows}


# ---- decent work

Spans = Mapping[str, Sequence[tuple[str, date, date | None]]]


def _spans(partition: str) -> Spans:
    """Employer id -> (apprentice id, first day, last day) of its placements."""
    spans: dict[str, list[tuple[str, date, date | None]]] = defaultdict(list)
    rows, ends = select(Placement).where(Placement.partition == partition, Placement.void_reason.is_(None)), ends_in(partition)
    for row in db.session.scalars(rows):
        if row.starts_on:
            spans[row.employer_id or ""].append((row.apprentice_id or "", row.starts_on, ends.of_placement(row)))
    return spans


def warnings_of(placement: Placement) -> list[Problem]:
    """What decent work finds missing of a placement."""
    return _warnings(placement, apprentice_of(placement), employer_of(placement), _spans(placement.partition))


def _warnings(row: Placement, apprentice: Apprentice | None, employer: Employer | None, spans: Spans) -> list[Problem]:
    if row.void_reason is not None:
        return []
    on = row.starts_on
    others = {who for who, first, last in spans.get(row.employer_id or "", ()) if on and first <= on <= (last or date.max)}
    named = [part for part in ((employer.departments if employer else None) or "").split(";") if part.strip()]
    terms = Terms(
        starts_on=on,
        birth_date=apprentice.birth_date if apprentice else None,
        supervisor=row.supervisor,
        contract_signed_on=row.contract_signed_on,
        capacity=employer.capacity if employer else None,
        others_on_start=len(others - {row.apprentice_id or ""}),
        departments=len(named) or None,
    )
    return rules.warnings(terms)


def is_shown(each: Listed, view: str) -> bool:
    """Whether a view of the list shows a placement: running, suspended, warnings, all."""
    running = each.state.kind in (StateKind.OPEN, StateKind.SUSPENDED, StateKind.NOT_STARTED)
    if view == "suspended":
        return each.state.kind == StateKind.SUSPENDED
    if view == "warnings":
        return running and bool(each.warnings)
    return running or view == "all"


# ---- pages


def home(actor: Actor, asked: str | None) -> str:
    """The centre that a page is about: the one asked for, else the actor's own, else the first he sees. Raises NotFound."""
    partition = asked or places.home_partition(actor) or next((centre.partition for centre in places.centres(actor)), None)
    if partition is None or kind_of(partition) != "centre" or not may(actor, "read", partition):
        raise NotFound
    return partition


def centres(actor: Actor) -> list[Centre]:
    """The centres between which the actor may choose; none for somebody who works in one."""
    return [] if places.home_partition(actor) else places.centres(actor)


def apprentices_to_place(partition: str, chosen: Apprentice | None = None) -> list[tuple[str, str]]:
    """Id and name with number of a centre's apprentices, by name; and of the one that is chosen, even if withdrawn since."""
    rows = db.session.scalars(select(Apprentice).where(Apprentice.partition == partition))
    offered = [row for row in rows if row.void_reason is None or row is chosen]
    offered.sort(key=lambda row: (row.full_name.casefold(), row.number or "", row.id))
    return [(row.id, f"{row.full_name} · {row.number}" if row.number else row.full_name) for row in offered]


def hosts(actor: Actor, partition: str, chosen: Employer | None = None) -> list[tuple[str, str]]:
    """Id and name of a centre's employers, by name; and of the one that is chosen, even if withdrawn since."""
    offered = employers.employers(actor, partition, with_void=True)
    return [(row.id, row.name or "?") for row in offered if row.void_reason is None or row is chosen]


def apprentice_for(actor: Actor, apprentice_id: str) -> Apprentice:
    """An apprentice whose placements a page is about. Raises NotFound."""
    return row_for(Apprentice, actor, apprentice_id)


@dataclass(frozen=True)
class Told:
    """A line of a history: who made which value of what, when; and where it is safe, in words."""

    row: Placement | Suspension | Roster
    version: Version
    who: str | None
    names: Mapping[str, str]
    where: str


def history(placement: Placement) -> list[Told]:
    """All values that a placement, its suspensions and its rosters ever had, newest first; empty ones left out."""
    rows: list[Placement | Suspension | Roster] = [placement, *suspensions(placement), *rosters(placement)]
    people = db.session.scalars(select(Apprentice).where(Apprentice.partition == placement.partition))
    names = {row.id: row.full_name for row in people}
    found = db.session.scalars(select(Employer).where(Employer.partition == placement.partition))
    names |= {row.id: row.name or "?" for row in found}
    others = db.session.scalars(select(Placement).where(Placement.partition == placement.partition, Placement.id == placement.replaces_id))
    names |= {row.id: names.get(row.employer_id or "", "?") for row in others}
    versions = [(row, version) for row in rows for version in replication.history(row)]
    told = [(row, version) for row, version in versions if any(value is not None for value in version.values.values())]
    where = whereabouts(placement.partition, {version.dot for _row, version in told})
    lines = [Told(row, version, name_of(version.by), names, where[version.dot]) for row, version in told]
    return sorted(lines, key=lambda line: (line.version.at, line.version.dot), reverse=True)


def conflicting(placement: Placement) -> list[str]:
    """The groups of a placement of which several versions are open."""
    return [conflict.group for conflict in replication.conflicts_of(placement)]


def recorded(placement: Placement) -> tuple[str | None, int | None]:
    """Who last wrote the placement as a whole, and when: whoever accepted it as it is."""
    return name_of(placement.by), placement.at


def fits(listed_row: Listed, text: str) -> bool:
    """Whether every word of a search begins a word of apprentice, number or employer."""
    apprentice, employer = listed_row.apprentice, listed_row.employer
    return matches(
        text, apprentice.full_name if apprentice else None, apprentice.number if apprentice else None, employer.name if employer else None
    )


def panel(actor: Actor, apprentice_id: str, on: date) -> list[Listed]:
    """The placements of an apprentice as the apprentice's page shows them. Raises NotFound."""
    rows = placements_of(actor, apprentice_id)
    return listed(actor, rows[0].partition, rows, on) if rows else []
