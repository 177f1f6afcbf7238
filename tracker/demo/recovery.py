"""What went on while it was closed, and how people came back: packs, checklists, sessions, calls, catching up, a later end."""

from datetime import date, timedelta
from typing import Final

from tracker.attendance.absence_actions import record_follow_up
from tracker.calendar import actions as calendar
from tracker.calendar.queries import code_of_centre
from tracker.catchup import actions as catchup
from tracker.catchup.rules import Kind, Way
from tracker.demo import plan
from tracker.demo.cast import acting, Centre, exchange, Group, Story
from tracker.demo.days import Member
from tracker.placements import queries as placements
from tracker.safety import actions as safety
from tracker.safety.actions import Answered

COVID: Final = "covid-19"
CHECKLIST: Final = {
    "water": Answered("yes"),
    "sanitizer": Answered("yes"),
    "masks": Answered("yes"),
    "distances": Answered("yes"),
    "isolation_room": Answered("partly", "Chumba kipo, kitanda bado."),
    "staff_trained": Answered("yes"),
}


def meanwhile(story: Story) -> None:
    """Packs are sent home, the closure of the Mainland goes on, and a rumour of an earlier reopening is taken back."""
    for centre in (story.nct, story.suza):
        with acting(centre, plan.PACKS_GIVEN, 10) as registrar:
            for group in centre.groups:
                if group.plan.prefix in plan.PACKED:
                    group.pack = catchup.give_pack(registrar, group.id, plan.PACK, plan.PACK_MINUTES, plan.PACKS_GIVEN).id
    central = story.site.central
    with central.at(plan.EXTENDED, 18):
        calendar.extend(
            central.actor("tatu"),
            story.closures[0],
            None,
            source="Ilitangazwa katikati ya Aprili 2020; tarehe kamili haikupatikana katika vyanzo.",
            authority=plan.MAINLAND_GOVERNMENT,
        )
    _rumour(story.nct)
    exchange(story, plan.RUMOUR_WITHDRAWN)


def _rumour(nct: Centre) -> None:
    scope = "centre", code_of_centre(nct.partition), "centres"
    with acting(nct, plan.RUMOUR, 12) as registrar:
        (heard,) = calendar.reopen(registrar, nct.partition, plan.RUMOUR_OF, *scope, conditions="Ilisikika redioni.")
        heard_id = heard.id
    with acting(nct, plan.RUMOUR_WITHDRAWN, 9) as registrar:
        calendar.withdraw_resumption(registrar, heard_id, "Rais ametangaza tarehe 1 Juni (21 Mei 2020).")


def check_before_opening(story: Story) -> None:
    """Each centre answers the reopening checklist two days before it opens."""
    for centre, closure in ((story.nct, story.closures[0]), (story.suza, story.closures[1])):
        on = centre.reopened - timedelta(days=2)
        with acting(centre, on, 17) as registrar:
            safety.answer(registrar, centre.partition, closure, CHECKLIST, on)


def coming_back(story: Story) -> None:
    """Packs come back, everybody is taught about COVID-19 and taught again, and somebody calls those who have not come."""
    for centre, on in ((story.nct, plan.NCT_PACKS_BACK), (story.suza, plan.SUZA_PACKS_BACK)):
        _packs_back(centre, on)
    for centre, first, again in (
        (story.nct, plan.NCT_REOPENED, plan.NCT_SESSION_AGAIN),
        (story.suza, plan.SUZA_REOPENED, plan.SUZA_SESSION_AGAIN),
    ):
        for on in (first, again):
            _session(centre, on)
    for number, calls in plan.CALLS.items():
        _call(story.nct, number, calls)


def _packs_back(centre: Centre, on: date) -> None:
    with acting(centre, on, 16) as registrar:
        for group in centre.groups:
            for member in group.members if group.pack else ():
                if not member.is_placed and member.fate == "":
                    catchup.mark_returned(registrar, group.pack, member.id, on)


def _session(centre: Centre, on: date) -> None:
    """All who have come back by then are there."""
    with acting(centre, on, 14) as registrar:
        row = safety.hold_session(registrar, centre.partition, COVID, on, minutes=90, trainer=plan.TRAINER, valid_days=plan.SESSION_DAYS)
        for group in centre.groups:
            for member in group.members:
                if member.fate == "never" or (member.fate == "late" and on < plan.LATE):
                    safety.mark_present(registrar, row.id, member.id, was_there=False)
        safety.mark_all_present(registrar, row.id)


def _call(centre: Centre, number: str, calls: tuple[plan.Call, ...]) -> None:
    _group, member = _member(centre, number)
    for call in calls:
        with acting(centre, call.on, 11) as registrar:
            record_follow_up(registrar, member.id, call.on, call.means, call.outcome, call.note, call.expected_on)


def _member(centre: Centre, number: str) -> tuple[Group, Member]:
    return next((group, each) for group in centre.groups for each in group.members if each.number == number)


def catching_up(story: Story) -> None:
    """The order of two hours more is announced and withdrawn; an hour more a day takes its place, and one cohort ends later."""
    nct = story.nct
    first, second, _last = nct.groups
    with acting(nct, plan.SCHOOLS_ANNOUNCED, 16) as registrar:
        way = Way(Kind.LONGER_DAYS, plan.SCHOOLS_REOPENED, plan.TERM_ENDS, 120)
        terms = {"authority": plan.MINISTRY, "reference": "Agizo la tarehe 17 Juni 2020"}
        ordered = [row.id for group in (first, second) for row in catchup.announce(registrar, group.id, [way], **terms)]
    with acting(nct, plan.ORDER_WITHDRAWN, 10) as registrar:
        for row_id in ordered:
            catchup.withdraw_way(registrar, row_id, "Haiwezekani: zamu mbili na usafiri (Red Pepper, Julai 2020).")
        way = Way(Kind.LONGER_DAYS, plan.HOUR_MORE, plan.TERM_ENDS, 60)
        for group in (first, second):
            catchup.announce(registrar, group.id, [way], authority=plan.NCT_SHORT, reference="Ratiba ya kufidia iliyowasilishwa NACTE")
    with acting(nct, plan.END_MOVED, 15) as registrar:
        of_group = {member.id for member in first.members}
        ends = {row.id: plan.NEW_END for row in placements.placements(registrar, nct.partition) if row.apprentice_id in of_group}
        note = "Kufungwa kwa UVIKO-19."
        catchup.move_ends(registrar, first.id, plan.NEW_END, ends, plan.END_MOVED, closure_id=story.closures[0], note=note)
