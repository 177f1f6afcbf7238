from tests.faults import powercuts

CUTS, SEED = 60, 1


def test_no_power_cut_takes_back_what_was_acknowledged() -> None:
    tally = powercuts.run(CUTS, SEED)

    assert tally.seen["cuts"] == CUTS
    assert tally.seen["cuts after a cut"] > 5
    assert tally.seen["refolded and exchanged"] > 0
    assert not tally.failures


def test_the_same_cuts_find_that_a_store_which_does_not_sync_its_commits_loses_some() -> None:
    tally = powercuts.run(CUTS, SEED, synchronous="NORMAL")

    assert tally.seen["lost"] > 0
