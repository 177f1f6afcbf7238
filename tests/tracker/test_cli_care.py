"""check, doctor."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.tracker.commands import Terminal, terminal

__all__ = ["terminal"]


def _execute(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_deep_check_finds_a_row_that_no_segment_gave(terminal: Terminal) -> None:
    assert terminal.centre().json("check", "--deep")["ok"]
    _execute(terminal.home / "daftari.sqlite3", "update centre set name = 'forged'")
    assert terminal.json("check")["ok"]
    told = terminal("check", "--deep", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "check.damaged")
    assert [each["table"] for each in told.json["differences"]] == ["centre"]


def test_rows_are_mended_from_the_segments(terminal: Terminal) -> None:
    terminal.centre().json("check")
    _execute(terminal.home / "daftari.sqlite3", "update centre set name = 'forged'")
    assert "daftari check --repair" in terminal("check", "--deep").err
    assert terminal.json("check", "--repair")["ok"]
    assert terminal.json("check", "--deep")["ok"]


def test_wrong_heads_are_mended_from_the_segments(terminal: Terminal) -> None:
    terminal.centre().json("check")
    _execute(terminal.home / "daftari.sqlite3", "update sync_partition set heads = zeroblob(20)")
    told = terminal("check", "--deep", "--json").json
    assert [(each["kind"], each["number"]) for each in told["broken"]] == [("heads", 1)]
    assert terminal.json("check", "--repair")["ok"]
    assert terminal.json("check", "--deep")["ok"]


def test_a_damaged_segment_is_asked_of_the_server(terminal: Terminal) -> None:
    terminal.centre().json("check")
    _execute(terminal.home / "daftari.sqlite3", "update sync_segment set body = zeroblob(length(body))")
    told = terminal("check", "--deep", "--json").json
    assert [(each["kind"], each["number"]) for each in told["broken"]] == [("segments", 1)]
    assert terminal.json("check", "--repair")["asked_of_peers"] == 1
    again = terminal("check", "--deep")
    assert (again.code, "1 segments are missing" in again.err, "daftari sync" in again.err) == (1, True, True)


def test_a_change_that_was_never_sent_cannot_be_mended(terminal: Terminal) -> None:
    terminal.centre().json("check")
    _execute(terminal.home / "daftari.sqlite3", "update sync_pending set change = replace(change, 'Meru', 'Mero')")
    told = terminal("check", "--repair")
    assert (told.code, "daftari restore FILE" in told.err) == (1, True)


def test_a_deep_check_changes_nothing(terminal: Terminal) -> None:
    before = terminal.centre().json("status")
    terminal.json("check", "--deep")
    assert terminal.json("status") == before


def test_a_damaged_file_is_said_so_with_what_to_do(terminal: Terminal) -> None:
    path = terminal.centre().home / "daftari.sqlite3"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    told = terminal("check", "--json")
    assert (told.code, told.json["error"]["code"], told.json["ok"]) == (1, "check.damaged", False)
    assert "keep a copy" in terminal("export", "employers", "x.csv", "--json").json["error"]["sentence"]
    findings = {each["name"]: each["tone"] for each in terminal("doctor", "--json").json["findings"]}
    assert (findings["database"], findings["clock"]) == ("wrong", "good")


def test_the_doctor_leaves_no_file_on_a_full_disk(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def is_full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    terminal.centre()
    monkeypatch.setattr("os.fsync", is_full)
    findings = {each["name"]: each["sentence"] for each in terminal("doctor", "--json").json["findings"]}
    assert findings["write"] == "The data folder cannot be written: there is no room left"
    assert not list(terminal.home.glob("write-test-*"))


def test_the_doctor_misses_a_register_that_was_there(terminal: Terminal) -> None:
    (terminal.centre().home / "daftari.sqlite3").write_bytes(b"")
    told = terminal("doctor", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "doctor.wrong")


def test_the_doctor_examines_everything(terminal: Terminal) -> None:
    terminal.centre()
    names = [each["name"] for each in terminal.json("doctor")["findings"]]
    assert names == ["disk", "folder", "write", "port", "sqlite", "database", "clock"]


def test_the_doctor_sees_an_empty_folder_without_making_it(terminal: Terminal) -> None:
    findings = {each["name"]: each["tone"] for each in terminal.json("doctor")["findings"]}
    assert findings["database"] == "warning"
    assert not terminal.home.exists()


def test_the_doctor_warns_of_a_folder_in_the_cloud(terminal: Terminal, tmp_path: Path) -> None:
    terminal.home = tmp_path / "OneDrive - Chuo" / "daftari"
    findings = {each["name"]: each["tone"] for each in terminal.centre().json("doctor")["findings"]}
    assert findings["folder"] == "warning"


def test_the_doctor_knows_a_clock_that_is_behind_what_was_written(terminal: Terminal) -> None:
    terminal.centre().json("check")  # the first opening builds all rows anew
    _execute(terminal.home / "daftari.sqlite3", "update centre set at = 9999999999")
    findings = {each["name"]: each["tone"] for each in terminal.json("doctor")["findings"]}
    assert findings["clock"] == "warning"


def test_a_save_that_may_be_missing_is_said_until_somebody_has_looked(terminal: Terminal) -> None:
    path = terminal.centre().home / "daftari.sqlite3"
    with closing(sqlite3.connect(path)) as connection:  # a process that is killed leaves its log behind
        connection.execute("create table letter (words)")
        connection.execute("insert into letter values ('Dear all')")
        connection.commit()
        log = bytearray(path.with_name("daftari.sqlite3-wal").read_bytes())
        copies = {suffix: Path(f"{path}{suffix}").read_bytes() for suffix in ("", "-shm")}
    log[32 + 24 + 10] ^= 4  # in the first page
    for suffix, text in {**copies, "-wal": bytes(log)}.items():
        Path(f"{path}{suffix}").write_bytes(text)
    told = terminal("check")
    assert (told.code, "the last save may be missing" in told.out) == (0, True)
    assert "last_save" in {each["name"] for each in terminal.json("doctor")["findings"]}
    assert terminal.json("check", "--noted")["last_save_in_doubt"] is False
    assert terminal.json("check")["last_save_in_doubt"] is False
