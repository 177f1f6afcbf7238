#!/usr/bin/env python3
"""Twenty phones that mark two hundred apprentices in one minute, and the register's first paint on a slow phone.

  python benchmarks/phones.py [--phones 20] [--marks 10] [--core 0]

One JSON line a measure, beside the budget of the issue. The laptop is a real one, `serve --lan` over HTTPS, its process
pinned to one core; the phones know its authority, and each says of its marks when they were made. The paint is Debian's
Chromium's, 360x640, at 400 kbit/s, 400 ms and a processor slowed four times. Linux only. Nothing here judges.
"""

import argparse
import json
import os
import random
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import requests
from laptop import DAFTARI, DAY, prepare, ROOT, say, sign_in

PORT, LAN_PORT = 8474, 8475
LAPTOP = f"http://127.0.0.1:{PORT}"
PHONES = f"https://127.0.0.1:{LAN_PORT}"
MINUTE_S = 60
OBSERVE = """
  window.seen = {shift: 0, paint: 0};
  new PerformanceObserver((list) => list.getEntries().forEach((each) => {
    if (each.name === "first-contentful-paint") seen.paint = each.startTime;
  })).observe({type: "paint", buffered: true});
  new PerformanceObserver((list) => list.getEntries().forEach((each) => {
    if (!each.hadRecentInput) seen.shift += each.value;
  })).observe({type: "layout-shift", buffered: true});
"""


class Phone(threading.Thread):
    """Signed in, the register open; marks its apprentices one by one at moments of its own within the minute."""

    def __init__(self, number: int, session: requests.Session, cohort: str, people: list[str], seed: int) -> None:
        super().__init__(name=f"phone {number}")
        self.session, self.cohort, self.people = session, cohort, people
        self.random = random.Random(seed + number)
        self.took_s: list[float] = []
        self.saved = 0

    def run(self) -> None:
        """Mark."""
        who = self.session.get(f"{PHONES}/attendance/marks").json()
        begun = time.monotonic()
        moments = sorted(self.random.uniform(0, MINUTE_S) for _ in self.people)
        for moment, person in zip(moments, self.people, strict=True):
            time.sleep(max(0.0, begun + moment - time.monotonic()))
            tap = {"id": secrets.token_hex(16), "by": who["by"], "cohort": self.cohort, "on": DAY.isoformat(), "slot": "day"}
            tap |= {"apprentice": person, "status": "present", "seen": "", "age_s": 0.2}
            draw = {"cohort": self.cohort, "on": DAY.isoformat(), "slot": "day", "rows": [person]}
            asked = time.monotonic()
            answer = self.session.post(
                f"{PHONES}/attendance/marks", json={"taps": [tap], "draw": draw}, headers={"X-CSRFToken": who["token"], "Referer": PHONES}
            )
            self.took_s.append(time.monotonic() - asked)
            self.saved += answer.ok and [each["state"] for each in answer.json()["taps"]] == ["saved"]


def start(home: Path, core: int) -> subprocess.Popen[bytes]:
    """The laptop, which answers when this comes back."""
    command = ["taskset", "-c", str(core), *DAFTARI, "--home", str(home), "serve", "--lan", "--port", str(PORT)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "DAFTARI_LAN_PORT": str(LAN_PORT)}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    while True:
        try:
            requests.get(f"{LAPTOP}/accounts/sign-in", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return server


def mark(home: Path, phones: int, marks: int, *, seed: int, core: int) -> None:
    """All phones at once; says how long a mark took, and how many are there in the end."""
    cohort, people = prepare(home, phones * marks)
    server = start(home, core)
    try:
        sessions = [requests.Session() for _ in range(phones)]
        for session in sessions:
            session.trust_env = False  # else a list of authorities that the environment names would win
            session.verify = str(home / "https" / "authority.pem")
            sign_in(session, PHONES)
        parts = [people[n::phones] for n in range(phones)]
        found = [Phone(n, session, cohort, part, seed) for n, (session, part) in enumerate(zip(sessions, parts, strict=True))]
        for phone in found:
            phone.start()
        for phone in found:
            phone.join()
        page = sessions[0].get(f"{PHONES}/attendance/{cohort}/{DAY.isoformat()}").text
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    took_s = sorted(each for phone in found for each in phone.took_s)
    say(f"marks of {phones} phones in a minute, answered as saved", sum(phone.saved for phone in found), "marks", f"{phones * marks}")
    say("of these in the register afterwards", len(re.findall(r'value="present"[^>]* checked', page)), "marks", f"{phones * marks}")
    say("a mark, median", took_s[len(took_s) // 2], "s", "")
    say("a mark, p95", took_s[int(len(took_s) * 0.95)], "s", "<= 1")
    say("a mark, slowest", took_s[-1], "s", "")


def paint(home: Path, core: int) -> None:
    """Open the register once on a slow phone that was never here."""
    from selenium import webdriver

    cohort, _people = prepare(home, 40)
    server = start(home, core)
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for each in ("headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking"):
        options.add_argument(f"--{each}")
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(shutil.which("chromedriver"))))
    try:
        session = requests.Session()
        sign_in(session, LAPTOP)
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 360, "height": 640, "deviceScaleFactor": 1, "mobile": True})
        driver.get(f"{LAPTOP}/attendance/shell?nothing")
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        driver.add_cookie({"name": "s", "value": session.cookies["s"]})
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": OBSERVE})
        line = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", line)
        driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 4})
        driver.get(f"{LAPTOP}/attendance/{cohort}/{DAY.isoformat()}")
        time.sleep(6)
        seen = driver.execute_script("return seen")
        sizes = driver.execute_script(
            "return [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
            ".map((each) => [each.name.split('/').pop(), each.transferSize, each.startTime])"
        )
    finally:
        driver.quit()
        server.send_signal(signal.SIGTERM)
        server.wait()
    say("first paint of the register on a slow phone", seen["paint"] / 1000, "s", "<= 1.5")
    say("layout shift until it rests", seen["shift"], "score", "0")
    say("transferred in the first six seconds, headers included", sum(size for _n, size, _at in sizes) / 1024, "KB", "")
    print(json.dumps({"requests": sizes}))


def main() -> None:
    """Both measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=20)
    parser.add_argument("--marks", type=int, default=10, help="of each phone")
    parser.add_argument("--core", type=int, default=0, help="the laptop's")
    parser.add_argument("--seed", type=int, default=11)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        mark(Path(folder) / "minute", asked.phones, asked.marks, seed=asked.seed, core=asked.core)
        paint(Path(folder) / "paint", asked.core)


if __name__ == "__main__":
    main()
