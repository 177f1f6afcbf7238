"""What may be a password, how long a wrong one costs, when a session is over."""

import re
from collections.abc import Collection
from typing import Final

from tracker.errors import DomainError, N_

SHORTEST, LONGEST = 8, 128
# A clock set back a little is a correction; further back, the session's times mean nothing.
CLOCK_SLACK_S: Final = 300
ROLES_BY_KIND: Final = {
    "centre": ("instructor", "registrar", "administrator"),
    "region": ("coordinator", "administrator"),
    "nation": ("central", "administrator"),
}


class WeakPassword(DomainError):
    """The password breaks a rule; the subclass says which."""

    code, status = "accounts.weak_password", 422


class TooShort(WeakPassword):
    """Fewer characters than SHORTEST."""

    sentence = N_("The password needs at least %(shortest)d characters.")


class TooLong(WeakPassword):
    """More characters than LONGEST."""

    sentence = N_("The password may have at most %(longest)d characters.")


class TooCommon(WeakPassword):
    """One of the first that anybody would try."""

    sentence = N_("This password is easy to guess. Choose several words that do not belong together.")


class SamePassword(WeakPassword):
    """The new password is the old one, which somebody else may know."""

    sentence = N_("The new password has to be another one than before.")


class UsernameTaken(DomainError):
    """Another person signs in with this name on this machine."""

    code, status = "accounts.username_taken", 409
    sentence = N_("The username %(username)s is already taken on this computer.")


class BadUsername(DomainError):
    """The username holds something that cannot be typed the same way twice."""

    code, status = "accounts.bad_username", 422
    sentence = N_("A username has 2 to 40 small letters, digits, dots or hyphens.")


class WrongRole(DomainError):
    """The role does not exist in this kind of partition."""

    code, status = "accounts.wrong_role", 422
    sentence = N_("The role %(role)s does not exist here.")


class WrongSignIn(DomainError):
    """Username or password is wrong, or the person works here no longer: which of them, nobody outside learns."""

    code, status = "accounts.wrong_sign_in", 401
    sentence = N_("The username or the password is not right.")


class WaitFirst(DomainError):
    """Too many wrong passwords in a row."""

    code, status = "accounts.wait_first", 429
    sentence = N_("Too many tries. Wait %(seconds)d seconds and try again.")


def check_password(password: str, username: str, common: Collection[str]) -> None:
    """Raise WeakPassword unless the password is long enough and not the first thing anybody would try.

    common  small letters; a common word with digits or signs behind it is as easy to guess
    """
    if len(password) < SHORTEST:
        raise TooShort(shortest=SHORTEST)
    if len(password) > LONGEST:
        raise TooLong(longest=LONGEST)
    folded = password.casefold()
    bare = re.sub(r"[\W\d_]+$", "", folded)
    if {folded, bare} & {*common, username.casefold()} or len(set(folded)) <= 3 or not bare:
        raise TooCommon


def folded_username(username: str) -> str:
    """The username as it is stored; raises BadUsername."""
    folded = username.strip().casefold()
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,39}", folded):
        raise BadUsername
    return folded


def check_role(role: str, kind: str) -> None:
    """Raise WrongRole unless people of this role work in this kind of partition."""
    if role not in ROLES_BY_KIND.get(kind, ()):
        raise WrongRole(role=role)


def wait_s(tries: int, since_last_s: float, *, free: int, longest_s: int) -> float:
    """Seconds to wait before the next try: none for the first `free`, then 2, 4, 8, ... up to `longest_s`."""
    if tries < free:
        return 0.0
    penalty = min(2.0 ** min(tries - free + 1, 30), float(longest_s))
    return max(0.0, penalty - max(0.0, since_last_s))


def is_over(created_s: float, seen_s: float, now_s: float, *, idle_s: int, absolute_s: int) -> bool:
    """Whether a session has been idle too long, is too old, or is from a future that a corrected clock took back."""
    return now_s - seen_s > idle_s or now_s - created_s > absolute_s or now_s < seen_s - CLOCK_SLACK_S


def is_local_path(path: str) -> bool:
    """Whether a way back leads to a page of ours and not, by `//` or a backslash, to another site."""
    return re.fullmatch(r"/(?![/\\])[^\\\x00-\x1f]*", path) is not None


DEVICES: Final = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "CrOS", "Linux")
BROWSERS: Final = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))


def device_name(user_agent: str) -> str:
    """`Chrome, Android`: enough for a person to know the own devices again."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for name in DEVICES if name in user_agent), "")
    return ", ".join(word for word in (browser, system) if word) or user_agent[:40] or "?"
