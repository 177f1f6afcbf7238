"""What a person sees of catching up: the doors, a centre's cohorts with what they owe, remote packs, notices to print.

How a debt comes about stands in `debt_queries`; `delivered_and_owed` gives the figures of indicator I19.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from tracker.accounts.queries import name_of
from tracker.calendar.ends import COHORT, Ends, ends_in, extensions_of, PLACEMENT
from tracker.calendar.models import CatchUp, Extension
from tracker.calendar.queries import names_for
from tracker.calendar.rules import ClosureFact
from tracker.catchup.debt_queries import ACTIVE_STATUSES, CohortDebt, Debtor, ground_of, StayDebt, way_of
from tracker.catchup.models import RemotePack, RemotePackReturn
from tracker.catchup.rules import Owed, Way
from tracker.db import db, row_for
from tracker.employers.models import Employer
from tracker.errors import NotFound
from tracker.people import queries as people
from tracker.people.models import Apprentice, Cohort
from tracker.placements import queries as placements
from tracker.placements.models import Placement
from tracker.places import queries as places
from tracker.policy import Actor

# ---- doors


def cohort_for(actor: Actor, cohort_id: str, may: str = "read") -> Cohort:
    """The access door of a cohort. Raises NotFound, NotAllowed."""
    return people.cohort_for(actor, cohort_id, may)


def catch_up_for(actor: Actor, catch_up_id: str, may: str = "read") -> CatchUp:
    """The access door of something ordered to catch up. Raises NotFound, NotAllowed."""
    return row_for(CatchUp, actor, catch_up_id, may)


def extension_for(actor: Actor, extension_id: str, may: str = "read") -> Extension:
    """The access door of an extension. Raises NotFound, NotAllowed."""
    return row_for(Extension, actor, extension_id, may)


def pack_for(actor: Actor, pack_id: str) -> RemotePack:
    """The access door of a remote pack. Raises NotFound."""
    return row_for(RemotePack, actor, pack_id)


def pack_to_mark(actor: Actor, pack_id: str) -> RemotePack:
    """A remote pack of a cohort whose register the actor may take. Raises NotFound, NotAllowed."""
    pack = pack_for(actor, pack_id)
    cohort_for(actor, pack.cohort_id or "", "mark")
    return pack


def scope(actor: Actor, asked: str | None) -> str | None:
    """The centre that a list is about: the one asked for, else the actor's own; None: somebody above has to choose. Raises NotFound."""
    return people.scope(actor, asked)


def centre_names(actor: Actor) -> dict[str, str]:
    """The centres between which the actor may choose; none for somebody who works in one."""
    return {} if places.home_partition(actor) else people.centre_names(actor)


def ends_of(partition: str) -> Ends:
    """The ends that were moved at a centre. The caller has checked that the actor may read them."""
    return ends_in(partition)


def debtor(actor: Actor, debt: CohortDebt, apprentice_id: str) -> Debtor:
    """One apprentice of a cohort with what is owed. Raises NotFound for somebody who was never in it."""
    found = next((each for each in debt.people(actor) if each.apprentice.id == apprentice_id), None)
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Order:
    """Something that was ordered to catch up, with who wrote it down."""

    row: CatchUp
    way: Way
    who: str


def orders(debt: CohortDebt) -> list[Order]:
    """All that was ordered for a cohort, the latest first, ended and withdrawn ones included."""
    return [Order(row, way_of(row), name_of(row.by) or "?") for row in reversed(debt.ways)]


@dataclass(frozen=True)
class Moved:
    """A moved end with the original, and whose it is: of the cohort, or of an apprentice's placement.

    is_groundless  it holds, and the closure that it answers is withdrawn: somebody should say whether it still does
    """

    row: Extension
    original: date | None
    name: str
    who: str
    holds: bool
    is_groundless: bool


def extensions(debt: CohortDebt) -> list[Moved]:
    """All ends that were moved for a cohort and for placements of those who were ever in it, the latest announced first."""
    stays = {stay.row.id: stay for key in debt.spans for stay in debt.ground.stays.get(key, ())}
    found = [(row, debt.original_end, debt.cohort.name or "?") for row in extensions_of(COHORT, [debt.cohort])]
    for row in extensions_of(PLACEMENT, [stay.row for stay in stays.values()]):
        placement = stays[row.placement_id or ""].row
        apprentice = placements.apprentice_of(placement)
        found.append((row, placement.ends_on, apprentice.full_name if apprentice else "?"))
    in_force = {row.id for row in debt.ground.ends.by_subject.values()}
    gone = {story.row.id for story in debt.ground.calendar.stories if story.row.void_reason is not None}
    return [
        Moved(row, original, name, name_of(row.by) or "?", row.id in in_force, row.id in in_force and row.closure_id in gone)
        for row, original, name in found
    ]


