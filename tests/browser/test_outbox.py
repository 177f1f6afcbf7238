"""A register that goes on without the laptop: nothing is lost, all arrives once and at its own time, and nobody is overruled unseen."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest
from flask import Flask
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from werkzeug.serving import BaseWSGIServer, make_server, WSGIRequestHandler

from tests.browser.screen import CHROMIUM, chromium, DRIVER
from tests.conftest import PinnedClock
from tests.make import Make, PASSWORD
from tracker import replication
from tracker.accounts import actions as accounts
from tracker.accounts.queries import credential_named
from tracker.app import create_app
from tracker.attendance import actions, queries
from tracker.attendance.models import Mark
from tracker.db import db, write
from tracker.people.models import Apprentice, Cohort, Enrolment
from tracker.phones import actions as phones
from tracker.policy import Actor, OPERATOR

MONDAY = date(2026, 3, 2)
SLOW_S = 15
NEAR_S = 2
PEOPLE = 12

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    # The server's threads leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


class Quiet(WSGIRequestHandler):
    """Says nothing, and lets go when the laptop is shut: a browser opens lines beforehand, and those would still be answered."""

    held: ClassVar[set[socket.socket]] = set()

    def setup(self) -> None:
        self.held.add(self.request)
        super().setup()

    def finish(self) -> None:
        self.held.discard(self.request)
        super().finish()

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing."""


class Laptop:
    """The centre's laptop: it can be shut and opened again at the same address, each time as a new process would begin."""

    def __init__(self, app: Flask, host: str = "127.0.0.1") -> None:
        self.app, self.host, self.port = app, host, 0
        self.server: BaseWSGIServer | None = None

    @property
    def site(self) -> str:
        return f"http://{self.host}:{self.port}"

    def open(self) -> None:
        app = create_app(self.app.extensions["settings"], clock=self.app.extensions["clock"])
        self.server = make_server(self.host, self.port, app, threaded=True, request_handler=Quiet)
        self.port = self.server.port
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def shut(self) -> None:
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
            for line in list(Quiet.held):
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)


@dataclass
class Phone:
    """A browser of the size of a phone, on the register of Baraka's cohort."""

    driver: WebDriver
    laptop: Laptop
    path: str

    def sign_in(self, name: str) -> None:
        """Be this person from now on, without passing the sign-in page."""
        self.driver.get(f"{self.laptop.site}/accounts/sign-in?lang=en")
        token = accounts.sign_in(name, PASSWORD, device="phone", address="127.0.0.1")
        self.driver.add_cookie({"name": "s", "value": token})

    def open(self) -> None:
        self.driver.get(self.laptop.site + self.path)
        self.until(lambda: self.all("[data-outbox=open]"))

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def tap(self, row: int, status: str) -> float:
        """Mark a row as a thumb would; gives the second."""
        radio = self.all(".r")[row].find_element(By.CSS_SELECTOR, f"[value={status}]")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", radio)
        radio.click()
        return time.time()

    def until(self, holds: Callable[[], object]) -> None:
        waiting = WebDriverWait(self.driver, SLOW_S, poll_frequency=0.1, ignored_exceptions=[WebDriverException])
        waiting.until(lambda _driver: holds())

    @property
    def said(self) -> str:
        """What the page says of waiting marks."""
        return " ".join(each.text for each in self.all("[data-wait], [data-module=outbox]"))

    def press(self, words: str) -> None:
        next(each for each in self.all("button, summary, a") if each.text == words).click()

    def run(self, script: str) -> Any:
        return self.driver.execute_async_script(f"const done = arguments[0]; (async () => {{ {script} }})().then(done)")

    def rows(self) -> list[dict[str, Any]]:
        """What lies in the phone's storage."""
        found: list[dict[str, Any]] = self.run(
            "const opening = indexedDB.open('daftari', 1); await new Promise((go) => opening.onsuccess = go);"
            "const all = opening.result.transaction('rows').objectStore('rows').getAll(); await new Promise((go) => all.onsuccess = go);"
            "opening.result.close(); return all.result"
        )
        return found

    def wait_until_sent(self) -> None:
        self.until(lambda: not self.all(".r[data-state]") and not self.said and not self.rows())


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    with chromium(tmp_path_factory.mktemp("chromium")) as screen:
        screen.size(360, 640)
        yield screen.driver


