"""What every command promises: exit codes, one JSON object, the options' places, the language, no traceback."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.reading import ROOT
from tests.tracker.commands import Terminal, terminal
from tracker import cli
from tracker.cli.parser import build, verbs_of

__all__ = ["terminal"]


@pytest.mark.parametrize(
    "words", [[], ["dance"], ["init"], ["import", "apprentices"], ["user"], ["init", "--seat", "ship", "--name", "x"], ["--js", "status"]]
)
def test_words_that_are_no_command_are_wrong_usage(terminal: Terminal, words: list[str]) -> None:
    told = terminal(*words)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("The command was not understood")
    assert terminal(*words, "--json").json["error"]["code"] == "usage"


def test_options_stand_before_or_after_the_verb(terminal: Terminal) -> None:
    assert terminal("--json", "status").json == terminal("status", "--json").json


def test_an_empty_folder_is_said_and_not_created(terminal: Terminal) -> None:
    for words in (["status"], ["sync"], ["check"], ["backup", "x"], ["user", "list"], ["export", "employers", "x"]):
        told = terminal(*words, "--json")
        assert (told.code, told.json["error"]["code"]) == (1, "node.not_set_up"), words
    assert not terminal.home.exists()


def test_it_speaks_kiswahili_unless_told_otherwise(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAFTARI_LANGUAGE")
    assert "Folda hii ya data" in terminal("status").err


def test_wrong_usage_is_said_in_kiswahili_too(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAFTARI_LANGUAGE", "sw")
    assert terminal("init").err == "Amri haikueleweka: haya yanakosekana: --seat, --name\n"
    monkeypatch.setenv("DAFTARI_LANGUAGE", "en")
    assert terminal("init").err.endswith("the following arguments are required: --seat, --name\n")


def test_a_wrong_setting_is_a_sentence(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAFTARI_PORT", "many")
    told = terminal("status", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "setting")


def test_a_wrong_setting_is_said_in_the_language_asked_for(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAFTARI_PORT", "70000")
    assert terminal("status").err.startswith("DAFTARI_PORT must be at most 65535")
    monkeypatch.delenv("DAFTARI_LANGUAGE")
    assert terminal("status").err.startswith("DAFTARI_PORT isizidi 65535")


def test_a_fault_is_a_sentence_and_its_trace_goes_to_a_file(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.centre()
    monkeypatch.setattr("tracker.replication.status", lambda _peer: 1 / 0)
    told = terminal("status", "--json")
    assert (told.code, told.json["error"]["code"], told.err) == (1, "fault", "")
    assert "ZeroDivisionError" in (terminal.home / cli.FAULTS_FILE).read_text()


def test_a_file_that_is_no_database_is_a_sentence(terminal: Terminal) -> None:
    terminal.home.mkdir()
    (terminal.home / "daftari.sqlite3").write_bytes(b"these are not the bytes of a database" * 100)
    told = terminal("status", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "database")


def test_the_version(terminal: Terminal) -> None:
    told = terminal("--version", "--json")
    assert told.code == 0
    assert set(json.loads(told.out)) == {"version"}


def test_the_verbs_are_those_that_are_promised() -> None:
    machine = {"demo", "init", "serve", "invite", "join", "sync", "bundle", "node", "status"}
    assert set(verbs_of(build())) == machine | {"import", "export", "check", "backup", "restore", "doctor", "user"}


def test_a_folder_with_strange_letters_works(terminal: Terminal, tmp_path: Path) -> None:
    home = tmp_path / "Ünï çødé? #1 100% nāme"
    assert terminal("init", "--seat", "centre", "--name", "Chuo", "--region", "TZ-01", home=home).code == 0
    assert terminal("status", home=home).code == 0
    assert (home / "daftari.sqlite3").is_file()


def test_a_fault_that_cannot_be_written_down_is_still_a_sentence(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(terminal.home / "none"))
    monkeypatch.setattr("tracker.cli.machine.init", lambda _arguments: 1 / 0)
    told = terminal("init", "--seat", "central", "--name", "bad\udcff", "--json")
    assert told.json["error"]["code"] == "fault"
    assert "ZeroDivisionError" in told.json["error"]["sentence"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied", "/srv/x"), "does not allow this: /srv/x (the rights do not allow it)"),
        (OSError(28, "No space left on device"), "The disk is full"),
    ],
)
def test_what_the_computer_refuses_is_a_sentence(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str) -> None:
    def refuse(_arguments: object) -> None:
        raise error

    monkeypatch.setattr("tracker.cli.machine.init", refuse)
    told = terminal("init", "--seat", "central", "--name", "Makao", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "disk")
    assert words in told.json["error"]["sentence"]


def test_a_reader_who_leaves_early_is_no_fault(tmp_path: Path) -> None:
    command = f"{sys.executable} -m tracker --home {tmp_path} --json doctor"
    done = subprocess.run(f"{command} | true", shell=True, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S602
    assert "Traceback" not in done.stderr
