"""The story of 2020, told by the same actions as people use, on four machines that exchange over HTTP.

January to July, chapter by chapter: everybody joins and types in who is there; registers are taken; the government closes
the colleges, the hotels close, too; the colleges reopen on two different days, the hotels do not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Final

from tracker import replication
from tracker.attendance import actions as attendance
from tracker.attendance.absence_actions import record_follow_up
from tracker.attendance.rules import Entry, MarkLine
from tracker.calendar import actions as calendar
from tracker.calendar import queries as calendar_queries
from tracker.calendar.queries import calendar_for, code_of_centre
from tracker.country import tz
from tracker.db import seen_token, write
from tracker.demo import days, plan, recovery
from tracker.demo.cast import acting, Centre, exchange, Group, Story
from tracker.demo.days import Member
from tracker.demo.machines import Machine, open_site, Site
from tracker.demo.people import Inventor, ZANZIBAR
from tracker.employers import actions as employers
from tracker.errors import N_
from tracker.nodes import actions as nodes
from tracker.people import actions as people
from tracker.people import queries as people_queries
from tracker.people.rules import COMPLETED, DIFFICULTIES, LEFT
from tracker.placements import actions as placements
from tracker.places import actions as places
from tracker.places import queries as places_queries
from tracker.policy import Actor, NATION, OPERATOR

__all__ = ["Centre", "Group", "Story", "tell"]

ZANZIBAR_REGIONS: Final = ("TZ-15", "TZ-07", "TZ-11", "TZ-06", "TZ-10")
ZANZIBAR_GOVERNMENT: Final = "Serikali ya Mapinduzi ya Zanzibar"
ILO: Final = "ILO"
ILO_SOURCE: Final = "ILO, 1 July 2020: nationwide closures of all educational institutions on 15 April"
COVID: Final = "covid-19"


def tell(
    home: Path,
    *,
    ports: tuple[int, int] = (0, 0),
    today: bool = False,
    language: str = "sw",
    voice: Callable[[str], None] = lambda _: None,
    settings: Mapping[str, object] | None = None,
) -> Story:
    """Build the story in an empty folder.

    ports     of the centre and of central; 0: any free one
    today     let it end on the real date, with cohorts that have no planned end, so that a register can be taken then
    voice     is told each chapter before it begins
    settings  of all machines
    Raises PortInUse, CannotListen; then nothing is left in the folder.
    """
    site = open_site(home, language, settings or {})
    try:
        centre_server = site.take_port(site.dar, ports[0])
        central_server = site.take_port(site.central, ports[1])
        site.answer(central_server)
        voice(N_("Central opens, and both centres join it."))
        nct, suza = _beginning(site, central_server.address.rstrip("/"))
        story = Story(site, nct, suza, central_server, centre_server)
        voice(N_("People, hotels and placements are typed in."))
        _people(story, ends=not today)
        voice(N_("Registers are taken from January to 17 March 2020."))
        _before(story)
        voice(N_("18 March 2020: colleges and hotels close."))
        story.closures = _closing(story)
        voice(N_("April and May 2020: work is sent home, and the closure goes on."))
        recovery.meanwhile(story)
        voice(N_("June and July 2020: the colleges reopen, the hotels do not."))
        _reopening(story)
        voice(N_("July 2020: those who have not come back are called, and lost time is made up."))
        recovery.coming_back(story)
        recovery.catching_up(story)
        voice(N_("Two laptops change one phone number apart, and all exchange once more."))
        story.disputed = _dispute(story)
    except BaseException:
        site.discard()
        raise
    site.clock.day = None if today else plan.TODAY
    return story


# ---- January: joining


def _beginning(site: Site, url: str) -> tuple[Centre, Centre]:
    on, central = plan.SET_UP, site.central
    with central.at(on, 8):
        replication.found_central(plan.CENTRAL_NAME)
        central.add_users()
    with central.at(on, 8, 30):
        code = nodes.invite_centre(central.actor("tatu"), plan.NCT_NAME, plan.NCT_REGION)
        suza_code = nodes.invite_centre(central.actor("tatu"), plan.SUZA_NAME, plan.SUZA_REGION)
    nct = Centre(site.dar.join(url, code, on), site.dar, "rehema", plan.NCT_REOPENED)
    suza = Centre(site.suza.join(url, suza_code, on), site.suza, "asha", plan.SUZA_REOPENED)
    suza.inventor = Inventor(ZANZIBAR, ZANZIBAR_REGIONS, "suza")
    for centre, short_name in ((nct, plan.NCT_SHORT), (suza, plan.SUZA_SHORT)):
        with centre.machine.at(on, 10):
            centre.machine.add_users()
        with acting(centre, on, 10, 30) as registrar:
            _profile(registrar, centre.partition, short_name)
    site.dar.sync(on, 11)
    with central.at(on, 11, 30):
        code = nodes.invite_laptop(central.actor("tatu"), nct.partition, f"{plan.NCT_SHORT} Arusha")
    site.arusha.join(url, code, on)
    with site.arusha.at(on, 12):
        site.arusha.add_users()
    site.arusha.sync(on)
    return nct, suza


def _profile(registrar: Actor, partition: str, short_name: str) -> None:
    centre = places_queries.centre_in(registrar, partition)
    assert centre is not None
    aliases = {"NCT": "Chuo cha Taifa cha Utalii", "SUZA IoT": "Zanzibar Institute of Tourism Development (ZIToD)"}[short_name]
    district = {"NCT": "Ilala", "SUZA IoT": "Magharibi B"}[short_name]
    places.correct_centre(registrar, centre.id, {"short_name": short_name, "aliases": aliases, "district": district}, None)
    calendar.set_weekly_pattern(registrar, partition, date(2017, 1, 2), "12345")


# ---- January: people


def _people(story: Story, *, ends: bool) -> None:
    nct, suza = story.nct, story.suza
    story.site.dar.sync(plan.SET_UP)  # the people of Arusha, who teach, too
    with acting(nct, plan.SET_UP, 13) as registrar:
        campuses = [places.add_campus(registrar, nct.partition, *each).id for each in plan.NCT_CAMPUSES]
    for centre, cohorts in ((nct, plan.NCT_COHORTS), (suza, plan.SUZA_COHORTS)):
        ids = campuses if centre is nct else []
        for cohort in cohorts:
            with acting(centre, plan.SET_UP, 14) as registrar:
                centre.groups.append(_cohort(registrar, centre, cohort, ids, ends=ends))
    with acting(suza, plan.SET_UP, 15) as registrar:
        _graduates(registrar, suza)
    _hotels(story)
    exchange(story, plan.SET_UP)


def _cohort(registrar: Actor, centre: Centre, cohort: plan.Cohort, campuses: Sequence[str], *, ends: bool) -> Group:
    campus = None if cohort.campus is None else campuses[cohort.campus]
    row = people.open_cohort(
        registrar, centre.partition, cohort.name, plan.PROGRAMME, cohort.starts_on, cohort.ends_on if ends else None, campus
    )
    teacher = {each.name: each.id for each in people_queries.instructors(registrar, centre.partition)}[_name_of(cohort.instructor)]
    people.set_instructor(registrar, row.id, teacher)
    sexes = ["F"] * cohort.women + ["M"] * cohort.men
    Random(cohort.prefix).shuffle(sexes)
    became = days.fates(cohort, sexes)
    trades = cycle(cohort.trades)
    members = []
    for place, sex in enumerate(sexes):
        number = f"{cohort.prefix}/{place + 1:03d}"
        values = {"cohort_id": row.id, "occupation": next(trades), "starts_on": cohort.starts_on}
        values |= {**dict.fromkeys(DIFFICULTIES, "none"), **plan.DIFFICULTIES.get(number, {})}
        apprentice_id = _register(registrar, centre, number, sex, cohort.starts_on, values)
        members.append(Member(apprentice_id, number, sex, place < cohort.placed, became[place], days.days_behind(number)))
    return Group(cohort, row.id, members)


def _name_of(username: str) -> str:
    return next(name for users in plan.USERS.values() for each, name, _, _ in users if each == username)


def _register(registrar: Actor, centre: Centre, number: str, sex: str, on: date, enrolment: Mapping[str, object]) -> str:
    person = vars(centre.inventor.person(sex, on))
    return people.register_apprentice(registrar, centre.partition, {"number": number, **person, **enrolment}).id


def _graduates(registrar: Actor, centre: Centre) -> None:
    """The 52 of 2019: 24 in the front office, 16 in food production and bakery, 12 in housekeeping; 33 found work at once."""
    name, starts_on = plan.GRADUATES_COHORT
    cohort = people.open_cohort(registrar, centre.partition, name, plan.PROGRAMME, starts_on, plan.GRADUATED)
    number = 0
    for trade, many, employed in plan.GRADUATES:
        for place in range(many):
            number += 1
            sex = "F" if number % 5 < plan.GRADUATE_WOMEN_OF_EACH_FIVE else "M"
            values = {"cohort_id": cohort.id, "occupation": trade, "starts_on": starts_on}
            graduate = _register(registrar, centre, f"SUZA/17/{number:03d}", sex, starts_on, values)
            (enrolment,) = people_queries.enrolments_of(people_queries.apprentice_for(registrar, graduate))
            reason = "employment" if place < employed else None
            people.end_enrolment(registrar, enrolment.id, COMPLETED, plan.GRADUATED, reason)


def _hotels(story: Story) -> None:
    with acting(story.nct, plan.SET_UP, 15) as registrar:
        ids = _employers(registrar, story.nct, plan.NCT_HOTELS)
        _place(registrar, story.nct, story.nct.groups[2], ids[:3])
        story.hotels = ids
    with acting(story.suza, plan.SET_UP, 16) as registrar:
        _place(registrar, story.suza, story.suza.groups[0], _employers(registrar, story.suza, plan.SUZA_HOTELS))


def _employers(registrar: Actor, centre: Centre, hotels: Iterable[tuple[str, str]]) -> list[str]:
    departments, draw = cycle(plan.DEPARTMENTS), Random("hotels")
    return [
        employers.add_employer(
            registrar,
            centre.partition,
            {
                "name": name,
                "sector": "I55",
                "district": district,
                "departments": next(departments),
                "capacity": draw.choice((4, 5, 6, 8)),
                "contact": centre.inventor.grown_up(),
            },
        ).id
        for name, district in hotels
    ]


def _place(registrar: Actor, centre: Centre, group: Group, hotels: Sequence[str]) -> None:
    trades, hotel = cycle(group.plan.trades), cycle(hotels)
    since = group.plan.placed_since
    for member in group.members:
        trade = next(trades)
        if not member.is_placed:
            continue
        terms = {
            "apprentice_id": member.id,
            "employer_id": next(hotel),
            "starts_on": since,
            "ends_on": group.plan.ends_on,
            "supervisor": None if member.number in plan.WITHOUT_SUPERVISOR else centre.inventor.grown_up(),
            "department": plan.DEPARTMENT_BY_TRADE[trade],
            "contract_signed_on": None if member.number in plan.WITHOUT_CONTRACT else since - timedelta(days=5),
            "allowance_tzs": plan.ALLOWANCE_TZS,
        }
        placements.open_placement(registrar, centre.partition, terms)


# ---- registers


def _desks(story: Story) -> Iterator[tuple[Centre, Machine, list[Group]]]:
    """Each machine with the cohorts whose registers are taken on it."""
    nct, suza = story.nct, story.suza
    yield nct, story.site.dar, [nct.groups[0], nct.groups[2]]
    yield nct, story.site.arusha, [nct.groups[1]]
    yield suza, story.site.suza, suza.groups


def _registers(story: Story, first: date, last: date, *, after: bool) -> None:
    """Take all registers from `first` to `last`, day by day on each machine.

    after  whether the closure is over: then nobody is in a hotel
    """
    for centre, machine, groups in _desks(story):
        with machine.at(first):
            actors = {group.id: machine.actor(group.plan.instructor) for group in groups}
            known = calendar_for(OPERATOR, centre.partition)
            cohorts = {group.id: people_queries.cohort_for(OPERATOR, group.id) for group in groups}
            due = {
                group.id: known.training_days(cohorts[group.id], max(centre.reopened if after else first, group.plan.starts_on), last)
                for group in groups
            }
        for on in sorted({on for found in due.values() for on in found}):
            for place, group in enumerate(groups):
                if on not in due[group.id] or on in group.plan.not_taken:
                    continue
                here = [each for each in group.members if after or not _is_at_work(group, each, on)]
                if here:
                    with machine.at(on, 8, 10 + 6 * place):
                        _take(actors[group.id], centre.partition, group, here, on, due[group.id] if after else ())


def _is_at_work(group: Group, member: Member, on: date) -> bool:
    return member.is_placed and group.plan.placed_since <= on


def _take(actor: Actor, partition: str, group: Group, here: Iterable[Member], on: date, reopened: Sequence[date]) -> None:
    found = {member.id: days.day_of(member, on, reopened) for member in here if not _has_left(group, member, on)}
    excused = {key: day for key, day in found.items() if day.reason}
    with write(actor):
        for apprentice_id, day in excused.items():
            attendance.mark(actor, partition, apprentice_id, on, day.status, reason=day.reason)
        entries = {key: Entry(day.status) for key, day in found.items() if key not in excused}
        attendance.save_marks(actor, group.id, on, "day", entries)


def _has_left(group: Group, member: Member, on: date) -> bool:
    return on > plan.LEFT and member.id in group.left


def _before(story: Story) -> None:
    _registers(story, plan.FIRST_REGISTER, plan.PLACING, after=False)
    # Those of November 2019 go to their hotels in March; their contracts are typed in when they are signed.
    with acting(story.nct, plan.PLACING, 15) as registrar:
        _place(registrar, story.nct, story.nct.groups[0], story.hotels[: plan.DAR_HOTELS])
        _place(registrar, story.nct, story.nct.groups[1], story.hotels[plan.DAR_HOTELS :])
    exchange(story, plan.PLACING)
    _registers(story, plan.TO_HOTELS, plan.LAST_OPEN, after=False)
    # First Arusha's own registers arrive: an import that does not know them would say "taken" beside them.
    exchange(story, plan.LAST_OPEN)
    for centre in (story.nct, story.suza):
        _sheets_of_hotels(centre)
    exchange(story, plan.CLOSED)


def _sheets_of_hotels(centre: Centre) -> None:
    """The supervisors' sheets, which come on paper and are imported together."""
    with acting(centre, plan.LAST_OPEN, 19) as registrar:
        known = calendar_for(registrar, centre.partition)
        for group in centre.groups:
            cohort = people_queries.cohort_for(registrar, group.id)
            training = known.training_days(cohort, max(plan.FIRST_REGISTER, group.plan.placed_since), plan.LAST_OPEN)
            lines = [_line(member, on) for member in group.members if member.is_placed for on in training]
            attendance.import_marks(registrar, centre.partition, lines)


