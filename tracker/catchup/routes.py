"""Pages of what closures took and how it is made up: cohorts, ways, people, new ends with their notices, remote packs."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, TypeVar

from flask import Blueprint, flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from tracker import clock, inputs
from tracker.catchup import actions, checks, forms, models, queries, schemas, words
from tracker.catchup.debt_queries import CohortDebt, debt_of, StayDebt
from tracker.catchup.rules import Kind, Way
from tracker.errors import DomainError
from tracker.i18n import _, ngettext, say
from tracker.policy import may
from tracker.web import Form, may_, page

bp = Blueprint("catchup", __name__)
TABLES = (models.RemotePack, models.RemotePackReturn)

Done = TypeVar("Done")
MORE_MINUTES = 120  # the order of 2020, and a good beginning for trying what helps
LONGEST_DAY_TEXT = 20
# Beside which field a refusal stands; the others stand above the form.
FIELD_OF: dict[type[DomainError], str] = {
    checks.NoMinutes: "more",
    checks.EndsBeforeItBegins: "until",
    checks.FarDate: "since",
    checks.NoTitle: "title",
    checks.NoPackHours: "hours",
}


def _try(form: Form, act: Callable[[], Done]) -> Done | None:
    """What was done; None with the reason beside the field where it was refused."""
    try:
        return act()
    except DomainError as refusal:
        if refusal.status in {403, 404}:
            raise
        name = FIELD_OF.get(type(refusal), "")
        if name in form:
            form[name].errors = [*form[name].errors, say(refusal)]
        else:
            form.form_errors.append(say(refusal))
        return None


def _debt(cohort_id: str) -> CohortDebt:
    return debt_of(g.actor, queries.cohort_for(g.actor, cohort_id))


def _may(debt: CohortDebt) -> dict[str, bool]:
    cohort = debt.cohort
    return {
        "may_choose": may(g.actor, "close", cohort),
        "may_move": may(g.actor, "edit-placements", cohort),
        "may_mark": may(g.actor, "mark", cohort),
    }


@bp.app_context_processor
def moved_end() -> dict[str, Any]:
    """`moved_end(kind, row)` for pages of earlier slices: the end of a cohort or a placement, with the original beside it."""

    def worded(kind: str, row: Any) -> str:
        kept = g.setdefault("moved_ends", {})  # a list asks for each of its rows
        if row.partition not in kept:
            kept[row.partition] = queries.ends_of(row.partition)
        return words.moved(row.ends_on, kept[row.partition].extension(kind, row))

    return {"moved_end": worded}


# ---- cohorts


@bp.route("/")
@may_("read")
def cohorts() -> ResponseReturnValue:
    """The cohorts of a centre with what they owe and when it will be made up."""
    partition = queries.scope(g.actor, request.args.get("centre"))
    found = queries.summaries(g.actor, partition) if partition else []
    return page("catchup/cohorts.html", found=found, partition=partition, centres=queries.centre_names(g.actor), words=words)


@bp.route("/<cohort_id>")
@may_("read")
def cohort(cohort_id: str) -> ResponseReturnValue:
    """A cohort: how its debt comes about, what was ordered, who owes how much."""
    debt = _debt(cohort_id)
    people = debt.people(g.actor)
    total = queries.summary(g.actor, debt, people)
    return page(
        "catchup/cohort.html",
        debt=debt,
        total=total,
        people=people,
        orders=queries.orders(debt),
        extensions=queries.extensions(debt),
        words=words,
        today=clock.today(),
        **_may(debt),
    )


@bp.route("/<cohort_id>/people/<apprentice_id>")
@may_("read")
def person(cohort_id: str, apprentice_id: str) -> ResponseReturnValue:
    """One apprentice: how the debt at the centre and at the workplace comes about, line by line."""
    debt = _debt(cohort_id)
    return page("catchup/person.html", debt=debt, each=queries.debtor(g.actor, debt, apprentice_id), words=words)


# ---- ways


@bp.route("/<cohort_id>/choose", methods=["GET", "POST"])
@may_("close")
def choose(cohort_id: str) -> ResponseReturnValue:
    """See what each way of catching up brings, then announce some of them in one step."""
    queries.cohort_for(g.actor, cohort_id, "close")
    debt = _debt(cohort_id)
    total = queries.summary(g.actor, debt)
    form = forms.WaysForm(
        since=clock.today() + timedelta(days=1), more=words.hours(MORE_MINUTES), saturday=words.hours(debt.usual), no_break=False
    )
    values = inputs.accept(form, schemas.WaysSchema())
    chosen = _chosen(form, values) if values else []
    if values and "see" not in request.form and _announce(form, cohort_id, chosen, values):
        flash(_("The ways of catching up are announced. Days that they add are days of training from now on."))
        return redirect(url_for(".cohort", cohort_id=cohort_id))
    offered = _sound(chosen) or ([] if form.is_submitted() and values is None else _all_ways(form, debt, values))
    effects = debt.effects(total.largest, offered)
    return page("catchup/choose.html", form=form, debt=debt, total=total, effects=effects, words=words)


def _announce(form: Form, cohort_id: str, ways: Sequence[Way], values: dict[str, Any]) -> bool:
    about = {name: values[name] or "" for name in ("authority", "reference")}
    return bool(_try(form, lambda: actions.announce(g.actor, cohort_id, ways, **about)))


def _ways(values: dict[str, Any]) -> dict[Kind, Way]:
    since, until = values["since"], values["until"]
    return {
        Kind.LONGER_DAYS: Way(Kind.LONGER_DAYS, since, until, values["more"]),
        Kind.SATURDAYS: Way(Kind.SATURDAYS, since, until, values["saturday"]),
        Kind.NO_BREAK: Way(Kind.NO_BREAK, since, until),
    }


def _chosen(form: Form, values: dict[str, Any]) -> list[Way]:
    return [way for kind, way in _ways(values).items() if form[kind.value].data]


def _sound(ways: Sequence[Way]) -> list[Way]:
    """Those of the ways that could be carried out: of the others no effect can be told."""
    found = []
    for way in ways:
        try:
            found.append(checks.check_way(way, clock.today()))
        except DomainError:
            continue
    return found


def _all_ways(form: Form, debt: CohortDebt, values: dict[str, Any] | None) -> list[Way]:
    """All ways that could help: those whose days lie ahead and are not used yet."""
    values = values or {"since": form.since.data, "until": None, "more": MORE_MINUTES, "saturday": debt.usual}
    ahead = {kind for kind, days in debt.days_to_add.items() if days}
    return [way for kind, way in _ways(values).items() if kind in ahead and _sound([way])]


@bp.route("/ways/<catch_up_id>/end", methods=["GET", "POST"])
@may_("close")
def end_way(catch_up_id: str) -> ResponseReturnValue:
    """Let a way end before its time, or say that it was never carried out."""
    row = queries.catch_up_for(g.actor, catch_up_id, "close")
    form, back = forms.StopForm(), url_for(".cohort", cohort_id=row.cohort_id)
    if values := inputs.accept(form, schemas.StopSchema()):
        why, last_day = values["why"], values["last_day"]
        if _try(form, lambda: _end(catch_up_id, last_day, why)):
            flash(_("It is withdrawn. It stays to be read, with its reason."))
            return redirect(back)
    title = _("Withdraw a way of catching up")
    hint = _("Leave the last day empty if it was never carried out: then nothing of it counts.")
    return page("catchup/form.html", form=form, title=title, about=queries.cohort_name(row), hint=hint, back=back, submit=_("Withdraw"))


def _end(catch_up_id: str, last_day: date | None, why: str) -> object:
    if last_day is None:
        return actions.withdraw_way(g.actor, catch_up_id, why)
    return actions.end_way(g.actor, catch_up_id, last_day, why)


@bp.route("/ways/<catch_up_id>/restore", methods=["POST"])
@may_("close")
def restore_way(catch_up_id: str) -> ResponseReturnValue:
    """Take the withdrawal of a way back."""
    row = actions.restore_way(g.actor, catch_up_id)
    flash(_("The way of catching up stands again."))
    return redirect(url_for(".cohort", cohort_id=row.cohort_id))


# ---- new ends


@bp.route("/<cohort_id>/ends", methods=["GET", "POST"])
@may_("edit-placements")
def ends(cohort_id: str) -> ResponseReturnValue:
    """Propose new ends for a cohort and for the placements of its apprentices, and announce them in one step."""
    queries.cohort_for(g.actor, cohort_id, "edit-placements")
    debt = _debt(cohort_id)
    total, stays = queries.summary(g.actor, debt), debt.stay_debts(g.actor)
    proposed = total.projected if _is_news(total.projected, debt.original_end, debt.ends_on) else None
    form = forms.EndsForm(cohort_end=proposed, announced_on=clock.today())
    form.closure_id.choices = [("", _("No closure in particular")), *words.closures(queries.closures_of(debt), queries.places_of(debt))]
    if not form.is_submitted():
        form.closure_id.data = queries.latest_closure(debt)
    texts = {each.stay.row.id: request.form.get(f"p{each.stay.row.id}", _proposal(each)) for each in stays}
    values = inputs.accept(form, schemas.EndsSchema())
    moved, faults = _read_ends(texts) if form.is_submitted() else ({}, {})
    if values and not faults and _move(form, cohort_id, moved, values):
        flash(_("The new ends are announced. The original ends stay beside them. Now print the notices."))
        return redirect(url_for(".cohort", cohort_id=cohort_id))
    return page("catchup/ends.html", form=form, debt=debt, total=total, stays=stays, texts=texts, faults=faults, words=words)


def _is_news(proposed: date | None, original: date | None, holds: date | None) -> bool:
    return proposed is not None and original is not None and proposed > original and proposed != holds


def _proposal(each: StayDebt) -> str:
    proposed = each.made_up_on
    if proposed is None or not _is_news(proposed, each.stay.row.ends_on, each.stay.ends_on):
        return ""
    return "" if each.next_begin and each.next_begin <= proposed else f"{proposed:%d/%m/%Y}"


def _read_ends(texts: dict[str, str]) -> tuple[dict[str, date], dict[str, str]]:
    """The new ends by placement, and what is wrong by placement."""
    moved, faults = {}, {}
    for placement_id, text in texts.items():
        entry = schemas.EndSchema().read({"ends_on": text[:LONGEST_DAY_TEXT]})
        if entry.faults:
            faults[placement_id] = say(entry.faults[0])
        elif entry.values["ends_on"]:
            moved[placement_id] = entry.values["ends_on"]
    return moved, faults


def _move(form: Form, cohort_id: str, moved: dict[str, date], values: dict[str, Any]) -> bool:
    closure_id = values["closure_id"] if values["closure_id"] in dict(form.closure_id.choices) else None
    return bool(
        _try(
            form,
            lambda: actions.move_ends(
                g.actor,
                cohort_id,
                values["cohort_end"],
                moved,
                values["announced_on"],
                closure_id=closure_id,
                note=values["note"] or "",
            ),
        )
    )


@bp.route("/extensions/<extension_id>/withdraw", methods=["GET", "POST"])
@may_("edit-placements")
def withdraw_extension(extension_id: str) -> ResponseReturnValue:
    """Say that an end was not moved after all."""
    row = queries.extension_for(g.actor, extension_id, "edit-placements")
    form, back = forms.WhyForm(), _back_of(row)
    if values := inputs.accept(form, schemas.WhySchema()):
        actions.withdraw_extension(g.actor, extension_id, values["why"])
        flash(_("The new end is withdrawn: the one before it holds again."))
        return redirect(back)
    about = _("New end: %(ends_on)s", ends_on=row.ends_on)
    return page("catchup/form.html", form=form, title=_("Withdraw the new end"), about=about, back=back, submit=_("Withdraw"))


@bp.route("/extensions/<extension_id>/restore", methods=["POST"])
@may_("edit-placements")
def restore_extension(extension_id: str) -> ResponseReturnValue:
    """Take the withdrawal of a new end back."""
    row = actions.restore_extension(g.actor, extension_id)
    flash(_("The new end stands again."))
    return redirect(_back_of(row))


def _back_of(row: Any) -> str:
    cohort_id = queries.cohort_of(g.actor, row)
    return url_for(".cohort", cohort_id=cohort_id) if cohort_id else url_for(".cohorts")


@bp.route("/<cohort_id>/notices")
@may_("read")
def notices(cohort_id: str) -> ResponseReturnValue:
    """The notices of new ends, one sheet for each person, in both languages."""
    debt = _debt(cohort_id)
    centre = queries.centre_name(debt)
    sheets = [words.letters(each, centre, debt.cohort.name or "") for each in queries.notices(g.actor, debt)]
    return page("catchup/notices.html", debt=debt, sheets=sheets, centre=centre)


# ---- remote packs


@bp.route("/<cohort_id>/packs", methods=["GET", "POST"])
@may_("read")
def packs(cohort_id: str) -> ResponseReturnValue:
    """The remote packs of a cohort, and a new one."""
    found = queries.cohort_for(g.actor, cohort_id)
    form = forms.PackForm(given_on=clock.today())
    if values := inputs.accept(form, schemas.PackSchema()):
        title, minutes, given_on = values["title"], values["hours"] * 60, values["given_on"]
        if pack := _try(form, lambda: actions.give_pack(g.actor, cohort_id, title, minutes, given_on)):
            flash(_("The pack is written down."))
            return redirect(url_for(".pack", pack_id=pack.id))
    return page(
        "catchup/packs.html",
        cohort=found,
        form=form,
        packs=queries.packs(g.actor, found),
        words=words,
        may_mark=may(g.actor, "mark", found),
    )


@bp.route("/packs/<pack_id>")
@may_("read")
def pack(pack_id: str) -> ResponseReturnValue:
    """A pack: who brought it back."""
    found = queries.pack_for(g.actor, pack_id)
    cohort = queries.cohort_for(g.actor, found.cohort_id or "")
    shown = queries.pack_list(g.actor, found)
    return page("catchup/pack.html", found=shown, cohort=cohort, words=words, may_mark=may(g.actor, "mark", cohort))


@bp.route("/packs/<pack_id>/returned", methods=["POST"])
@may_("mark")
def returned(pack_id: str) -> ResponseReturnValue:
    """One apprentice brought the pack back, or did not after all."""
    is_back = request.form.get("back") == "1"
    apprentice_id = request.form.get("apprentice", "")
    actions.mark_returned(g.actor, pack_id, apprentice_id, clock.today() if is_back else None)
    return redirect(url_for(".pack", pack_id=pack_id, _anchor=f"a{apprentice_id}"))


@bp.route("/packs/<pack_id>/all", methods=["POST"])
@may_("mark")
def all_returned(pack_id: str) -> ResponseReturnValue:
    """All others brought the pack back."""
    count = actions.mark_all_returned(g.actor, pack_id, clock.today())
    flash(ngettext("%(n)d more apprentice brought the pack back.", "%(n)d more apprentices brought the pack back.", count))
    return redirect(url_for(".pack", pack_id=pack_id))


@bp.route("/packs/<pack_id>/withdraw", methods=["GET", "POST"])
@may_("mark")
def withdraw_pack(pack_id: str) -> ResponseReturnValue:
    """Say that a pack was never given."""
    found = queries.pack_to_mark(g.actor, pack_id)
    form, back = forms.WhyForm(), url_for(".pack", pack_id=pack_id)
    if values := inputs.accept(form, schemas.WhySchema()):
        actions.withdraw_pack(g.actor, pack_id, values["why"])
        flash(_("The pack is withdrawn. It pays no hours any more."))
        return redirect(url_for(".packs", cohort_id=found.cohort_id))
    return page("catchup/form.html", form=form, title=_("Withdraw the pack"), about=found.title, back=back, submit=_("Withdraw"))


@bp.route("/packs/<pack_id>/restore", methods=["POST"])
@may_("mark")
def restore_pack(pack_id: str) -> ResponseReturnValue:
    """Take the withdrawal of a pack back."""
    actions.restore_pack(g.actor, pack_id)
    flash(_("The pack stands again."))
    return redirect(url_for(".pack", pack_id=pack_id))
