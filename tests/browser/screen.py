"""Chromium as somebody's screen: its size, its colours, who sits before it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from selenium import webdriver
from selenium.webdriver.remote.webdriver import WebDriver

from tests.browser.everything import Seat

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
PHONE: Final = (360, 640)
LAPTOP: Final = (1366, 768)
CAREFUL: Final = ("headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-component-update")
# The page is drawn; one that loads a script of its own has had time to.
SETTLED: Final = "requestAnimationFrame(() => setTimeout(arguments[0], document.querySelector('[data-module]') ? 150 : 0))"


@dataclass
class Screen:
    """A browser with one window."""

    driver: WebDriver
    seat: Seat | None = None

    def size(self, width: int, height: int) -> None:
        """Be a phone below 600 pixels, else a laptop."""
        about = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", about)

    def colours(self, scheme: str) -> None:
        """Ask for "light" or "dark"."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def sit(self, seat: Seat, language: str = "en") -> None:
        """Let somebody sit down; whoever sat here before leaves nothing behind."""
        self.seat = seat
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        for name, value in {**seat.cookies(), "lang": language}.items():
            self.driver.execute_cdp_cmd("Network.setCookie", {"name": name, "value": value, "url": seat.site})

    def open(self, path: str) -> None:
        """Open a page of the machine, with its scripts."""
        assert self.seat is not None
        self.driver.get(self.seat.site + path)
        self.run(SETTLED)

    def run(self, script: str, *values: object) -> Any:
        """The answer of a script whose last argument is called with it."""
        return self.driver.execute_async_script(script, *values)


@contextmanager
def chromium(profile: Path) -> Iterator[Screen]:
    """A fresh Chromium; its profile is kept in the folder."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for each in CAREFUL:
        options.add_argument(f"--{each}")
    options.add_argument(f"--user-data-dir={profile}")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    # Tab leads out of a page at its end; what happens to the focus then is the window's affair, and late on a busy machine.
    driver.execute_cdp_cmd("Emulation.setFocusEmulationEnabled", {"enabled": True})
    try:
        yield Screen(driver)
    finally:
        driver.quit()
