"""Runs the command line inside the test, on a data folder of its own, with cheap passwords and in English."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.make import PASSWORD
from tracker.cli import run

__all__ = ["PASSWORD", "Terminal", "Told", "terminal"]


@dataclass(frozen=True)
class Told:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one object that stands on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


@dataclass
class Terminal:
    """A terminal with a data folder."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *words: str, stdin: str = "", home: Path | None = None) -> Told:
        """Run a command; `--home` is added."""
        self.monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = run(["--home", str(home or self.home), *words])
        out, err = self.capsys.readouterr()
        return Told(code, out, err)

    def json(self, *words: str, stdin: str = "") -> dict[str, Any]:
        """Run a command that succeeds; what it says as JSON."""
        told = self(*words, "--json", stdin=stdin)
        assert told.code == 0, told
        return told.json

    def centre(self) -> "Terminal":
        """Set a centre up."""
        self.json("init", "--seat", "centre", "--name", "Chuo cha Meru", "--region", "TZ-01")
        return self


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("DAFTARI_LANGUAGE", "en")
    monkeypatch.setenv("DAFTARI_PASSWORD_MEMORY_KIB", "8")
    monkeypatch.setenv("DAFTARI_PASSWORD_PASSES", "1")
    return Terminal(tmp_path / "home", capsys, monkeypatch)
