"""axe-core over pages. `python -m tests.browser.axe` looks at all of them, as everybody sees them, by every rule, in both languages."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.browser.everything import Everything
from tests.browser.everything import everything as country
from tests.browser.pages import Page, pages
from tests.browser.screen import chromium, LAPTOP, PHONE, Screen

WHOLE: Final = {"type": "tag", "values": ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")}
OF_COLOUR: Final = {"type": "rule", "values": ("color-contrast", "link-in-text-block")}
OF_SIZE: Final = {"type": "rule", "values": ("color-contrast", "label", "link-name", "scrollable-region-focusable", "target-size")}
AXE: Final = """
const [only, done] = arguments;
const options = {runOnly: only, rules: {"target-size": {enabled: true}}, resultTypes: ["violations"], preload: false, iframes: false};
const said = ({html, failureSummary}) => `${html.slice(0, 200)} - ${failureSummary.replace(/\\s+/g, " ").slice(0, 300)}`;
axe.run(document, options).then(
  ({violations}) => done(violations.flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${said(node)}`))),
  (error) => done([String(error)]),
);
"""


def arm(screen: Screen) -> None:
    """Let every page bring axe along; the policy of the page does not reach what the debugger adds."""
    script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    screen.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})


def look(screen: Screen, what: str, only: Mapping[str, object]) -> list[str]:
    """What the rules find on the page that is open, each with `what` before it."""
    return [f"{what}: {each}" for each in screen.run(AXE, only)]


def sat_down(screen: Screen, everything: Everything, shown: Iterable[Page], language: str) -> Iterator[Page]:
    """The pages, each when the one who sees it sits before the screen."""
    role = None
    for page in shown:
        if page.role != role:
            role = page.role
            screen.sit(everything.seats[role], language)
        yield page


def violations(
    screen: Screen, everything: Everything, shown: Iterable[Page], *, language: str = "en", again: Mapping[str, object] | None = None
) -> list[str]:
    """What axe finds on these pages, in words. again: the rules that run on the laptop and in the dark; None: what they change."""
    found = []
    for page in sat_down(screen, everything, shown, language):
        for size, rules in ((PHONE, WHOLE), (LAPTOP, again or OF_SIZE)):
            screen.size(*size)
            screen.open(page.path)
            for scheme, only in (("light", rules), ("dark", again or OF_COLOUR)):
                screen.colours(scheme)
                found += look(screen, f"{page.role} {page.path} {size[0]} {scheme}", only)
    return found


def main() -> int:
    """Look at everything; 1 where something was found."""
    found = []
    with TemporaryDirectory() as folder, country(Path(folder) / "country") as everything, chromium(Path(folder) / "chromium") as screen:
        arm(screen)
        for language in ("en", "sw"):
            found += violations(screen, everything, pages(everything), language=language, again=WHOLE)
    sys.stdout.writelines(f"{each}\n" for each in [*found, f"{len(found)} violations"])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
