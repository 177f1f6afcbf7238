"""Who holds a valid health and safety session, the sessions of a centre, and how its reopening checklist stands."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import func, select

from tracker.calendar import queries as calendar
from tracker.calendar import rules as calendar_rules
from tracker.calendar.queries import ClosureStory
from tracker.country import tz
from tracker.db import db, row_for
from tracker.errors import NotFound
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.people.queries import CHUNK
from tracker.people.rules import is_enrolled
from tracker.places import queries as places
from tracker.policy import Actor, kind_of, may, NATION
from tracker.safety import rules
from tracker.safety.models import ChecklistAnswer, ChecklistItem, SafetyPresence, SafetySession
from tracker.safety.rules import Held, Ready, Standing
from tracker.scans.queries import scan_for

# ---- who is covered


def valid_on(actor: Actor, partition: str, topic: str, on: date) -> set[str]:
    """Ids of the apprentices of a centre who hold a valid session on a topic on a day. Raises NotFound for an unseen centre."""
    _check_sees(actor, partition)
    return {apprentice_id for _centre, apprentice_id in holders([partition], topic, on)}


def holders(centres: Collection[str], topic: str, on: date) -> set[tuple[str, str]]:
    """(centre, apprentice) of all who hold a valid session on a topic on a day. The caller has checked what may be read."""
    row = SafetySession
    held = db.session.execute(
        select(row.partition, row.id, row.on, row.valid_days).where(
            row.partition.in_(centres), row.topic == topic, row.on <= on, row.void_reason.is_(None)
        )
    )
    valid: dict[str, list[str]] = defaultdict(list)
    for centre, session_id, day, valid_days in held:
        if day and Held(day, valid_days).is_valid(on):
            valid[centre].append(session_id)
    return {(centre, key) for centre, ids in valid.items() for key in _present(centre, ids)}


def _present(centre: str, session_ids: Sequence[str]) -> set[str]:
    row = SafetyPresence
    found: set[str] = set()
    for start in range(0, len(session_ids), CHUNK):
        part = session_ids[start : start + CHUNK]
        found |= set(
            db.session.scalars(select(row.apprentice_id).where(row.partition == centre, row.session_id.in_(part), row.was_there.is_(True)))
        )
    return found


def _check_sees(actor: Actor, partition: str) -> None:
    if not may(actor, "read", partition):
        raise NotFound


@dataclass(frozen=True)
class Covered:
    """How an apprentice stands on a topic. held: the session that covers longest, if there was one."""

    apprentice: Apprentice
    cohort: Cohort | None
    standing: Standing
    held: Held | None


def covered(actor: Actor, partition: str, topic: str, on: date, cohort_id: str | None = None) -> list[Covered]:
    """How the active apprentices of a centre (or of one cohort) stand on a topic, the most urgent first, then by name.

    Raises NotFound for an unseen centre.
    """
    _check_sees(actor, partition)
    session, presence = SafetySession, SafetyPresence
    rows = select(presence.apprentice_id, session.on, session.valid_days).where(
        session.partition == partition,
        session.topic == topic,
        session.void_reason.is_(None),
        presence.partition == partition,
        presence.session_id == session.id,
        presence.was_there.is_(True),
    )
    held: dict[str, list[Held]] = defaultdict(list)
    for apprentice_id, day, valid_days in db.session.execute(rows):
        if day:
            held[apprentice_id].append(Held(day, valid_days))
    found = []
    for apprentice, cohort in _active(partition, on, cohort_id):
        best = rules.best(held.get(apprentice.id, ()), on)
        found.append(Covered(apprentice, cohort, rules.standing(best, on), best))
    order = list(Standing)
    return sorted(found, key=lambda each: (order.index(each.standing), each.held.until if each.held else date.min))


def counted(actor: Actor, partition: str, topic: str, on: date) -> Mapping[Standing, int]:
    """How many active apprentices of a centre stand how on a topic. Raises NotFound for an unseen centre."""
    return Counter(each.standing for each in covered(actor, partition, topic, on))


def _active(partition: str, on: date, cohort_id: str | None = None) -> list[tuple[Apprentice, Cohort | None]]:
    """Who is enrolled on a day, each once, with the cohort, by name."""
    cohorts = {row.id: row for row in calendar.cohorts_in(partition)}
    rows = select(Apprentice, Enrolment).where(
        Enrolment.partition == partition,
        Enrolment.void_reason.is_(None),
        Apprentice.partition == partition,
        Apprentice.id == Enrolment.apprentice_id,
        Apprentice.void_reason.is_(None),
    )
    found = {}
    for apprentice, enrolment in db.session.execute(rows.order_by(Enrolment.id)):
        if is_enrolled(enrolment.starts_on, enrolment.ended_on, on) and cohort_id in (None, enrolment.cohort_id):
            found[apprentice.id] = (apprentice, cohorts.get(enrolment.cohort_id or ""))
    return sorted(found.values(), key=lambda pair: (pair[0].full_name.casefold(), pair[0].id))


# ---- sessions


@dataclass(frozen=True)
class Listed:
    """A session with how many were there, and the last day on which it holds; `date.max` for good."""

    row: SafetySession
    cohort: Cohort | None
    present: int
    until: date | None


def sessions(actor: Actor, partition: str) -> list[Listed]:
    """The sessions of a centre, withdrawn ones included, the latest first. Raises NotFound for an unseen centre."""
    _check_sees(actor, partition)
    presence = SafetyPresence
    rows = select(presence.session_id, func.count()).where(presence.partition == partition, presence.was_there.is_(True))
    counts = {row[0]: row[1] for row in db.session.execute(rows.group_by(presence.session_id))}
    cohorts = {row.id: row for row in calendar.cohorts_in(partition)}
    held = db.session.scalars(select(SafetySession).where(SafetySession.partition == partition))
    found = [Listed(row, cohorts.get(row.cohort_id or ""), counts.get(row.id, 0), until_of(row)) for row in held]
    return sorted(found, key=lambda each: (each.row.on or date.min, each.row.id), reverse=True)


def until_of(row: SafetySession) -> date | None:
    """The last day on which a session holds; `date.max` for good, None while it has no day."""
    return Held(row.on, row.valid_days).until if row.on else None


def session_for(actor: Actor, session_id: str, verb: str = "read") -> SafetySession:
    """The access door of a session. Raises NotFound, NotAllowed."""
    return row_for(SafetySession, actor, session_id, verb)


@dataclass(frozen=True)
class Invited:
    """Somebody for whom a session was. was_there: None while nobody said it."""

    apprentice: Apprentice
    cohort: Cohort | None
    was_there: bool | None


def invited(actor: Actor, row: SafetySession) -> list[Invited]:
    """For whom a session was: who was enrolled on its day, in its cohort if it has one; and whoever was marked, by name."""
    _check_sees(actor, row.partition)
    presence = SafetyPresence
    marked = {
        each.apprentice_id: each.was_there
        for each in db.session.scalars(select(presence).where(presence.partition == row.partition, presence.session_id == row.id))
    }
    found = _active(row.partition, row.on or date.min, row.cohort_id)
    known = {apprentice.id for apprentice, _cohort in found}
    others = [key for key in marked if key not in known]
    for start in range(0, len(others), CHUNK):
        rows = select(Apprentice).where(Apprentice.partition == row.partition, Apprentice.id.in_(others[start : start + CHUNK]))
        found += [(apprentice, None) for apprentice in db.session.scalars(rows)]
    return [Invited(apprentice, cohort, marked.get(apprentice.id)) for apprentice, cohort in found]


# ---- the reopening checklist


class Item(NamedTuple):
    """What is to be checked. of: "pack", or the partition that added it."""

    id: str
    sw: str
    en: str
    of: str

    def label(self, language: str) -> str:
        """Its words, in the other language where nobody gave them in this one."""
        return (self.en or self.sw) if language == "en" else (self.sw or self.en)


PACK = "pack"


def items(partition: str) -> list[Item]:
    """What a centre checks before it reopens: the country pack's items, the nation's and its own. Of the nation: without a centre's."""
    pack = [Item(code.code, code.sw, code.en, PACK) for code in tz.codes("reopening_checklist")]
    row = ChecklistItem
    rows = select(row).where(row.partition.in_({NATION, partition}), row.void_reason.is_(None)).order_by(row.eff, row.id)
    more = [Item(each.id, each.label_sw or "", each.label_en or "", each.partition) for each in db.session.scalars(rows)]
    return [*pack, *(each for each in more if each.of == NATION), *(each for each in more if each.of != NATION)]


