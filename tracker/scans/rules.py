"""What of a file is the picture: everything else is left out before it is kept. Pure; reads bytes, decodes no picture.

    JPEG  the tables, frame and scans that a decoder needs; no EXIF with its place and time, no comment, no second picture
    PNG   IHDR, PLTE, tRNS, IDAT, IEND; no text, no time, nothing behind the end

What a file calls itself does not matter: its first bytes say what it is. Formats: ITU-T T.81 annex B; W3C PNG section 11.
"""

import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from tracker.errors import DomainError, N_

LARGEST_BYTES: Final = 100_000
# Below the 20,000 signs of a synced text, and whole groups of four, so that each piece is base64 by itself.
PIECE_SIGNS: Final = 19_996
# A picture of a few kilobytes may unfold to gigabytes in whoever looks at it.
MOST_PIXELS: Final = 40_000_000

JPEG, PNG = "jpeg", "png"
MIME_BY_KIND: Final = {JPEG: "image/jpeg", PNG: "image/png"}


class NotAPicture(DomainError):
    """Neither JPEG nor PNG, whatever its name says."""

    code, status = "scans.not_a_picture", 422
    sentence = N_("This file is not a photo that can be kept. Choose a JPEG or PNG file, as cameras and scanners make them.")


class Broken(DomainError):
    """It begins as a picture and does not go on as one."""

    code, status = "scans.broken", 422
    sentence = N_("This photo is damaged or not whole. Take it once more, or choose another file.")


class TooManyPixels(DomainError):
    """It would fill the memory of a phone."""

    code, status = "scans.too_many_pixels", 422
    sentence = N_("This photo has too many pixels. Choose a smaller size in the camera's settings and take it once more.")


class TooLarge(DomainError):
    """Larger than what is kept."""

    code, status = "scans.too_large", 422
    sentence = N_(
        "This photo has %(kb)d KB; at most %(most)d KB are kept. Take it once more with the smallest size in the camera's settings, "
        "or choose it again on this page with JavaScript switched on: then the browser makes it smaller by itself."
    )


class SayWhy(DomainError):
    """Nothing is withdrawn without saying why."""

    code, status = "scans.no_reason", 422
    sentence = N_("Say why.")


class Picture(NamedTuple):
    """A picture and nothing else. kind: one of MIME_BY_KIND."""

    kind: str
    content: bytes


def clean(content: bytes) -> Picture:
    """The picture in a file, without anything else; a clean one comes back as it is.

    Raises NotAPicture, Broken, TooManyPixels, TooLarge (of what is left).
    """
    if content.startswith(_PNG_SIGNATURE):
        picture = Picture(PNG, _png(content))
    elif content.startswith(_SOI):
        picture = Picture(JPEG, _jpeg(content))
    else:
        raise NotAPicture
    if len(picture.content) > LARGEST_BYTES:
        raise _too_large(len(picture.content))
    return picture


