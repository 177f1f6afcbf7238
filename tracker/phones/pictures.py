"""QR codes as addresses of their own (`data:`): what they hold is secret, and so must not stand in an address that is asked for."""

from typing import Final

LIGHT, DARK = "white", "black"  # whatever the page's colours are: cameras want it so
QUIET: Final = 4


def qr(text: str) -> str:
    """The code of a text, as the address of a picture without a size of its own."""
    import segno

    return str(segno.make_qr(text, error="m").svg_data_uri(omitsize=True, border=QUIET, dark=DARK, light=LIGHT))


def wifi(name: str, password: str) -> str:
    """The code that lets a phone join a Wi-Fi; without a password an open one."""
    from segno import helpers

    return qr(helpers.make_wifi_data(name, password or None, "WPA" if password else "nopass"))
