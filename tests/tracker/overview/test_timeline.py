"""The timeline of an apprentice: 2020 as a picture and in sentences. Today is Thursday 30 July 2020."""

import re
from collections.abc import Iterator
from datetime import date, datetime, UTC

import pytest

from tests.conftest import Browser, PinnedClock
from tests.make import Make
from tests.world import JUNE_1, MARCH_18, TODAY, World
from tracker.calendar.models import CatchUp, Closure, Extension, Notice
from tracker.catchup.models import RemotePack, RemotePackReturn
from tracker.db import db, write
from tracker.employers.models import Employer
from tracker.errors import NotFound
from tracker.i18n import speaking
from tracker.overview import timeline_words
from tracker.overview.timeline_queries import Timeline, timeline_of
from tracker.people.models import Cohort
from tracker.placements.models import Placement
from tracker.policy import Actor, OPERATOR

END = date(2020, 10, 30)


@pytest.fixture
def world(make: Make, clock: PinnedClock) -> World:
    clock.moment = datetime(2020, 7, 30, 6, 0, tzinfo=UTC)
    clock.wall_s = clock.moment.timestamp()
    world = World(make)
    world.close_2020()
    return world


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def asha(world: World) -> str:
    """An apprentice of NCT: at the Ramada from 3 February, which closed on 25 March and has not reopened."""
    asha = world.person(world.nct)
    hotel = world.add(Employer(partition=world.nct, name="Ramada"))
    closure = world.add(Closure(partition=world.nct, scope_kind="employer", scope_code=hotel.id, sites="workplaces", reason="covid-19"))
    world.add(Notice(partition=world.nct, closure_id=closure.id, since=date(2020, 3, 25)))
    world.add(
        Placement(partition=world.nct, apprentice_id=asha, employer_id=hotel.id, starts_on=date(2020, 2, 3), ends_on=date(2020, 8, 28))
    )
    return asha


def sentences(found: Timeline) -> list[str]:
    return [f"{each.first:%d.%m.}-{each.last:%d.%m.} {each.words}" for each in timeline_words.told(found)]


def test_mid_placement_in_march_at_home_until_june_back_at_the_centre_since(amina: Actor, asha: str) -> None:
    found = timeline_of(amina, asha)
    assert sentences(found) == [
        "04.11.-02.02. At the centre: 2019 Nov",
        "03.02.-24.03. At the workplace: Ramada",
        "25.03.-31.05. The centre was closed: COVID-19, since 18 March 2020",
        "25.03.-30.07. Ramada was closed: COVID-19, since 25 March 2020",
        "01.06.-30.07. Back at the centre, because the placement is suspended: Ramada",
        "31.07.-28.08. Planned at the workplace: Ramada",
    ]
    assert [timeline_words.interrupted(found, each) for each in found.interruptions] == [
        "Interrupted on 25 March 2020 in the middle of the placement at Ramada"
    ]


def test_mid_theory_with_absences_packs_orders_and_a_later_end(amina: Actor, world: World) -> None:
    person, cohort = world.person(world.nct), world.cohort[world.nct]
    for day, status in ((9, "absent"), (10, "absent"), (11, "present"), (12, "excused")):
        world.mark(world.nct, person, date(2020, 3, day), status)
    packs = [world.add(RemotePack(partition=world.nct, cohort_id=cohort, title=f"Pack {n}", given_on=MARCH_18)) for n in (1, 2)]
    world.add(RemotePackReturn(partition=world.nct, pack_id=packs[0].id, apprentice_id=person, returned_on=JUNE_1))
    world.add(CatchUp(partition=world.nct, cohort_id=cohort, kind="saturdays", since=date(2020, 7, 4)))
    world.add(CatchUp(partition=world.nct, cohort_id=cohort, kind="longer_days", since=JUNE_1, void_reason="impossible"))
    world.add(Extension(partition=world.nct, cohort_id=cohort, ends_on=date(2020, 12, 18), announced_on=JUNE_1))
    set_end(world, cohort)
    found = timeline_of(amina, person)
    assert sentences(found) == [
        "04.11.-17.03. At the centre: 2019 Nov",
        "09.03.-10.03. Absent",
        "12.03.-12.03. Excused",
        "18.03.-31.05. The centre was closed: COVID-19, since 18 March 2020",
        "18.03.-01.06. Remote pack brought back: Pack 1",
        "18.03.-30.07. Remote pack not brought back yet: Pack 2",
        "01.06.-30.07. At the centre: 2019 Nov",
        "04.07.-18.12. Catching up: Saturdays",
        "31.07.-30.10. Planned at the centre: 2019 Nov",
        "31.10.-18.12. At the centre after the original end: 2019 Nov",
    ]
    assert [pole.label.words for pole in timeline_words.picture(found).poles] == ["Original end", "New end", "Today"]
    assert [label.words for label, _boxes in timeline_words.picture(found).rows] == [
        "At the centre",
        "Remote learning",
        "Catching up",
        "Absences",
    ]
    assert timeline_words.interrupted(found, found.interruptions[0]) == "Interrupted on 18 March 2020 in the middle of theory at the centre"


def set_end(world: World, cohort_id: str) -> None:
    with write(OPERATOR):
        cohort = db.session.get(Cohort, {"partition": world.nct, "id": cohort_id})
        assert cohort
        cohort.ends_on = END


def test_who_left_is_shown_until_the_day(amina: Actor, world: World) -> None:
    left = world.person(world.nct, until=date(2020, 2, 14))
    found = timeline_of(amina, left)
    assert sentences(found) == ["04.11.-14.02. At the centre: 2019 Nov"]
    assert found.interruptions == []
    assert [pole.label.words for pole in timeline_words.picture(found).poles] == ["Left the training", "Today"]
    assert found.last == TODAY


def test_nobody_else_sees_it(chausiku: Actor, client: Browser, asha: str) -> None:
    with pytest.raises(NotFound):
        timeline_of(chausiku, asha)
    assert client.sign_in("chausiku").get(f"/overview/apprentices/{asha}").status_code == 404


def test_an_apprentice_of_whom_nothing_is_known_has_no_picture(client: Browser, make: Make) -> None:
    page = client.sign_in("amina").get(f"/overview/apprentices/{make.apprentice('Asha Juma').id}").text
    assert "Nothing to show yet" in page
    assert "<svg" not in page.partition("<main")[2]


def test_the_picture_names_its_kinds_and_repeats_itself_in_sentences(client: Browser, asha: str) -> None:
    page = client.sign_in("amina").get(f"/overview/apprentices/{asha}").text
    assert re.search(r'<svg class="picture"[^>]*role="img" aria-labelledby="timeline-title timeline-about"', page)
    assert "Back at the centre, because the placement is suspended: Ramada</li>" in page
    legend = page.partition('<ul class="legend">')[2].partition("</ul>")[0]
    assert re.findall(r"</svg> ([^<]+)</li>", legend) == ["At the centre", "Closed", "At the workplace", "Planned"]
    assert 'style="' not in page


def test_the_page_of_the_apprentice_leads_there(client: Browser, asha: str) -> None:
    assert f'href="/overview/apprentices/{asha}"' in client.sign_in("baraka").get(f"/people/{asha}").text
