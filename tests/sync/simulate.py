"""Random histories over the production engine, from one seed each; a command: `python -m tests.sync.simulate --help`.

What a history may contain stands in `history.py`, what must hold in `invariants.py`. The same seed is the same history,
whatever the machine: the command runs a few of them again under other hash seeds and compares what they end in (I11).
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from tests.sync import invariants, world
from tests.sync.history import History, Tally

DEEP = 4
"""Of one history in so many a partition is also folded anew, and read in another order, in the end: it costs too much for all."""
AGAIN = 200
"""One history in so many is run again under another hash seed."""


def run(seed: int, *, is_quick: bool = True) -> Tally:
    """One history of 34 to 54 acts. is_quick: by the short way of `quick.py`."""
    world.is_quick = is_quick
    history = History(seed, invariants.watch)
    try:
        for _ in range(history.rng.randint(34, 54)):
            history.act()
            if history.rng.random() < invariants.MOMENTS:
                invariants.check_now(history)
        invariants.settle(history)
        invariants.check(history, deep=seed % DEEP == 0)
        return history.tally
    finally:
        history.close()
        world.is_quick = False


def attempt(seed: int) -> Tally | str:
    """A history's tally, or what went wrong, as text that travels between processes."""
    try:
        return run(seed)
    except Exception:  # noqa: BLE001  (whatever a history finds is reported with its seed)
        return f"seed {seed}\n{traceback.format_exc()}"


def ends(seeds: list[int], hash_seed: str) -> list[str]:
    """What these histories end in the ordinary way, by a process whose sets and dictionaries have another order."""
    asked = [sys.executable, "-m", "tests.sync.simulate", "--ends", *map(str, seeds)]
    done = subprocess.run(asked, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True)
    return done.stdout.split()


def main() -> int:
    """Run many histories and print what they contained; exit 1 if one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--histories", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1, help="of the first; the next ones count up")
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--ends", type=int, nargs="+", help="print what these seeds end in")
    asked = parser.parse_args()
    if asked.ends:
        print("\n".join(run(seed, is_quick=False).end for seed in asked.ends))  # noqa: T201
        return 0
    began = time.monotonic()
    tallies: list[Tally] = []
    seeds = range(asked.seed, asked.seed + asked.histories)
    with ProcessPoolExecutor(asked.processes) as pool:
        for result in pool.map(attempt, seeds, chunksize=10):
            if isinstance(result, str):
                print(f"After {len(tallies)} histories that held, one did not: {result}")  # noqa: T201
                pool.shutdown(cancel_futures=True)
                return 1
            tallies.append(result)
    seconds = time.monotonic() - began
    again = tallies[::AGAIN]
    for hash_seed in ("1", "2"):
        if ends([tally.seed for tally in again], hash_seed) != [tally.end for tally in again]:
            print(f"A history of the seeds {[tally.seed for tally in again]} ends otherwise under hash seed {hash_seed} (I11).")  # noqa: T201
            return 1
    print(report(tallies, seconds, asked.processes, len(again)))  # noqa: T201
    return 0


def report(tallies: list[Tally], seconds: float, processes: int, again: int) -> str:
    """What the histories contained, for people."""
    count, used = len(tallies), os.times()
    spent_s = used.children_user + used.children_system
    acts = sum((tally.acts for tally in tallies), Counter[str]())
    checked = sum((tally.checked for tally in tallies), Counter[str]())
    copied = sum(tally.copies > 0 for tally in tallies) / count
    noticed, noticeable = sum(tally.noticed for tally in tallies), sum(tally.noticeable for tally in tallies)
    copies = sum(tally.copies for tally in tallies)
    return "\n".join(
        [
            (
                f"seeds {tallies[0].seed}..{tallies[-1].seed}: {count} histories held, "
                f"{count / seconds:.1f} a second on {processes} processes ({spent_s / count:.3f} s of a processor each)"
            ),
            (
                f"median {statistics.median(tally.steps for tally in tallies)} acts; conflicts in "
                f"{sum(tally.has_conflict for tally in tallies) / count:.0%}; copied or restored in {copied:.0%}"
            ),
            (
                f"of {copies} copied folders and restored backups {noticeable} left something to notice (two lines that wrote "
                f"apart, or segments lost that others hold); noticed {noticed} of {noticeable}"
            ),
            (
                f"liveness: equal heads after {invariants.ROUNDS} exchanges of each node, one more where somebody had to wait; longest "
                f"exchange {max(tally.most_messages for tally in tallies)} messages"
            ),
            f"again by plain SQLAlchemy under 2 other hash seeds: {again} histories, the same ends",
            "checked: " + ", ".join(f"{name} {number}" for name, number in sorted(checked.items())),
            "acts: " + ", ".join(f"{name} {number}" for name, number in acts.most_common()),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
