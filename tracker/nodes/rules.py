"""When to try again, what counts as late, and how a code is read out: plain values only."""

from urllib.parse import urlsplit

from tracker.errors import DomainError, N_

DAY_S = 86_400
LATE_AFTER_S = 3 * DAY_S
SILENT_AFTER_S = 7 * DAY_S
LONGEST_BACKOFF = 4
RESTORED, COPIED = "restored", "copied"
FINDINGS = (RESTORED, COPIED)


class AlreadyRunning(DomainError):
    """Two exchanges at a time would only wait for each other."""

    code, status = "sync.already_running", 409
    sentence = N_("An exchange is already under way. You can go on working.")


class WrongAddress(DomainError):
    """Not the address of a server."""

    code, status = "join.wrong_address", 422
    sentence = N_("The address of the server begins with http:// or https://, such as https://daftari.example.tz.")


class HasCentre(DomainError):
    """This folder belongs to a centre, or has joined."""

    code, status = "join.has_centre", 409
    sentence = N_("This computer belongs to a centre already. Nothing was changed.")


class NotHere(DomainError):
    """Someone else on the network must not become the first administrator."""

    code, status = "start.not_here", 403
    sentence = N_("This computer is not set up yet. The first steps are taken on the computer itself.")


def wait_s(every_s: int, failures: int, draw: float) -> float:
    """Seconds until the next exchange: twice as long after each failure, and never at the same moment as all the others.

    draw  from 0 to 1
    """
    return float(every_s * min(1 << failures, LONGEST_BACKOFF)) * (0.75 + draw / 2)


def server_address(typed: str) -> str:
    """The address as it is stored; raises WrongAddress."""
    address = typed.strip() if "://" in typed else f"https://{typed.strip()}"
    scheme, _, host = address.rstrip("/").partition("://")
    if scheme not in {"http", "https"} or any(letter.isspace() for letter in host) or not _names_host(address):
        raise WrongAddress
    return f"{scheme}://{host}"


def _names_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number or too high, a bracket that is not closed
        return False


def is_late(since_s: int | None, now_s: float) -> bool:
    """Whether the oldest unsent change waits for more than three days."""
    return since_s is not None and now_s - since_s > LATE_AFTER_S


def is_silent(heard_s: int | None, now_s: float) -> bool:
    """Whether a node was not heard from in seven days, or never."""
    return heard_s is None or now_s - heard_s > SILENT_AFTER_S


def days_since(at: int | None, now_s: float) -> int:
    """Whole days since a second; 0 for none, and for one that a wrong clock puts into the future."""
    return 0 if at is None else max(0, int((now_s - at) // DAY_S))