def _line(member: Member, on: date) -> MarkLine:
    day = days.day_of(member, on, ())
    return MarkLine(member.id, on, day.status, place="workplace", reason=day.reason)


# ---- March: closing


def _closing(story: Story) -> tuple[str, str, str]:
    central = story.site.central
    with central.at(plan.CLOSED, 18):
        actor = central.actor("tatu")
        with write(actor):
            mainland = calendar.close(
                actor,
                NATION,
                "jurisdiction",
                tz.MAINLAND,
                "centres",
                COVID,
                plan.CLOSED,
                plan.MAINLAND_EXPECTED_UNTIL,
                meanwhile="remote_packs",
                source="The Citizen, 18 March 2020: universities and colleges close at once, for 30 days",
                authority=plan.MAINLAND_GOVERNMENT,
                note="Shule za awali hadi za sekondari zilifungwa tarehe 17 Machi 2020 (Africa Press).",
            )
            zanzibar = calendar.close(
                actor,
                NATION,
                "jurisdiction",
                tz.ZANZIBAR,
                "centres",
                COVID,
                plan.CLOSED,
                meanwhile="remote_packs",
                source="The Citizen, 19 March 2020: all levels of education close until further notice",
                authority=ZANZIBAR_GOVERNMENT,
            )
            hotels = calendar.close(
                actor,
                NATION,
                "nation",
                None,
                "workplaces",
                COVID,
                plan.CLOSED,
                meanwhile="nothing",
                source="ILO, 1 July 2020: most hotels and resorts not yet fully operational",
                authority="Hoteli zinazopokea wanagenzi",
                note="Tarehe ya hoteli kufungwa haikutajwa katika vyanzo; imechukuliwa ile ya vyuo. Tarehe ya kufunguliwa haijulikani.",
            )
            ids = mainland.id, zanzibar.id, hotels.id
    exchange(story, plan.CLOSED + timedelta(days=1))
    return ids


