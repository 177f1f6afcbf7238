"""No page scrolls sideways on the narrowest screen, which a laptop at 400 % is too, nor with the wider text that some readers need."""

import pytest

from tests.browser.axe import sat_down
from tests.browser.everything import Everything
from tests.browser.pages import pages
from tests.browser.screen import CHROMIUM, DRIVER, Screen

# The text spacing of WCAG 1.4.12, which a reader's own style sheet sets.
SPACED = """
const sheet = new CSSStyleSheet();
sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
  p { margin-block-end: 2em !important; }`);
document.adoptedStyleSheets = arguments[0] ? [sheet] : [];
const wide = [...document.querySelectorAll("main *, header *")].filter((each) => {
  const isInScroller = each.closest(".table, .nav, .aside");
  return !isInScroller && each.getBoundingClientRect().right > 321;
});
const found = wide.slice(0, 3).map((each) => `wide: ${each.outerHTML.replace(/\\s+/g, " ").slice(0, 160)}`);
const width = document.documentElement.scrollWidth;
if (width > 320) found.push(`${width} px wide`);
if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
return found;
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not on this machine"),
    # The servers' threads leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


def test_no_page_scrolls_sideways_at_320_pixels(screen: Screen, everything: Everything) -> None:
    found = []
    screen.size(320, 256)
    for page in sat_down(screen, everything, pages(everything, alone=True), "sw"):
        screen.open(page.path)
        for is_spaced in (False, True):
            found += [f"{page.role} {page.path} spaced {is_spaced}: {each}" for each in screen.driver.execute_script(SPACED, is_spaced)]
    assert found == []
