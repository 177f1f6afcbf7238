"""The house as its tests read it: files, imports, calls and sentences, by `ast` and Jinja's own parser."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import babel_extract

from sync import SyncError

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """One Python file of the house."""

    path: Path

    @property
    def name(self) -> str:
        """Dotted name; a package has the name of its folder."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return _parsed(self.path)

    @property
    def package(self) -> str:
        """What a relative import counts from."""
        return self.name if self.path.stem == "__init__" else self.name.rpartition(".")[0]

    def imports(self) -> set[str]:
        """Full names that the file imports, wherever it does; `from a import b` gives `a` and `a.b`."""
        names: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                start = self.package.split(".")[: len(self.package.split(".")) - node.level + 1] if node.level else []
                source = ".".join([*start, *([node.module] if node.module else [])])
                names |= {source, *(f"{source}.{alias.name}" for alias in node.names)}
        return names

    def calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Every call with the dotted name that is called, as it is written."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func), node


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def modules(*folders: str) -> list[Module]:
    """All Python files below these folders, by path."""
    return [Module(path) for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def templates() -> list[Path]:
    """All templates, by path."""
    return sorted((ROOT / "templates").rglob("*.html"))


@dataclass(frozen=True)
class Sentence:
    """A sentence to be translated."""

    text: str
    plural: str | None
    context: str | None
    where: str


def sentences() -> list[Sentence]:
    """Every sentence of program, templates, and the engine's errors."""
    found = [each for module in modules("tracker") for each in _in_python(module)]
    return found + [each for path in templates() for each in _in_template(path)] + _of_the_engine()


def _of_the_engine() -> list[Sentence]:
    """The engine knows no translation: its errors carry plain sentences, and the pages translate them."""
    errors: list[type[SyncError]] = [SyncError, *SyncError.__subclasses__()]
    return [Sentence(each.sentence, None, None, "sync/errors.py") for each in errors]


def _in_python(module: Module) -> Iterator[Sentence]:
    for name, call in module.calls():
        word = name.rpartition(".")[2]
        texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if word not in {"_", "N_", "ngettext", "pgettext"} or not texts:
            continue
        yield _sentence(word, texts, f"{module.path.relative_to(ROOT)}:{call.lineno}")


def _in_template(path: Path) -> Iterator[Sentence]:
    Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))  # a syntax error has a better message here
    with path.open("rb") as file:
        for line, word, message, _comments in babel_extract(file, ("_", "ngettext", "pgettext"), [], {}):
            texts = [each for each in (message if isinstance(message, tuple) else (message,)) if isinstance(each, str)]
            if texts:
                yield _sentence(word, texts, f"{path.relative_to(ROOT)}:{line}")


def _sentence(word: str, texts: list[str], where: str) -> Sentence:
    if word == "pgettext":
        return Sentence(texts[1], None, texts[0], where)
    return Sentence(texts[0], texts[1] if word == "ngettext" else None, None, where)