def item_for(actor: Actor, item_id: str, verb: str = "read") -> ChecklistItem:
    """The access door of an item that somebody added. Raises NotFound, NotAllowed."""
    return row_for(ChecklistItem, actor, item_id, verb)


def subject_of(closure_id: str, item: str) -> str:
    """What the photos of an answer are kept with: answers have no id of their own."""
    return f"{closure_id}/{item}"


def closure_of_photo(actor: Actor, photo_id: str, verb: str = "read") -> str:
    """Id of the closure whose checklist has an answer that a photo shows. Raises NotFound, NotAllowed."""
    closure_id = (scan_for(actor, photo_id, verb).subject_id or "").partition("/")[0]
    return calendar.closure_for(actor, closure_id).id


@dataclass(frozen=True)
class Checklist:
    """How a centre stands before it reopens after one closure: its items with their answers, if there are any."""

    closure_id: str
    partition: str
    lines: tuple[tuple[Item, ChecklistAnswer | None], ...]

    @property
    def ready(self) -> Ready:
        """How many items stand how."""
        return rules.readiness((item.id for item, _row in self.lines), {item.id: row.answer for item, row in self.lines if row})


def checklist(actor: Actor, partition: str, closure_id: str) -> Checklist:
    """The checklist of a centre for one closure. Raises NotFound for a centre or a closure that the actor does not see."""
    _check_sees(actor, partition)
    calendar.closure_for(actor, closure_id)
    return _checklist(partition, closure_id, _answers([partition], closure_id).get(partition, {}))


