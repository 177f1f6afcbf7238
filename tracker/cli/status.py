"""`status`: what this computer holds, and how far it is safe elsewhere by the signed word of others."""

import argparse
from dataclasses import asdict

from tracker import clock
from tracker.cli.care import note_of
from tracker.cli.users import settings_of
from tracker.cli.voice import at_work, Done
from tracker.errors import N_
from tracker.i18n import _, format_instant, ngettext
from tracker.nodes import queries
from tracker.policy import NATION
from tracker.replication import Kept

REVOKED = N_(
    "This computer is revoked: what is written here from now on counts nowhere else. Ask the central office, and join again with an "
    "empty data folder."
)


def status(arguments: argparse.Namespace) -> Done:
    """`status`."""
    from tracker import replication
    from tracker.replication import dates

    settings = settings_of(arguments)
    with at_work(settings):
        peer, partitions, out = replication.hub_key(), _partitions(), queries.bundles_out()
        is_revoked, is_doubtful, note = replication.is_revoked(), dates.doubt(), note_of(settings)
        facts = {
            "home": str(settings.home),
            "seat": settings.seat,
            "name": settings.name,
            "partition": replication.home(),
            "server": settings.server,
            "joined": peer is not None,
            "revoked": is_revoked,
            "date_doubtful": is_doubtful,
            "last_save_in_doubt": bool(note),
            "bundles_out": [{"file": each.file, "to": each.peer, "at": each.at} for each in out],
            "partitions": partitions,
        }
        lines = [f"{settings.name} ({settings.seat})"]
        lines += own_standing()
        lines += [_(dates.WRONG_DATE, date=clock.now())] if is_doubtful else []
        lines += note
        for each in partitions:
            lines += _lines(each, settings.seat, joined=peer is not None)
        lines += [queries.words_on_out(out)] if out else []
    return Done(facts, lines)


def own_standing() -> list[str]:
    """What somebody has to be told whose computer is revoked, before he goes on believing that what he sends counts."""
    from tracker import replication

    return [_(REVOKED)] if replication.is_revoked() else []


def _partitions() -> list[dict[str, object]]:
    """What is known of each partition held here."""
    from tracker import replication

    names, waiting = queries.centre_names(), replication.waiting()
    return [
        {
            **asdict(each),
            "name": queries.place_name(each.partition, names),
            "waiting": waiting.get(each.partition, 0),
            "safe": _safe(each.partition),
        }
        for each in replication.status(replication.hub_key())
    ]


def _safe(partition: str) -> dict[str, dict[str, int | None]] | None:
    """By seat: how many changes are not safe there, since when, and its newest receipt; None for the nation's, which begin at central."""
    from tracker import replication

    if partition == NATION:
        return None
    return {seat: kept._asdict() for seat, kept in replication.kept(partition).items()}


def _lines(of: dict[str, object], seat: str, *, joined: bool) -> list[str]:
    sentence = N_("%(name)s [%(partition)s]: %(rows)s rows, %(conflicts)s with two versions")
    lines = [_(sentence, **of)]
    if of["pending"]:
        lines.append("  " + _("%(pending)s changes are not yet sealed for an exchange.", **of))
    if of["quarantined"]:
        lines.append("  " + _("%(quarantined)s changes are kept aside.", **of))
    if of["waiting"]:
        lines.append("  " + _("%(waiting)s segments are lost or incomplete here, and asked of the others at each exchange.", **of))
    safe = of["safe"]
    if isinstance(safe, dict) and joined and seat != "central":
        lines += ["  " + _word_of(_(_SEATS[keeper]), Kept(**safe[keeper])) for keeper in _KEEPERS[seat]]
    return lines


_SEATS = {"region": N_("the region"), "central": N_("the central office")}
_KEEPERS = {"centre": ("region", "central"), "region": ("central",)}


def _word_of(keeper: str, kept: Kept) -> str:
    if kept.stated is None:
        return _("No receipt of %(keeper)s has come yet.", keeper=keeper)
    receipt = format_instant(kept.stated)
    if not kept.unsafe:
        return _("Everything is safe with %(keeper)s, by its receipt of %(receipt)s.", keeper=keeper, receipt=receipt)
    return ngettext(
        "%(n)d change is not yet safe with %(keeper)s, since %(since)s; its newest receipt is of %(receipt)s.",
        "%(n)d changes are not yet safe with %(keeper)s, since %(since)s; its newest receipt is of %(receipt)s.",
        kept.unsafe,
        keeper=keeper,
        since=format_instant(kept.since),
        receipt=receipt,
    )
