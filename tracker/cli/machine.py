"""This machine among the others: `init`, `serve`, `invite`, `join`, `sync`."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Event, Thread
from time import perf_counter

from flask import Flask
from sqlalchemy import select

from tracker import config
from tracker.cli.status import own_standing
from tracker.cli.users import add_first, check_first, checked_name, read_password, settings_of, staff_partition
from tracker.cli.voice import at_work, CommandError, Done, make_current, opened
from tracker.country import tz
from tracker.db import db
from tracker.errors import N_
from tracker.i18n import _, language, speaking
from tracker.nodes.rules import server_address
from tracker.nodes.running import running
from tracker.places.models import Listing
from tracker.policy import OPERATOR
from tracker.web.transport import Reach

FIRST_TOLD_AFTER_S, TOLD_EVERY_S = 5, 30


class AlreadyHere(CommandError):
    """The data folder is in use; nothing of it is touched."""

    code = "node.already_set_up"
    sentence = N_("The data folder %(home)s is in use already. Name another one with --home.")


class HasJoined(CommandError):
    """The data folder belongs to a server already, or to a centre that began alone."""

    code = "sync.already_joined"
    sentence = N_("The data folder %(home)s has its place already. Join with an empty data folder: name one with --home.")


class NoSuchRegion(CommandError):
    """A region's code that is not in the country pack."""

    code = "places.no_such_region"
    sentence = N_("There is no region %(region)s. Regions have codes such as TZ-01 for Arusha.")


class OneRegion(CommandError):
    """A centre lies in exactly one region, a coordinator has at least one."""

    code = "places.region_missing"
    sentence = N_("Name the region with --region, such as --region TZ-01; a centre has exactly one.")


class NoSuchCentre(CommandError):
    """The directory has no such centre, or more than one of that name."""

    code = "places.no_such_centre"
    sentence = N_("The directory has no centre %(centre)s, or several. The command status lists the partitions.")


class CentralOnly(CommandError):
    """A laptop keeps its records in its data folder."""

    code = "node.central_only"
    sentence = N_("Only the central office takes --database; a laptop keeps its register in the data folder.")


class InviteWhom(CommandError):
    """The words of `invite` name nobody."""

    code = "node.invite_whom"
    sentence = N_("Say whom to invite: --seat centre --name TEXT --region TZ-01, --seat region --region TZ-01, or --centre ID.")


# ---- init


def init(arguments: argparse.Namespace) -> Done:
    """`init`: everything typed is checked before anything is made."""
    seat, regions, name = arguments.seat, _checked_regions(arguments.region), checked_name(arguments.name)
    if arguments.database and seat != "central":
        raise CentralOnly
    if (seat == "centre" and len(regions) != 1) or (seat == "region" and not regions):
        raise OneRegion
    home = settings_of(arguments).home
    first = first_user(arguments)
    with _kept_if_founded(home):
        settings = _settings_for(home, seat=seat, name=name, regions=regions, database=arguments.database)
        with opened(settings):
            partition = _found(settings, regions)
    facts: dict[str, object] = {"home": str(home), "seat": seat, "name": name, "partition": partition}
    lines = [_("%(name)s is set up in %(home)s. Start it with: daftari serve", name=name, home=home)]
    with opened(settings):
        return _with_first(facts, lines, settings, first)


@contextmanager
def _kept_if_founded(home: Path) -> Iterator[None]:
    """Put the settings back as they were when the founding fails: with half of them the next try would fail too."""
    path = home / config.FILE_NAME
    before = path.read_bytes() if path.is_file() else None
    try:
        yield
    except BaseException:
        if before is not None:
            path.write_bytes(before)
        else:
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}.new").unlink(missing_ok=True)
        raise


def _checked_regions(regions: list[str]) -> list[str]:
    """Each region once. Raises NoSuchRegion."""
    for region in regions:
        if tz.region(region) is None:
            raise NoSuchRegion(region=region)
    return list(dict.fromkeys(regions))


def first_user(arguments: argparse.Namespace) -> tuple[str, str, bool] | None:
    """(username, password, was drawn) of the first user, checked; None where none is asked for."""
    if arguments.admin is None:
        return None
    password, was_drawn = read_password(arguments)
    return check_first(arguments.admin, password), password, was_drawn


