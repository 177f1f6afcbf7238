"""Entering from paper by keys alone: letters move on, Enter and the arrows move, and what is typed arrives."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import make_server

from tests.browser.screen import CHROMIUM, chromium, DRIVER, LAPTOP
from tests.browser.test_register import Quiet
from tests.conftest import PinnedClock
from tests.make import PASSWORD
from tests.tracker.attendance.conftest import World, world
from tracker.accounts import actions as accounts
from tracker.attendance import paper_queries, workplace_queries
from tracker.db import db
from tracker.employers import actions as employers
from tracker.placements import actions as placements
from tracker.policy import Actor

__all__ = ["world"]  # the fixture
MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)
SLOW_S = 10

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    # The server's threads leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@dataclass
class Desk:
    """Amina's laptop on the Friday of the week."""

    driver: WebDriver
    site: str

    def open(self, path: str) -> None:
        self.driver.get(self.site + path)
        WebDriverWait(self.driver, SLOW_S).until(lambda driver: driver.switch_to.active_element.tag_name == "input")

    def type(self, *keys: str) -> None:
        """Each key where the focus is then."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def save(self) -> None:
        self.driver.find_element(By.CSS_SELECTOR, "form.sheet .actions .button").click()
        WebDriverWait(self.driver, SLOW_S).until(lambda driver: "The week is saved." in driver.page_source)


@pytest.fixture
def desk(app: Flask, world: World, clock: PinnedClock, tmp_path: Path) -> Iterator[Desk]:
    del world
    clock.day = FRIDAY
    token = accounts.sign_in("amina", PASSWORD, device="laptop", address="127.0.0.1")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.port}"
    try:
        with chromium(tmp_path / "chromium") as screen:
            screen.size(*LAPTOP)
            screen.driver.get(f"{site}/accounts/sign-in")
            screen.driver.add_cookie({"name": "s", "value": token})
            yield Desk(screen.driver, site)
    finally:
        server.shutdown()
        server.server_close()


def _place(actor: Actor, world: World, person: int) -> None:
    hotel = employers.add_employer(actor, world.partition, {"name": f"Hoteli {person}"})
    values = {"apprentice_id": world.people[person].id, "employer_id": hotel.id, "starts_on": MONDAY}
    placement = placements.open_placement(actor, world.partition, values)
    placements.set_roster(actor, placement.id, MONDAY, "12345", 480)


def test_a_week_is_entered_without_mouse(desk: Desk, world: World, amina: Actor) -> None:
    _place(amina, world, 1)
    desk.open(f"/attendance/{world.cohort.id}/week/2026-03-02/enter?halves=0")
    desk.type("p", "P", "a", "l", "e")  # the first apprentice, Monday to Friday; the second is at a hotel
    desk.type("p", Keys.ENTER, "a")  # the third on Monday, then the fourth on Tuesday
    desk.type(Keys.ARROW_LEFT, Keys.ARROW_LEFT, "r")  # back to Monday: A moved on to Wednesday
    desk.type(Keys.ARROW_UP, Keys.ARROW_UP, "p")  # at a workplace, and came nevertheless
    desk.save()
    db.session.rollback()
    week = paper_queries.week_for(amina, world.cohort.id, MONDAY)
    assert [[cell.status for cell in line.cells] for line in week.lines] == [
        ["present", "present", "absent", "late", "excused"],
        [None, "present", None, None, None],
        ["present", None, None, None, None],
        ["remote", "absent", None, None, None],
    ]


def test_hours_are_entered_without_mouse(desk: Desk, world: World, amina: Actor) -> None:
    _place(amina, world, 0)
    _place(amina, world, 1)
    desk.open("/attendance/workplace/2026-03-02")
    desk.type("8", Keys.ARROW_RIGHT, "7:30", Keys.ENTER, "a")  # Enter goes over the heading of the next employer
    desk.type(Keys.ARROW_LEFT, Keys.ARROW_LEFT, "L 6")  # the first goes to the beginning of what was typed
    desk.save()
    db.session.rollback()
    week = workplace_queries.workplace_week(amina, world.partition, MONDAY)
    values = [[(cell.value.status, cell.value.minutes) if cell.value else None for cell in host.lines[0].cells[:3]] for host in week.hosts]
    assert values == [[("present", 480), ("present", 450), None], [("late", 360), ("absent", None), None]]


def test_leaving_with_unsaved_letters_asks_first(desk: Desk, world: World) -> None:
    desk.open(f"/attendance/{world.cohort.id}/week/2026-03-02/enter")
    desk.type("p")
    prevented = desk.driver.execute_script(
        "const event = new Event('beforeunload', {cancelable: true}); dispatchEvent(event); return event.defaultPrevented"
    )
    assert prevented
