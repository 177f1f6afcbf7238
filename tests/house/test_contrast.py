"""Every text can be read on its ground, in light and in dark: WCAG 2.2 AA, computed from the tokens."""

import re

import pytest

from tests.house.reading import ROOT

TOKENS = (ROOT / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#\w+);", part)) for part in TOKENS.split("prefers-color-scheme: dark"))
TEXTS = [
    *[(text, ground) for text in ("text", "muted", "accent", "bad", "warn") for ground in ("ground", "surface")],
    *[(text, "sunken") for text in ("text", "muted", "accent")],
    ("text", "tint"),
    ("on-accent", "accent"),
    *[(tone, f"{tone}-tint") for tone in ("good", "warn", "bad")],
    *[("text", f"{tone}-tint") for tone in ("warn", "bad")],
]


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_a_text_stands_out_from_its_ground(text: str, ground: str, scheme: dict[str, str]) -> None:
    assert _contrast(scheme[text], scheme[ground]) >= 4.5


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "surface"])
def test_the_edge_of_a_control_can_be_seen(ground: str, scheme: dict[str, str]) -> None:
    assert _contrast(scheme["edge"], scheme[ground]) >= 3


def test_every_colour_has_a_dark_one() -> None:
    assert LIGHT.keys() == DARK.keys()
