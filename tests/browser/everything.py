"""A country with a bit of everything in it, served: what the tests of all pages look at.

A centre's laptop after two months of registers, a closure announced on two dates and reopened, hotels, placements and two
conflicts with its second laptop; central; a coordinator's laptop; and a computer that was never set up. In all of them it is
the morning of Monday 2 March 2026.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

from sqlalchemy import select
from werkzeug.serving import make_server, WSGIRequestHandler

from tests.country import Country, enrol, joined, Machine, machine
from tests.make import Make, PASSWORD
from tests.tracker.scans.pictures import JPEG
from tracker import replication
from tracker.accounts import actions as accounts
from tracker.accounts.models import Staff
from tracker.accounts.queries import actor_for_staff, credential_named
from tracker.attendance import actions as attendance
from tracker.attendance.models import ExpectedAbsence, FollowUp
from tracker.attendance.rules import Entry
from tracker.calendar import actions as calendar
from tracker.catchup import actions as catchup
from tracker.catchup.rules import Way
from tracker.country import tz
from tracker.db import db, write
from tracker.employers import actions as employers
from tracker.files import actions as files
from tracker.nodes import actions as nodes
from tracker.nodes import computers
from tracker.nodes import start_actions as first_steps
from tracker.people import actions as people
from tracker.people.models import Apprentice, Enrolment
from tracker.phones import actions as phones
from tracker.placements import actions as placements
from tracker.places import actions as places
from tracker.places import queries as places_queries
from tracker.policy import Actor, NATION, OPERATOR
from tracker.programmes import actions as programmes
from tracker.resumption import actions as coming_back
from tracker.safety import actions as safety
from tracker.safety.actions import Answered
from tracker.safety.queries import subject_of
from tracker.scans import actions as scans
from tracker.scans.queries import scans_of
from tracker.web.transport import REACH, Reach

TODAY: Final = date(2026, 3, 2)
TERM: Final = date(2026, 1, 5)
REGION: Final = "region/TZ-09"
GIVEN: Final = ("Asha", "Baraka", "Chausiku", "Daudi", "Eliasi", "Fatuma", "Grace", "Hamisi", "Irene", "Juma", "Khadija", "Lulu")
FAMILY: Final = ("Mushi", "Mwakyusa", "Kapinga", "Shirima", "Ngonyani", "Nyerere-Kambarage", "Lyimo", "Massawe", "Kessy", "Temu")
HOTELS: Final = ("Mlima Safi Lodge", "Twiga Corner Hotel", "Jua la Asubuhi Hotel", "Kahawa Hill Lodge")
# The marks of a day, as often as they come.
DAYS: Final = ("present",) * 12 + ("late", "absent", "excused", "remote")


@dataclass(frozen=True)
class Seat:
    """Somebody at a machine.

    site      the machine's address
    username  empty for one who is not signed in
    phone     the key of an enrolled phone, which is asked for its PIN
    """

    machine: Machine
    site: str
    username: str = ""
    phone: str = ""

    def cookies(self) -> dict[str, str]:
        """Those of a fresh session, and of the phone."""
        with self.machine.app.app_context():
            token = self.username and accounts.sign_in(self.username, PASSWORD, device="Chromium", address="127.0.0.1")
        return {name: value for name, value in (("s", token), ("d", self.phone)) if value}


@dataclass(frozen=True)
class Everything:
    """What was made.

    seats   by role; besides the roles: "nobody" and "phone" at the centre's laptop, "newcomer" at an empty computer,
            "founder" half through its first steps, "alone" at one that has no server
    values  by the name that addresses have for it: cohort_id, apprentice_id, on, ...
    own     the same where a seat needs another one: central's key of a computer
    """

    seats: Mapping[str, Seat]
    values: Mapping[str, Any]
    own: Mapping[str, Mapping[str, Any]]


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The address at which the application answers."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def everything(folder: Path) -> Iterator[Everything]:
    """Make it in an empty folder, and serve it until the end."""
    with joined(folder) as country, ExitStack() as stack:
        country.second.clock.moment = country.second.clock.now() + timedelta(minutes=20)
        values = _centre(country)
        values |= _nation(country)
        coordinator = _coordinator(country, machine(folder / "region", seat="region"), values["partition"])
        _conflicts(country, values)
        coordinator.sync()
        newcomer, founder, alone = (machine(folder / name) for name in ("new", "founder", "alone"))
        for each in (coordinator, newcomer, founder, alone):
            stack.callback(_let_go, each)
        with founder.app.app_context():
            first_steps.found("Chuo cha Hai", "Hai", "TZ-09")
        with alone.app.app_context():
            Make(centre=replication.found_centre(), other="").user("Zawadi Mushi", "administrator")
        seats = {
            "registrar": (country.first, "amina"),
            "central": (country.central, "chiku"),
            "coordinator": (coordinator, "rukia"),
            "newcomer": (newcomer, ""),
            "founder": (founder, ""),
            "alone": (alone, "zawadi"),
        }
        served = {role: Seat(at, stack.enter_context(serving(at.app)), username) for role, (at, username) in seats.items()}
        for role, username in (("instructor", "baraka"), ("administrator", "dalali"), ("nobody", "")):
            served[role] = replace(served["registrar"], username=username)
        country.first.app.extensions[REACH] = Reach(("https://192.168.1.5:8443/",), is_secure=True)  # as if `serve --lan` ran
        served["phone"] = replace(served["nobody"], phone=_phone(country, values))
        yield Everything(served, values, {"central": _keys(country)})


def _let_go(each: Machine) -> None:
    with each.app.app_context():
        db.session.remove()
        db.engine.dispose()


def _centre(country: Country) -> dict[str, Any]:
    with country.first.on() as make:
        make.user("Baraka Mollel", "instructor")
        make.user("Dalali Mrisho", "administrator")
        amina, baraka = make.actor("amina"), make.actor("baraka")
        with write(amina):
            values = _places(amina, make.centre) | _people(amina, make, baraka)
            _closures(amina, make.centre, values)
            values |= _hotels(amina, make.centre, values)
        _registers(make.actor("baraka"), values["cohort_id"], values["apprentices"][5])
        _more(values)
        values |= _catching_up(amina, values)
        values |= _safety(amina, values)
        values["token"] = files.keep_upload(
            amina, "apprentices", "wanagenzi.csv", b"number,given_name,family_name,sex\nB/900,Zuhura,Said,F\n"
        )
        return values


def _places(amina: Actor, centre: str) -> dict[str, Any]:
    profile = places_queries.centre_in(amina, centre)
    assert profile is not None
    campus = places.add_campus(amina, centre, "Kampasi ya Moshi mjini", "TZ-09", "Moshi")
    calendar.set_weekly_pattern(amina, centre, TERM - timedelta(days=7), "12345")
    pattern = calendar.set_weekly_pattern(amina, centre, date(2026, 2, 2), "123456", campus.id)
    return {"partition": centre, "centre_id": profile.id, "campus_id": campus.id, "pattern_id": pattern.id}


def _people(amina: Actor, make: Make, baraka: Actor) -> dict[str, Any]:
    cohort = make.cohort("Utalii na Ukarimu 2026 A", TERM)
    other = make.cohort("Upishi 2025", date(2025, 1, 6))
    people.set_instructor(amina, cohort.id, baraka.id)
    draw, found = Random(9), []
    for n in range(24):
        values = {
            "number": f"VTC/26/{n + 1:03}",
            "given_name": GIVEN[n % 12],
            "middle_name": draw.choice(GIVEN),
            "family_name": FAMILY[n % 10],
            "sex": "FM"[n % 2],
            "birth_date": date(2000 + n % 8, 1 + n % 12, 1 + n),
            "phone": f"+2557540002{n:02}" if n % 3 else None,
            "cohort_id": (cohort if n < 20 else other).id,
        }
        found.append(people.register_apprentice(amina, make.centre, values))
    people.void_apprentice(amina, found[23].id, "Imeandikwa mara mbili.")
    enrolment = db.session.scalars(select(Enrolment).where(Enrolment.apprentice_id == found[0].id)).one()
    return {"cohort_id": cohort.id, "apprentice_id": found[0].id, "enrolment_id": enrolment.id, "apprentices": [each.id for each in found]}


def _closures(amina: Actor, centre: str, values: dict[str, Any]) -> None:
    code = centre.partition("/")[2]
    since, until = date(2026, 2, 9), date(2026, 2, 11)
    past = calendar.close(amina, centre, "centre", code, "both", "flood", since, until, source="Barua ya mkuu wa chuo", authority="VETA")
    notice = calendar.add_notice(amina, past.id, date(2026, 2, 10), source="Tangazo la redio", authority="Mkuu wa Mkoa")
    (resumption,) = calendar.reopen(amina, centre, date(2026, 2, 12), "centre", code, "both")
    rest = calendar.add_break(amina, centre, date(2026, 4, 6), date(2026, 4, 10), "Likizo ya Pasaka")
    values |= {"closure_id": past.id, "notice_id": notice.id, "resumption_id": resumption.id, "break_id": rest.id}


def _hotels(amina: Actor, centre: str, values: dict[str, Any]) -> dict[str, Any]:
    rows = [
        employers.add_employer(amina, centre, {"name": name, "sector": "I55", "district": "Moshi", "capacity": 4, "contact": "Bi. Rehema"})
        for name in HOTELS
    ]
    placed = [
        placements.open_placement(
            amina,
            centre,
            {
                "apprentice_id": values["apprentices"][n],
                "employer_id": rows[n].id,
                "starts_on": date(2026, 2, 16),
                "supervisor": "Bw. Temu",
            },
        )
        for n in (0, 1, 2)
    ]
    roster = placements.set_roster(amina, placed[0].id, date(2026, 2, 16), "12345", 450)
    suspension = placements.suspend_placement(amina, placed[0].id, date(2026, 3, 9), "Ugonjwa", None)
    calendar.close(amina, centre, "employer", rows[3].id, "workplaces", "other", date(2026, 2, 23), source="Simu", authority="Hoteli")
    displaced = [
        placements.open_placement(
            amina, centre, {"apprentice_id": values["apprentices"][n], "employer_id": rows[3].id, "starts_on": date(2026, 2, 23)}
        )
        for n in (6, 7)
    ]
    coming_back.place_elsewhere(amina, [displaced[1].id], rows[1].id, {"starts_on": TODAY})
    values["displaced_id"] = displaced[0].id
    return {"employer_id": rows[0].id, "placement_id": placed[0].id, "roster_id": roster.id, "suspension_id": suspension.id}


def _registers(baraka: Actor, cohort_id: str, away: str) -> None:
    """Three weeks of registers, the last Friday's not taken, and today's half done. away: who is never there."""
    members = [str(each) for each in db.session.scalars(select(Enrolment.apprentice_id).where(Enrolment.cohort_id == cohort_id))]
    draw = Random(4)
    days = [TODAY - timedelta(days=each) for each in range(4, 21)]
    for on in [each for each in days if each.weekday() < 5 and not date(2026, 2, 9) <= each < date(2026, 2, 12)]:
        marks = {each: Entry("absent" if each == away else draw.choice(DAYS)) for each in members}
        attendance.save_marks(baraka, cohort_id, on, "day", marks)
    attendance.save_marks(baraka, cohort_id, TODAY, "day", {each: Entry(draw.choice(DAYS)) for each in members[:7]})


def _more(values: dict[str, Any]) -> None:
    """Leave given beforehand and a call, on the apprentice and on one who was away for days."""
    with write(OPERATOR) as session:
        for n in (0, 5):
            about = {"partition": values["partition"], "apprentice_id": values["apprentices"][n]}
            leave = ExpectedAbsence(since=TODAY, until=TODAY + timedelta(days=3), reason="family", **about)
            call = FollowUp(on=date(2026, 2, 27), means="call", outcome="promised", note="Atarudi Jumatatu.", **about)
            session.add_all([leave, call])
        values |= {"leave_id": leave.id, "follow_up_id": call.id}
    values |= {"on": TODAY.isoformat(), "month": f"{TODAY:%Y-%m}"}


def _catching_up(amina: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """A way of making up lost time in force and one withdrawn, a pack that some brought back, an end that was moved."""
    cohort_id, people_ids = values["cohort_id"], values["apprentices"]
    ways = [Way("longer_days", TODAY, None, 120), Way("saturdays", TODAY + timedelta(days=5), date(2026, 4, 25), 240)]
    longer, saturdays = catchup.announce(amina, cohort_id, ways, authority="Wizara ya Elimu", reference="EB.12/2026")
    catchup.withdraw_way(amina, saturdays.id, "Hakuna usafiri Jumamosi.")
    pack = catchup.give_pack(amina, cohort_id, "Mapokezi, sura ya 3", 600, date(2026, 2, 9))
    for apprentice_id in people_ids[3:7]:
        catchup.mark_returned(amina, pack.id, apprentice_id, date(2026, 2, 16))
    (moved,) = catchup.move_ends(amina, cohort_id, date(2028, 1, 14), {}, TODAY, closure_id=values["closure_id"], note="Mafuriko")
    return {"catch_up_id": longer.id, "pack_id": pack.id, "extension_id": moved.id}


def _safety(amina: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """A session with who was there, a checklist half answered with a photo, an item of the centre's own, a photo of the notice."""
    centre, closure_id = values["partition"], values["closure_id"]
    held = safety.hold_session(amina, centre, "covid-19", date(2026, 2, 12), valid_days=30, minutes=45, trainer="Muuguzi Rehema")
    for n in range(15):
        safety.mark_present(amina, held.id, values["apprentices"][n], was_there=n % 4 > 0)
    item = safety.add_item(amina, centre, "Vipima joto", "Thermometers")
    answers = {"water": Answered("yes", "Mabomba sita", JPEG), "masks": Answered("partly"), "distances": Answered("no")}
    safety.answer(amina, centre, closure_id, answers, date(2026, 2, 11))
    (photo,) = scans_of(centre, [subject_of(closure_id, "water")])[subject_of(closure_id, "water")]
    scan = scans.keep(amina, centre, values["notice_id"], JPEG)
    return {"session_id": held.id, "item_id": item.id, "photo_id": photo.id, "scan_id": scan.id, "topic": "covid-19"}


