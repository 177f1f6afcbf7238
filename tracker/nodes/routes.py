"""This computer among the others: where the data is, exchanging now, joining, inviting."""

from flask import Blueprint, current_app, flash, g, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import replication
from tracker.country import tz
from tracker.errors import N_
from tracker.i18n import _, language, say
from tracker.nodes import actions, computers, forms, queries, rules
from tracker.policy import may
from tracker.replication import SyncError
from tracker.web import may_, nav_item, page, SyncState, top_bar, typed, wants_json

bp = Blueprint("nodes", __name__)
nav_item(bp, "machine", N_("This computer"), verb="sync", order=90)
nav_item(bp, "centres", N_("Computers"), verb="sync", order=80, seats=("region", "central"))


def _sync_state() -> SyncState | None:
    return queries.sync_state(g.actor)


top_bar(bp, "sync_state", _sync_state)
top_bar(bp, "is_stopped", replication.is_revoked)
top_bar(bp, "date_doubt", replication.doubts_date)


@bp.route("/")
@may_("sync")
def machine() -> ResponseReturnValue:
    """Where the data is."""
    return page(
        "nodes/machine.html",
        machine=queries.machine(g.actor),
        error_sentence=queries.error_sentence,
        words_on_out=queries.words_on_out,
        twins=computers.twins(g.actor, [replication.home()]) if queries.seat() == "centre" else [],
        may_settle=computers.may_settle(g.actor),
    )


@bp.route("/sync", methods=["POST"])
@may_("sync")
def sync_now() -> ResponseReturnValue:
    """Exchange with the server, and say in a sentence how it went."""
    try:
        report = actions.sync_now(g.actor)
    except rules.AlreadyRunning as refusal:
        sentence, tone = say(refusal), "message"
    except SyncError as failure:
        sentence, tone = _(failure.sentence, **failure.params), "message" if failure.retry else "warning"
    else:
        sentence = _("Exchanged. Sent: %(sent)s, received: %(received)s.", sent=report.changes_sent, received=report.changes_received)
        tone = "message"
    flash(sentence, tone)
    return jsonify(sentence=sentence) if wants_json() else redirect(url_for(".machine"))


@bp.route("/date", methods=["POST"])
@may_("sync")
def confirm_date() -> ResponseReturnValue:
    """The person has looked: the date of this computer is right."""
    actions.confirm_date(g.actor)
    flash(_("Thank you. The date of this computer counts as right."))
    return redirect(url_for("home"))


@bp.route("/looked", methods=["POST"])
@may_("sync")
def looked() -> ResponseReturnValue:
    """The person has looked at the last entries, one of which may be missing."""
    actions.acknowledge_last_save(g.actor)
    flash(_("Thank you. Enter again whatever is missing."))
    return redirect(url_for("home"))


@bp.route("/progress")
@may_("sync")
def progress() -> ResponseReturnValue:
    """How far the exchange under way has come; the page's script asks once a second."""
    return jsonify(queries.progress())


@bp.route("/join", methods=["GET", "POST"])
@may_("join")
def join() -> ResponseReturnValue:
    """Join a server with an invitation code, and fetch what it holds."""
    actions.check_can_join()
    form = forms.JoinForm()
    if form.validate_on_submit():
        try:
            actions.join(g.actor, typed(form.url), typed(form.code))
        except rules.WrongAddress as refusal:
            form.url.errors = [say(refusal)]
        except SyncError as failure:
            form.code.errors = [_(failure.sentence, **failure.params)]
        else:
            flash(_("This computer has joined the server. Sync now, so that it sends what it holds."))
            return redirect(url_for(".machine"))
    return page("nodes/join.html", form=form)


# ---- the others


@bp.route("/centres")
@may_("sync")
def centres() -> ResponseReturnValue:
    """Which computers report here, the longest silent first, and what is on its way to and from them."""
    return page(
        "nodes/centres.html",
        computers=computers.computers(g.actor),
        twins=computers.twins(g.actor),
        may_settle=computers.may_settle(g.actor),
        may_invite=may(g.actor, "invite"),
    )


@bp.route("/centres/<key>")
@may_("sync")
def computer(key: str) -> ResponseReturnValue:
    """One of them."""
    found = computers.computer_for(g.actor, key)
    may_stop = queries.seat() == "central" and may(g.actor, "revoke") and not found.is_revoked
    return page("nodes/computer.html", computer=found, may_stop=may_stop)


@bp.route("/centres/<key>/stop", methods=["GET", "POST"])
@may_("revoke")
def stop(key: str) -> ResponseReturnValue:
    """A computer that was stolen, or is not used any more: what will happen, and a yes."""
    found = computers.computer_for(g.actor, key)
    form = forms.StopForm()
    if found.is_revoked:
        flash(_("This computer is stopped already. Nothing was changed."))
        return redirect(url_for(".computer", key=key))
    if form.validate_on_submit():
        actions.revoke(g.actor, bytes.fromhex(key))
        flash(_("The computer is stopped. The other computers learn it when they next exchange."))
        return redirect(url_for(".computer", key=key))
    return page("nodes/stop.html", computer=found, form=form)


@bp.route("/twins", methods=["POST"])
@may_("sync")
def twins() -> ResponseReturnValue:
    """What a person has found out about a computer that seems to exist twice."""
    values = [request.form.get(name, "") for name in ("partition", "node", "fork", "finding")]
    actions.settle_twins(g.actor, *values)
    flash(_("Thank you. This is kept, and the notice is closed until it happens again."))
    return redirect(url_for(".machine" if queries.seat() == "centre" else ".centres"))


@bp.route("/another", methods=["GET", "POST"])
@may_("join")
def another() -> ResponseReturnValue:
    """The second of two machines with one folder gets a name of its own."""
    form = forms.AnotherForm()
    if form.validate_on_submit():
        try:
            actions.become_another(g.actor, typed(form.code))
        except (rules.AlreadyRunning, replication.StillWrites, replication.OtherCentre) as refusal:
            form.code.errors = [say(refusal)]
        except SyncError as failure:
            form.code.errors = [_(failure.sentence, **failure.params)]
        else:
            flash(_("This computer has a name of its own now."))
            return redirect(url_for(".machine"))
    return page("nodes/another.html", form=form)


@bp.route("/invite", methods=["GET", "POST"])
@may_("invite")
def invite() -> ResponseReturnValue:
    """Make an invitation code; it is shown once, large, to be read out."""
    form = forms.InviteForm()
    form.offer(tz.choices("regions", language()), queries.centre_choices())
    if form.validate_on_submit() and form.is_complete():
        return page("nodes/code.html", name=typed(form.name), code=_invite(form), server=current_app.extensions["settings"].server)
    return page("nodes/invite.html", form=form)


def _invite(form: forms.InviteForm) -> str:
    name, regions = typed(form.name), list(form.regions.data or [])
    if form.kind.data == forms.LAPTOP:
        return actions.invite_laptop(g.actor, typed(form.centre), name)
    if form.kind.data == forms.COORDINATOR:
        return actions.invite_coordinator(g.actor, name, regions, queries.centres_in(regions))
    return actions.invite_centre(g.actor, name, regions[0])
