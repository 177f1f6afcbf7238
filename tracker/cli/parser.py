"""The commands and their options. A command's own work stands in the file that it is imported from."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

from tracker.cli import care, copies, machine, records, routes, status, users
from tracker.cli.voice import Done
from tracker.config import SEATS
from tracker.errors import N_
from tracker.i18n import _, raw
from tracker.replication.sticks import FILE_LEAST_BYTES, FILE_MOST_BYTES

Command = Callable[[argparse.Namespace], Done]


class WrongUsage(Exception):
    """The words are no command of ours; the text says which of them."""


class Parser(argparse.ArgumentParser):
    """argparse, but refusing by an exception, so that `--json` can answer in JSON; and options have one name each."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Refuse the words."""
        raise WrongUsage(message)


@contextmanager
def argparse_speaking() -> Iterator[None]:
    """Let argparse take its own sentences from our catalogue; where another Python words them otherwise they stay English."""
    own = vars(argparse)["_"]
    setattr(argparse, "_", raw)
    try:
        yield
    finally:
        setattr(argparse, "_", own)


def build() -> Parser:
    """The parser of the command line; its result has `command`, the function to call with it."""
    everywhere = _everywhere()
    does = _("The apprenticeship register that works where the network does not.")
    parser = Parser(prog="daftari", description=does, parents=[everywhere])
    parser.add_argument("--version", action="store_true", help=_("print the version"))
    parser.set_defaults(command=_version)
    verbs = parser.add_subparsers(metavar=_("COMMAND"))

    def verb(name: str, does: str, command: Command) -> Parser:
        made: Parser = verbs.add_parser(name, help=_(does), description=_(does), parents=[everywhere])
        made.set_defaults(command=command)
        return made

    _of_the_machine(verb)
    _of_routes(verbs, everywhere)
    _of_records(verb)
    _of_care(verb)
    _of_users(verbs, everywhere)
    return parser


def verbs_of(parser: Parser) -> dict[str, argparse.ArgumentParser]:
    """Every verb with its own parser, for the README's table."""
    actions: list[Any] = parser._actions  # noqa: SLF001 - argparse has no other way to ask
    return next(dict(action.choices) for action in actions if isinstance(action, argparse._SubParsersAction))  # noqa: SLF001


def _everywhere() -> Parser:
    """Options that may stand before or after the verb; suppressed defaults keep the later parser from forgetting them."""
    made = Parser(add_help=False)
    made.add_argument("--home", type=Path, metavar=_("FOLDER"), default=argparse.SUPPRESS, help=_("the data folder"))
    made.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=_("print one JSON object"))
    return made


def _version(arguments: argparse.Namespace) -> Done:
    if not arguments.version:
        raise WrongUsage(_("a command is missing; daftari --help lists them"))
    try:
        number = version("daftari")
    except PackageNotFoundError:  # run from a checkout that was never installed
        number = "0"
    return Done({"version": number}, [f"daftari {number}"])


def _admin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--admin", metavar=_("USER"), help=_("the first user, who keeps the records and this computer"))
    _password(parser)


def _password(parser: argparse.ArgumentParser) -> None:
    helps = _("read the password from standard input; else one is drawn and shown")
    parser.add_argument("--password-stdin", action="store_true", help=helps)