def _nation(country: Country) -> dict[str, Any]:
    with country.central.on() as make:
        make.user("Chiku Said", "central", partition=NATION)
        chiku = make.actor("chiku")
        correction = calendar.correct_holiday(chiku, tz.MAINLAND, date(2026, 3, 20), "Idd-el-Fitri", is_holiday=True)
        about = {"code": "umeme-12m", "name_sw": "Umeme wa majumbani", "name_en": "Domestic electricity", "months": 12}
        programme = programmes.add_programme(chiku, about)
        calendar.close(chiku, REGION, "region", "TZ-09", "centres", "election", date(2026, 4, 20), source="Gazeti", authority="RC")
        return {"correction_id": correction.id, "programme_id": programme.id}


def _coordinator(country: Country, laptop: Machine, centre: str) -> Machine:
    with country.central.on():
        code = nodes.invite_coordinator(OPERATOR, "Ofisi ya Kilimanjaro", ["TZ-09"], [centre])
        nodes.invite_laptop(OPERATOR, centre, "Kompyuta ya tatu")  # and nobody has joined with it yet
    country.first.sync()
    enrol(country, laptop, code)
    with laptop.on() as make:
        make.user("Rukia Salum", "coordinator", partition=REGION)
        rukia = make.actor("rukia")
        calendar.close(rukia, REGION, "region", "TZ-09", "workplaces", "flood", date(2026, 5, 4), source="Barua", authority="RC")
    laptop.sync()
    return laptop


