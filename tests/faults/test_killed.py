import random
import sys
from pathlib import Path

import pytest

from tests.faults import killed

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the writer is forked")


def test_a_killed_writer_loses_nothing_it_had_told_and_leaves_nobody_stuck() -> None:
    seen, wrong = killed.run(kills=10, seed=2)

    assert seen["kills"] == 10
    assert seen["writes"] > 10
    assert not wrong


def test_a_write_that_was_told_and_is_not_there_is_found(tmp_path: Path) -> None:
    laptop, hub = killed.pair(tmp_path, random.Random(1))

    assert killed.check(laptop, hub, ["w 0123456789abcdef-1"]) == ["lost: ['0123456789abcdef-1']"]
    laptop.database.close()
    hub.database.close()
