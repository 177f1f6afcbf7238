"""Without a mouse: every page can be walked through by Tab, and the main jobs can be done by keys alone."""

from typing import Final

import pytest
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.axe import sat_down
from tests.browser.everything import Everything
from tests.browser.pages import pages
from tests.browser.screen import CHROMIUM, DRIVER, LAPTOP, PHONE, Screen
from tests.make import PASSWORD

SLOW_S: Final = 30  # longer than the patience of the pages themselves, on a busy machine too
FAR: Final = 60  # presses of Tab that a person might put up with
# What Tab should reach, in the order of the page: of radios that belong together one, the chosen or the first.
STOPS: Final = """
const chosen = (radio) => {
  const group = [...document.querySelectorAll("input[type=radio]")].filter((each) => each.name === radio.name && each.form === radio.form);
  return (group.find((each) => each.checked) ?? group.find((each) => !each.disabled)) === radio;
};
const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")];
const isOffered = (each) => each.checkVisibility({visibilityProperty: true}) && !each.disabled && each.tabIndex >= 0;
window.stops = all.filter((each) => isOffered(each) && (each.type !== "radio" || chosen(each)));
window.reached = [];
window.begun = document.activeElement !== document.body;
document.addEventListener("focusin", ({target}) => { if (!reached.includes(target)) reached.push(target); });
const parts = stops.filter((each) => ["date", "time", "month"].includes(each.type)).length;
return stops.length + 4 * parts;
"""
# What is wrong with the way the page was walked through, in words; [] is right.
WALKED: Final = """
const said = (each) => each.outerHTML.replace(/\\s+/g, " ").slice(0, 160);
const found = [];
const wanted = new Set(stops);
for (const each of stops) if (!reached.includes(each)) found.push(`not reached: ${said(each)}`);
const order = reached.filter((each) => wanted.has(each));
const back = order.filter((each, n) => n && !(order[n - 1].compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING));
// Where a field has the focus from the beginning, the way ends above it.
for (const each of back.slice(begun ? 1 : 0)) found.push(`out of order: ${said(each)}`);
// Transparent radios lie over a letter that shows their state.
const drawn = (each) => (getComputedStyle(each).opacity === "0" ? each.nextElementSibling : each);
const isMarked = (each) => {
  const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(drawn(each));
  return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none";
};
// A link of two lines has two boxes; of a table higher than the screen only what the screen shows counts.
const isOpen = (each) => [...each.getClientRects()].some((box) => {
  const [left, top] = [Math.max(box.left, 0), Math.max(box.top, 0)];
  const [right, bottom] = [Math.min(box.right, innerWidth), Math.min(box.bottom, innerHeight)];
  const points = [[(left + right) / 2, (top + bottom) / 2], [left + 4, top + 4], [right - 4, bottom - 4]];
  return points.some(([x, y]) => each.contains(document.elementFromPoint(x, y)));
});
for (const [way, walk] of [["down", stops], ["up", [...stops].reverse()]]) {
  for (const each of walk) {
    each.focus({focusVisible: true});
    if (!isMarked(each)) found.push(`focus cannot be seen: ${said(each)}`);
    if (!isOpen(each)) found.push(`covered on the way ${way}: ${said(each)}`);
  }
}
return found;
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    # The servers' threads leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


def _press(screen: Screen, *keys: str) -> None:
    ActionChains(screen.driver, duration=0).send_keys(*keys).perform()


def walk(screen: Screen) -> list[str]:
    """Tab through the page that is open; gives what is wrong with that."""
    many = screen.driver.execute_script(STOPS)
    _press(screen, *[Keys.TAB] * (many + 3))
    found: list[str] = screen.driver.execute_script(WALKED)
    return found


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_tab_reaches_everything_on_every_page(screen: Screen, everything: Everything, size: tuple[int, int]) -> None:
    found = []
    screen.size(*size)
    for page in sat_down(screen, everything, pages(everything, alone=True), "en"):
        screen.open(page.path)
        found += [f"{page.role} {page.path}: {each}" for each in walk(screen)]
    assert found == []


def _tab_to(screen: Screen, css: str) -> WebElement:
    """Press Tab until this has the focus; fails where it is not reached."""
    for _press_number in range(FAR):
        _press(screen, Keys.TAB)
        here = screen.driver.switch_to.active_element
        if screen.driver.execute_script("return arguments[0].matches(arguments[1])", here, css):
            return here
    raise AssertionError(f"Tab does not reach {css}")


def _wait_for(screen: Screen, css: str, words: str = "") -> WebElement:
    """What the selector finds, as soon as it says these words."""

    def found(driver: WebDriver) -> WebElement | bool:
        return next((each for each in driver.find_elements(By.CSS_SELECTOR, css) if words in each.text), False)

    ignored = [WebDriverException]  # Chromium says in several ways that a page has just given way to the next
    try:
        element = WebDriverWait(screen.driver, SLOW_S, ignored_exceptions=ignored).until(found)
    except TimeoutException as late:
        page = screen.driver.find_element(By.TAG_NAME, "main").text
        raise AssertionError(f"{css} does not say {words!r}; the page says: {page}") from late
    assert isinstance(element, WebElement)
    return element


@pytest.fixture
def desk(screen: Screen, everything: Everything) -> Screen:
    """Baraka's phone with a keyboard, so that everything that sticks is in the way."""
    screen.size(*PHONE)
    screen.sit(everything.seats["instructor"])
    return screen