def _conflicts(country: Country, values: dict[str, Any]) -> None:
    """A phone number and a mark of today, changed on two laptops apart."""
    country.second.sync()
    for laptop, phone, status in ((country.first, "+255754111111", "present"), (country.second, "+255754222222", "absent")):
        with laptop.on() as make, write(_amina()) as session:
            session.get_one(Apprentice, (make.centre, values["apprentice_id"])).phone = phone
            attendance.mark(_amina(), make.centre, values["apprentices"][8], TODAY, status)
    for each in (country.first, country.second, country.first):
        each.sync()


def _amina() -> Actor:
    """Amina as she stands on the laptop that is acted on, even where she cannot sign in."""
    return actor_for_staff(db.session.scalars(select(Staff).where(Staff.name == "Amina Juma")).one())


def _phone(country: Country, values: dict[str, Any]) -> str:
    """The key of a phone that Amina and Baraka share; a code for one more is not used yet."""
    key = None
    with country.first.on() as make:
        for username in ("amina", "baraka"):
            credential = credential_named(username)
            assert credential is not None
            code = phones.make_code(make.actor(username), credential)
            key = phones.enrol(code, "7395", key=key, user_agent="Android").key
            values |= {"credential_id": credential.id, "code": phones.make_code(make.actor(username), credential)}
    assert key is not None
    return key


def _keys(country: Country) -> dict[str, Any]:
    with country.central.on() as make:
        return {"key": computers.computers(make.actor("chiku"))[0].key}