# ---- June and July: reopening


def _reopening(story: Story) -> None:
    _permitting(story)
    recovery.check_before_opening(story)
    for centre in (story.nct, story.suza):
        with acting(centre, centre.reopened - timedelta(days=2), 18) as registrar:
            calendar.reopen(registrar, centre.partition, centre.reopened, "centre", code_of_centre(centre.partition), "centres")
    _schools_too(story)
    exchange(story, plan.SUZA_REOPENED - timedelta(days=1))
    _registers(story, plan.NCT_REOPENED, plan.LEFT, after=True)
    _reading_of_april(story)
    _leaving(story.suza)
    _registers(story, plan.LEFT + timedelta(days=1), plan.LAST_REGISTER, after=True)


def _permitting(story: Story) -> None:
    mainland, zanzibar, _hotels = story.closures
    central = story.site.central
    conditions = "Ratiba za kufidia muda uliopotea ziwasilishwe NACTE (IPP Media, 23 Mei 2020)."
    with central.at(plan.PERMISSION_READ, 10):
        actor = central.actor("tatu")
        with write(actor):
            calendar.permit(actor, NATION, plan.PERMITTED, "jurisdiction", tz.MAINLAND, "centres", mainland, conditions=conditions)
            calendar.permit(actor, NATION, plan.PERMITTED, "jurisdiction", tz.ZANZIBAR, "centres", zanzibar)
    exchange(story, plan.PERMISSION_READ)


