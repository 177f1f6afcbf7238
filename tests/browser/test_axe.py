"""No page violates a rule of WCAG 2.2 A and AA, nor one of axe's best practices; on a phone and a laptop, in light and dark colours."""

from typing import Final

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.axe import arm, look, OF_COLOUR, sat_down, violations, WHOLE
from tests.browser.everything import Everything
from tests.browser.pages import page_of, pages, WRONG
from tests.browser.screen import CHROMIUM, DRIVER, PHONE, Screen

SLOW_S: Final = 30  # longer than the patience of the pages themselves, on a busy machine too
# Sends the page's form without a word in it.
EMPTY: Final = """
const form = document.querySelector("main form[novalidate]");
for (const field of form.querySelectorAll("input:not([type=hidden]), select, textarea")) {
  field.value = "";
  field.checked = false;
}
form.submit();
"""
# Fills a form of the page in and sends it.
FILLED: Final = """
const form = document.querySelector(arguments[0]);
for (const [name, value] of Object.entries(arguments[1])) form.elements[name].value = value;
document.body.classList.add("is-left");
form.submit();
"""
# Pages that are only ever the answer to a form: (role, endpoint of the form, which form, what is filled in).
ANSWERS: Final[tuple[tuple[str, str, str, dict[str, str]], ...]] = (
    ("registrar", "phones.index", "form[action$='/phones/enrol']", {}),
    ("registrar", "phones.index", "form[action$='/phones/wifi']", {"name": "Chuo", "password": "maneno mengi"}),
    ("central", "nodes.invite", "main form", {"name": "Chuo cha Same", "regions": "TZ-09"}),
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    # The servers' threads leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def armed(screen: Screen) -> Screen:
    arm(screen)
    return screen


def test_no_page_violates_a_rule(armed: Screen, everything: Everything) -> None:
    assert violations(armed, everything, pages(everything, alone=True)) == []


def test_no_page_does_in_kiswahili_either(armed: Screen, everything: Everything) -> None:
    shown = [page_of(everything, endpoint, "registrar") for endpoint in ("attendance.today", "attendance.register", "people.edit")]
    assert violations(armed, everything, shown, language="sw") == []


def test_no_form_with_mistakes_does_either(armed: Screen, everything: Everything) -> None:
    found = []
    armed.size(*PHONE)
    for page in sat_down(armed, everything, [page_of(everything, endpoint, role) for role, endpoint in WRONG], "en"):
        armed.colours("light")
        armed.open(page.path)
        armed.driver.execute_script(EMPTY)
        WebDriverWait(armed.driver, SLOW_S).until(lambda driver: driver.find_elements(By.CSS_SELECTOR, ".error-summary"))
        found += look(armed, f"{page.path} with mistakes", WHOLE)
        armed.colours("dark")
        found += look(armed, f"{page.path} with mistakes, dark", OF_COLOUR)
    assert found == []


def test_no_answer_to_a_form_does_either(armed: Screen, everything: Everything) -> None:
    found = []
    armed.size(*PHONE)
    armed.colours("light")
    for role, endpoint, form, values in ANSWERS:
        armed.sit(everything.seats[role])
        armed.open(page_of(everything, endpoint, role).path)
        before = armed.driver.find_element(By.TAG_NAME, "h1").text
        armed.driver.execute_script(FILLED, form, values)
        WebDriverWait(armed.driver, SLOW_S).until(lambda driver: not driver.find_elements(By.CSS_SELECTOR, ".is-left"))
        assert armed.driver.find_element(By.TAG_NAME, "h1").text != before
        found += look(armed, f"answer of {endpoint}", WHOLE)
    assert found == []
