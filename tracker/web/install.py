"""Put the floor of the site under an application."""

from typing import Final

from flask import abort, current_app, Flask, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined

from tracker import clock, config, i18n
from tracker.web import headers, pages, transport
from tracker.web.access import access_of, login_required
from tracker.web.static import install_static, mark_url, static_url, static_version

TEMPLATE_WORDS: Final = {
    "_": i18n._,
    "ngettext": i18n.ngettext,
    "pgettext": i18n.pgettext,
    "language": i18n.language,
    "format_date": i18n.format_date,
    "format_day": i18n.format_day,
    "format_instant": i18n.format_instant,
    "static_url": static_url,
    "static_version": static_version,
    "mark_url": mark_url,
    "today": clock.today,
    "is_clear": transport.is_clear,
}


@login_required
def home() -> ResponseReturnValue:
    """The first page of this person's navigation; without any, the person's own account."""
    return redirect(next((link.url for link in pages.links()), url_for("accounts.me")))


def install(app: Flask, settings: config.Settings) -> None:
    """Settings, hooks, templates, static files and error pages; call it before any blueprint is registered."""
    app.extensions.update(settings=settings, nav=[], top_bar={})
    app.config.update(
        SECRET_KEY=config.secret_key(settings),
        LANGUAGE=settings.language,
        TRUSTED_HOSTS=settings.hosts,
        MAX_CONTENT_LENGTH=settings.request_max_bytes,
        MAX_FORM_MEMORY_SIZE=settings.form_max_bytes,
        MAX_FORM_PARTS=settings.form_max_parts,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A form may stay open as long as the person stays signed in: an attendance page is open all morning.
        WTF_CSRF_TIME_LIMIT=None,
        # It wants a Referer, which our own policy withholds; check_origin does its work.
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_CHECK_DEFAULT=False,
    )
    app.session_interface = headers.HostCookie()
    csrf = CSRFProtect(app)

    def guard() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if view is None:
            return
        if (access := access_of(view)) is None:
            abort(403)
        if access != "node":
            headers.check_origin()
            csrf.protect()

    for step in (pages.settle, transport.check_line, pages.recognise, headers.refuse_nul, headers.size_limit, guard):
        app.before_request(step)
    # Run in reverse order: the language first, packing last.
    for finish in (headers.pack, headers.protect, headers.keep_language):
        app.after_request(finish)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(TEMPLATE_WORDS)
    app.context_processor(pages.frame)
    pages.install_errors(app)
    app.add_url_rule("/", "home", home)
    install_static(app, config.web_folder("static"))