def _checklist(partition: str, closure_id: str, answers: Mapping[str, ChecklistAnswer]) -> Checklist:
    return Checklist(closure_id, partition, tuple((item, answers.get(item.id)) for item in items(partition)))


def _answers(partitions: Iterable[str], closure_id: str) -> dict[str, dict[str, ChecklistAnswer]]:
    row = ChecklistAnswer
    found: dict[str, dict[str, ChecklistAnswer]] = defaultdict(dict)
    for each in db.session.scalars(select(row).where(row.partition.in_(list(partitions)), row.closure_id == closure_id)):
        if each.answer:
            found[each.partition][each.item] = each
    return found


def readiness(actor: Actor, story: ClosureStory, desk: str) -> list[tuple[str, str, Ready]]:
    """Partition, name and readiness of each centre that a closure closes: of the own one, or of all that the actor sees from above.

    A closure of workplaces only, and one that was withdrawn, has no checklist.
    """
    if story.row.sites == calendar_rules.Sites.WORKPLACES or story.since is None:
        return []
    own = kind_of(desk) == calendar.CENTRE
    centres = [row for row in places.centres(actor) if desk in (row.partition, NATION) or desk == f"region/{row.region}"]
    fact = story.fact
    centres = [row for row in centres if own or _closes(fact, row.partition, row.region)]
    answers = _answers([row.partition for row in centres], story.row.id)
    return [
        (row.partition, row.name or "?", _checklist(row.partition, story.row.id, answers.get(row.partition, {})).ready) for row in centres
    ]


def _closes(fact: calendar_rules.ClosureFact, partition: str, region: str | None) -> bool:
    code = calendar.code_of_centre(partition)
    if fact.partition == partition:
        return True
    site = calendar_rules.Site(
        calendar_rules.SiteKind.CENTRE, code, None, None, None, region or "", tz.jurisdiction_of(region) or tz.MAINLAND
    )
    return calendar_rules.lies_in(site, fact.partition) and calendar_rules.covers(fact.scope, calendar_rules.Sites.CENTRES, site)
