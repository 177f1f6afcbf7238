"""Where scripts are switched off, or never arrive: the same pages, and every mark is saved by a button."""

from collections.abc import Iterator

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.everything import Everything
from tests.browser.screen import CHROMIUM, DRIVER, PHONE, Screen

SLOW_S = 10

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    # The servers' threads leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@pytest.fixture
def plain(screen: Screen, everything: Everything) -> Iterator[Screen]:
    """Baraka's phone, on which no script runs."""
    screen.size(*PHONE)
    screen.sit(everything.seats["instructor"])
    screen.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    yield screen
    screen.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def _wait_for(screen: Screen, counts: str) -> None:
    waiting = WebDriverWait(screen.driver, SLOW_S, ignored_exceptions=[WebDriverException])
    waiting.until(lambda driver: driver.find_element(By.ID, "bar").text.startswith(counts))


def test_a_register_is_taken_by_its_buttons(plain: Screen, everything: Everything) -> None:
    site, cohort_id = everything.seats["instructor"].site, everything.values["cohort_id"]
    plain.driver.get(f"{site}/attendance/{cohort_id}/2026-02-06")
    for row, status in ((0, "present"), (1, "late"), (2, "absent")):
        plain.driver.find_elements(By.CSS_SELECTOR, ".r")[row].find_element(By.CSS_SELECTOR, f"[value={status}]").send_keys(Keys.SPACE)
    plain.driver.find_element(By.CSS_SELECTOR, "#end [value=save]").send_keys(Keys.ENTER)  # the bar lies over it until one scrolls
    _wait_for(plain, "1 P 1 L 1 A 17 left")
    plain.driver.find_element(By.CSS_SELECTOR, "#bar [value=rest]").click()
    _wait_for(plain, "18 P 1 L 1 A 0 left")


def test_the_menu_opens_and_an_apprentice_is_found(plain: Screen, everything: Everything) -> None:
    plain.driver.get(f"{everything.seats['instructor'].site}/people/")
    plain.driver.find_element(By.CSS_SELECTOR, ".menu > summary").click()
    assert plain.driver.find_element(By.CSS_SELECTOR, ".menu-list button").is_displayed()
    plain.driver.find_element(By.ID, "search").send_keys("Khadija", Keys.ENTER)
    WebDriverWait(plain.driver, SLOW_S, ignored_exceptions=[WebDriverException]).until(
        lambda driver: "Khadija" in driver.find_element(By.CSS_SELECTOR, "tbody th").text
    )
