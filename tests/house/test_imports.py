"""Arrows point down: slices in the order of SLICES, engine files in reading order, one door into the engine."""

import subprocess
import sys

import pytest

from tests.house.reading import Module, modules, ROOT
from tracker.app import SLICES

ENGINE = (
    "errors",
    "dots",
    "schema",
    "changes",
    "keys",
    "segments",
    "merge",
    "rights",
    "store",
    "ledger",
    "index",
    "rows",
    "fold",
    "writing",
    "checks",
    "receipts",
    "decrees",
    "messages",
    "transfer",
    "exchange",
    "bundle",
    "joining",
    "http",
)
FLOOR = ("clock", "errors", "config", "i18n", "policy", "web", "disk", "trouble", "folder", "hours", "wal", "db", "locale", "country")
# What a role's file may import of its own slice and of earlier ones (style.md 2); other files of a slice are its own affair.
# `absence_queries.py` is queries too: a role that outgrows its file has more of them, and the last word says which.
ROLES = {
    "models": {"models"},
    "rules": {"rules"},
    "queries": {"models", "rules", "queries"},
    "actions": {"models", "rules", "queries", "actions"},
    "forms": {"rules", "queries"},
    "schemas": {"rules", "queries"},
}
# What a page shows of an earlier slice it may read there; what it does goes through the actions of its own slice.
SHOWN = {"queries", "rules", "words"}
NOT_AT_START = {
    "alembic",
    "charset_normalizer",
    "xlsxwriter",
    "python_calamine",
    "rapidfuzz",
    "psycopg",
    "cryptography",
    "babel",
    "holidays",
}


def _room(name: str) -> str:
    """`tracker.people.models` -> people."""
    return name.split(".")[1] if name.count(".") else ""


def _slice_of(name: str) -> str | None:
    room = _room(name)
    return room if name.startswith("tracker.") and room in SLICES else None


def _last_word(name: str) -> str:
    """`tracker.attendance.absence_queries.leave_of` -> queries."""
    return name.split(".")[2].rpartition("_")[2] if name.count(".") > 1 else ""


def _role_of(name: str) -> str | None:
    """The role of a slice's file, by its name or that of something in it; None for a file of another kind."""
    return role if _slice_of(name) and (role := _last_word(name)) in {*ROLES, "routes"} else None


def test_a_slice_imports_only_itself_and_earlier_slices() -> None:
    wrong = [
        f"{module.name} imports {name}"
        for module in modules("tracker")
        if (own := _slice_of(module.name))
        for name in module.imports()
        if (other := _slice_of(name)) and SLICES.index(other) > SLICES.index(own)
    ]
    assert wrong == []


def test_the_floor_imports_no_slice() -> None:
    floor = [module for module in modules("tracker") if _room(module.name) in FLOOR]
    assert [f"{module.name} imports {name}" for module in floor for name in module.imports() if _slice_of(name)] == []


def test_only_replication_imports_the_engine() -> None:
    outside = [module for module in modules("tracker") if _room(module.name) != "replication"]
    assert [module.name for module in outside if any(name.split(".")[0] == "sync" for name in module.imports())] == []


def test_replication_imports_only_the_engines_public_names() -> None:
    inside = {f"sync.{name}" for name in ENGINE}
    assert [f"{module.name} imports {name}" for module in modules("tracker") for name in module.imports() & inside] == []


def test_replication_imports_no_slice() -> None:
    door = modules("tracker/replication")
    assert [f"{module.name} imports {name}" for module in door for name in module.imports() if _slice_of(name)] == []


def test_an_engine_file_imports_only_files_above_it() -> None:
    wrong = []
    for module in modules("sync"):
        own = module.name.removeprefix("sync.")
        for name in module.imports():
            other = name.split(".")[1] if name.startswith("sync.") else ""
            if own in ENGINE and other in ENGINE and ENGINE.index(other) >= ENGINE.index(own):
                wrong.append(f"{own} imports {other}")
    assert sorted(set(wrong)) == []


def test_every_engine_file_has_its_place_in_the_reading_order() -> None:
    assert {path.stem for path in (ROOT / "sync").glob("*.py")} - {"__init__"} <= set(ENGINE)


def test_the_engine_knows_no_application() -> None:
    foreign = {"tracker", "flask", "flask_sqlalchemy", "marshmallow", "wtforms"}
    assert [module.name for module in modules("sync") if {name.split(".")[0] for name in module.imports()} & foreign] == []


def test_the_engine_uses_core_and_no_orm() -> None:
    assert [module.name for module in modules("sync") if any(name.startswith("sqlalchemy.orm") for name in module.imports())] == []


def _rules() -> list[Module]:
    return [module for module in modules("tracker") if _last_word(module.name) == "rules"]


def test_rules_import_neither_database_nor_flask() -> None:
    allowed = {"tracker.errors", "tracker.hours", "tracker", *sys.stdlib_module_names}
    wrong = [
        f"{module.name} imports {name}"
        for module in _rules()
        for name in module.imports()
        if name.split(".")[0] not in sys.stdlib_module_names
        and name not in allowed
        and not name.startswith(("tracker.errors.", "tracker.hours."))
        and _last_word(name) != "rules"
        and _slice_of(name) is None
    ]
    assert wrong == []


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_imports_only_what_it_may(role: str) -> None:
    """A slice's own helper files, such as passwords.py, may be imported by any of its roles."""
    wrong = [
        f"{module.name} imports {name}"
        for module in modules("tracker")
        if _role_of(module.name) == role
        for name in module.imports()
        if (other := _role_of(name)) and other not in ROLES[role]
    ]
    assert wrong == []


def test_routes_only_read_what_is_of_earlier_slices() -> None:
    wrong = [
        f"{module.name} imports {name}"
        for module in modules("tracker")
        if _role_of(module.name) == "routes" and SLICES.index(_room(module.name)) < SLICES.index("nodes")
        for name in module.imports()
        if _slice_of(name) not in (None, _slice_of(module.name)) and name.count(".") > 1 and _last_word(name) not in SHOWN
    ]
    assert wrong == []


def test_the_start_imports_nothing_heavy() -> None:
    """Babel is hidden, as on any centre's laptop, because flask-wtf takes it wherever it finds it."""
    slices = f"[importlib.import_module(f'tracker.{{name}}.routes') for name in {SLICES!r}]"
    program = f"import importlib, sys; sys.modules['babel'] = None; import tracker.app, tracker.cli; {slices}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (NOT_AT_START - {"babel"}) & {name.split(".")[0] for name in done.stdout.split()} == set()


def test_somebody_imports_every_file() -> None:
    started = {"tracker.__main__", "tracker.cli", "tracker.app", "tracker.locale.compile", "tracker.country.tz.generate_holidays"}
    everything = modules("tracker", "sync")
    imported = {name for module in modules("tracker", "sync", "tests", "benchmarks") for name in module.imports()}
    # create_app imports the routes by their slice's name.
    imported |= {f"tracker.{name}.routes" for name in SLICES}
    lonely = {m.name for m in everything if m.path.stem != "__init__"} - imported - started
    assert {name for name in lonely if ".migrations." not in name} == set()
