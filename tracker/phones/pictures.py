"""QR codes as addresses of their own (`data:`): what they hold is secret, and so must not stand in an address that is asked for."""

import re
from typing import Final

LIGHT, DARK = "white", "black"  # whatever the page's colours are: cameras want it so
QUIET: Final = 4


def qr(text: str) -> str:
    """The code of a text, as the address of a picture without a size of its own."""
    import segno

    return str(segno.make_qr(text, error="m").svg_data_uri(omitsize=True, border=QUIET, dark=DARK, light=LIGHT))


def wifi(name: str, password: str) -> str:
    """The code that lets a phone join a Wi-Fi; without a password an open one."""
    return qr(f"WIFI:T:WPA;S:{_escaped(name)};P:{_escaped(password)};;" if password else f"WIFI:T:nopass;S:{_escaped(name)};;")


def _escaped(text: str) -> str:
    """With a backslash before each sign that means something there; segno's own helper leaves the comma out."""
    return re.sub(r'([\\;,":])', r"\\\1", text)
