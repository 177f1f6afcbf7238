#!/usr/bin/env python3
"""How fast a server takes over what laptops send: the standard term, by real messages, into one process.

  python benchmarks/fold.py [--seed 7] [--laptops 3] [--database postgresql://...]

Prints one JSON line: changes a second beside the budget of the design. The time is that of the server's answers, from the
first byte of a request to the last of its reply: opening, unpacking, signatures, fold, history and commit are all in it.
The database must be empty; without one it is a SQLite file. Nothing here judges.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from threading import Thread

from flask import Flask, request, Response
from werkzeug.serving import make_server, WSGIRequestHandler

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import term_files
from wire import daftari

BUDGETS = {"sqlite": 15_000, "postgresql": 10_000}


class Quiet(WSGIRequestHandler):
    """Says nothing of requests."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Keep still."""


def timed(app: Flask) -> list[float]:
    """The seconds of each answer to a message from now on."""
    begun: list[float] = []
    took: list[float] = []

    @app.before_request
    def _begin() -> None:
        begun.append(time.perf_counter())

    @app.after_request
    def _end(response: Response) -> Response:
        if request.path == "/sync":
            took.append(time.perf_counter() - begun[-1])
        return response

    return took


def main() -> None:
    """Found central, let laptops join and bring their terms."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--laptops", type=int, default=3)
    parser.add_argument("--database", default="")
    asked = parser.parse_args()
    os.environ["DAFTARI_LANGUAGE"] = "en"
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    from tracker import config
    from tracker.app import create_app

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        central = root / "central"
        daftari(central, "init", "--seat", "central", "--name", "Makao makuu", *(["--database", asked.database] if asked.database else []))
        settings = config.load(central)
        app = create_app(settings)
        took = timed(app)
        server = make_server("127.0.0.1", 0, app, request_handler=Quiet)
        Thread(target=server.serve_forever, daemon=True).start()
        terms = term_files.term_files(root / "term", asked.seed)
        changes, seconds = 0, 0.0
        for k in range(asked.laptops):
            laptop = root / f"laptop-{k}"
            code = daftari(central, "invite", "--seat", "centre", "--name", f"NCT {k}", "--region", "TZ-01")["code"]
            daftari(laptop, "join", f"http://127.0.0.1:{server.server_port}", code)
            daftari(laptop, "sync")
            for kind in ("apprentices", "employers", "placements", "attendance"):
                daftari(laptop, "import", kind, terms / f"{kind}.csv")
            took.clear()  # joining is no part of it
            found = daftari(laptop, "sync")
            if k:  # the first warms the server up, as a server runs for months
                changes, seconds = changes + int(str(found["changes_sent"])), seconds + sum(took)
        server.shutdown()
        kind = "postgresql" if asked.database else "sqlite"
        line = {"measure": f"fold, {kind}", "value": round(changes / seconds), "unit": "changes/s", "budget": f">= {BUDGETS[kind]}"}
        print(json.dumps({**line, "changes": changes, "seconds": round(seconds, 3)}))


if __name__ == "__main__":
    main()
