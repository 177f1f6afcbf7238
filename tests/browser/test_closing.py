"""Closing a centre, opening it again and finding who has not returned: the shortest way, counted; and photos made small."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.everything import Seat, serving
from tests.browser.screen import CHROMIUM, DRIVER, PHONE, Screen
from tests.conftest import PinnedClock
from tests.country import Machine
from tests.make import Make
from tests.tracker.scans.pictures import png
from tracker.attendance import actions as attendance
from tracker.calendar import queries
from tracker.db import db, write
from tracker.people.models import Apprentice, Cohort
from tracker.places.models import Centre
from tracker.policy import Actor, OPERATOR
from tracker.scans.queries import content_of, scans_of

SLOW_S = 20
REOPENING = date(2026, 3, 30)  # a Monday, four weeks after the tests' first day

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    # The servers' threads leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@dataclass
class Desk:
    """Amina at her centre's laptop. interactions: pages opened and things pressed."""

    screen: Screen
    cohort: Cohort
    asha: Apprentice
    neema: Apprentice
    juma: Apprentice
    interactions: int = 0

    def open_first_page(self) -> None:
        self.screen.open("/")
        self.interactions += 1

    def find(self, css: str, words: str = "") -> WebElement:
        """The first element that shows these words, once it is there."""

        def found(_driver: object) -> WebElement | None:
            elements = self.screen.driver.find_elements(By.CSS_SELECTOR, css)
            return next((each for each in elements if words in each.text and each.is_displayed()), None)

        waiting = WebDriverWait(self.screen.driver, SLOW_S, ignored_exceptions=[WebDriverException])
        element = waiting.until(found)
        assert isinstance(element, WebElement)
        return element

    def press(self, words: str, css: str = "a, button") -> None:
        element, before = self.find(css, words), self.screen.driver.find_element(By.TAG_NAME, "html")
        self.screen.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
        element.click()
        self.interactions += 1
        with suppress(WebDriverException):
            WebDriverWait(self.screen.driver, SLOW_S).until(lambda driver: driver.find_element(By.TAG_NAME, "html") != before)


@pytest.fixture
def desk(app: Flask, clock: PinnedClock, make: Make, screen: Screen) -> Iterator[Desk]:
    with write(OPERATOR) as session:
        session.add(Centre(partition=make.centre, name="Chuo cha Bustani", region="TZ-03"))
    cohort = make.cohort("Mapishi 2026", date(2026, 1, 5))
    asha, neema, juma = (make.apprentice(name, cohort, starts_on=date(2026, 1, 5)) for name in ("Asha Juma", "Neema Ali", "Juma Said"))
    with serving(app) as site:
        screen.size(*PHONE)
        screen.sit(Seat(Machine(app, clock), site, "amina"))
        yield Desk(screen, cohort, asha, neema, juma)
        screen.driver.get("about:blank")


def test_closing_reopening_and_finding_who_has_not_returned_takes_twelve_interactions_at_most(
    desk: Desk, clock: PinnedClock, amina: Actor, make: Make
) -> None:
    desk.open_first_page()
    desk.press("Calendar", ".nav a")
    desk.press("Record a closure")
    assert "3 apprentices" in desk.find("[data-touched]", "apprentices").text
    desk.press("Record a closure", "main button")
    desk.find("main", "In force today")

    clock.moment = clock.now() + timedelta(days=28)
    desk.open_first_page()
    desk.press("Calendar", ".nav a")
    desk.press("Record the reopening")
    desk.press("Save", "main button")
    desk.find("main", "Reopened")
    for each in (desk.asha, desk.juma):
        attendance.mark(amina, make.centre, each.id, REOPENING, "present")
    attendance.take_register(amina, desk.cohort.id, REOPENING)

    desk.press("Who has not come back")
    called = desk.find("main table").text
    assert desk.neema.full_name in called
    assert desk.asha.full_name not in called
    assert desk.interactions <= 12
    (story,) = queries.closures(amina, make.centre)
    assert (story.since, story.row.reason, story.row.sites) == (date(2026, 3, 2), "covid-19", "centres")


def test_the_form_shows_at_once_whom_another_day_touches(desk: Desk) -> None:
    desk.screen.open("/calendar/closures/new")
    desk.find("main", "2 March 2026")
    until = desk.find("#expected_until")
    until.send_keys("06/03/2026\t")
    assert "5 days of training are lost" in desk.find("[data-touched]", "5 days").text
    assert not desk.screen.driver.find_elements(By.CSS_SELECTOR, "[value=look]")[0].is_displayed()


def test_a_large_photo_is_made_small_before_it_is_sent(desk: Desk, amina: Actor, make: Make, tmp_path: Path) -> None:
    large = tmp_path / "tangazo.png"
    large.write_bytes(png(1600, 1200, shades=16))  # a megabyte, as from a phone
    desk.screen.open("/calendar/closures/new")
    desk.press("Who announced it", "summary")
    desk.find("#photo").send_keys(str(large))
    WebDriverWait(desk.screen.driver, SLOW_S).until(
        lambda driver: 0 < driver.execute_script("return document.getElementById('photo').files[0].size") < 100_000
    )
    desk.press("Record a closure", "main button")
    desk.find("main", "In force today")
    db.session.rollback()
    (notice,) = queries.closures(amina, make.centre)[0].notices
    ((scan,),) = scans_of(make.centre, [notice.id]).values()
    assert scan.kind == "jpeg"
    assert len(content_of(scan) or b"") < 100_000