def test_somebody_signs_in_changes_the_language_and_signs_out(screen: Screen, everything: Everything) -> None:
    screen.size(*LAPTOP)
    screen.sit(everything.seats["nobody"])
    screen.open("/")
    _tab_to(screen, "#username")
    _press(screen, "baraka", Keys.TAB, PASSWORD, Keys.ENTER)
    _wait_for(screen, "h1", "Attendance today")
    _tab_to(screen, "a[hreflang=sw]")
    _press(screen, Keys.ENTER)
    _wait_for(screen, "html[lang=sw] h1", "Mahudhurio ya leo")
    _tab_to(screen, ".menu > summary")
    _press(screen, Keys.ENTER)
    _tab_to(screen, ".menu-list button")
    _press(screen, Keys.ENTER)
    _wait_for(screen, "h1", "Ingia")


def test_the_skip_link_shows_itself_and_leads_past_the_top(desk: Screen) -> None:
    desk.open("/people/")
    skip = _tab_to(desk, "a")
    assert skip.text == "Skip to the page"
    assert skip.size["height"] >= 24
    _press(desk, Keys.ENTER)
    _tab_to(desk, "a, button, input")
    assert desk.driver.execute_script("return document.activeElement.closest('main') !== null")


def test_escape_closes_the_menu_and_gives_the_focus_back(desk: Screen) -> None:
    desk.open("/people/")
    summary = _tab_to(desk, ".menu > summary")
    _press(desk, Keys.ENTER, Keys.TAB, Keys.ESCAPE)
    assert desk.driver.switch_to.active_element == summary
    assert not desk.driver.find_element(By.CSS_SELECTOR, ".menu-list").is_displayed()


def test_a_register_is_taken_and_a_mark_undone(desk: Screen) -> None:
    desk.open("/")
    _tab_to(desk, ".registers a")
    _press(desk, Keys.ENTER)
    _wait_for(desk, ".register.is-live")
    _tab_to(desk, "[name=on]")
    _press(desk, "27/02/2026", Keys.ENTER)  # in place of the day that stood there, which Tab has chosen
    _wait_for(desk, "h1 + .muted", "27 February")
    _wait_for(desk, ".register.is-live")
    _tab_to(desk, ".r input")
    _press(desk, "pl", Keys.ARROW_DOWN, Keys.ARROW_UP, "e")
    _wait_for(desk, "#bar", "1 P 1 L 1 E 14 left")
    _wait_for(desk, ".register:not(:has([data-state]))")
    _tab_to(desk, "[name=do][value=undo]")
    _press(desk, Keys.ENTER)
    _wait_for(desk, "#bar", "1 P 1 L 15 left")
    assert desk.driver.execute_script("return document.activeElement.closest('.r') !== null")  # and can go on


def test_an_apprentice_is_found(desk: Screen) -> None:
    desk.open("/")
    for link in iter(lambda: _tab_to(desk, ".nav a"), None):
        if link.text == "Apprentices":
            break
    _press(desk, Keys.ENTER)
    _wait_for(desk, "h1", "Apprentices")
    _tab_to(desk, "#search")
    _press(desk, "Khadija", Keys.ENTER)
    _wait_for(desk, "tbody th", "Khadija")
    _tab_to(desk, "tbody th a")
    _press(desk, Keys.ENTER)
    _wait_for(desk, "h1", "Khadija")


def test_a_form_with_mistakes_leads_from_its_summary_to_the_field(screen: Screen, everything: Everything) -> None:
    screen.size(*PHONE)
    screen.sit(everything.seats["registrar"])
    screen.open("/employers/new")
    _tab_to(screen, "#district")
    _press(screen, "Moshi", Keys.ENTER)
    summary = _wait_for(screen, ".error-summary")
    assert screen.driver.switch_to.active_element == summary
    assert screen.driver.title.startswith("Error:")
    _tab_to(screen, ".error-summary a")
    _press(screen, Keys.ENTER)
    field = screen.driver.switch_to.active_element
    assert field.get_attribute("id") == "name"
    assert field.get_attribute("aria-invalid") == "true"
    _press(screen, "Hoteli ya Majaribio", Keys.ENTER)
    _wait_for(screen, "h1", "Hoteli ya Majaribio")
