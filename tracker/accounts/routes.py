"""Pages to sign in and out, of the own account, and of the users of this machine."""

from flask import Blueprint, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from tracker.accounts import actions, queries, rules
from tracker.accounts.forms import ChangeUserForm, PasswordForm, ResetForm, SHORT_ROLE_NAMES, SignInForm, UserForm
from tracker.db import seen_token
from tracker.errors import N_
from tracker.i18n import _, say
from tracker.policy import Actor, kind_of
from tracker.web import cookie_name, give_cookie, is_clear, login_required, may_, nav_item, page, phone_asking, public, set_loader, typed

bp = Blueprint("accounts", __name__)
nav_item(bp, "users", N_("Users"), verb="accounts", order=90)


def _token() -> str | None:
    return request.cookies.get(cookie_name("s"))


def recognise() -> Actor | None:
    """The person behind the session cookie."""
    token = _token()
    g.signed_in = queries.signed_in(token, phone_asking()) if token else None
    if g.signed_in is None:
        return None
    if is_clear() and not g.signed_in.actor.by_pin:  # a cookie that was meant to stay on this computer
        g.signed_in = None
        return None
    actions.touch(g.signed_in.session)
    actor: Actor = g.signed_in.actor
    return actor


set_loader(bp, recognise)


@bp.before_app_request
def change_first_password() -> ResponseReturnValue | None:
    """A first password, which somebody else knows, opens nothing but the page that changes it."""
    is_open = request.endpoint in {"accounts.password", "accounts.sign_in", "accounts.sign_out", "static"}
    if g.actor is None or is_open or not g.signed_in.credential.must_change:
        return None
    return redirect(url_for("accounts.password"))


def _device() -> str:
    return rules.device_name(request.user_agent.string)


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Sign in and go back to where one came from. An enrolled phone asks for a PIN, unless its owner wants to give the password."""
    if request.method == "GET" and request.args.get("by") != "password" and phone_asking() is not None:
        return redirect(url_for("phones.pin", next=request.args.get("next")))
    form = SignInForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            token = actions.sign_in(
                typed(form.username), typed(form.password), device=_device(), address=request.remote_addr or "", old_token=_token()
            )
        except (rules.WrongSignIn, rules.WaitFirst) as refusal:
            form.password.errors = [say(refusal)]
            return page("accounts/sign_in.html", status=refusal.status, form=form)
        session.clear()  # a form token from before the sign-in is worth nothing afterwards
        way_back = typed(form.next)
        if not rules.is_local_path(way_back):
            way_back = url_for("home")
        return give_cookie(redirect(way_back), "s", token)
    return page("accounts/sign_in.html", form=form)


@bp.route("/sign-out", methods=["POST"])
@public
def sign_out() -> ResponseReturnValue:
    """End this session; nothing of it stays in the browser."""
    if token := _token():
        actions.sign_out(token)
    session.clear()
    response = redirect(url_for(".sign_in"))
    response.delete_cookie(cookie_name("s"), httponly=True, samesite="Lax", secure=request.is_secure)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@bp.route("/me")
@login_required
def me() -> ResponseReturnValue:
    """The own account and where it is signed in."""
    return page(
        "accounts/me.html",
        credential=g.signed_in.credential,
        role=_(SHORT_ROLE_NAMES.get(g.actor.role, g.actor.role)),
        sessions=queries.sessions_of(g.signed_in.credential),
        here=g.signed_in.session,
    )


@bp.route("/sessions/<int:session_id>/end", methods=["POST"])
@login_required
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign out another device of one's own."""
    actions.end_session(g.actor, g.signed_in.credential, session_id)
    flash(_("That device is signed out."))
    return redirect(url_for(".me"))


@bp.route("/password", methods=["GET", "POST"])
@login_required
def password() -> ResponseReturnValue:
    """Change the own password."""
    form, credential = PasswordForm(), g.signed_in.credential
    if form.validate_on_submit():
        try:
            token = actions.change_password(g.actor, credential, current=typed(form.current), new=typed(form.new), device=_device())
        except rules.WeakPassword as refusal:
            form.new.errors = [say(refusal)]
        except (rules.WrongSignIn, rules.WaitFirst) as refusal:
            form.current.errors = [say(refusal)]
        else:
            flash(_("The password is changed. Other devices are signed out."))
            return give_cookie(redirect(url_for("home")), "s", token)
    return page("accounts/password.html", form=form, is_first=credential.must_change)


@bp.route("/users")
@may_("accounts")
def users() -> ResponseReturnValue:
    """Everybody who can sign in here."""
    return page("accounts/users.html", users=queries.users(), role_names=SHORT_ROLE_NAMES)


@bp.route("/users/new", methods=["GET", "POST"])
@may_("accounts")
def new_user() -> ResponseReturnValue:
    """Add a user to the administrator's own partition."""
    form = UserForm()
    form.offer_roles(kind_of(g.actor.home))
    if form.validate_on_submit():
        try:
            actions.add_user(
                g.actor,
                g.actor.home,
                typed(form.username),
                typed(form.name),
                typed(form.role),
                typed(form.password),
                administers=form.administers.data,
            )
        except (rules.BadUsername, rules.UsernameTaken) as refusal:
            form.username.errors = [say(refusal)]
        except rules.WeakPassword as refusal:
            form.password.errors = [say(refusal)]
        else:
            flash(_("%(name)s can sign in now and will be asked for a new password.", name=form.name.data))
            return redirect(url_for(".users"))
    return page("accounts/user_new.html", form=form)


@bp.route("/users/<int:credential_id>", methods=["GET", "POST"])
@may_("accounts")
def user(credential_id: int) -> ResponseReturnValue:
    """Change a user's name, role, and whether he still works here."""
    found = queries.user_for(g.actor, credential_id)
    form = ChangeUserForm(obj=found.staff)
    form.offer_roles(kind_of(found.credential.partition))
    if found.staff is not None and form.validate_on_submit():
        values = {"name": form.name.data, "role": form.role.data, "active": form.active.data}
        actions.change_user(g.actor, credential_id, values, request.form.get("seen"))
        flash(_("The changes are saved."))
        return redirect(url_for(".users"))
    return page("accounts/user.html", form=form, user=found, seen=seen_token(found.staff) if found.staff else None)


@bp.route("/users/<int:credential_id>/reset", methods=["GET", "POST"])
@may_("accounts")
def reset(credential_id: int) -> ResponseReturnValue:
    """Give a user a new first password; the administrator proves once more who is there."""
    form, found = ResetForm(), queries.user_for(g.actor, credential_id)
    if form.validate_on_submit():
        try:
            actions.confirm(g.signed_in.credential, typed(form.own))
            actions.reset_password(g.actor, credential_id, typed(form.new))
        except rules.WeakPassword as refusal:
            form.new.errors = [say(refusal)]
        except (rules.WrongSignIn, rules.WaitFirst) as refusal:
            form.own.errors = [say(refusal)]
        else:
            flash(_("The new first password is set. Give it to %(username)s in person.", username=found.credential.username))
            return redirect(url_for(".users"))
    return page("accounts/reset.html", form=form, user=found)
