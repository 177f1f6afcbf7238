"""`python -m tests.browser.pictures FOLDER`: the ten main pages in both languages, on a phone and a laptop, for people to look at.

The register comes in dark colours, too. A picture shows the whole page, however long it is.
"""

import argparse
import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.browser.everything import Everything
from tests.browser.everything import everything as country
from tests.browser.pages import page_of
from tests.browser.screen import chromium, LAPTOP, PHONE, Screen

SEEN: Final = {
    "today": "attendance.today",
    "register": "attendance.register",
    "month": "attendance.month",
    "whom-to-call": "attendance.lists",
    "week-on-paper": "attendance.week",
    "apprentices": "people.apprentices",
    "apprentice": "people.apprentice",
    "calendar": "calendar.month",
    "overview": "overview.index",
    "computer": "nodes.machine",
}
IN_THE_DARK: Final = "register"


def write_pictures(folder: Path, screen: Screen, everything: Everything) -> list[Path]:
    """Write them; gives the files, in the order of `SEEN`."""
    written = []
    for place, (name, endpoint) in enumerate(SEEN.items(), 1):
        page = page_of(everything, endpoint, "registrar")
        for language in ("sw", "en"):
            screen.sit(everything.seats[page.role], language)
            for device, size in (("phone", PHONE), ("laptop", LAPTOP)):
                screen.size(*size)
                for scheme in ("light", "dark") if name == IN_THE_DARK else ("light",):
                    screen.colours(scheme)
                    screen.open(page.path)
                    path = folder / f"{place:02}-{name}-{language}-{device}{'' if scheme == 'light' else '-dark'}.png"
                    path.write_bytes(_picture(screen, size))
                    written.append(path)
    return written


def _picture(screen: Screen, size: tuple[int, int]) -> bytes:
    width, height = size
    whole = max(height, int(screen.driver.execute_script("return document.documentElement.scrollHeight")))
    screen.size(width, whole)  # so that what sticks to the lower edge stands at the end
    shot = screen.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    screen.size(width, height)
    return base64.b64decode(shot["data"])


def main() -> int:
    """Write them into the folder that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go; made if it is missing")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as home, country(Path(home) / "country") as everything, chromium(Path(home) / "chromium") as screen:
        written = write_pictures(folder, screen, everything)
    sys.stdout.write(f"{len(written)} pictures in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
