"""Dots: names that no two changes share, whatever is copied or restored."""

import pytest

from sync.dots import COUNTER_MAX, dot, is_dot, Mint, minter_of, split


def test_a_dot_reads_back_as_it_was_written() -> None:
    minter = minter_of(bytes(32), bytes(8), "nation")
    for counter in (0, 1, COUNTER_MAX):
        assert is_dot(dot(minter, counter))
        assert split(dot(minter, counter)) == (minter, counter)


MINTER = "0123456789abcdef"
NO_DOTS = [
    "",
    "x",
    None,
    7,
    b"x",
    "0123456789ABCDEF-1",
    *(f"{MINTER}{end}" for end in ("-", "-01", "-1\n", "--1", "-1000000000000000", "-١")),
]


@pytest.mark.parametrize("text", NO_DOTS)
def test_what_is_no_dot_does_not_read_as_one(text: object) -> None:
    assert not is_dot(text)


def test_a_minter_hangs_on_author_nonce_and_partition() -> None:
    assert len({minter_of(a * 32, n * 8, p) for a in (b"a", b"b") for n in (b"a", b"b") for p in ("nation", "region/x")}) == 8


def test_each_process_draws_once_and_a_forked_child_draws_again() -> None:
    drawn = iter((b"11111111", b"22222222"))
    process = [1]
    mint = Mint(bytes(32), lambda _: next(drawn), lambda: process[0])
    assert mint.nonce() == mint.nonce() == b"11111111"
    process[0] = 2
    assert mint.nonce() == b"22222222"
