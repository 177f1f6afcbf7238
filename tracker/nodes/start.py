"""The first steps in the browser: language, centre, first cohort, first person. Only on the computer itself, and only once."""

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import exists, select

from tracker import replication
from tracker.accounts import actions as accounts
from tracker.accounts import rules as accounts_rules
from tracker.country import tz
from tracker.db import db
from tracker.errors import NotFound
from tracker.i18n import _, language, say
from tracker.nodes import forms, rules, start_actions
from tracker.people.models import Cohort
from tracker.programmes.queries import programmes
from tracker.replication import SyncError
from tracker.web import give_cookie, page, public, typed

bp = Blueprint("start", __name__)
STEPS = 4
ITSELF = frozenset({"127.0.0.1", "::1"})


def _is_here() -> bool:
    """Whether the browser runs on this computer; one behind a proxy on it does not."""
    return request.remote_addr in ITSELF and not {"X-Forwarded-For", "Forwarded"} & set(request.headers.keys())


@bp.before_app_request
def lead_here() -> ResponseReturnValue | None:
    """Until the first steps are taken every page leads to them; afterwards they are no page at all."""
    if request.endpoint in {"static", "sync.sync"}:
        return None
    is_open, is_ours = start_actions.are_open(), request.blueprint == bp.name
    if not is_open:
        if is_ours:
            raise NotFound
        return None
    if not _is_here():
        raise rules.NotHere
    return None if is_ours else redirect(url_for("start.language_step"))


def _next() -> ResponseReturnValue:
    """The step that comes now: what is done is in the database, so a browser that was closed goes on where it was."""
    if not replication.is_set_up():
        return redirect(url_for(".centre"))
    home = replication.home()
    has_cohort = not home or db.session.scalar(select(exists().where(Cohort.partition == home)))
    return redirect(url_for(".person" if has_cohort else ".cohort"))


@bp.route("/")
@public
def language_step() -> ResponseReturnValue:
    """The language; both are offered in both."""
    if replication.is_set_up():
        return _next()
    return page("start/language.html", step=1, steps=STEPS)


@bp.route("/centre", methods=["GET", "POST"])
@public
def centre() -> ResponseReturnValue:
    """A centre that begins alone."""
    if replication.is_set_up():
        return _next()
    form = forms.CentreForm()
    form.region.choices = [("", _("Choose the region.")), *tz.choices("regions", language())]
    if form.validate_on_submit():
        start_actions.found(typed(form.name), typed(form.short_name), typed(form.region))
        return _next()
    return page("start/centre.html", form=form, step=2, steps=STEPS)


@bp.route("/join", methods=["GET", "POST"])
@public
def join() -> ResponseReturnValue:
    """A computer that was invited."""
    if replication.is_set_up():
        return _next()
    form = forms.JoinForm()
    if form.validate_on_submit():
        try:
            start_actions.join(typed(form.url), typed(form.code))
        except rules.WrongAddress as refusal:
            form.url.errors = [say(refusal)]
        except SyncError as failure:
            if replication.is_set_up():  # joined, and only what it fetches is still under way
                flash(_(failure.sentence, **failure.params))
                return _next()
            form.code.errors = [_(failure.sentence, **failure.params)]
        else:
            return _next()
    return page("start/join.html", form=form, step=2, steps=STEPS)


@bp.route("/cohort", methods=["GET", "POST"])
@public
def cohort() -> ResponseReturnValue:
    """The first cohort; it may wait."""
    if not replication.is_set_up() or not replication.home():
        return _next()
    form = forms.CohortForm()
    form.programme.choices = [
        ("", _("Choose the programme.")),
        *((each.code, each.name_en if language() == "en" else each.name_sw) for each in programmes()),
    ]
    if form.validate_on_submit():
        start_actions.open_cohort(typed(form.name), typed(form.programme), form.starts_on.data)
        return redirect(url_for(".person"))
    return page("start/cohort.html", form=form, step=3, steps=STEPS)


@bp.route("/person", methods=["GET", "POST"])
@public
def person() -> ResponseReturnValue:
    """The first person who signs in; he is signed in at once."""
    if not replication.is_set_up():
        return _next()
    form = forms.FirstUserForm()
    if form.validate_on_submit():
        try:
            credential = start_actions.finish(typed(form.name), typed(form.username), typed(form.password))
        except (accounts_rules.BadUsername, accounts_rules.UsernameTaken) as refusal:
            form.username.errors = [say(refusal)]
        except accounts_rules.WeakPassword as refusal:
            form.password.errors = [say(refusal)]
        else:
            token = accounts.sign_in(credential.username, typed(form.password), device="", address=request.remote_addr or "")
            flash(_("Everything is ready. Welcome."))
            return give_cookie(redirect(url_for("home")), "s", token)
    return page("start/person.html", form=form, step=4, steps=STEPS)