@pytest.fixture
def cohort(make: Make, baraka: Actor, app: Flask) -> Cohort:
    clock = app.extensions["clock"]
    assert isinstance(clock, PinnedClock)
    clock.moment, clock.day = None, MONDAY  # the second is the real one
    with write(OPERATOR) as session:
        found = Cohort(partition=make.centre, name="Utalii 2026 A", starts_on=date(2026, 1, 5), ends_on=date(2027, 12, 17))
        session.add(found)
        for n in range(PEOPLE):
            person = Apprentice(partition=make.centre, number=f"VTC/26/{n + 1:03}", given_name=f"Mwanaidi {n:02}", family_name="Mushi")
            session.add(person)
            session.add(
                Enrolment(partition=make.centre, apprentice_id=person.id, cohort_id=found.id, starts_on=date(2026, 1, 5), status="active")
            )
    accounts.set_teaching(OPERATOR, make.centre, baraka.id, found.id)
    return found


@pytest.fixture
def laptop(app: Flask) -> Iterator[Laptop]:
    found = Laptop(app)
    found.open()
    yield found
    found.shut()


@pytest.fixture
def phone(driver: WebDriver, laptop: Laptop, cohort: Cohort) -> Phone:
    found = Phone(driver, laptop, f"/attendance/{cohort.id}/{MONDAY}")
    found.sign_in("baraka")
    found.open()
    return found


@dataclass
class Stored:
    """What the laptop holds of the register."""

    actor: Actor
    cohort: Cohort

    def statuses(self) -> list[str | None]:
        db.session.rollback()
        return [row.status for row in queries.register_for(self.actor, self.cohort.id, MONDAY).rows]

    def mark(self, row: int) -> Mark:
        db.session.rollback()
        person = queries.register_for(self.actor, self.cohort.id, MONDAY).rows[row]
        found = queries.mark_of(self.cohort, person.id, MONDAY, "day")
        assert found
        return found

    def versions(self, row: int) -> int:
        return len(replication.history(self.mark(row)))


@pytest.fixture
def stored(cohort: Cohort, make: Make) -> Stored:
    return Stored(make.actor("baraka"), cohort)


def _wait_for_the_worker(phone: Phone) -> None:
    phone.until(lambda: phone.run("return (await (await caches.open('registers')).keys()).length"))


