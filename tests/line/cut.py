"""Cut a sync of three messages at every byte, up and down, and try again: `python -m tests.line.cut --all`.

Whatever byte the line breaks at, the next try must bring both sides to the same content, and over both tries no more
than one message may have gone over the line twice. Bytes are counted by the proxy, not by the program that is tested.
"""

import argparse
import json
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from sync import writing
from sync.errors import NotDaftari, SyncError, Unreachable
from tests.line.ground import false_claims, Ground, held, keep, missing, NOW, put_back, unsent
from tests.line.proxy import always, clean, cut_down, cut_up, only, Plan, Proxy
from tests.sync import forge

MESSAGES = 3
ONE_SEGMENT = 1  # bytes: a message holds at least one segment, so this makes it one each
# What both sides say again when they begin anew: heads and ladders of the partitions that differ, and HTTP's head.
STATE_BYTES = 200


@dataclass
class Figures:
    """What was measured: bytes and messages of the uncut sync, how often it was cut, and the most that both tries took beyond it."""

    messages: int
    up: int
    down: int
    largest_up: int
    largest_down: int
    cuts: int = 0
    beyond_up: int = 0
    beyond_down: int = 0
    seconds: float = 0.0


class Field:
    """A laptop with three sealed segments, and the hub that lacks them; each trial begins from this very moment."""

    def __init__(self, ground: Ground, proxy: Proxy) -> None:
        self._ground, self._proxy = ground, proxy
        self._hub, self._laptop = ground.world.central, ground.world.nodes["ziwa"]
        for name in ("ziwa", "ziwa2", "mlima"):
            ground.sync(ground.world.nodes[name], ground.url)
        home = self._laptop.home
        for k in range(MESSAGES):
            person = self._laptop.new(home, "person", given=f"Asha {k}", family="Mwinyi wa Kigoma")
            for day in range(5):
                self._laptop.edit(home, "mark", (person, (date(2026, 3, 2) + timedelta(day)).isoformat()), status="present")
            with self._laptop.begin() as connection:
                writing.seal(connection, self._laptop.replica, NOW)
        self._kept = keep(self._laptop, self._hub)

    def uncut(self) -> tuple[Figures, list[int], list[int]]:
        """The sync over a whole line: its figures, and the sizes of its requests and replies."""
        self._begin(always(clean))
        self._try()
        self._agree("without a cut")
        asked, replies = list(self._proxy.asked), [len(reply) for reply in self._proxy.replies]
        return Figures(len(asked), self._proxy.up, self._proxy.down, max(asked), max(replies)), asked, replies

    def cut(self, plan: Plan, where: str) -> tuple[int, int]:
        """One cut and the next try. Returns the bytes (up, down) of both; raises AssertionError where anything is wrong."""
        self._begin(plan)
        with suppress(Unreachable, NotDaftari):  # the latter where HTTP's head was cut, and so nothing says any more who answers
            self._try()
        assert not false_claims(self._laptop, self._hub), where
        assert unsent(self._laptop, self._hub) >= missing(self._laptop, self._hub), where
        self._proxy.plan = always(clean)
        self._try()
        self._agree(where)
        return self._proxy.up, self._proxy.down

    def _begin(self, plan: Plan) -> None:
        put_back([self._laptop, self._hub], self._kept)
        self._proxy.reset(plan)

    def _try(self) -> None:
        self._ground.sync(self._laptop, self._proxy.url, ONE_SEGMENT)

    def _agree(self, where: str) -> None:
        home = self._laptop.home
        assert held(self._laptop)[home] == held(self._hub)[home], where
        assert self._laptop.dump(home) == self._hub.dump(home), where
        assert unsent(self._laptop, self._hub) == missing(self._laptop, self._hub) == 0, where


def run(every: int, first: int = 0) -> Figures:
    """Cut at each `every`-th byte from `first` on, up and down. Raises AssertionError with the place of the cut."""
    ground = Ground(forge.country())
    with ground.serving() as url, Proxy(url) as proxy:
        field = Field(ground, proxy)
        figures, asked, replies = field.uncut()
        assert figures.messages == MESSAGES
        places = [(f"request {k}, byte {at}", only(k, cut_up(at))) for k, size in enumerate(asked) for at in range(size)]
        places += [(f"reply {k}, byte {at}", only(k, cut_down(at))) for k, size in enumerate(replies) for at in range(size)]
        for where, plan in places[first::every]:
            up, down = field.cut(plan, where)
            figures.cuts += 1
            figures.beyond_up = max(figures.beyond_up, up - figures.up)
            figures.beyond_down = max(figures.beyond_down, down - figures.down)
            assert up <= figures.up + figures.largest_up + STATE_BYTES, f"{where}: {up} bytes up, {figures}"
            assert down <= figures.down + figures.largest_down + STATE_BYTES, f"{where}: {down} bytes down, {figures}"
        for node in ground.world.nodes.values():
            node.database.close()
    return figures


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=20, help="cut at each n-th byte only")
    parser.add_argument("--all", action="store_true", help="cut at every byte")
    asked = parser.parse_args()
    began = time.perf_counter()
    try:
        figures = run(1 if asked.all else asked.every)
    except (AssertionError, SyncError) as error:
        print(f"wrong: {error!r}", file=sys.stderr)  # noqa: T201
        return 1
    figures.seconds = round(time.perf_counter() - began, 1)
    print(json.dumps(asdict(figures)))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
