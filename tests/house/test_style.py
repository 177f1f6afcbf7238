"""What no file may do: read a clock, write from a query, carry script or style in a page."""

import ast
import re

from flask import Flask

from tests.house.reading import Module, modules, ROOT, templates
from tracker.app import SLICES
from tracker.policy import VERBS
from tracker.web import access_of

CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
WRITES = {"add", "add_all", "delete", "merge", "bulk_save_objects", "commit"}


def _reads_clock(module: Module) -> list[str]:
    return [
        f"{module.path.relative_to(ROOT)}:{call.lineno} {name}"
        for name, call in module.calls()
        if any(name == clock or name.endswith(f".{clock}") for clock in CLOCKS)
    ]


def test_only_clock_reads_the_clock() -> None:
    assert [each for module in modules("tracker") if module.name != "tracker.clock" for each in _reads_clock(module)] == []


def test_the_engine_reads_no_clock_and_waits_by_what_it_is_given() -> None:
    assert [each for module in modules("sync") for each in _reads_clock(module)] == []


def _writes(module: Module) -> list[str]:
    return [
        f"{module.path.relative_to(ROOT)}:{call.lineno} {name}"
        for name, call in module.calls()
        if name == "write" or re.fullmatch(rf"(db\.)?session\.({'|'.join(WRITES)})", name) or name in {"update", "insert", "delete"}
    ]


def test_in_a_slice_only_actions_write() -> None:
    rooms = [m for m in modules("tracker") if m.name.split(".")[1:2] and m.name.split(".")[1] in SLICES and "actions" not in m.name]
    assert [each for module in rooms for each in _writes(module)] == []


def test_no_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", re.IGNORECASE)
    assert [str(path.relative_to(ROOT)) for path in templates() if inline.search(path.read_text(encoding="utf-8"))] == []


def test_no_template_switches_escaping_off() -> None:
    unsafe = re.compile(r"\|\s*safe\b|autoescape\s+false")
    assert [str(path.relative_to(ROOT)) for path in templates() if unsafe.search(path.read_text(encoding="utf-8"))] == []


def test_every_route_says_who_may(app: Flask) -> None:
    known = VERBS | {"public", "signed-in", "node"}
    assert [endpoint for endpoint, view in app.view_functions.items() if access_of(view) not in known] == []


def test_no_route_changes_anything_on_get(app: Flask) -> None:
    """A form may be read and sent at one address; an address that only acts takes no GET."""
    acting = re.compile(r"(^|[._])(end|undo|void|restore|send|out)(_|$)")
    wrong = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if acting.search(rule.endpoint) and (rule.methods or set()) == {"GET", "HEAD", "OPTIONS"}
    ]
    assert wrong == []


def test_every_file_says_what_is_in_it() -> None:
    assert [str(module.path.relative_to(ROOT)) for module in modules("tracker", "sync") if not ast.get_docstring(module.tree)] == []


def test_values_of_style_live_in_tokens_only() -> None:
    colour = re.compile(r"#[0-9a-fA-F]{3,8}\b(?![^{};]*\{)|\brgba?\(|\bhsla?\(")
    # "#0000" is the transparent border that a shown one replaces; print says plain white.
    allowed = {"#0000", "#fff"}
    wrong = []
    for path in sorted((ROOT / "static" / "css").rglob("*.css")):
        found = {each.group() for each in colour.finditer(path.read_text(encoding="utf-8"))} - allowed
        if path.stem != "tokens" and found:
            wrong.append(f"{path.name}: {', '.join(sorted(found))}")
    assert wrong == []


def test_style_uses_classes_and_says_nothing_is_important() -> None:
    wrong = re.compile(r"!important|^\s*#[a-zA-Z]", re.MULTILINE)
    assert [path.name for path in (ROOT / "static" / "css").rglob("*.css") if wrong.search(path.read_text(encoding="utf-8"))] == []


def test_no_style_needs_a_browser_that_was_bought_lately() -> None:
    """What Chromium and Firefox of the last five years do not all know; a declaration that holds it draws nothing there."""
    new = re.compile(r"light-dark\(|:has\(|color-mix\(|@container|@layer|@scope|\b[dsl]v[hwbi]\b|text-wrap|^\s*&", re.MULTILINE)
    sheets = {path.name: re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8")) for path in (ROOT / "static" / "css").rglob("*.css")}
    assert [name for name, text in sheets.items() if new.search(text)] == []


def test_every_password_field_is_one_that_no_clear_line_carries() -> None:
    """`tracker.web.PasswordField` refuses where others can read along; the library's own would not."""
    theirs = {"wtforms.PasswordField", "wtforms.fields.PasswordField"}
    assert [module.name for module in modules("tracker") if module.imports() & theirs] == ["tracker.web.forms"]