def _of_the_machine(verb: Callable[[str, str, Command], Parser]) -> None:
    demo = verb("demo", N_("tell the story of 2020 with invented people, and serve a centre and the central office"), machine.demo)
    demo.add_argument("--port", type=int, default=8321, metavar="N", help=_("port of the centre; the central office takes the next one"))
    demo.add_argument("--no-browser", action="store_true", help=_("do not open a browser"))
    demo.add_argument("--today", action="store_true", help=_("let it be the real date, not Thursday 30 July 2020"))
    init = verb("init", N_("make a new data folder"), machine.init)
    init.add_argument("--seat", choices=SEATS, required=True, help=_("what this computer is"))
    init.add_argument("--name", required=True, metavar=_("TEXT"), help=_("name of the centre, region or office"))
    init.add_argument("--region", action="append", default=[], metavar="TZ-01", help=_("its region; a coordinator's may be several"))
    init.add_argument("--database", default="", metavar="URL", help=_("central only: a PostgreSQL database"))
    _admin(init)
    serve = verb("serve", N_("serve the register to browsers"), machine.serve)
    serve.add_argument("--host", metavar=_("ADDRESS"), help=_("address to listen on"))
    serve.add_argument("--port", type=int, metavar="N", help=_("port to listen on; 0 takes any free one"))
    serve.add_argument("--lan", action="store_true", help=_("also for phones on the same Wi-Fi, over HTTPS"))
    invite = verb("invite", N_("central: make a one-time code for a new centre, a coordinator or a further laptop"), _invite)
    invite.add_argument("--seat", choices=("centre", "region"), help=_("whom to invite"))
    invite.add_argument("--name", metavar=_("TEXT"), help=_("name of the centre or the coordinator's office"))
    invite.add_argument("--region", action="append", default=[], metavar="TZ-01", help=_("its region; a coordinator's may be several"))
    invite.add_argument("--centre", metavar="ID", help=_("a further laptop of this centre, by its partition or its name"))
    invite.add_argument("--answer", type=Path, metavar=_("FILE"), help=_("answer the request to join that is in this file"))
    invite.add_argument("--into", type=Path, metavar=_("FILE"), help=_("the file for the answer; else the request's name with .answer"))
    join = verb("join", N_("join a server with an invitation code"), _join)
    join.add_argument("url", nargs="?", metavar="URL", help=_("address of the server"))
    join.add_argument("code", nargs="?", metavar=_("CODE"), help=_("the invitation code"))
    join.add_argument("--request", type=Path, metavar=_("FILE"), help=_("without a line: write a request with the code into this file"))
    join.add_argument("--answer", type=Path, metavar=_("FILE"), help=_("without a line: join with the answer that is in this file"))
    _admin(join)
    sync = verb("sync", N_("exchange with the server now"), machine.sync)
    sync.add_argument(
        "--url", metavar="URL", help=_("with whoever answers there: the server, a regional laptop, another one of the centre")
    )
    verb("status", N_("show what this computer holds and how far it is safe elsewhere"), status.status)


def _invite(arguments: argparse.Namespace) -> Done:
    if arguments.into and not arguments.answer:
        raise WrongUsage(_("--into belongs to --answer"))
    return routes.answer_by_file(arguments) if arguments.answer else machine.invite(arguments)


def _join(arguments: argparse.Namespace) -> Done:
    """URL CODE; or a code and a file for the request; or a file with the answer, and perhaps the server's address."""
    if arguments.request and arguments.answer:
        raise WrongUsage(_("--request comes first, --answer later"))
    if arguments.request:
        if not arguments.url or arguments.code or arguments.admin is not None:
            raise WrongUsage(_("a request takes the invitation code and nothing else"))
        arguments.code = arguments.url
        return routes.ask_by_file(arguments)
    if arguments.answer:
        if arguments.code:
            raise WrongUsage(_("an answer needs no invitation code"))
        return routes.join_by_answer(arguments)
    if arguments.code and "://" in arguments.code and "://" not in arguments.url:
        raise WrongUsage(_("the address of the server comes first, then the invitation code"))
    if not arguments.code:
        raise WrongUsage(_("the address of the server or the invitation code is missing"))
    return machine.join(arguments)


def _size(typed: str) -> int:
    size = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < len(str(FILE_MOST_BYTES)) + 1 else 0
    if not FILE_LEAST_BYTES <= size <= FILE_MOST_BYTES:
        raise argparse.ArgumentTypeError(_("a size in bytes from %(least)s to %(most)s", least=FILE_LEAST_BYTES, most=FILE_MOST_BYTES))
    return size