def test_the_laptop_goes_and_all_marks_arrive_once_at_their_times(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    _wait_for_the_worker(phone)
    phone.tap(0, "present")
    phone.wait_until_sent()
    laptop.shut()
    at = {1: phone.tap(1, "absent"), 2: phone.tap(2, "late")}
    phone.until(lambda: "2 marks wait on this phone" in phone.said)
    assert "You can go on working" in phone.said
    assert "1 P 1 L 1 A 9 left" in phone.all("#bar")[0].text
    time.sleep(2)
    phone.open()  # the browser's reload, without the laptop
    assert "Mwanaidi 02" in phone.all(".r")[2].text
    assert phone.all(".r")[2].find_element(By.CSS_SELECTOR, "[value=late]").is_selected()
    at[3] = phone.tap(3, "excused")
    phone.until(lambda: "3 marks wait on this phone" in phone.said)
    laptop.open()
    phone.wait_until_sent()
    assert stored.statuses()[:4] == ["present", "absent", "late", "excused"]
    assert all(abs((stored.mark(row).at or 0) - second) <= NEAR_S for row, second in at.items())
    assert [stored.versions(row) for row in range(4)] == [1, 1, 1, 1]


@pytest.fixture
def hasty(phone: Phone) -> Iterator[Phone]:
    """Taps "late" in the fourth row of every page as soon as that is there, before any script has come."""
    tap = "document.querySelectorAll('.r')[3]?.querySelector('[value=late]').click()"
    source = f"document.addEventListener('readystatechange', () => {{ if (document.readyState === 'interactive') {tap} }})"
    name = phone.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    yield phone
    phone.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", name)


def test_a_tap_before_the_script_has_come_is_saved(hasty: Phone, stored: Stored) -> None:
    hasty.open()
    hasty.wait_until_sent()
    assert stored.statuses()[3] == "late"


def test_a_tap_before_the_script_has_come_stands_over_what_waited(phone: Phone, laptop: Laptop, stored: Stored, request: Any) -> None:
    _wait_for_the_worker(phone)
    laptop.shut()
    phone.tap(3, "absent")
    phone.until(lambda: "One mark waits" in phone.said)
    request.getfixturevalue("hasty").open()
    phone.until(lambda: "2 marks wait" in phone.said)
    assert "1 L 11 left" in phone.all("#bar")[0].text
    laptop.open()
    phone.wait_until_sent()
    assert stored.statuses()[3] == "late"


def test_all_remaining_and_undo_go_on_without_the_laptop(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    phone.tap(4, "absent")
    phone.wait_until_sent()
    laptop.shut()
    phone.press("All remaining: present (11)")
    phone.until(lambda: "One mark waits" in phone.said)
    assert "11 P 1 A 0 left" in phone.all("#bar")[0].text
    phone.tap(5, "late")
    phone.until(lambda: "2 marks wait" in phone.said)
    phone.press("Undo")
    phone.until(lambda: "11 P 1 A 0 left" in phone.all("#bar")[0].text)
    laptop.open()
    phone.wait_until_sent()
    assert stored.statuses().count("present") == PEOPLE - 1
    assert stored.mark(4).status == "absent"
    register = queries.register_for(stored.actor, stored.cohort.id, MONDAY).register
    assert register
    assert register.method == "bulk"


def test_undo_of_a_second_thought_brings_back_the_first(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    laptop.shut()
    phone.tap(5, "late")
    phone.until(lambda: "One mark waits" in phone.said)  # from now on nothing is on its way
    phone.tap(6, "absent")
    phone.tap(6, "excused")
    phone.until(lambda: "2 marks wait" in phone.said)
    phone.press("Undo")
    phone.until(lambda: "1 A" in phone.all("#bar")[0].text)
    laptop.open()
    phone.wait_until_sent()
    assert stored.mark(6).status == "absent"


def test_pressing_undo_twice_in_haste_takes_back_one_tap_only(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    phone.tap(1, "late")
    phone.wait_until_sent()
    laptop.shut()
    phone.tap(5, "absent")
    phone.until(lambda: "One mark waits" in phone.said)  # from now on nothing is on its way
    phone.tap(6, "absent")
    phone.until(lambda: "2 marks wait" in phone.said)
    phone.driver.execute_script("for (let n = 0; n < 2; n += 1) document.querySelector('.bar [value=undo]').click()")
    phone.until(lambda: "One mark waits" in phone.said)
    laptop.open()
    phone.wait_until_sent()
    phone.press("Undo")  # of the one before: a wish that had been waiting would go first
    phone.until(lambda: not phone.all(".bar [value=undo]"))
    assert [stored.statuses()[row] for row in (1, 5, 6)] == ["late", None, None]


def test_a_mark_changed_meanwhile_on_the_laptop_is_a_visible_conflict(phone: Phone, laptop: Laptop, stored: Stored, make: Make) -> None:
    laptop.shut()
    phone.tap(3, "absent")
    phone.until(lambda: "One mark waits" in phone.said)
    person = queries.register_for(stored.actor, stored.cohort.id, MONDAY).rows[3]
    actions.mark(make.actor("amina"), make.centre, person.id, MONDAY, "excused")
    laptop.open()
    phone.until(lambda: "Two versions" in phone.all(".r")[3].text)
    (conflict,) = replication.open_conflicts()
    assert {version.values["status"] for version in conflict.versions} == {"absent", "excused"}


def test_what_waits_is_sealed_and_goes_out_only_for_the_person_who_tapped(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    laptop.shut()
    phone.tap(1, "absent")
    phone.until(lambda: "One mark waits" in phone.said)
    (row,) = phone.rows()
    assert set(row) <= {"id", "by", "at", "after", "sent", "iv", "box"}
    laptop.open()
    phone.sign_in("amina")
    phone.open()
    phone.until(lambda: "Marks of other people wait on this phone too: 1." in phone.said)
    phone.tap(2, "late")
    phone.until(lambda: not phone.all(".r[data-state]"))
    assert stored.statuses()[:3] == [None, None, "late"]
    phone.sign_in("baraka")
    phone.open()
    phone.wait_until_sent()
    assert (stored.mark(1).status, stored.mark(1).by) == ("absent", stored.actor.id)


def test_a_wish_that_waits_goes_out_under_no_other_person_s_name(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    laptop.shut()
    phone.driver.execute_script("arguments[0].click()", phone.all("[value=done]")[0])
    phone.until(lambda: "Try again" in phone.all("[data-said]")[0].text)
    phone.driver.add_cookie({"name": "s", "value": accounts.sign_in("amina", PASSWORD, device="phone", address="127.0.0.1")})
    phone.driver.delete_cookie("f")  # as a sign-in in another window leaves it
    laptop.open()
    phone.until(lambda: "Sign in again" in phone.all("[data-said]")[0].text)
    assert not queries.register_for(stored.actor, stored.cohort.id, MONDAY).is_taken


def test_a_wish_gets_its_form_token_from_a_slow_computer_too(phone: Phone, laptop: Laptop) -> None:
    _wait_for_the_worker(phone)
    phone.driver.add_cookie({"name": "s", "value": accounts.sign_in("baraka", PASSWORD, device="phone", address="127.0.0.1")})
    phone.driver.delete_cookie("f")  # as a sign-in in another window leaves it
    assert laptop.server
    quick = laptop.server.app

    def slow(environ: Any, start: Any) -> Any:
        """A register takes longer than the worker waits before it gives the one it kept."""
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"] == phone.path:
            time.sleep(5)
        return quick(environ, start)

    laptop.server.app = slow
    phone.driver.execute_script("arguments[0].click()", phone.all("[value=done]")[0])
    phone.until(lambda: "Taken by Baraka" in phone.all("#end")[0].text)


def test_the_next_person_finds_no_registers_of_the_one_before(phone: Phone, laptop: Laptop) -> None:
    _wait_for_the_worker(phone)
    phone.driver.get(f"{laptop.site}/accounts/sign-in")  # the one before has not signed out
    phone.until(lambda: "registers" not in phone.run("return caches.keys()"))


def test_a_wrong_clock_that_is_set_meanwhile_gives_the_right_time(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    wrong = (
        "const Real = Date; const off = () => Number(localStorage.getItem('off') ?? -20 * 365 * 864e5);"
        "Date = class extends Real { constructor(...all) { all.length ? super(...all) : super(Date.now()) }"
        "static now() { return Real.now() + off() } }"
    )
    name = phone.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": wrong})
    try:
        phone.open()
        laptop.shut()
        at = phone.tap(0, "late")
        phone.until(lambda: "One mark waits" in phone.said)
        phone.driver.execute_script("localStorage.setItem('off', 3 * 365 * 864e5)")
        time.sleep(3)
        laptop.open()
        phone.wait_until_sent()
    finally:
        phone.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", name)
    assert abs((stored.mark(0).at or 0) - at) <= NEAR_S


def test_cleared_storage_costs_what_was_said_and_nothing_that_was_saved(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    phone.tap(0, "present")
    phone.wait_until_sent()
    laptop.shut()
    phone.tap(1, "absent")
    phone.until(lambda: "One mark waits" in phone.said)
    phone.press("More about this")
    assert "deletes them when its data are cleared" in phone.said
    phone.driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": laptop.site, "storageTypes": "all"})
    laptop.open()
    phone.sign_in("baraka")
    phone.open()
    assert not phone.said
    assert stored.statuses()[:2] == ["present", None]


def test_two_phones_take_one_register_at_once(phone: Phone, laptop: Laptop, stored: Stored, tmp_path: Path) -> None:
    with ExitStack() as stack:
        screen = stack.enter_context(chromium(tmp_path / "second"))
        second = Phone(screen.driver, laptop, phone.path)
        second.sign_in("amina")
        second.open()
        for row in range(4):
            phone.tap(row, "present")
            second.tap(row + 4, "late")
        phone.tap(8, "absent")
        phone.wait_until_sent()
        second.tap(8, "excused")
        second.until(lambda: "Two versions" in second.all(".r")[8].text)
    assert stored.statuses()[:8] == ["present"] * 4 + ["late"] * 4


def test_what_another_page_of_the_phone_has_sent_waits_no_longer(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    laptop.shut()
    phone.tap(1, "absent")
    phone.until(lambda: "Not sent yet" in phone.all(".r")[1].text)
    first = phone.driver.current_window_handle
    phone.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "frozen"})  # as browsers do with a page in the background
    phone.driver.switch_to.new_window("tab")
    laptop.open()
    try:
        phone.driver.get(f"{laptop.site}{phone.path}?slot=am")
        phone.until(lambda: phone.all("[data-outbox=open]") and not phone.rows())
    finally:
        phone.driver.close()
        phone.driver.switch_to.window(first)
        phone.driver.execute_cdp_cmd("Page.setWebLifecycleState", {"state": "active"})
    phone.until(lambda: "Not sent yet" not in phone.all(".r")[1].text)
    assert stored.statuses()[1] == "absent"


def test_signing_out_with_waiting_marks_asks_first(phone: Phone, laptop: Laptop) -> None:
    laptop.shut()
    phone.tap(1, "absent")
    phone.until(lambda: "One mark waits" in phone.said)
    phone.all(".menu > summary")[0].click()
    phone.press("Sign out")
    alert = phone.driver.switch_to.alert
    assert "Marks still wait on this phone." in alert.text
    alert.dismiss()
    laptop.open()
    phone.wait_until_sent()
    _wait_for_the_worker(phone)
    phone.press("Sign out")
    phone.until(lambda: phone.all("[name=password]"))
    phone.until(lambda: phone.run("return (await indexedDB.databases()).map((each) => each.name)") == ["daftari"])
    assert "registers" not in phone.run("return caches.keys()")


def test_a_file_carries_the_marks_when_the_laptop_has_another_address(phone: Phone, laptop: Laptop, stored: Stored, tmp_path: Path) -> None:
    phone.driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    laptop.shut()
    at = phone.tap(1, "absent")
    phone.until(lambda: "One mark waits" in phone.said)
    phone.press("More about this")
    phone.press("Save the waiting marks in a file")
    file = tmp_path / "daftari-marks.json"
    phone.until(file.is_file)
    assert "Mwanaidi" not in file.read_text()
    assert [tap["status"] for tap in json.loads(file.read_text())["taps"]] == ["absent"]
    elsewhere = Phone(phone.driver, Laptop(laptop.app), phone.path)
    elsewhere.laptop.open()
    try:
        elsewhere.sign_in("baraka")
        elsewhere.driver.get(f"{elsewhere.laptop.site}/attendance/file")
        elsewhere.all("[type=file]")[0].send_keys(str(file))
        elsewhere.press("Read in the marks")
        elsewhere.until(lambda: "1 mark is saved." in elsewhere.all("main")[0].text)
    finally:
        elsewhere.laptop.shut()
    assert abs((stored.mark(1).at or 0) - at) <= NEAR_S


def test_no_file_is_offered_of_marks_that_are_sealed(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    shell = phone.all(".register")[0].get_attribute("data-shell")
    laptop.shut()
    phone.tap(1, "absent")
    phone.until(lambda: "One mark waits" in phone.said)
    phone.driver.delete_cookie("s")  # the session ended meanwhile
    laptop.open()
    phone.until(lambda: "Sign in on this phone" in phone.said)
    phone.driver.get(f"{laptop.site}/accounts/sign-in")
    phone.until(lambda: phone.run("return (await indexedDB.databases()).map((each) => each.name)") == ["daftari"])
    laptop.shut()
    phone.driver.get(f"{laptop.site}{shell}")
    phone.until(lambda: "One mark waits on this phone" in phone.said)
    assert "Sign in on this phone, then they are sent." in phone.said
    assert "in a file" not in phone.said
    laptop.open()
    phone.sign_in("baraka")
    phone.open()
    phone.wait_until_sent()
    assert stored.statuses()[1] == "absent"


def test_a_mark_that_the_laptop_refuses_is_shown_until_a_person_removes_it(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    laptop.shut()
    phone.tap(1, "absent")
    phone.until(lambda: "One mark waits" in phone.said)
    accounts.set_teaching(OPERATOR, stored.cohort.partition, stored.actor.id, stored.cohort.id, ended_on=MONDAY)
    laptop.open()
    phone.until(lambda: "The computer did not take a mark: Your role does not allow this." in phone.said)
    phone.press("Remove the marks that were not taken")
    phone.until(lambda: phone.rows() == [])
    assert stored.statuses()[1] is None


def test_marks_wait_until_a_computer_whose_clock_has_fallen_back_is_set(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    laptop.shut()
    phone.tap(1, "absent")
    phone.until(lambda: "One mark waits" in phone.said)
    clock = laptop.app.extensions["clock"]
    clock.day = date(2015, 1, 1)
    laptop.open()
    phone.until(lambda: "A day in the future cannot be marked." in phone.said)
    assert "One mark waits" in phone.said
    clock.day = MONDAY
    phone.wait_until_sent()
    assert stored.statuses()[1] == "absent"


def test_a_browser_that_keeps_nothing_says_so_and_marks_all_the_same(phone: Phone, laptop: Laptop, stored: Stored) -> None:
    without = "Object.defineProperty(window, 'indexedDB', { value: undefined })"
    name = phone.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": without})
    try:
        phone.open()
        assert "safe only while this page stays open" in phone.said
        laptop.shut()
        phone.tap(1, "absent")
        phone.until(lambda: "One mark waits" in phone.said)
        laptop.open()
        phone.until(lambda: not phone.all(".r[data-state]"))
    finally:
        phone.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", name)
    assert stored.statuses()[1] == "absent"


def _address_on_the_network() -> str | None:
    """An address of this machine that is not its own loop; no packet is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        found = str(probe.getsockname()[0])
        return None if found.startswith("127.") else found


def test_on_plain_http_a_page_without_names_opens_and_sends(driver: WebDriver, app: Flask, cohort: Cohort, stored: Stored) -> None:
    host = _address_on_the_network()
    if host is None:
        pytest.skip("this machine has no address on a network")
    app.extensions["settings"] = replace(app.extensions["settings"], lan_http=True, trusted_hosts=host)
    laptop = Laptop(app, host)
    laptop.open()
    phone = Phone(driver, laptop, f"/attendance/{cohort.id}/{MONDAY}")
    try:
        driver.get(f"{laptop.site}/attendance/shell?in=en")
        credential = credential_named("baraka")
        assert credential
        opened = phones.enrol(phones.make_code(stored.actor, credential), "2748", key=None, user_agent="phone")
        for name, value in (("s", opened.token), ("d", opened.key), ("lang", "en")):
            driver.add_cookie({"name": name, "value": value})
        phone.open()
        assert not phone.driver.execute_script("return isSecureContext")
        laptop.shut()
        at = phone.tap(1, "absent")
        phone.until(lambda: "One mark waits" in phone.said)
        assert "Mwanaidi" not in json.dumps(phone.rows())
        phone.press("More about this")
        phone.press("Marks that wait on this phone")
        phone.until(lambda: "One mark waits on this phone" in phone.said)
        assert "Mwanaidi" not in driver.page_source
        laptop.open()
        phone.until(lambda: "No marks wait on this phone." in phone.said)
    finally:
        laptop.shut()
    assert stored.mark(1).status == "absent"
    assert abs((stored.mark(1).at or 0) - at) <= NEAR_S
