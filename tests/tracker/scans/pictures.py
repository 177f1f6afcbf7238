"""Real pictures for tests: small ones of two kinds, and one that is as large as what is kept may be."""

import base64
import random
import zlib

JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6/+b9//j/2wBDASst"
    "LTw1PHZBQXb4pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj/wAARCAAQABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAA"
    "AAAAAAAABAP/xAAXEAADAQAAAAAAAAAAAAAAAAAAAgNh/8QAFQEBAQAAAAAAAAAAAAAAAAAAAAH/xAAWEQEBAQAAAAAAAAAAAAAAAAADAAL/2gAMAwEAAhEDEQA/ABJH"
    "BCRwukcEJHC6SCt//9k="
)
"""16 x 16, as a camera begins it: with JFIF's segment."""

PROGRESSIVE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71////m8H////6/+b9//j/2wBDASst"
    "LTw1PHZBQXb4pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj/wgARCAAQABADASIAAhEBAxEB/8QAFAABAAAAAAAAAAAA"
    "AAAAAAAAA//EABQBAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhADEAAAAQREP//EABUQAQEAAAAAAAAAAAAAAAAAAAAR/9oACAEBAAEFAoiI/8QAFREBAQAAAAAAAAAA"
    "AAAAAAAAAgD/2gAIAQMBAT8BCv/EABYRAAMAAAAAAAAAAAAAAAAAAAABAv/aAAgBAgEBPwF0f//EABQQAQAAAAAAAAAAAAAAAAAAACD/2gAIAQEABj8CH//EABUQAQEA"
    "AAAAAAAAAAAAAAAAAAAB/9oACAEBAAE/IYxjH//aAAwDAQACAAMAAAAQy//EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQMBAT8QP//EABQRAQAAAAAAAAAAAAAAAAAA"
    "AAD/2gAIAQIBAT8QH//EABUQAQEAAAAAAAAAAAAAAAAAAABh/9oACAEBAAE/EJJJJP/Z"
)
"""The same in ten scans."""


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG file."""
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2, "big") + body


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file."""
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def png(width: int = 4, height: int = 3, *, more: bytes = b"", behind: bytes = b"", shades: int = 256) -> bytes:
    """Noise in grey. more: chunks between header and data; behind: bytes after the packed data, inside their chunk."""
    draw, shade = random.Random(0), bytes(each % shades for each in range(256))
    rows = b"".join(b"\0" + draw.randbytes(width).translate(shade) for _ in range(height))
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\0\0\0\0"
    parts = (chunk(b"IHDR", header), more, chunk(b"IDAT", zlib.compress(rows) + behind), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