def next_begin(placement: Placement) -> date | None:
    """The first day of the apprentice's next placement, if there is one; stand-ins for this one are none."""
    rows = select(Placement).where(
        Placement.partition == placement.partition,
        Placement.apprentice_id == placement.apprentice_id,
        Placement.void_reason.is_(None),
        Placement.id != placement.id,
        Placement.starts_on > placement.starts_on,
    )
    begins = [row.starts_on for row in db.session.scalars(rows) if row.starts_on and row.replaces_id != placement.id]
    return min((on for on in begins if on > (placement.ends_on or date.max)), default=None)


def cohort_of(actor: Actor, row: Extension) -> str | None:
    """Id of the cohort on whose page an extension stands: its own, or the latest of the placement's apprentice."""
    if row.placement_id is None:
        return row.cohort_id
    apprentice = placements.apprentice_of(placements.placement_for(actor, row.placement_id))
    enrolments = people.enrolments_of(apprentice) if apprentice else []
    return next((each.cohort_id for each in enrolments if each.cohort_id and each.void_reason is None), None)


def cohort_name(row: CatchUp) -> str:
    """The name of the cohort for which something was ordered."""
    return people.cohort_names(row.partition).get(row.cohort_id or "", "")


def centre_name(debt: CohortDebt) -> str:
    """The name of the centre of a cohort, as notices give it."""
    centre = debt.ground.calendar.centre
    return (centre.name if centre else None) or ""


def closures_of(debt: CohortDebt) -> list[ClosureFact]:
    """The closures that closed the cohort's place or a host of its apprentices, the latest begun first."""
    calendar = debt.ground.calendar
    hosts = [stay.employer for key in debt.spans for stay in debt.ground.stays.get(key, ()) if stay.employer]
    sites = {calendar.site_of(debt.cohort), *(calendar.site_of_employer(employer) for employer in hosts)}
    closed = {interval.closure for site in sites for interval in calendar.intervals(site)}
    return [story.fact for story in calendar.stories if story.row.id in closed]


def places_of(debt: CohortDebt) -> Mapping[tuple[str, str], str]:
    """The names of the places that closures of the cohort's centre may be about."""
    return names_for(debt.ground.partition)


def latest_closure(debt: CohortDebt) -> str:
    """Id of the closure that a new end most likely answers; empty if there was none."""
    return next((fact.id for fact in closures_of(debt)), "")


# ---- all cohorts


@dataclass(frozen=True)
class Summary:
    """A cohort in the list of a centre: sums over those enrolled now, in minutes, and the largest debt at the centre.

    projected  the day by which the largest debt is made up
    """

    debt: CohortDebt
    people: int
    centre: int
    work: int
    largest: int
    projected: date | None


def summaries(actor: Actor, partition: str) -> list[Summary]:
    """The cohorts of a centre with what they owe, the latest first. Raises NotFound."""
    ground = ground_of(actor, partition)
    return [summary(actor, CohortDebt(ground, cohort)) for cohort in people.cohorts(actor, partition)]


def summary(actor: Actor, debt: CohortDebt, found: Sequence[Debtor] | None = None) -> Summary:
    """One cohort in few figures."""
    here = [each for each in (debt.people(actor) if found is None else found) if each.is_active]
    largest = max((each.centre.minutes for each in here), default=0)
    return Summary(
        debt,
        len(here),
        sum(each.centre.minutes for each in here),
        sum(each.work.minutes for each in here),
        largest,
        debt.projected(largest),
    )


# ---- figures for others


class Balance(NamedTuple):
    """What closures took from an apprentice at one place of training, and what of it has been made up.

    place            "centre" or "workplace"
    lost, delivered  minutes; delivered is never more than lost
    """

    apprentice_id: str
    cohort_id: str
    place: str
    lost: int
    delivered: int


def delivered_and_owed(actor: Actor, partition: str, on: date | None = None) -> list[Balance]:
    """Hours lost and delivered of everybody who was ever in a cohort of a centre, as of a day (today); who lost nothing is left out.

    I19 is the sum of `delivered` over the sum of `lost`. Raises NotFound.
    """
    ground = ground_of(actor, partition, on)
    found = []
    for cohort in people.cohorts(actor, partition):
        debt = CohortDebt(ground, cohort, looks_ahead=False)
        for each in debt.people(actor):
            for place, owed in (("centre", each.centre), ("workplace", each.work)):
                if owed.lost.minutes:
                    found.append(Balance(each.apprentice.id, cohort.id, place, owed.lost.minutes, owed.delivered))
    return found