def _too_large(size_bytes: int) -> TooLarge:
    return TooLarge(kb=-(-size_bytes // 1000), most=LARGEST_BYTES // 1000)


def pieces(text: str) -> list[str]:
    """A text cut into pieces that a synced field takes, in order."""
    return [text[start : start + PIECE_SIGNS] for start in range(0, len(text), PIECE_SIGNS)]


def check_reason(reason: str) -> str:
    """The reason without its outer spaces; raises SayWhy when nothing is left."""
    if not reason.strip():
        raise SayWhy
    return reason.strip()


def _check_pixels(width: int, height: int) -> None:
    if not width or not height:
        raise Broken
    if width * height > MOST_PIXELS:
        raise TooManyPixels


# ---- JPEG

_SOI: Final = b"\xff\xd8"
_EOI, _SOS, _ADOBE = 0xD9, 0xDA, 0xEE
_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive: what browsers show
_TABLES: Final = frozenset({0xC4, 0xDB, 0xDD})  # Huffman tables, quantization tables, restart interval
_LEFT_OUT: Final = frozenset({*range(0xE0, 0xF0), 0xFE})  # applications' segments and comments
# Behind 0xFF in the data of a scan: a 0xFF of the data itself, and restarts.
_IN_SCAN: Final = frozenset({0x00, *range(0xD0, 0xD8)})


def _jpeg(content: bytes) -> bytes:
    kept, at = [_SOI], len(_SOI)
    seen: set[int] = set()
    while True:
        marker, at = _marker(content, at)
        if marker == _EOI:
            break
        segment = content[at : at + _length(content, at)]
        at += len(segment)
        seen.add(marker)
        if marker in _FRAMES:
            _check_frame(segment)
        elif marker == _ADOBE and (found := _adobe(segment)):
            segment = found
        elif marker in _LEFT_OUT:
            continue
        elif marker not in _TABLES and marker != _SOS:
            raise Broken
        kept.append(bytes((0xFF, marker)) + segment)
        if marker == _SOS:
            end = _end_of_scan(content, at)
            kept.append(content[at:end])
            at = end
    if _SOS not in seen or len(seen & _FRAMES) != 1:
        raise Broken
    return b"".join([*kept, bytes((0xFF, _EOI))])


def _marker(content: bytes, at: int) -> tuple[int, int]:
    """The marker that must stand here, and where what follows it begins; bytes that only fill up are passed over."""
    if at >= len(content) or content[at] != 0xFF:
        raise Broken
    while at < len(content) and content[at] == 0xFF:
        at += 1
    if at >= len(content):
        raise Broken
    return content[at], at + 1


def _length(content: bytes, at: int) -> int:
    length = int.from_bytes(content[at : at + 2], "big")
    if length < 2 or at + length > len(content):
        raise Broken
    return length


def _check_frame(segment: bytes) -> None:
    if len(segment) < 8:
        raise Broken
    _check_pixels(int.from_bytes(segment[5:7], "big"), int.from_bytes(segment[3:5], "big"))


def _adobe(segment: bytes) -> bytes | None:
    """Adobe's segment as far as a decoder needs it: which colours the numbers mean."""
    if segment[2:7] != b"Adobe" or len(segment) < 14:
        return None
    return b"\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + segment[13:14]


def _end_of_scan(content: bytes, at: int) -> int:
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            raise Broken
        if content[at + 1] not in _IN_SCAN:
            return at
        at += 2


# ---- PNG

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_SAMPLES_BY_COLOUR: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_BEFORE_DATA: Final = (b"PLTE", b"tRNS")


def _png(content: bytes) -> bytes:
    kept: dict[bytes, bytes] = {}
    data = []
    for name, body in _chunks(content):
        if not kept and name != b"IHDR":
            raise Broken
        if name == b"IDAT":
            data.append(body)
        elif name == b"IHDR" or (name in _BEFORE_DATA and not data):
            if name in kept:
                raise Broken
            kept[name] = body
        elif name[0] & 0x20 == 0 and name != b"IEND":  # a part that a decoder must understand, and none that we know
            raise Broken
    if sum(map(len, data)) > LARGEST_BYTES:  # before it is unfolded to see whether it is whole
        raise _too_large(sum(map(len, data)))
    unfolded = _most_unfolded(kept.get(b"IHDR", b""))
    chunks: list[tuple[bytes, bytes]] = [(name, kept[name]) for name in (b"IHDR", *_BEFORE_DATA) if name in kept]
    chunks += [(b"IDAT", _whole_stream(b"".join(data), unfolded)), (b"IEND", b"")]
    return _PNG_SIGNATURE + b"".join(_chunk(*each) for each in chunks)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and body of each chunk up to the end of the picture, which must come."""
    at, name = len(_PNG_SIGNATURE), b""
    while name != b"IEND":
        length = int.from_bytes(content[at : at + 4], "big")
        name, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        checked = content[at + 8 + length : at + 12 + length]
        if len(checked) < 4 or checked != zlib.crc32(name + body).to_bytes(4, "big"):
            raise Broken
        yield name, body
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def _most_unfolded(header: bytes) -> int:
    """How many bytes the picture can have before it was packed, whatever way it is interlaced."""
    samples = _SAMPLES_BY_COLOUR.get(header[9]) if len(header) == 13 else None
    if samples is None or header[8] not in {1, 2, 4, 8, 16}:
        raise Broken
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    _check_pixels(width, height)
    return width * height * samples * max(1, header[8] // 8) + 3 * height + 64


def _whole_stream(data: bytes, most: int) -> bytes:
    """The packed picture without what somebody put behind its end; raises Broken where it does not unfold."""
    packed, length = zlib.decompressobj(), 0
    waiting = data
    try:
        while waiting and not packed.eof:
            length += len(packed.decompress(waiting, 1 << 16))
            waiting = packed.unconsumed_tail
            if length > most:
                raise Broken
    except zlib.error:
        raise Broken from None
    if not packed.eof:
        raise Broken
    return data[: len(data) - len(packed.unused_data)]
