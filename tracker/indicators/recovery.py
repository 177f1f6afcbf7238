"""What the indicators of coming back count beside the others: placements that reopened, hours caught up, safety sessions (I18 to I20).

Apart from `queries.read`, which every overview needs: hours owed are reckoned person by person.
"""

from collections import Counter
from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy import select

from tracker.catchup.queries import delivered_and_owed
from tracker.db import db
from tracker.indicators.calendars import Country
from tracker.indicators.rules import CaughtUp, Covered, Facts, Group, Halted, phase_of, PLACEMENT, THEORY
from tracker.indicators.spans import group_of, groups_by_person, is_there, spans
from tracker.indicators.stays import is_placed
from tracker.policy import Actor
from tracker.resumption.queries import halted_placements
from tracker.safety.models import SafetySession
from tracker.safety.queries import holders

PHASE_BY_PLACE = {"centre": THEORY, "workplace": PLACEMENT}
Groups = dict[tuple[str, str], Group]


def with_recovery(actor: Actor, where: Country, facts: Facts, *, with_hours: bool = True) -> Facts:
    """The facts with those of I18, I19 and I20, as of their day. The actor may read all these centres, else NotFound.

    with_hours  I19, too, which takes about a tenth of a second a centre; without it there is no data on it
    """
    groups = groups_by_person(where.centres, facts.on, where.regions)
    topics = _topics(where, facts.on)
    return replace(
        facts,
        halts=_halts(where, groups, facts.on),
        balances=_balances(actor, where, groups, facts.on) if with_hours else (),
        covered=_covered(where, topics, facts.on),
        topic=topics[0] if topics else None,
    )


def _halts(where: Country, groups: Groups, on: date) -> list[Halted]:
    found: Counter[tuple[Group, bool]] = Counter()
    for each in halted_placements(where.calendars, on):
        group = groups.get((each.placement.partition, each.placement.apprentice_id or ""))
        if group:  # a withdrawn apprentice is in no figure
            found[group._replace(phase=PLACEMENT), each.reopened is not None] += 1
    return [Halted(group, has_reopened, size) for (group, has_reopened), size in found.items()]


def _balances(actor: Actor, where: Country, groups: Groups, on: date) -> list[CaughtUp]:
    lost: Counter[Group] = Counter()
    delivered: Counter[Group] = Counter()
    people: Counter[Group] = Counter()
    for centre in where.centres:
        for each in delivered_and_owed(actor, centre, on):
            if group := groups.get((centre, each.apprentice_id)):
                group = group._replace(phase=PHASE_BY_PLACE[each.place])
                lost[group] += each.lost
                delivered[group] += each.delivered
                people[group] += 1
    return [CaughtUp(group, lost[group], delivered[group], people[group]) for group in lost]


def _topics(where: Country, on: date) -> list[str]:
    """The topics on which sessions were held by a day, the latest held first."""
    row = SafetySession
    rows = db.session.execute(
        select(row.topic, sa.func.max(row.on))
        .where(row.partition.in_(where.centres), row.topic.is_not(None), row.on <= on, row.void_reason.is_(None))
        .group_by(row.topic)
    )
    last_by_topic = {topic: last for topic, last in rows if topic and last}
    return sorted(last_by_topic, key=lambda topic: (-last_by_topic[topic].toordinal(), topic))


def _covered(where: Country, topics: list[str], on: date) -> list[Covered]:
    if not topics:
        return []
    span = spans(where.centres, on)
    placed = is_placed(span, sa.literal(on, sa.Date()))
    active = db.session.execute(select(span.c.partition, span.c.apprentice_id, span.c.kind, placed).where(is_there(span, on))).all()
    found: Counter[tuple[Group, str, bool]] = Counter()
    for topic in topics:
        held = holders(where.centres, topic, on)
        for centre, person, kind, has_placement in active:
            group = group_of(centre, kind, where.regions[centre], phase_of(is_placed=bool(has_placement)))
            found[group, topic, (centre, person) in held] += 1
    return [Covered(group, topic, is_valid, size) for (group, topic, is_valid), size in found.items()]