# ---- remote packs


@dataclass(frozen=True)
class PackLine:
    """An apprentice who was given a pack; `returned_on` None: it has not come back."""

    apprentice: Apprentice
    is_active: bool
    returned_on: date | None


@dataclass(frozen=True)
class PackList:
    """A pack with those who were given it: everybody who is in the cohort, or brought it back, by name."""

    pack: RemotePack
    lines: tuple[PackLine, ...]

    @property
    def returned(self) -> int:
        """How many brought it back."""
        return sum(line.returned_on is not None for line in self.lines)


def holders(actor: Actor, pack: RemotePack) -> dict[str, PackLine]:
    """Who may have the pack, by id: everybody who was in the cohort on the day it was given or came later, by name. Raises NotFound."""
    cohort = cohort_for(actor, pack.cohort_id or "")
    rows = select(RemotePackReturn).where(RemotePackReturn.partition == pack.partition, RemotePackReturn.pack_id == pack.id)
    returned = {row.apprentice_id: row.returned_on for row in db.session.scalars(rows)}
    given = pack.given_on or date.min
    return {
        apprentice.id: PackLine(apprentice, enrolment.status in ACTIVE_STATUSES, returned.get(apprentice.id))
        for apprentice, enrolment in people.all_members(actor, cohort)
        if returned.get(apprentice.id) or enrolment.status in ACTIVE_STATUSES or (enrolment.ended_on or date.max) >= given
    }


def not_returned(actor: Actor, pack: RemotePack) -> list[str]:
    """Ids of those enrolled now who have not brought a pack back, by name. Raises NotFound."""
    return [key for key, line in holders(actor, pack).items() if line.is_active and line.returned_on is None]


def pack_list(actor: Actor, pack: RemotePack) -> PackList:
    """A pack with who brought it back. Raises NotFound."""
    return PackList(pack, tuple(holders(actor, pack).values()))


def packs(actor: Actor, cohort: Cohort) -> list[PackList]:
    """The packs that a cohort was given, the latest first, withdrawn ones included. Raises NotFound."""
    rows = select(RemotePack).where(RemotePack.partition == cohort.partition, RemotePack.cohort_id == cohort.id)
    found = sorted(db.session.scalars(rows), key=lambda row: (row.given_on or date.min, row.id), reverse=True)
    return [pack_list(actor, pack) for pack in found]


# ---- notices to print


@dataclass(frozen=True)
class Notice:
    """What is told about a moved end: to an apprentice about his placement, or, where that was not moved, about the cohort.

    lost_days, lost_minutes  what closures took from him, at the workplace or at the centre
    """

    apprentice: Apprentice
    employer: Employer | None
    original: date
    moved_to: date
    announced_on: date | None
    closure: ClosureFact | None
    note: str | None
    lost_days: tuple[date, ...]
    lost_minutes: int


def notices(actor: Actor, debt: CohortDebt) -> list[Notice]:
    """A notice for everybody enrolled now whose end was moved, by name; of several placements one each."""
    found: list[Notice] = []
    stays: dict[str, list[StayDebt]] = defaultdict(list)
    for each in debt.stay_debts(actor):
        stays[each.apprentice.id].append(each)
    for person in debt.people(actor):
        moved = [each for each in stays[person.apprentice.id] if each.extension and each.stay.row.ends_on]
        if not person.is_active:
            continue
        found += [_notice(debt, person, each.extension, each.stay.row.ends_on, each.owed, each.stay.employer) for each in moved]
        if not moved and debt.extension and debt.original_end:
            found.append(_notice(debt, person, debt.extension, debt.original_end, person.centre, None))
    return found


def _notice(
    debt: CohortDebt, person: Debtor, extension: Extension | None, original: date | None, owed: Owed, employer: Employer | None
) -> Notice:
    if extension is None or extension.ends_on is None or original is None:
        raise ValueError("no end was moved")
    story = debt.ground.calendar.story(extension.closure_id or "")
    return Notice(
        person.apprentice,
        employer,
        original,
        extension.ends_on,
        extension.announced_on,
        story.fact if story and not story.fact.withdrawn else None,
        extension.note,
        owed.lost.days,
        owed.lost.minutes,
    )
