"""The users of this machine: `user add|list|reset`, and the first user of `init` and `join`."""

import argparse
import secrets
import sys
from collections.abc import Sequence
from typing import Final

from tracker import config, inputs
from tracker.cli.voice import at_work, CommandError, Done
from tracker.errors import N_
from tracker.i18n import _
from tracker.policy import NATION, OPERATOR, ROLES

__all__ = ["ROLES", "add", "add_first", "check_first", "checked_name", "read_password", "reset", "show"]

KEEPER: Final = {"centre": "registrar", "region": "coordinator", "central": "central"}
DRAWN_WORDS, LETTERS = 4, "bdfghjkmnprstvwyz"


class NoSuchUser(CommandError):
    """Nobody signs in with this name here."""

    code = "accounts.no_such_user"
    sentence = N_("There is no user %(username)s on this computer.")


class UnreadablePassword(CommandError):
    """Standard input is closed, or holds bytes that are no letters."""

    code = "accounts.unreadable_password"
    sentence = N_("The password cannot be read. Give it on standard input, one line of plain letters (UTF-8).")


class NoName(CommandError):
    """Nothing that could stand on a page."""

    code = "places.name_missing"
    sentence = N_('Give a name of at most %(longest)d letters with --name, such as --name "NCT Arusha".')


class NoPlaceYet(CommandError):
    """A coordinator's laptop that has joined nothing has no partition where its staff could stand."""

    code = "accounts.no_place_yet"
    sentence = N_("This computer has no region yet. Give one with --region, or join the central office first.")


def settings_of(arguments: argparse.Namespace) -> config.Settings:
    """The settings of the data folder that the command names."""
    return config.load(getattr(arguments, "home", None))


def checked_name(typed: str) -> str:
    """The name in one line. Raises NoName."""
    name = inputs.plain(typed)
    if not name or len(name) > inputs.LONGEST or name != name.encode(errors="replace").decode():
        raise NoName(longest=inputs.LONGEST)
    return name


def read_password(arguments: argparse.Namespace) -> tuple[str, bool]:
    """(password, whether it was drawn here): one line of standard input, or four syllable pairs that can be read aloud."""
    if arguments.password_stdin:
        return _typed_password(), False
    pairs = ("".join(secrets.choice(LETTERS) + secrets.choice("aeiou") for _pair in range(3)) for _word in range(DRAWN_WORDS))
    return " ".join(pairs), True


def _typed_password() -> str:
    try:
        line = sys.stdin.readline()
        line.encode()  # a terminal without UTF-8 hands bytes on that are no letters
    except (UnicodeError, OSError, AttributeError) as error:  # there is no standard input where a service closed it
        raise UnreadablePassword from error
    return line.rstrip("\r\n")


def check_first(username: str, password: str) -> str:
    """The folded username, before anything is made; raises BadUsername, WeakPassword."""
    from tracker.accounts import passwords, rules

    folded = rules.folded_username(username)
    rules.check_password(password, folded, passwords.common_words())
    return folded


def add_first(settings: config.Settings, partition: str, username: str, password: str, *, was_drawn: bool) -> Done:
    """The first user: keeps the records and the machine. Only a drawn password has to be changed."""
    from tracker.accounts import actions

    role = KEEPER[settings.seat]
    actions.add_user(OPERATOR, partition, username, username, role, password, must_change=was_drawn, administers=True)
    facts: dict[str, object] = {"admin": username}
    return Done(facts | {"password": password}, [_drawn(username, password)]) if was_drawn else Done(facts, [])


def staff_partition(settings: config.Settings) -> str:
    """Where the staff of this machine stands; raises NoPlaceYet."""
    from tracker import replication

    if settings.seat == "central":
        return NATION
    if partition := replication.home() or next(iter(sorted(settings.region_partitions)), ""):
        return partition
    raise NoPlaceYet


def add(arguments: argparse.Namespace) -> Done:
    """`user add`."""
    from tracker.accounts import actions

    settings = settings_of(arguments)
    with at_work(settings):
        password, was_drawn = read_password(arguments)
        role = arguments.role or KEEPER[settings.seat]
        name = checked_name(arguments.name) if arguments.name is not None else arguments.username
        made = actions.add_user(OPERATOR, staff_partition(settings), arguments.username, name, role, password, administers=arguments.admin)
        facts: dict[str, object] = {"username": made.username, "role": role}
        lines = [_("%(username)s can sign in now and then chooses an own password.", username=made.username)]
    return _told(facts, lines, made.username, password, was_drawn=was_drawn)


def show(arguments: argparse.Namespace) -> Done:
    """`user list`."""
    from tracker.accounts import queries

    with at_work(settings_of(arguments)):
        users = [
            {
                "username": user.credential.username,
                "name": user.staff.name if user.staff else None,
                "role": user.staff.role if user.staff else None,
                "active": bool(user.staff and user.staff.active),
                "admin": user.credential.administers,
            }
            for user in queries.users()
        ]
    return Done({"users": users}, [f"{user['username']:<20} {user['role'] or '-':<15} {user['name'] or ''}" for user in users])


def reset(arguments: argparse.Namespace) -> Done:
    """`user reset`."""
    from tracker.accounts import actions, queries

    with at_work(settings_of(arguments)):
        credential = queries.credential_named(arguments.username.strip().casefold())
        if credential is None:
            raise NoSuchUser(username=arguments.username)
        password, was_drawn = read_password(arguments)
        actions.reset_password(OPERATOR, credential.id, password)
        username = credential.username
    lines = [_("%(username)s has a new first password, to be changed at the next sign-in.", username=username)]
    return _told({"username": username}, lines, username, password, was_drawn=was_drawn)


def _told(facts: dict[str, object], lines: Sequence[str], username: str, password: str, *, was_drawn: bool) -> Done:
    if not was_drawn:
        return Done(facts, lines)
    return Done({**facts, "password": password}, [*lines, _drawn(username, password)])


def _drawn(username: str, password: str) -> str:
    return _("First password of %(username)s: %(password)s", username=username, password=password)