def _settings_for(home: Path, *, seat: str, name: str, regions: list[str], database: str) -> config.Settings:
    """Write the settings of a new data folder; raises AlreadyHere for one in use."""
    from tracker import replication

    settings = config.load(home)
    if (home / "daftari.sqlite3").exists() or settings.database:
        with opened(settings):
            if replication.is_set_up():
                raise AlreadyHere(home=home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    more = {"regions": ",".join(regions), "database": database}
    config.save(home, seat=seat, name=name, **{key: value for key, value in more.items() if value})
    return config.load(home)


def _found(settings: config.Settings, regions: list[str]) -> str:
    from tracker import replication
    from tracker.db import write

    replication.create_tables()
    if replication.is_set_up():  # a PostgreSQL database that another folder made
        raise AlreadyHere(home=settings.database or settings.home)
    if settings.seat == "central":
        return replication.found_central(settings.name)
    if settings.seat == "region":
        replication.found_region()
        return ""
    from tracker.places.actions import set_up_centre

    with write(OPERATOR):  # a centre with its profile, or none
        partition = replication.found_centre()
        set_up_centre(OPERATOR, partition, name=settings.name, short_name=settings.name, region=regions[0])
    return partition


def _with_first(facts: dict[str, object], lines: list[str], settings: config.Settings, first: tuple[str, str, bool] | None) -> Done:
    if first is None:
        return Done(facts, lines)
    username, password, was_drawn = first
    made = add_first(settings, staff_partition(settings), username, password, was_drawn=was_drawn)
    return Done({**facts, **made.facts}, [*lines, *made.lines])


# ---- demo and serve


def demo(arguments: argparse.Namespace) -> Done:
    """`demo`: until it is interrupted."""
    from tracker.demo import main

    home = getattr(arguments, "home", None)
    main(arguments.port, not arguments.no_browser, arguments.today, home)
    return Done({"stopped": True}, [])


def serve(arguments: argparse.Namespace) -> Done:
    """`serve`: until it is interrupted."""
    from tracker import replication
    from tracker import serve as server

    given = {name: value for name in ("host", "port") if (value := getattr(arguments, name)) is not None}
    settings = config.load(getattr(arguments, "home", None), **given)
    with opened(settings):
        make_current(settings, in_child=True)
        if not replication.is_set_up():
            replication.create_tables()  # the first steps are then taken in the browser
    as_json = getattr(arguments, "json", False)
    lan: bool = arguments.lan
    server.serve(settings, announce=lambda url, reach: _announce(url, reach, settings, as_json=as_json), lan=lan)
    return Done({}, [])


def _announce(url: str, reach: Reach | None, settings: config.Settings, *, as_json: bool) -> None:
    import json

    facts = {"url": url, "seat": settings.seat, "name": settings.name, **({"lan": reach.urls} if reach else {})}
    lines = [_("%(name)s is open at %(url)s. Leave this window open; Ctrl+C stops.", name=settings.name or "Daftari", url=url)]
    if reach and reach.urls:
        lines.append(_("Phones on the same Wi-Fi open %(urls)s. Enrol them on the page Phones.", urls=", ".join(reach.urls)))
    elif reach:
        lines.append(_("Phones find this computer as soon as it is on a Wi-Fi. The page Phones then shows the address."))
    print(json.dumps(facts) if as_json else "\n".join(lines), flush=True)


# ---- invite and join


def invite(arguments: argparse.Namespace) -> Done:
    """`invite`, in its three forms."""
    from tracker.nodes import actions

    regions = _checked_regions(arguments.region)
    given = checked_name(arguments.name) if arguments.name is not None else ""
    with at_work(settings_of(arguments)):
        if arguments.centre:
            partition, name = _listed(arguments.centre)
            code = actions.invite_laptop(OPERATOR, partition, given or name)
        elif arguments.seat == "centre" and given:
            if len(regions) != 1:
                raise OneRegion
            code = actions.invite_centre(OPERATOR, given, regions[0])
        elif arguments.seat == "region":
            if not regions:
                raise OneRegion
            name = given or ", ".join(tz.label("regions", region, "sw") for region in regions)
            centres = [row.centre for row in _directory() if row.region in regions]
            code = actions.invite_coordinator(OPERATOR, name, regions, centres)
        else:
            raise InviteWhom
    return Done({"code": code}, [code])


def _directory() -> list[Listing]:
    return list(db.session.scalars(select(Listing).order_by(Listing.centre)))


def _listed(wanted: str) -> tuple[str, str]:
    """(partition, name) of a centre named by its partition or its name. Raises NoSuchCentre."""
    found = [row for row in _directory() if wanted in {row.centre, row.centre.removeprefix("centre/")}]
    found = found or [row for row in _directory() if (row.name or "").casefold() == wanted.casefold()]
    if len(found) != 1:
        raise NoSuchCentre(centre=wanted)
    return found[0].centre, found[0].name or ""


def join(arguments: argparse.Namespace) -> Done:
    """`join URL CODE`: an empty folder, or a centre that was founded alone, becomes a node; nothing is fetched yet.

    Asking again after a lost answer is no harm.
    """
    from tracker.nodes import actions

    settings = settings_of(arguments)
    first = first_user(arguments)
    with joinable(settings) as app:
        with _telling_of_waits(arguments, _with_scheme(arguments.url)):
            actions.join(OPERATOR, _with_scheme(arguments.url), arguments.code)
        settings = app.extensions["settings"]
        sentence = N_("This computer has joined %(server)s as %(name)s. Fetch what is there with: daftari sync")
        return joined(settings, _(sentence, server=settings.server, name=settings.name), first)


@contextmanager
def joinable(settings: config.Settings) -> Iterator[Flask]:
    """The application over a folder that may join a server; raises HasJoined for another."""
    from tracker import replication

    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with opened(settings) as app:
        if not replication.is_set_up():
            replication.create_tables()
        else:
            make_current(settings)
            if not replication.may_join():
                raise HasJoined(home=settings.home)
        yield app


def joined(settings: config.Settings, sentence: str, first: tuple[str, str, bool] | None) -> Done:
    """What is told of a computer that has joined; with its first user, where one is asked for."""
    from tracker import replication

    facts: dict[str, object] = {
        "home": str(settings.home),
        "seat": settings.seat,
        "name": settings.name,
        "server": settings.server,
        "partition": replication.home(),
    }
    return _with_first(facts, [sentence], settings, first)


def _with_scheme(typed: str) -> str:
    return typed if "://" in typed else f"http://{typed}"


# ---- sync


@contextmanager
def _telling_of_waits(arguments: argparse.Namespace, server: str) -> Iterator[None]:
    """While the block lasts, say on standard error what it waits for: after some seconds, then twice a minute. Not to programs."""
    over = Event()
    progress = running()  # in the application's context, which the thread below lacks
    waiting = N_("Waiting for an answer from %(server)s. Ctrl+C stops; nothing is lost.")
    going_on = N_("Still exchanging with %(server)s: %(kilobytes)s KB so far. Ctrl+C stops; nothing is lost.")
    code = language()

    def tell() -> None:
        wait_s = FIRST_TOLD_AFTER_S
        while not over.wait(wait_s):
            report = progress.report
            carried = report.bytes_up + report.bytes_down if report else 0
            with speaking(code):
                sentence = _(going_on if carried else waiting, server=server, kilobytes=f"{carried / 1000:.1f}")
            print(sentence, file=sys.stderr, flush=True)
            wait_s = TOLD_EVERY_S

    if not getattr(arguments, "json", False):
        Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def sync(arguments: argparse.Namespace) -> Done:
    """`sync [--url URL]`: with the server, or with whoever answers there."""
    from tracker.nodes import actions

    settings = settings_of(arguments)
    other = server_address(_with_scheme(arguments.url)) if arguments.url else ""
    with at_work(settings):
        began = perf_counter()
        with _telling_of_waits(arguments, other or settings.server):
            report = actions.sync_now(OPERATOR, other)
        facts = {**asdict(report), "seconds": round(perf_counter() - began, 3)}
        standing = own_standing()
    sentence = N_("Exchanged: %(changes_sent)s changes sent, %(changes_received)s received; %(bytes_up)s bytes up, %(bytes_down)s down.")
    return Done(facts, [_(sentence, **facts), *standing])
