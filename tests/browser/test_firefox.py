"""The main jobs in Firefox, over WebDriver BiDi itself: Debian has the browser and no driver for it."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from websocket import create_connection, WebSocket

from tests.browser.everything import Everything
from tests.make import PASSWORD

FIREFOX: Final = shutil.which("firefox-esr") or shutil.which("firefox")
TAB, ENTER = "\ue004", "\ue007"  # as WebDriver writes keys
SLOW_S: Final = 20

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not FIREFOX, reason="Firefox is not on this machine"),
    # The servers' threads leave their connections to the garbage.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


@dataclass
class Firefox:
    """A window. complaints: the errors and warnings that the pages wrote into its console."""

    line: WebSocket
    context: str = ""
    complaints: list[str] = field(default_factory=list)
    sent: int = 0

    def ask(self, method: str, **params: object) -> Any:
        self.sent += 1
        self.line.send(json.dumps({"id": self.sent, "method": method, "params": params}))
        while True:
            said = json.loads(self.line.recv())
            if said.get("method") == "log.entryAdded" and said["params"]["level"] in {"error", "warn"}:
                self.complaints.append(said["params"]["text"])
            if said.get("id") == self.sent:
                assert said["type"] == "success", said
                return said["result"]

    def open(self, url: str) -> None:
        self.ask("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def run(self, expression: str) -> Any:
        """The value of an expression: a text, a number, or whether it holds."""
        answer = self.ask("script.evaluate", expression=expression, target={"context": self.context}, awaitPromise=True)
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def press(self, *texts: str) -> None:
        keys = [{"type": kind, "value": key} for text in texts for key in text for kind in ("keyDown", "keyUp")]
        self.ask("input.performActions", context=self.context, actions=[{"type": "key", "id": "keys", "actions": keys}])

    def wait_for(self, expression: str) -> None:
        end = time.monotonic() + SLOW_S
        while not self._holds(expression):
            assert time.monotonic() < end, (expression, self.run("document.body.innerText.slice(0, 500)"))
            time.sleep(0.1)

    def _holds(self, expression: str) -> bool:
        try:
            return bool(self.run(f"Boolean({expression})"))
        except AssertionError:  # between two pages
            return False

    def tab_to(self, css: str) -> None:
        for _press in range(60):
            self.press(TAB)
            if self.run(f"document.activeElement.matches({css!r})"):
                return
        raise AssertionError(f"Tab does not reach {css}")


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    profile = tmp_path_factory.mktemp("firefox")
    arguments = [str(FIREFOX), "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)]
    with (profile / "said").open("w") as said, subprocess.Popen(arguments, stdout=said, stderr=said) as process:
        try:
            line = create_connection(f"{_address(profile / 'said')}/session", timeout=SLOW_S, suppress_origin=True)
            found = Firefox(line)
            found.ask("session.new", capabilities={})
            found.context = found.ask("browsingContext.getTree")["contexts"][0]["context"]
            found.ask("session.subscribe", events=["log.entryAdded"])
            found.ask("browsingContext.setViewport", context=found.context, viewport={"width": 1366, "height": 768})
            yield found
            line.close()
        finally:
            process.terminate()


def _address(said: Path) -> str:
    end = time.monotonic() + SLOW_S
    while not (found := re.search(r"WebDriver BiDi listening on (ws://\S+)", said.read_text())):
        assert time.monotonic() < end, said.read_text()
        time.sleep(0.1)
    return found[1]


def test_the_main_jobs_are_done_in_firefox(firefox: Firefox, everything: Everything) -> None:
    site, values = everything.seats["nobody"].site, everything.values

    firefox.open(f"{site}/?lang=en")
    firefox.tab_to("#username")
    firefox.press("amina", TAB, PASSWORD, ENTER)
    firefox.wait_for("document.querySelector('h1').innerText == 'Attendance today'")

    firefox.open(f"{site}/attendance/{values['cohort_id']}/2026-01-29")
    firefox.wait_for("document.querySelector('.register.is-live')")
    firefox.tab_to(".r input")
    firefox.press("pla")
    firefox.wait_for("document.querySelector('#bar').innerText.startsWith('1 P 1 L 1 A 17 left')")
    firefox.wait_for("!document.querySelector('.r[data-state]')")
    firefox.open(f"{site}/attendance/{values['cohort_id']}/2026-01-29")
    firefox.wait_for("document.querySelectorAll('.r :checked').length == 3")

    firefox.open(f"{site}/people/new")
    firefox.tab_to("#phone")
    firefox.press("12", ENTER)
    firefox.wait_for("document.activeElement.matches('.error-summary')")
    firefox.tab_to(".error-summary a")
    firefox.press(ENTER)
    assert firefox.run("document.activeElement.getAttribute('aria-invalid')") == "true"

    firefox.open(f"{site}/attendance/{values['cohort_id']}/week/2026-03-02")
    assert firefox.run("document.querySelectorAll('.sheet tbody tr').length") >= 20
    assert firefox.run("getComputedStyle(document.body).backgroundColor") == "rgb(247, 245, 239)"
    assert firefox.complaints == []
