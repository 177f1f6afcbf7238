"""Of a file only the picture is kept, whatever a camera, an editor or a stranger put beside it."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.scans.pictures import chunk, JPEG, png, PROGRESSIVE, segment
from tracker.errors import DomainError
from tracker.scans import rules

SECRET = b"3.3869 S, 36.6830 E"
# APP0 .. APP15 and comments; APP14 with Adobe's name says which colours are meant, and has a test of its own.
asides = st.lists(st.tuples(st.sampled_from([*range(0xE0, 0xF0), 0xFE]), st.binary(max_size=60)), max_size=5)
jpegs = st.sampled_from([JPEG, PROGRESSIVE])


def _with(jpeg: bytes, segments: list[tuple[int, bytes]]) -> bytes:
    return jpeg[:2] + b"".join(segment(marker, SECRET + body) for marker, body in segments) + jpeg[2:]


@given(jpegs, asides, st.binary(max_size=60))
def test_a_jpeg_keeps_its_picture_and_nothing_that_was_put_beside_it(jpeg: bytes, segments: list[tuple[int, bytes]], tail: bytes) -> None:
    found = rules.clean(_with(jpeg, segments) + SECRET + tail)
    assert found == rules.clean(jpeg)
    assert found.kind == rules.JPEG
    assert SECRET not in found.content
    assert b"JFIF" not in found.content


@given(st.lists(st.tuples(st.sampled_from([b"tEXt", b"eXIf", b"tIME", b"iTXt", b"prVt"]), st.binary(max_size=60)), max_size=5), st.binary())
def test_a_png_keeps_its_picture_and_nothing_that_was_put_beside_it(chunks: list[tuple[bytes, bytes]], tail: bytes) -> None:
    more = b"".join(chunk(name, SECRET + body) for name, body in chunks)
    found = rules.clean(png(more=more, behind=SECRET) + SECRET + tail)
    assert found == rules.clean(png())
    assert SECRET not in found.content


@given(st.sampled_from([JPEG, PROGRESSIVE, png(), png(30, 20)]))
def test_what_is_clean_stays_as_it_is(picture: bytes) -> None:
    once = rules.clean(picture)
    assert rules.clean(once.content) == once


@given(st.sampled_from([JPEG, PROGRESSIVE, png(more=chunk(b"tEXt", SECRET))]), st.data())
def test_no_bytes_do_worse_than_a_refusal(picture: bytes, data: st.DataObject) -> None:
    """Any byte changed, any length cut: the picture, or a sentence."""
    at = data.draw(st.integers(0, len(picture) - 1))
    changed = picture[:at] + data.draw(st.binary(max_size=3)) + picture[at + 1 :]
    with suppress(DomainError):
        rules.clean(changed[: data.draw(st.integers(0, len(changed)))])


@given(st.binary(max_size=200))
def test_what_is_no_picture_is_refused_whatever_it_is_called(content: bytes) -> None:
    for begin in (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg>"):
        with pytest.raises(DomainError):
            rules.clean(begin + content)


@pytest.mark.parametrize("picture", [JPEG, PROGRESSIVE, png()])
def test_a_picture_that_was_cut_off_is_refused(picture: bytes) -> None:
    with pytest.raises(rules.Broken):
        rules.clean(picture[:-13])


def test_data_that_do_not_unfold_to_the_picture_are_refused() -> None:
    """A picture of one pixel whose data unfold to ten kilobytes."""
    large = png(100, 100)
    with pytest.raises(rules.Broken):
        rules.clean(large.replace(large[8:33], chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")))


def test_too_many_pixels_are_refused_however_few_bytes_they_take() -> None:
    header = chunk(b"IHDR", (30_000).to_bytes(4, "big") * 2 + b"\x01\0\0\0\0")
    whole = png()
    with pytest.raises(rules.TooManyPixels):
        rules.clean(whole.replace(whole[8:33], header))
    with pytest.raises(rules.TooManyPixels):
        rules.clean(JPEG.replace(b"\xff\xc0\x00\x11\x08\x00\x10\x00\x10", b"\xff\xc0\x00\x11\x08\xea\x60\xea\x60"))


def test_colours_that_adobe_names_are_kept_without_its_other_words() -> None:
    named = JPEG[:2] + segment(0xEE, b"Adobe\0\x64\1\2\3\4\2" + SECRET) + JPEG[2:]
    found = rules.clean(named).content
    assert found[2:18] == segment(0xEE, b"Adobe\0\x64\0\0\0\0\2")
    assert SECRET not in found


def test_a_photo_that_stays_too_large_says_how_large() -> None:
    with pytest.raises(rules.TooLarge) as refusal:
        rules.clean(png(400, 300))  # noise does not pack: 120,300 bytes and a little more
    assert refusal.value.params == {"kb": 121, "most": 100}


def test_a_photo_whose_place_and_time_were_the_rest_is_not_too_large() -> None:
    heavy = _with(JPEG, [(0xE1, bytes(60_000)), (0xE2, bytes(60_000))])
    assert len(heavy) > rules.LARGEST_BYTES
    assert len(rules.clean(heavy).content) < 400


@given(st.binary(max_size=100_000))
def test_the_pieces_make_up_the_text_and_each_fits(content: bytes) -> None:
    text = base64.b64encode(content).decode()
    cut = rules.pieces(text)
    assert "".join(cut) == text
    assert all(len(piece) < 20_000 and base64.b64decode(piece, validate=True) for piece in cut)
