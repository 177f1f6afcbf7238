"""Pages of the phones of a centre: how they get here, how they are enrolled, the PIN that opens them, and their end."""

from typing import Final

from flask import abort, Blueprint, flash, g, redirect, request, Response, session, url_for
from flask.typing import ResponseReturnValue

from tracker import certificates
from tracker.errors import DomainError, N_
from tracker.i18n import _, say
from tracker.phones import actions, models, pictures, queries, rules
from tracker.phones.forms import EnrolForm, PinForm, WifiForm
from tracker.policy import may
from tracker.web import cookie_name, give_cookie, login_required, may_, nav_item, page, public, reach, set_phone_finder, typed

bp = Blueprint("phones", __name__)
TABLES = (models.Phone, models.Pin, models.EnrolmentCode)
KEY_KEPT_S: Final = 400 * 86_400  # no browser keeps a cookie longer; each PIN begins it anew
AUTHORITY_KIND: Final = "application/x-x509-ca-cert"

nav_item(bp, "index", N_("Phones"), verb="enrol", order=95, seats=("centre", "region"))


def _key() -> str | None:
    return request.cookies.get(cookie_name("d"))


def _phone() -> models.Phone | None:
    """The enrolled phone that asks, looked up once a request."""
    if "phone" not in g:
        g.phone = queries.phone_with(_key())
    found: models.Phone | None = g.phone
    return found


def _phone_id() -> int | None:
    found = _phone()
    return found.id if found else None


set_phone_finder(bp, _phone_id)


def _old_token() -> str | None:
    return request.cookies.get(cookie_name("s"))


@bp.route("/")
@login_required
def index() -> ResponseReturnValue:
    """How a phone gets here, and the phones there are."""
    return _index(WifiForm())


def _index(form: WifiForm) -> ResponseReturnValue:
    settings, may_enrol = g.settings, may(g.actor, "enrol")
    return page(
        "phones/index.html",
        reach=reach(),
        qr=pictures.qr,
        may_enrol=may_enrol,
        wifi_name=settings.wifi_name,
        wifi=pictures.wifi(settings.wifi_name, settings.wifi_password) if settings.wifi_name and may_enrol else None,
        form=form,
        phones=queries.phones_for(g.actor, g.signed_in.credential),
        here=_phone_id(),
    )


@bp.route("/wifi", methods=["POST"])
@may_("enrol")
def wifi() -> ResponseReturnValue:
    """Show a Wi-Fi as a code. The page is the answer itself: the password is to stand in no address."""
    form = WifiForm()
    if not form.validate_on_submit():
        return _index(form)
    name, password = typed(form.name), typed(form.password)
    if may(g.actor, "accounts") and form.keep.data:
        actions.keep_wifi(g.actor, name, password)
    elif may(g.actor, "accounts") and name == g.settings.wifi_name:  # the tick was taken away
        actions.keep_wifi(g.actor, "", "")
    return page("phones/wifi.html", name=name, picture=pictures.wifi(name, password))


@bp.route("/enrol", methods=["POST"])
@may_("enrol")
def enrol() -> ResponseReturnValue:
    """Make a code and show it; like the Wi-Fi's it stands in no address of this computer."""
    found = reach()
    if found is None or not found.urls:
        return redirect(url_for(".index"))
    code = actions.make_code(g.actor, g.signed_in.credential)
    path = url_for(".enter", code=code)
    urls = [f"{url.rstrip('/')}{path}" for url in found.urls]
    return page("phones/code.html", urls=urls, qr=pictures.qr, is_secure=found.is_secure)


@bp.route("/e/<code>", methods=["GET", "POST"])
@public
def enter(code: str) -> ResponseReturnValue:
    """On the phone: choose a PIN. Looking changes nothing, since a messenger may look before the person does."""
    code = code.lower()  # a phone's keyboard may think otherwise
    form, credential = EnrolForm(), queries.invited_by(code)
    if credential is None:
        raise rules.CodeSpent
    if form.validate_on_submit():
        try:
            opened = actions.enrol(code, typed(form.pin), key=_key(), user_agent=request.user_agent.string, old_token=_old_token())
        except rules.WeakPin as refusal:
            form.pin.errors = [say(refusal)]
        else:
            session.clear()
            flash(_("This phone is enrolled. From now on your PIN opens the register on it."))
            response = give_cookie(redirect(url_for("home")), "s", opened.token)
            return give_cookie(response, "d", opened.key, max_age_s=KEY_KEPT_S)
    return page("phones/enter.html", form=form, username=credential.username)


@bp.route("/pin", methods=["GET", "POST"])
@public
def pin() -> ResponseReturnValue:
    """On an enrolled phone: who is it, and the PIN."""
    phone, way_back = _phone(), request.values.get("next")
    people = queries.people_on(phone.id) if phone else []
    if phone is None or not people:
        return redirect(url_for("accounts.sign_in", next=way_back, by="password"))
    form = PinForm(next=way_back)
    form.person.choices = [(each.credential_id, each.name) for each in people]
    if len(people) == 1 and request.method == "GET":
        form.person.data = people[0].credential_id
    if form.validate_on_submit():
        try:
            token = actions.open_with_pin(
                phone.id, form.person.data, typed(form.pin), user_agent=request.user_agent.string, old_token=_old_token()
            )
        except rules.PinGone:
            raise
        except DomainError as refusal:  # a wrong PIN, or one too soon after others
            form.pin.errors = [say(refusal)]
            return page("phones/pin.html", status=refusal.status, form=form)
        session.clear()
        response = give_cookie(redirect(rules.way_back(typed(form.next)) or url_for("home")), "s", token)
        return give_cookie(response, "d", _key() or "", max_age_s=KEY_KEPT_S)
    return page("phones/pin.html", form=form)


@bp.route("/<int:phone_id>/end", methods=["POST"])
@login_required
def end(phone_id: int) -> ResponseReturnValue:
    """End a phone that was lost, or is somebody else's now."""
    actions.end_phone(g.actor, g.signed_in.credential, phone_id)
    flash(_("That phone is ended. It opens nothing any more."))
    return redirect(url_for(".index"))


@bp.route("/authority")
@public
def authority() -> ResponseReturnValue:
    """The certificate of the centre's authority, for a phone to trust. It is no secret."""
    found = certificates.authority(g.settings.home)
    if found is None:
        abort(404)
    return Response(found, mimetype=AUTHORITY_KIND, headers={"Content-Disposition": 'attachment; filename="daftari.crt"'})
