"""The other routes: `bundle write`, `bundle read`; joining by files; and the computers at their ends: `node list`, `node revoke`."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from tracker import replication
from tracker.cli.machine import first_user, joinable, joined
from tracker.cli.status import own_standing
from tracker.cli.users import settings_of
from tracker.cli.voice import at_work, CommandError, Done
from tracker.errors import DomainError, N_
from tracker.i18n import _, format_instant, ngettext, say
from tracker.nodes.queries import directory, Listed
from tracker.policy import OPERATOR
from tracker.replication import Brought, is_central, Node, revoked_keys, sentence_of
from tracker.replication.sticks import Part, SUFFIX

KEY_DIGITS = 8
OWN, STRANGER = "sync.own_bundle", "sync.stranger"
REFUSED = {
    STRANGER: N_(
        "it is from or for a computer that is not in the directory here. Exchange with the central office first, then read it again."
    ),
}
HERE_UNKNOWN = N_("it is from or for a computer that is not in the directory: of another programme, or one that has yet to join.")


class NoSuchNode(CommandError):
    """The directory has no such computer."""

    code = "node.unknown"
    sentence = N_("The directory has no computer %(node)s. The command node list names them all.")


class SeveralNodes(CommandError):
    """The name or the beginning of a key fits more than one."""

    code = "node.several"
    sentence = N_("Several computers are called %(node)s. Name the one by the first eight digits of its key, as node list shows them.")


class ToWhom(CommandError):
    """At central a bundle is for one of many."""

    code = "bundle.to_whom"
    sentence = N_("Say for which computer the bundle is: --to NODE. The command node list names them all.")


class ToRevoked(CommandError):
    """Nothing is told to a computer whose key is revoked."""

    code = "node.revoked"
    sentence = N_("The computer %(name)s is revoked: nothing is written for it any more.")


class NothingThere(CommandError):
    """A folder without bundles."""

    code = "bundle.nothing_there"
    sentence = N_("The folder %(folder)s holds no file that ends in .daftari.")


class NotWhole(CommandError):
    """Some of what was to be read is missing or damaged."""

    code = "bundle.not_whole"
    sentence = N_("Not everything could be read. What is whole was taken over.")


class NotConfirmed(CommandError):
    """Revoking wants a second word."""

    code = "node.not_confirmed"
    sentence = N_("Nothing was changed. To revoke the computer %(name)s for good, say so with: daftari node revoke %(key)s --yes")


class RevokedAlready(CommandError):
    """Once is enough."""

    code = "node.revoked"
    sentence = N_("The computer %(name)s is revoked already. Nothing was changed.")


class NotThatOne(CommandError):
    """The server would cut off its own hand."""

    code = "node.not_that_one"
    sentence = N_("The central office's own server cannot be revoked.")


# ---- who is who


def node_named(wanted: str) -> Node:
    """A computer of the directory by its key, the first eight digits of it or more, or its name. Raises NoSuchNode, SeveralNodes."""
    nodes, digits = replication.nodes(), wanted.strip().casefold()
    found = [node for node in nodes if len(digits) >= KEY_DIGITS and node.key.hex().startswith(digits)]
    found = found or [node for node in nodes if node.name.casefold() == digits]
    if not found:
        raise NoSuchNode(node=wanted)
    if len(found) > 1:
        lines = [_called(node) for node in found]
        raise SeveralNodes(node=wanted, lines=lines)
    return found[0]


def _called(node: Node) -> str:
    return f"{node.key.hex()[:KEY_DIGITS]}  {node.name} ({node.seat})"


def _names(keys: Iterable[bytes]) -> str:
    """What people call these computers."""
    known = {node.key: node.name for node in replication.nodes()}
    return ", ".join(known.get(key) or key.hex()[:KEY_DIGITS] for key in keys)


# ---- bundle write


def write_bundle(arguments: argparse.Namespace) -> Done:
    """`bundle write FILE [--to NODE] [--size BYTES]`."""
    from tracker.nodes import actions

    with at_work(settings_of(arguments)):
        recipient = _recipient(arguments.to)
        if recipient in revoked_keys():
            raise ToRevoked(name=_names([recipient]))
        written = actions.write_bundle(OPERATOR, arguments.file, recipient, most=arguments.size)
        name = _names([recipient])
        files = [{"file": str(path), "bytes": path.stat().st_size} for path in written.files]
        standing = own_standing()
    facts = {
        "files": files,
        "bytes": written.bytes,
        "changes": written.changes,
        "mail": written.mail,
        "to": recipient.hex(),
        "to_name": name,
        "heads": written.heads,
    }
    lines = [
        ngettext("%(n)d change is written for %(name)s.", "%(n)d changes are written for %(name)s.", written.changes, name=name),
        *(f"  {each['file']}: {each['bytes']} B" for each in files),
    ]
    if written.mail:
        lines += [ngettext("%(n)d sealed letter of others goes along.", "%(n)d sealed letters of others go along.", written.mail)]
    if arguments.file.suffix.casefold() != SUFFIX:
        lines += [_("The name does not end in .daftari: whoever reads it has to name the file itself, not its folder.")]
    if len(files) > 1:
        lines += [_("All these files belong together: carry them all.")]
    lines += [_("Nothing counts as sent until the answer has come back. Read that with: daftari bundle read FILE"), *standing]
    return Done(facts, lines)


def _recipient(wanted: str | None) -> bytes:
    """Raises NoSuchNode, SeveralNodes, ToWhom, NotJoined."""
    if wanted is not None:
        return node_named(wanted).key
    hub = replication.hub_key()
    if hub is None:
        raise ToWhom if is_central() else replication.NotJoined
    return hub


# ---- bundle read


class Reading(NamedTuple):
    """What became of a file: what it brought, or why it could not be read."""

    file: Path
    brought: Brought
    error: DomainError | None = None


def read_bundles(arguments: argparse.Namespace) -> Done:
    """`bundle read FILE...`: files, or folders with all the bundles in them."""
    with at_work(settings_of(arguments)):
        readings = _read_all(_files(arguments.files))
        if len(readings) == 1 and readings[0].error:
            raise readings[0].error
        taken = {part for each in readings for part in each.brought.parts}
        missing = sorted({part for each in readings for part in each.brought.missing} - taken)
        facts = _facts(readings, missing)
        lines = [line for each in readings for line in _lines(each, among=readings)] + _lines_of_missing(missing)
        senders, revoked = list(dict.fromkeys(sender for each in readings for sender in each.brought.senders)), revoked_keys()
        if stopped := [sender for sender in senders if sender in revoked]:
            sentence = N_(
                "Revoked: %(names)s. What was written there since counts nowhere; it is kept for review, and nothing is answered."
            )
            lines.append(_(sentence, names=_names(stopped)))
        senders = [sender for sender in senders if sender not in revoked]
        if senders:
            to = " --to NODE" if is_central() else ""
            lines += [
                _("Write the answer for %(names)s with: %(command)s", names=_names(senders), command=f"daftari bundle write FILE{to}")
            ]
        lines += own_standing()
    if not facts["whole"]:
        raise NotWhole(facts=facts, lines=lines)
    return Done(facts, lines)


def _files(named: Sequence[Path]) -> list[Path]:
    """The files, and those in the folders; raises NothingThere."""
    found: list[Path] = []
    for path in named:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(each for each in path.iterdir() if each.suffix.casefold() == SUFFIX and not each.name.startswith("."))
        if not inside:
            raise NothingThere(folder=path)
        found += inside
    return list(dict.fromkeys(found))


def _read_all(files: Sequence[Path]) -> list[Reading]:
    """Read the files; one that comes before the file that it stands on is read again after that."""
    readings = {file: _read(file) for file in files}
    early = [file for file in files if readings[file].brought.early]
    while early:
        for file in early:
            before = readings[file].brought
            again = _read(file)
            again.brought.changes += before.changes
            readings[file] = again
        still = [file for file in early if readings[file].brought.early]
        if len(still) == len(early):
            break
        early = still
    return list(readings.values())


def _read(file: Path) -> Reading:
    from tracker.nodes import actions

    try:
        return Reading(file, actions.read_bundle(OPERATOR, file))
    except DomainError as error:
        return Reading(file, Brought(), error)


def _stays(reading: Reading, among: Sequence[Reading]) -> bool:
    """Whether this computer has written the file itself, and it only lies on the stick beside what was brought here."""
    return set(reading.brought.refused) == {OWN} and not all(set(each.brought.refused) == {OWN} for each in among)


def _facts(readings: Sequence[Reading], missing: Sequence[Part]) -> dict[str, object]:
    found = [each.brought for each in readings]
    is_whole = not missing and all(
        _stays(each, readings)
        or not (each.error or each.brought.early or each.brought.damaged or each.brought.lost or each.brought.refused)
        for each in readings
    )
    return {
        "whole": is_whole,
        "changes": sum(each.changes for each in found),
        "mail": sum(each.mail for each in found),
        "from": sorted({key.hex() for each in found for key in each.senders}),
        "carried_for": sorted({key.hex() for each in found for key in each.carried_for}),
        "missing": [part._asdict() for part in missing],
        "files": [
            {
                "file": str(each.file),
                "changes": each.brought.changes,
                "mail": each.brought.mail,
                "parts": [part._asdict() for part in each.brought.parts],
                "early": [part._asdict() for part in each.brought.early],
                "damaged": each.brought.damaged,
                "lost_bytes": each.brought.lost,
                "refused": each.brought.refused,
                "error": each.error.code if each.error else None,
            }
            for each in readings
        ],
    }


def _lines(reading: Reading, *, among: Sequence[Reading]) -> list[str]:
    file, brought = reading.file.name, reading.brought
    if reading.error:
        return [say(reading.error)]
    if _stays(reading, among):
        return [_("%(file)s: written by this computer itself. It stays as it is, for the computer that it is meant for.", file=file)]
    lines: list[str] = []
    if brought.senders:
        names = _names(brought.senders)
        lines.append(
            ngettext(
                "%(file)s: %(n)d change from %(names)s.", "%(file)s: %(n)d changes from %(names)s.", brought.changes, file=file, names=names
            )
        )
    if brought.mail:
        names = _names(brought.carried_for)
        lines.append(
            ngettext(
                "%(file)s: %(n)d sealed letter is carried on for %(names)s.",
                "%(file)s: %(n)d sealed letters are carried on for %(names)s.",
                brought.mail,
                file=file,
                names=names,
            )
        )
    return [*lines, *_lines_of_faults(file, brought)]


def _lines_of_faults(file: str, brought: Brought) -> list[str]:
    lines: list[str] = []
    if brought.damaged:
        sentence = N_("%(file)s: %(n)s parts are damaged. Copy the file once more, or have it written anew.")
        lines.append(_(sentence, file=file, n=brought.damaged))
    if brought.lost:
        sentence = N_("%(file)s: %(n)s bytes are damaged or cut off. Copy the file once more, or have it written anew.")
        lines.append(_(sentence, file=file, n=brought.lost))
    if brought.early:
        sentence = N_(
            "%(file)s: part %(number)s of %(of)s stands on changes that are not here. Read the parts before it, then this file again; "
            "if there are none, write an answer, so that the other computer learns what is lacking."
        )
        lines += [_(sentence, file=file, number=part.number, of=part.of) for part in brought.early]
    for code in dict.fromkeys(brought.refused):
        sentence = N_("%(file)s: a part was not taken over: %(reason)s")
        reason = HERE_UNKNOWN if code == STRANGER and is_central() else REFUSED.get(code) or sentence_of(code)
        lines.append(_(sentence, file=file, reason=_(reason)))
    return lines


def _lines_of_missing(missing: Sequence[Part]) -> list[str]:
    sentence = N_("Part %(number)s of %(of)s of a bundle is missing. Find the file with it, and read that too.")
    return [_(sentence, number=part.number, of=part.of) for part in missing]


# ---- joining by files


def ask_by_file(arguments: argparse.Namespace) -> Done:
    """`join --request FILE CODE`."""
    from tracker.nodes import actions

    settings = settings_of(arguments)
    with joinable(settings):
        actions.ask_by_file(OPERATOR, arguments.request, arguments.code)
    sentence = N_(
        "The request is in %(file)s. Carry it to the central office, which answers with: daftari invite --answer FILE. "
        "Bring the answer back, then: daftari join --answer FILE"
    )
    return Done({"file": str(arguments.request), "home": str(settings.home)}, [_(sentence, file=arguments.request)])


def answer_by_file(arguments: argparse.Namespace) -> Done:
    """`invite --answer FILE [--into FILE]`, at central."""
    from tracker.nodes import actions

    request = arguments.answer
    answer = arguments.into or request.with_name(f"{request.name}.answer")
    with at_work(settings_of(arguments)):
        actions.answer_by_file(OPERATOR, request, answer)
    sentence = N_("The answer is in %(file)s. Carry it back to the computer that asked; there: daftari join --answer FILE")
    return Done({"file": str(answer), "request": str(request)}, [_(sentence, file=answer)])


def join_by_answer(arguments: argparse.Namespace) -> Done:
    """`join --answer FILE [URL]`."""
    from tracker.nodes import actions

    settings = settings_of(arguments)
    first = first_user(arguments)
    with joinable(settings) as app:
        actions.join_by_answer(OPERATOR, arguments.answer, arguments.url or "")
        settings = app.extensions["settings"]
        sentence = N_("This computer has joined as %(name)s. Exchange by stick with: daftari bundle write FILE")
        return joined(settings, _(sentence, name=settings.name), first)


# ---- node list and node revoke


def list_nodes(arguments: argparse.Namespace) -> Done:
    """`node list`: the directory, by name."""
    with at_work(settings_of(arguments)):
        found = directory(OPERATOR)
        nodes = [{**asdict(each), "key": each.key.hex()} for each in found]
    return Done({"nodes": nodes}, [_line_of(each) for each in found] or [_("The directory is empty: this computer has not joined yet.")])


def _line_of(node: Listed) -> str:
    never = _("never")
    marks = [_("this computer")] if node.is_this else []
    marks += [_("REVOKED")] if node.is_revoked else []
    named = f"{node.key.hex()[:KEY_DIGITS]}  {node.name} ({', '.join([node.seat, *filter(None, [node.centre]), *marks])})"
    sentence = N_("%(node)s: last heard here %(heard)s, newest receipt %(receipt)s")
    heard, receipt = (format_instant(at) if at else never for at in (node.heard_at, node.receipt_at))
    return _(sentence, node=named, heard=heard, receipt=receipt)


def revoke_node(arguments: argparse.Namespace) -> Done:
    """`node revoke NODE [--yes]`, at central."""
    from tracker.nodes import actions

    with at_work(settings_of(arguments)):
        node = node_named(arguments.node)
        key = node.key.hex()[:KEY_DIGITS]
        if node.seat == "central":
            raise NotThatOne
        if node.key in revoked_keys():
            raise RevokedAlready(name=node.name)
        if not is_central():
            raise replication.NotTheRoot
        warning = _(
            "The computer %(name)s (%(key)s) is cut off for good: nothing that it writes from now on counts anywhere. "
            "What it has sent up to now stays. It can come back only with an empty data folder and a new invitation code.",
            name=node.name,
            key=key,
        )
        if not arguments.yes and not _agreed(warning, key, as_json=getattr(arguments, "json", False)):
            raise NotConfirmed(name=node.name, key=key, lines=[warning])
        partitions = actions.revoke(OPERATOR, node.key)
    done = _("The computer %(name)s is revoked. The others learn it with their next exchange.", name=node.name)
    return Done({"node": node.key.hex(), "name": node.name, "partitions": partitions}, [done])


def _agreed(warning: str, key: str, *, as_json: bool) -> bool:
    """Whether a person at the terminal types the key's first digits."""
    if as_json or sys.stdin is None or not sys.stdin.isatty():
        return False
    print(warning, file=sys.stderr)
    print(_("Type %(key)s to go on:", key=key), end=" ", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() == key
