"""A few flips of every kind; `python -m tests.faults.flips` does thousands."""

from collections.abc import Iterator

import pytest

from tests.faults import flips


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[flips.World]:
    with flips.world(tmp_path_factory.mktemp("flips")) as made:
        yield made


def test_no_flipped_byte_is_silent(here: flips.World) -> None:
    counts = flips.run(here, 40, seed=1)
    assert sum(counts.values()) == 40
    assert {what.partition(":")[0] for what in counts} == set(flips.KINDS)


def test_the_judge_hears_what_is_silent(here: flips.World) -> None:
    """A value that is changed without a trace, as no flip can: else the judge could pass everything."""
    truth = {name: list(rows) for name, rows in here.truth.items()}
    truth["apprentice"] = truth["apprentice"][1:]
    with pytest.raises(flips.Silent, match="apprentice"):
        flips._judge_database(here, flips._lay_out(here.closed, here.case), truth)
