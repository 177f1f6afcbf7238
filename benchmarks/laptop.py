#!/usr/bin/env python3
"""What Daftari costs a laptop: cold start, memory at rest and at the peak of a day, and the bytes of the register page.

  python benchmarks/laptop.py

One JSON line a measure, beside the budget of the design. A normal day: sign-in, the register of 40 apprentices marked,
overview, people, an export of 5,000 marks, an exchange. Reads /proc: Linux only. Nothing here judges.
"""

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PORT = 8473
# flask-wtf takes Babel wherever it finds it; no laptop has it, for it is there for development only.
DAFTARI = (sys.executable, "-c", "import sys; sys.modules['babel'] = None; from tracker.cli import main; sys.exit(main())")
PASSWORD = "maneno manne ya siri"
DAY = date(2026, 3, 2)


def say(measure: str, value: float, unit: str, budget: str) -> None:
    """One line."""
    print(json.dumps({"measure": measure, "value": round(value, 2), "unit": unit, "budget": budget}), flush=True)


def prepare(home: Path, people: int) -> tuple[str, list[str]]:
    """A centre with one cohort of so many apprentices and 125 days of old marks. Gives the cohort's id and theirs."""
    from tracker import config, replication
    from tracker.accounts import actions as accounts
    from tracker.app import create_app
    from tracker.attendance import actions as attendance
    from tracker.attendance.rules import MarkLine
    from tracker.people import actions
    from tracker.places.actions import set_up_centre
    from tracker.policy import OPERATOR

    config.save(home, seat="centre", name="Chuo cha Moshi")
    app = create_app(config.load(home))
    with app.app_context():
        replication.create_tables()
        centre = replication.found_centre()
        set_up_centre(OPERATOR, centre, name="Chuo cha Moshi", short_name="Moshi", region="TZ-09")
        accounts.add_user(OPERATOR, centre, "amina", "Amina Juma", "registrar", PASSWORD, must_change=False)
        cohort = actions.open_cohort(OPERATOR, centre, "Awamu ya 2026", "hotel-24m", date(2025, 1, 6))
        values = {"family_name": "Juma", "sex": "F", "cohort_id": cohort.id, "starts_on": date(2025, 1, 6)}
        named = [{**values, "given_name": f"Asha {k}", "number": f"M/{k:03d}"} for k in range(people)]
        members = [actions.register_apprentice(OPERATOR, centre, each) for each in named]
        days = [DAY - timedelta(days=k) for k in range(1, 126)]
        lines = [MarkLine(each.id, on, "present") for on in days for each in members]
        attendance.import_marks(OPERATOR, centre, lines)
        return cohort.id, [each.id for each in members]


def memory_mb(process: int, line: str) -> float:
    """VmRSS (now) or VmHWM (peak) of a process, in MB."""
    found = re.search(rf"{line}:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found
    return int(found[1]) / 1024


def sign_in(browser: requests.Session, url: str) -> None:
    """Sign in as a person would."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', browser.get(f"{url}/accounts/sign-in").text)
    assert token
    browser.post(f"{url}/accounts/sign-in", {"csrf_token": token[1], "username": "amina", "password": PASSWORD})


def main() -> None:
    """Prepare, start, measure."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        cohort, _people = prepare(home, 40)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        begun = time.monotonic()
        daftari = [*DAFTARI, "--home", str(home)]
        server = subprocess.Popen([*daftari, "serve", "--port", str(PORT)], env=environment, stdout=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{PORT}"
        try:
            while True:
                try:
                    requests.get(f"{url}/accounts/sign-in", timeout=1)
                    break
                except requests.ConnectionError:
                    time.sleep(0.01)
            say("cold start to first page", time.monotonic() - begun, "s", "<= 2")
            time.sleep(3)
            say("memory at rest", memory_mb(server.pid, "VmRSS"), "MB", "<= 80")
            browser = requests.Session()
            sign_in(browser, url)
            register = f"{url}/attendance/{cohort}/{DAY.isoformat()}"
            page = browser.get(register)
            assert page.ok, page.status_code
            assets = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg)[^"]*)"', page.text)
            script = next(asset for asset in assets if asset.endswith("app.js") or "app.js?" in asset)
            assets += [script.replace("app.js", f"{name}.js") for name in re.findall(r'data-module="([\w-]+)"', page.text)]
            sizes = [len(gzip.compress(browser.get(url + asset).content)) for asset in dict.fromkeys(assets)]
            html = len(gzip.compress(page.content))
            say("register page for 40, first load", (html + sum(sizes)) / 1024, "KB gzip", "<= 14")
            say("register page for 40, later", html / 1024, "KB gzip", "<= 6")
            say("requests of the first load named in the page", 1 + len(sizes), "requests", "<= 4")
            for path in ("/overview/", "/people/", "/calendar/", "/placements/", "/nodes/", "/conflicts/", "/files/"):
                assert browser.get(url + path).ok, path
            out = [*daftari, "export", "attendance", str(home / "out.csv")]
            subprocess.run(out, env=environment, check=True, stdout=subprocess.DEVNULL)
            say("peak memory of a day", memory_mb(server.pid, "VmHWM"), "MB", "<= 150")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
