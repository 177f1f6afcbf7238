"""The addresses at which this machine can be reached on its local networks, by the standard library alone.

No library lists interfaces alike on Windows and elsewhere. Two questions together find them: which address the system
would send from towards the usual private networks (a connected datagram socket sends nothing), and what it says its
own name means.
"""

import ipaddress
import socket
from contextlib import suppress
from typing import Final

from tracker import certificates

# A laptop that is itself the hotspot has these, on Windows and under NetworkManager: phones are surely there.
HOTSPOTS: Final = ("192.168.137.1", "10.42.0.1")
TOWARDS: Final = ("192.168.137.2", "10.42.0.2", "192.168.255.254", "10.255.255.254", "172.31.255.254", "198.51.100.1")
ANY_PORT: Final = 9


def lan_addresses() -> list[str]:
    """Private IPv4 addresses of this machine, the likeliest for phones first; empty without a network. May take seconds."""
    found = [address for target in TOWARDS if (address := _towards(target))]
    with suppress(OSError):
        found += [str(each[4][0]) for each in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    return ordered(found)


def ordered(found: list[str]) -> list[str]:
    """Each usable address once: the laptop's own hotspot first, a self-given address last, else as they were found."""
    usable = [each for each in dict.fromkeys(found) if certificates.is_private(each) and not ipaddress.ip_address(each).is_loopback]
    return sorted(usable, key=lambda each: (each not in HOTSPOTS, ipaddress.ip_address(each).is_link_local))


def _towards(target: str) -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, ANY_PORT))
        except OSError:  # no network, or none that leads there
            return None
        return str(probe.getsockname()[0])