def _schools_too(story: Story) -> None:
    """The Mainland opens its schools, the last that were closed. Of Zanzibar the sources give no such day."""
    central = story.site.central
    with central.at(plan.SCHOOLS_ANNOUNCED, 10):
        calendar.reopen(
            central.actor("tatu"),
            NATION,
            plan.SCHOOLS_REOPENED,
            "jurisdiction",
            tz.MAINLAND,
            "centres",
            story.closures[0],
            conditions="Shule zote zilizobaki zinafunguliwa (allAfrica, 16 Juni 2020).",
        )


def _reading_of_april(story: Story) -> None:
    """The contradicting date stands beside the government's own, and does not count."""
    central = story.site.central
    with central.at(plan.ILO_ARTICLE_READ, 11):
        actor = central.actor("tatu")
        with write(actor):
            for closure_id in story.closures[:2]:
                counting = calendar_queries.story_for(actor, closure_id).counting
                calendar.add_notice(actor, closure_id, plan.ILO_DATE, source=ILO_SOURCE, authority=ILO)
                if counting:
                    calendar.choose_notice(actor, counting.id)


def _leaving(centre: Centre) -> None:
    """Some of those who did not come back have said so, and why."""
    with acting(centre, plan.LEFT, 15) as registrar:
        gone = [(group, each) for group in centre.groups for each in group.members if each.fate == "never"]
        for sex, reason in plan.REASONS_FOR_LEAVING:
            group, member = next((group, each) for group, each in gone if each.sex == sex and each.id not in group.left)
            (enrolment,) = people_queries.enrolments_of(people_queries.apprentice_for(registrar, member.id))
            record_follow_up(registrar, member.id, plan.LEFT, "call", "left")
            people.end_enrolment(registrar, enrolment.id, LEFT, plan.LEFT, reason)
            group.left.add(member.id)


# ---- the end of July: two laptops, one phone number


def _dispute(story: Story) -> str:
    apprentice_id = story.nct.groups[1].members[0].id
    site, on = story.site, plan.LAST_REGISTER
    exchange(story, on - timedelta(days=1))
    for machine, username, hour, phone in ((site.dar, "rehema", 14, "+255700431207"), (site.arusha, "gidion", 15, "+255700431702")):
        with machine.at(on, hour):
            actor = machine.actor(username)
            apprentice = people_queries.apprentice_for(actor, apprentice_id)
            people.correct_apprentice(actor, apprentice_id, {"phone": phone}, seen_token(apprentice))
    exchange(story, on)
    return apprentice_id
