"""The application, put together: the floor, the database, the door to the engine, and the slices in their order."""

from importlib import import_module
from typing import Final

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from tracker import config, replication, web
from tracker.attendance import tap_routes
from tracker.clock import Clock, REAL
from tracker.clock import use as use_clock
from tracker.db import db, prepare_engine
from tracker.disk import Reserve
from tracker.nodes import start, sync_route

# Registration order = import order: each slice may import the ones before it (tests/house/test_imports.py).
SLICES: Final = (
    "accounts",
    "phones",
    "places",
    "programmes",
    "people",
    "employers",
    "scans",
    "calendar",
    "placements",
    "attendance",
    "safety",
    "catchup",
    "resumption",
    "nodes",
    "conflicts",
    "erasure",
    "files",
    "overview",
)


def create_app(settings: config.Settings, *, clock: Clock = REAL) -> Flask:
    """The web application of one data folder; the database has to exist before the first request."""
    app = Flask("tracker", template_folder=str(config.web_folder("templates")), static_folder=None)
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    use_clock(app, clock)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies)  # type: ignore[method-assign]
    web.install(app, settings)
    db.init_app(app)
    with app.app_context():
        app.extensions["reserve"] = Reserve(settings.home)
        prepare_engine(db.engine, app.extensions["reserve"])
    replication.install(app)
    for name in SLICES:
        app.register_blueprint(import_module(f"tracker.{name}.routes").bp, url_prefix=f"/{name}")
    app.register_blueprint(tap_routes.bp, url_prefix="/attendance")
    app.register_blueprint(sync_route.bp)
    app.register_blueprint(start.bp, url_prefix="/start")
    return app