def _of_routes(verbs: "argparse._SubParsersAction[Parser]", everywhere: Parser) -> None:
    does = _("exchange by stick")
    bundle = verbs.add_parser("bundle", help=does, description=does, parents=[everywhere])
    bundle.set_defaults(command=_no_verb)
    inner = bundle.add_subparsers(metavar=_("COMMAND"))
    write = inner.add_parser("write", help=_("write what a computer lacks into a file"), parents=[everywhere])
    write.set_defaults(command=routes.write_bundle)
    write.add_argument("file", type=Path, metavar=_("FILE"), help=_("a file that is not there yet"))
    write.add_argument("--to", metavar=_("NODE"), help=_("for this computer, by its key, eight digits of it, or its name; else the server"))
    write.add_argument("--size", type=_size, default=FILE_MOST_BYTES, metavar=_("BYTES"), help=_("split what is larger into several files"))
    read = inner.add_parser("read", help=_("take over what files hold; they stay as they are"), parents=[everywhere])
    read.set_defaults(command=routes.read_bundles)
    read.add_argument("files", type=Path, nargs="+", metavar=_("FILE"), help=_("files, or a folder with them"))
    does = _("the computers of the directory")
    node = verbs.add_parser("node", help=does, description=does, parents=[everywhere])
    node.set_defaults(command=_no_verb)
    inner = node.add_subparsers(metavar=_("COMMAND"))
    listing = inner.add_parser("list", help=_("list them: when heard, newest receipt"), parents=[everywhere])
    listing.set_defaults(command=routes.list_nodes)
    revoke = inner.add_parser("revoke", help=_("central: let nothing that a computer writes from now on count"), parents=[everywhere])
    revoke.set_defaults(command=routes.revoke_node)
    revoke.add_argument("node", metavar=_("NODE"), help=_("its key, eight digits of it, or its name"))
    revoke.add_argument("--yes", action="store_true", help=_("do it without asking"))


def _of_records(verb: Callable[[str, str, Command], Parser]) -> None:
    bring = verb("import", N_("import a CSV file; all problems are listed, nothing is half done"), records.import_file)
    bring.add_argument("kind", choices=records.KINDS, help=_("what the rows are"))
    bring.add_argument("file", type=Path, metavar=_("FILE"), help=_("the file"))
    bring.add_argument("--dry-run", action="store_true", help=_("only check, change nothing"))
    take = verb("export", N_("export a table as CSV or JSON, by the file's ending"), records.export_file)
    take.add_argument("table", choices=(*records.EXPORTS, *records.REPORTS), help=_("what to export"))
    take.add_argument("file", type=Path, metavar=_("FILE"), help=_("the file"))


def _of_care(verb: Callable[[str, str, Command], Parser]) -> None:
    check = verb("check", N_("check that the database is whole"), care.check)
    check.add_argument("--deep", action="store_true", help=_("also build all rows anew and compare"))
    check.add_argument("--repair", action="store_true", help=_("and mend what can be: rows from segments, segments from a peer"))
    check.add_argument("--noted", action="store_true", help=_("the note that a save may be missing has been read"))
    backup = verb("backup", N_("write a verified copy of the database"), copies.backup)
    backup.add_argument("file", type=Path, metavar=_("FILE"), help=_("the file"))
    restore = verb("restore", N_("put a backup in the place of the database, which is kept"), copies.restore)
    restore.add_argument("file", type=Path, metavar=_("FILE"), help=_("the file"))
    restore.add_argument("--leave-unsent", action="store_true", help=_("even if the present database holds changes that were never sent"))
    verb("doctor", N_("examine disk, clock, port, database and data folder"), care.doctor)


def _of_users(verbs: "argparse._SubParsersAction[Parser]", everywhere: Parser) -> None:
    user = verbs.add_parser("user", help=_("the users of this computer"), description=_("the users of this computer"), parents=[everywhere])
    user.set_defaults(command=_no_verb)
    inner = user.add_subparsers(metavar=_("COMMAND"))
    add = inner.add_parser("add", help=_("add a user"), parents=[everywhere])
    add.set_defaults(command=users.add)
    add.add_argument("username", metavar=_("NAME"), help=_("the username"))
    add.add_argument("--role", choices=users.ROLES, help=_("the role; unless given, the one that keeps the records"))
    add.add_argument("--name", metavar=_("TEXT"), help=_("the full name"))
    add.add_argument("--admin", action="store_true", help=_("may also keep this computer: accounts, backup, joining"))
    _password(add)
    listing = inner.add_parser("list", help=_("list the users"), parents=[everywhere])
    listing.set_defaults(command=users.show)
    reset = inner.add_parser("reset", help=_("give a user a new first password"), parents=[everywhere])
    reset.set_defaults(command=users.reset)
    reset.add_argument("username", metavar=_("NAME"), help=_("the username"))
    _password(reset)


def _no_verb(arguments: argparse.Namespace) -> Done:
    del arguments
    raise WrongUsage(_("a command is missing; daftari --help lists them"))
