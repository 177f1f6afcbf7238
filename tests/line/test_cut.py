"""The line breaks at any byte: the next try finishes, and at most one message went over it twice."""

from tests.line import cut


def test_a_cut_sync_is_finished_by_the_next_try() -> None:
    """At each 97th byte; `python -m tests.line.cut --all` cuts at each."""
    figures = cut.run(every=97)
    assert figures.cuts >= 20
