"""Static files, each under a version that changes when any of them does, so that a browser may keep them for a year.

The style sheets of `css/` go out as one, `css/daftari.css`: a first page on a phone has four requests to spend.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import cast, Final
from urllib.parse import quote

from flask import abort, current_app, Flask, Response, url_for
from werkzeug.security import safe_join

from tracker.web.access import public
from tracker.web.headers import YEAR_S

STYLES: Final = ("tokens", "base", "layout", "forms", "tables")  # then the slices', by name
BUNDLE: Final = "css/daftari.css"
# Said here, because on Windows the registry may call a script plain text, which a browser with `nosniff` then refuses.
KINDS: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True)
class StaticFiles:
    """The folder of static files."""

    folder: Path

    @cached_property
    def version(self) -> str:
        """Eight letters of a hash over all names and contents. In the path, so that a module's own imports keep it."""
        digest = sha256()
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            digest.update(path.relative_to(self.folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:8]

    @cached_property
    def styles(self) -> str:
        """All style sheets in one, without comments and indents."""
        folder = self.folder / "css"
        more = sorted(path.stem for path in folder.glob("*.css") if path.stem not in STYLES)
        whole = "\n".join((folder / f"{name}.css").read_text(encoding="utf-8") for name in (*STYLES, *more))
        return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"/\*.*?\*/", "", whole, flags=re.DOTALL)).strip()

    def script(self, filename: str) -> str:
        """A script as it goes out: without indents and the words that only explain it, which a phone need not pay for."""
        return re.sub(r"^\s*//.*\n|^[ \t]+|[ \t]+// .*$", "", (self.folder / filename).read_text(encoding="utf-8"), flags=re.MULTILINE)

    @cached_property
    def mark(self) -> str:
        """The mark as a data address: an image of 300 bytes is no request worth."""
        return "data:image/svg+xml," + quote((self.folder / "img" / "mark.svg").read_text(encoding="utf-8").strip(), safe=" =:/,'")


def install_static(app: Flask, folder: Path) -> None:
    """Serve the folder at `/static/<version>/`."""
    app.extensions["static_files"] = StaticFiles(folder)
    app.add_url_rule("/static/<version>/<path:filename>", "static", _serve)


def static_url(filename: str) -> str:
    """The address of a static file, its version included."""
    return url_for("static", version=_files().version, filename=filename)


def static_version() -> str:
    """The version in the addresses of all static files."""
    return _files().version


def worker_script(filename: str) -> str:
    """The text of a script that a page's own route serves."""
    return _files().script(filename)


def mark_url() -> str:
    """The address of Daftari's mark."""
    return _files().mark


def _files() -> StaticFiles:
    return cast(StaticFiles, current_app.extensions["static_files"])


@public
def _serve(version: str, filename: str) -> Response:
    files = _files()
    if filename == BUNDLE:
        response = Response(files.styles, mimetype="text/css")
    else:
        path = safe_join(str(files.folder), filename)
        kind = KINDS.get(Path(filename).suffix)
        if path is None or kind is None or not Path(path).is_file():
            abort(404)
        content = files.script(filename) if kind == KINDS[".js"] else Path(path).read_bytes()
        response = Response(content, mimetype=kind)
    # A page left open over an upgrade asks with the old version: it gets the new file, but keeps it under no false name.
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable" if version == files.version else "no-cache"
    return response
