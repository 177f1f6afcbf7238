"""init, invite, join, sync, status, user: a machine finds its place."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.reading import ROOT
from tests.tracker.commands import PASSWORD, Terminal, terminal

__all__ = ["terminal"]


def test_a_centre_founds_itself_with_its_keeper(terminal: Terminal) -> None:
    words = ["init", "--seat", "centre", "--name", "Chuo cha Meru", "--region", "TZ-01", "--admin", "Amina", "--password-stdin"]
    made = terminal.json(*words, stdin=f"{PASSWORD}\n")
    assert (made["admin"], made["partition"][:7]) == ("amina", "centre/")
    assert "password" not in made
    users = terminal.json("user", "list")["users"]
    assert users == [{"username": "amina", "name": "amina", "role": "registrar", "active": True, "admin": True}]


def test_a_password_is_drawn_when_none_is_given(terminal: Terminal) -> None:
    made = terminal.json("init", "--seat", "central", "--name", "Makao Makuu", "--admin", "mkuu")
    assert len(made["password"].split()) == 4
    assert terminal.json("user", "list")["users"][0]["role"] == "central"


def test_nothing_is_made_when_the_password_is_weak(terminal: Terminal) -> None:
    words = ["init", "--seat", "central", "--name", "Makao Makuu", "--admin", "mkuu", "--password-stdin", "--json"]
    told = terminal(*words, stdin="short\n")
    assert (told.code, told.json["error"]["code"]) == (1, "accounts.weak_password")
    assert not terminal.home.exists()


@pytest.mark.parametrize("regions", [[], ["--region", "TZ-01", "--region", "TZ-02"], ["--region", "TZ-99"]])
def test_a_centre_lies_in_one_region_of_the_country(terminal: Terminal, regions: list[str]) -> None:
    assert terminal("init", "--seat", "centre", "--name", "Chuo", *regions).code == 1
    assert not terminal.home.exists()


@pytest.mark.parametrize("name", ["", " \t", "x" * 201, "bad\udcff"])
def test_a_name_can_be_read(terminal: Terminal, name: str) -> None:
    told = terminal("init", "--seat", "central", "--name", name, "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "places.name_missing")
    assert not terminal.home.exists()
    told = terminal.centre()("user", "add", "baraka", "--name", name, "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "places.name_missing")


def test_a_password_that_is_no_text_makes_nothing(terminal: Terminal) -> None:
    told = terminal(
        "init", "--seat", "central", "--name", "Makao", "--admin", "mkuu", "--password-stdin", "--json", stdin="siri \udcff\udcfe yetu\n"
    )
    assert told.json["error"]["code"] == "accounts.unreadable_password"
    assert (
        terminal("init", "--seat", "central", "--name", "Makao", "--admin", "", "--json").json["error"]["code"] == "accounts.bad_username"
    )
    assert not terminal.home.exists()


@pytest.mark.parametrize("address", ["sqlite:////none/there/x.db", "sqlite+nonsense://x", "postgresql://["])
def test_an_init_that_failed_can_be_done_again(terminal: Terminal, address: str) -> None:
    assert terminal("init", "--seat", "centre", "--name", "Chuo", "--region", "TZ-01", "--database", address).code == 1
    assert not terminal.home.exists()
    told = terminal("init", "--seat", "central", "--name", "Makao", "--database", address, "--json")
    assert (told.code, told.json["error"]["code"] in {"database", "setting", "package_missing"}) == (1, True)
    terminal.json("init", "--seat", "central", "--name", "Makao")


def test_a_database_elsewhere_is_backed_up(terminal: Terminal, tmp_path: Path) -> None:
    terminal.json("init", "--seat", "central", "--name", "Makao", "--database", f"sqlite:///{tmp_path}/elsewhere.db")
    assert terminal.json("backup", str(tmp_path / "akiba.sqlite3"))["partitions"] == 1


def test_a_folder_in_use_is_left_alone(terminal: Terminal) -> None:
    before = terminal.centre().json("status")
    told = terminal("init", "--seat", "central", "--name", "Other", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "node.already_set_up")
    assert terminal.json("status") == before


def test_a_coordinators_laptop_begins_without_a_partition(terminal: Terminal) -> None:
    terminal.json("init", "--seat", "region", "--name", "Arusha", "--region", "TZ-01", "--admin", "rajabu")
    assert terminal.json("user", "list")["users"][0]["role"] == "coordinator"


def test_status_counts_what_waits(terminal: Terminal) -> None:
    found = terminal.centre().json("status")
    assert (found["seat"], found["joined"], found["partition"]) == ("centre", False, found["partitions"][0]["partition"])
    assert found["partitions"][0]["pending"] == 1  # the profile


def test_users_are_added_listed_and_reset(terminal: Terminal) -> None:
    added = terminal.centre().json("user", "add", "Baraka", "--role", "instructor", "--name", "Baraka Mollel")
    assert (added["username"], len(added["password"].split())) == ("baraka", 4)
    assert terminal.json("user", "reset", "baraka", "--password-stdin", stdin=f"{PASSWORD}\n") == {"username": "baraka"}
    assert terminal("user", "reset", "nobody").code == 1
    assert terminal("user", "add", "baraka").code == 1


def test_only_central_invites(terminal: Terminal) -> None:
    told = terminal.centre()("invite", "--seat", "centre", "--name", "Chuo", "--region", "TZ-01", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "node.not_central")


def test_an_invitation_says_whom(terminal: Terminal) -> None:
    terminal.json("init", "--seat", "central", "--name", "Makao Makuu")
    for words in (["--seat", "centre", "--name", "Chuo"], ["--seat", "region"], [], ["--centre", "nowhere"]):
        assert terminal("invite", *words).code == 1, words
    assert len(terminal.json("invite", "--seat", "region", "--region", "TZ-01", "--region", "TZ-02")["code"]) == 29


def test_sync_before_joining_is_a_sentence(terminal: Terminal) -> None:
    told = terminal.centre()("sync", "--json")
    assert (told.code, told.json["error"]["code"]) == (1, "sync.not_joined")


# ---- with a living server


@pytest.fixture
def server(terminal: Terminal, tmp_path: Path) -> Iterator[tuple[Terminal, str]]:
    """A central office and its address."""
    central = Terminal(tmp_path / "central", terminal.capsys, terminal.monkeypatch)
    central.json("init", "--seat", "central", "--name", "Makao Makuu")
    command = [sys.executable, "-m", "tracker", "serve", "--home", str(central.home), "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield central, json.loads(process.stdout.readline())["url"]
        process.terminate()
        process.stdout.read()
        assert process.wait(20) == 0


def test_a_laptop_joins_with_its_keeper_and_everything_meets(server: tuple[Terminal, str], terminal: Terminal, tmp_path: Path) -> None:
    central, url = server
    code = central.json("invite", "--seat", "centre", "--name", "Chuo cha Meru", "--region", "TZ-01")["code"]
    joined = terminal.json("join", url, code, "--admin", "amina", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert (joined["seat"], joined["name"], joined["admin"]) == ("centre", "Chuo cha Meru", "amina")

    told = terminal.json("sync")
    assert set(told) == {"messages", "bytes_up", "bytes_down", "changes_sent", "changes_received", "seconds"}
    # The keeper was written before anything of the centre had arrived; the change still counts everywhere.
    for place in (terminal, central):
        assert [each["quarantined"] for each in place.json("status")["partitions"]] == [0, 0]
        assert place.json("check", "--deep")["ok"]
    quiet = terminal.json("sync")
    assert (quiet["messages"], quiet["changes_sent"], quiet["changes_received"]) == (1, 0, 0)

    files = tmp_path / "apprentices.csv"
    files.write_text("number,given_name\n1,Asha\n", encoding="utf-8")
    terminal.json("import", "apprentices", str(files))
    terminal.json("sync")
    for place, name in ((terminal, "a.csv"), (central, "b.csv")):
        assert place.json("export", "apprentices", str(tmp_path / name))["rows"] == 1
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()

    assert terminal("join", url, code, "--json").json["error"]["code"] == "sync.already_joined"
    other = Terminal(tmp_path / "other", terminal.capsys, terminal.monkeypatch)
    assert other("join", url, code, "--json").json["error"]["code"] == "sync.bad_invitation"
    port = url.rstrip("/").rpartition(":")[2]
    assert central("serve", "--port", port, "--json").json["error"]["code"] == "serve.port_in_use"
