"""The register in Chromium: six taps for four exceptions, no sideways scrolling at 360 px, keys, and nothing lost silently."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import BaseWSGIServer, make_server, WSGIRequestHandler

from tests.make import Make, PASSWORD
from tracker.accounts import actions as accounts
from tracker.attendance import actions, queries
from tracker.db import db, write
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.policy import Actor, OPERATOR

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MONDAY = date(2026, 3, 2)  # the day of the tests' clock
FAMILIES = ("Mushi", "Mwakyusa", "Kapinga", "Shirima", "Ngonyani", "Nyerere-Kambarage", "Lyimo", "Massawe", "Kessy", "Temu")
SLOW_S = 10

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    # The server's threads leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


@dataclass
class Phone:
    """A browser on the register of Baraka's cohort."""

    driver: WebDriver
    address: str
    server: BaseWSGIServer
    taps: int = 0

    def open(self) -> None:
        self.driver.get(self.address)
        self.taps += 1

    def wait_for_outbox(self) -> None:
        WebDriverWait(self.driver, SLOW_S).until(lambda _driver: self.all("[data-outbox=open]"))

    def tap(self, element: WebElement) -> None:
        element.click()
        self.taps += 1

    def find(self, css: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def choose(self, row: int, status: str) -> None:
        radio = self.all(".r")[row].find_element(By.CSS_SELECTOR, f"[value={status}]")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", radio)  # what a thumb does
        self.tap(radio)

    def wait_for(self, words: str) -> None:
        WebDriverWait(self.driver, SLOW_S, ignored_exceptions=[WebDriverException]).until(
            lambda driver: words in driver.find_element(By.ID, "bar").text
        )

    def wait_until_saved(self) -> None:
        WebDriverWait(self.driver, SLOW_S).until(lambda _driver: not self.all(".r[data-state]"))


@pytest.fixture
def cohort(make: Make, baraka: Actor) -> Cohort:
    """Forty apprentices of Baraka's."""
    with write(OPERATOR) as session:
        found = Cohort(partition=make.centre, name="Utalii 2026 A", starts_on=date(2026, 1, 5), ends_on=date(2027, 12, 17))
        session.add(found)
        for n in range(40):
            name = {"given_name": f"Mwanaidi {n:02}", "middle_name": "Hassan", "family_name": FAMILIES[n % 10]}
            person = Apprentice(partition=make.centre, number=f"VTC/26/{n + 1:03}", **name)
            session.add(person)
            session.add(
                Enrolment(partition=make.centre, apprentice_id=person.id, cohort_id=found.id, starts_on=date(2026, 1, 5), status="active")
            )
    accounts.set_teaching(OPERATOR, make.centre, baraka.id, found.id)
    return found


@pytest.fixture
def phone(app: Flask, cohort: Cohort, tmp_path: Path) -> Iterator[Phone]:
    token = accounts.sign_in("baraka", PASSWORD, device="phone", address="127.0.0.1")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for each in ("headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-component-update"):
        options.add_argument(f"--{each}")
    options.add_argument(f"--user-data-dir={tmp_path / 'chromium'}")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    try:
        screen = {"width": 360, "height": 640, "deviceScaleFactor": 1, "mobile": True}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        site = f"http://127.0.0.1:{server.port}"
        driver.get(f"{site}/accounts/sign-in")
        driver.add_cookie({"name": "s", "value": token})
        yield Phone(driver, f"{site}/attendance/{cohort.id}/{MONDAY}", server)
    finally:
        driver.quit()
        server.shutdown()
        server.server_close()


def _statuses(teacher: Actor, cohort: Cohort) -> list[str | None]:
    db.session.rollback()
    return [row.status for row in queries.register_for(teacher, cohort.id, MONDAY).rows]


def test_forty_apprentices_with_four_exceptions_take_six_taps(phone: Phone, cohort: Cohort, make: Make) -> None:
    phone.open()
    phone.tap(phone.find("#bar [value=rest]"))
    phone.wait_for("40 P")
    for row, status in ((0, "absent"), (7, "late"), (21, "absent"), (39, "excused")):
        phone.choose(row, status)
    phone.wait_for("36 P 1 L 2 A 1 E 0 left")
    phone.wait_until_saved()
    assert phone.taps == 6
    statuses = _statuses(make.actor("baraka"), cohort)
    assert [statuses[0], statuses[7], statuses[21], statuses[39], statuses.count("present")] == ["absent", "late", "absent", "excused", 36]


def test_it_fits_a_phone_without_scrolling_sideways(phone: Phone) -> None:
    phone.open()
    assert phone.driver.execute_script("return document.documentElement.scrollWidth") <= 360
    targets = phone.all(".r label")
    assert min(min(each.size["width"], each.size["height"]) for each in targets[:10]) >= 44
    assert max(each.size["height"] for each in phone.all(".r")) <= 56


def test_a_page_asks_four_times_at_most_until_it_can_be_used(phone: Phone) -> None:
    phone.open()
    phone.wait_for_outbox()
    asked = phone.driver.execute_script(
        "const all = performance.getEntriesByType('resource').filter((each) => each.name.startsWith('http'));"
        "const usable = all.find((each) => each.name.endsWith('/attendance-grid.js')).responseEnd;"
        "return all.filter((each) => each.startTime < usable).map((each) => each.name)"
    )
    assert 1 + len(asked) <= 4, asked


def test_undo_takes_all_remaining_back(phone: Phone, cohort: Cohort, make: Make) -> None:
    phone.open()
    phone.choose(3, "absent")
    phone.wait_for("39 left")
    phone.wait_until_saved()
    phone.tap(phone.find("#bar [value=rest]"))
    phone.wait_for("39 P")
    phone.wait_until_saved()
    phone.tap(phone.find("[value=undo]"))
    phone.wait_for("39 left")
    phone.wait_until_saved()
    assert _statuses(make.actor("baraka"), cohort).count("absent") == 1


def test_all_remaining_of_a_morning_leaves_out_who_is_marked_for_the_whole_day(phone: Phone, cohort: Cohort, make: Make) -> None:
    teacher = make.actor("baraka")
    first = queries.register_for(teacher, cohort.id, MONDAY).rows[0]
    actions.mark(teacher, cohort.partition, first.id, MONDAY, "absent")
    phone.driver.get(f"{phone.address}?slot=am")
    phone.wait_for("39 left")
    phone.tap(phone.find("#bar [value=rest]"))
    phone.wait_for("39 P 0 left")
    phone.wait_until_saved()
    db.session.rollback()
    morning = queries.register_for(teacher, cohort.id, MONDAY, "am")
    assert (morning.rows[0].status, morning.tally.present, morning.is_taken) == (None, 39, True)


def test_keys_mark_and_move_on(phone: Phone, cohort: Cohort, make: Make) -> None:
    phone.open()
    phone.all(".r input")[0].send_keys("pla")
    phone.driver.switch_to.active_element.send_keys(Keys.ARROW_UP, "e")
    phone.wait_for("1 P 1 L 1 E 37 left")
    phone.wait_until_saved()
    assert _statuses(make.actor("baraka"), cohort)[:4] == ["present", "late", "excused", None]


def test_a_tap_that_could_not_be_saved_says_so_and_is_sent_again(phone: Phone, cohort: Cohort, make: Make) -> None:
    phone.open()
    phone.wait_for_outbox()
    phone.driver.execute_script("window.real = fetch; window.fetch = () => Promise.reject(new TypeError('no network'))")
    phone.choose(2, "late")
    WebDriverWait(phone.driver, SLOW_S).until(lambda _driver: phone.find("[data-wait]").is_displayed())
    assert "One mark waits on this phone" in phone.find("[data-wait]").text
    assert "Not sent yet." in phone.all(".r")[2].text
    assert "1 L 39 left" in phone.find("#bar").text
    phone.driver.execute_script("window.fetch = window.real")
    phone.find("[data-wait] button").click()
    WebDriverWait(phone.driver, SLOW_S).until(lambda _driver: not phone.find("[data-wait]").is_displayed())
    assert _statuses(make.actor("baraka"), cohort)[2] == "late"


def test_a_second_tap_while_the_first_is_on_its_way_counts(phone: Phone, cohort: Cohort, make: Make) -> None:
    phone.open()
    phone.wait_for("40 left")
    phone.driver.execute_script(
        "const real = fetch; window.fetch = async (...all) => { await new Promise(go => setTimeout(go, 300)); return real(...all) }"
    )
    phone.choose(5, "present")
    phone.choose(5, "absent")
    phone.wait_for("1 A 39 left")
    phone.wait_until_saved()
    assert _statuses(make.actor("baraka"), cohort)[5] == "absent"
    assert queries.register_for(make.actor("baraka"), cohort.id, MONDAY).rows[5].has_conflict is False


def test_a_mark_outlives_signing_out_in_another_window(phone: Phone, cohort: Cohort, make: Make) -> None:
    phone.open()
    phone.wait_for_outbox()
    phone.driver.delete_all_cookies()  # what signing out leaves of the session and of the form's token
    phone.choose(1, "late")
    WebDriverWait(phone.driver, SLOW_S).until(lambda _driver: phone.find("[data-wait]").is_displayed())
    assert "Sign in on this phone, then they are sent." in phone.find("[data-wait]").text
    phone.driver.add_cookie({"name": "s", "value": accounts.sign_in("baraka", PASSWORD, device="phone", address="127.0.0.1")})
    phone.find("[data-wait] button").click()
    phone.wait_until_saved()
    assert _statuses(make.actor("baraka"), cohort)[1] == "late"


def test_a_second_click_sends_a_form_only_once(phone: Phone) -> None:
    phone.open()
    prevented = phone.driver.execute_script(
        "const form = document.querySelector('.menu-list form'); const sent = [];"
        "addEventListener('submit', (event) => { sent.push(event.defaultPrevented); event.preventDefault(); });"
        "form.requestSubmit(); form.requestSubmit(); return sent"
    )
    assert prevented == [False, True]


def test_a_number_or_a_name_finds_its_row(phone: Phone) -> None:
    phone.open()
    field = phone.find("#find")
    field.send_keys("026/017")
    assert not [row for row in phone.all(".r") if row.is_displayed()]
    assert phone.find("[data-nobody]").text == "Nobody in this register has such a number or name."
    field.clear()
    field.send_keys("017")
    assert [row.find_element(By.TAG_NAME, "small").text for row in phone.all(".r") if row.is_displayed()] == ["VTC/26/017"]
    field.send_keys(Keys.ENTER)
    assert not phone.find("[data-nobody]").is_displayed()
    phone.driver.switch_to.active_element.send_keys("a")
    phone.wait_for("1 A 39 left")
    field.send_keys("017")
    field.send_keys(Keys.ESCAPE)
    assert len([row for row in phone.all(".r") if row.is_displayed()]) == 40


def _found(phone: Phone) -> tuple[str, bool, int]:
    """What stands in the search box, whether it has the focus, and how many rows are shown."""
    field = phone.find("#find")
    shown = sum(row.is_displayed() for row in phone.all(".r"))
    return str(field.get_property("value")), phone.driver.switch_to.active_element == field, shown


def test_whoever_was_searched_for_is_marked_and_the_next_one_is_searched_for(phone: Phone, cohort: Cohort, make: Make) -> None:
    phone.open()
    phone.find("#find").send_keys("017", Keys.ENTER)
    phone.driver.switch_to.active_element.send_keys("a")
    assert _found(phone) == ("", True, 40)
    phone.driver.switch_to.active_element.send_keys("021")
    phone.choose(20, "late")
    assert _found(phone) == ("", True, 40)
    phone.wait_for("1 L 1 A 38 left")
    phone.wait_until_saved()
    statuses = _statuses(make.actor("baraka"), cohort)
    assert (statuses[16], statuses[20]) == ("absent", "late")


def test_all_remaining_says_how_many_and_marks_only_those_who_are_seen(phone: Phone, cohort: Cohort, make: Make) -> None:
    phone.open()
    assert phone.find("#bar [value=rest]").text == "All remaining: present (40)"
    phone.find("#find").send_keys("Mushi")
    assert phone.find("#bar [value=rest]").text == "All remaining: present (4)"
    phone.tap(phone.find("#bar [value=rest]"))
    phone.wait_for("4 P 36 left")
    phone.wait_until_saved()
    assert _statuses(make.actor("baraka"), cohort).count("present") == 4
    phone.find("#find").send_keys(Keys.ESCAPE)
    assert phone.find("#bar [value=rest]").text == "All remaining: present (36)"


def test_a_key_takes_a_mark_back_also_while_it_waits_on_the_phone(phone: Phone, cohort: Cohort, make: Make) -> None:
    phone.open()
    phone.wait_for_outbox()
    phone.all(".r input")[0].send_keys("pla")
    phone.wait_for("1 P 1 L 1 A 37 left")
    phone.wait_until_saved()
    phone.driver.execute_script("window.real = fetch; window.fetch = () => Promise.reject(new TypeError('no network'))")
    phone.all(".r")[1].find_element(By.CSS_SELECTOR, ":checked").send_keys(Keys.DELETE)
    phone.wait_for("1 P 1 A 38 left")
    phone.driver.execute_script("window.fetch = window.real")
    phone.all(".r")[2].find_element(By.CSS_SELECTOR, ":checked").send_keys(Keys.BACKSPACE)
    phone.wait_for("1 P 39 left")
    phone.wait_until_saved()
    assert _statuses(make.actor("baraka"), cohort)[:3] == ["present", None, None]
