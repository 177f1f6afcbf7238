"""The Wi-Fi as a code: what a camera reads in it, and what is kept of it."""

import errno
import re
from pathlib import Path

import pytest

from tests.conftest import Browser
from tests.tracker.phones.conftest import Phone
from tracker import config
from tracker.phones import pictures
from tracker.web.transport import Reach


@pytest.mark.parametrize(
    ("name", "password", "text"),
    [
        ("Chuo", "", "WIFI:T:nopass;S:Chuo;;"),
        ("Chuo cha Meru", "siri ya chuo", "WIFI:T:WPA;S:Chuo cha Meru;P:siri ya chuo;;"),
        ('a;b,c:d"e\\f', "p;a,s:s\\w", 'WIFI:T:WPA;S:a\\;b\\,c\\:d\\"e\\\\f;P:p\\;a\\,s\\:s\\\\w;;'),
    ],
)
def test_a_camera_reads_name_and_password_whatever_is_in_them(name: str, password: str, text: str) -> None:
    assert pictures.wifi(name, password) == pictures.qr(text)


def _show(client: Browser, **fields: object) -> str:
    return client.send("/phones/wifi", name="Chuo cha Meru", password="siri; ya chuo", **fields).text


def test_the_password_stands_in_the_picture_and_nowhere_else(client: Browser, on_wifi: Reach) -> None:
    page = _show(client.sign_in("amina"))
    assert on_wifi.urls
    assert "siri; ya chuo" not in page
    assert 'src="data:image/svg+xml' in page


def test_nothing_of_it_is_kept_unless_somebody_says_so(client: Browser, on_wifi: Reach) -> None:
    _show(client.sign_in("dalali"))
    assert "Code that lets a phone join" not in client.get("/phones/").text
    assert on_wifi.urls


def test_who_keeps_the_computer_may_have_it_kept_and_forgotten(client: Browser, on_wifi: Reach) -> None:
    _show(client.sign_in("dalali"), keep="y")
    assert "join the Wi-Fi Chuo cha Meru" in client.get("/phones/").text
    home = client.application.extensions["settings"].home
    assert config.load(home, environ={}).wifi_password == "siri; ya chuo"
    _show(client)
    assert config.load(home, environ={}).wifi_password == ""
    assert on_wifi.urls


def test_showing_another_wifi_forgets_nothing(client: Browser, on_wifi: Reach) -> None:
    _show(client.sign_in("dalali"), keep="y")
    client.send("/phones/wifi", name="Wageni", password="karibu sana")
    assert "join the Wi-Fi Chuo cha Meru" in client.get("/phones/").text
    assert on_wifi.urls


def test_a_full_disk_keeps_no_name_and_says_so(client: Browser, on_wifi: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(config, "flush_file", refuse)
    answer = client.sign_in("dalali").send("/phones/wifi", name="Chuo cha Meru", password="siri; ya chuo", keep="y")
    assert (answer.status_code, "The disk of this computer is full" in answer.text) == (507, True)
    home = client.application.extensions["settings"].home
    assert config.load(home, environ={}).wifi_name == ""
    assert not [path for path in home.iterdir() if b"ya chuo" in path.read_bytes()]
    assert on_wifi.urls


@pytest.mark.parametrize(("url", "fields"), [("/phones/wifi", {"name": "Chuo"}), ("/phones/enrol", {})])
def test_the_language_can_be_changed_where_a_code_is_shown(url: str, fields: dict[str, str], client: Browser, on_wifi: Reach) -> None:
    shown = client.sign_in("amina").send(url, **fields).text
    (link,) = re.findall(r'href="([^"]+lang=[^"]+)"', shown)
    assert client.get(link).status_code == 200
    assert on_wifi.urls


def test_nobody_else_has_it_kept(client: Browser, on_wifi: Reach) -> None:
    _show(client.sign_in("amina"), keep="y")
    assert config.load(client.application.extensions["settings"].home, environ={}).wifi_name == ""
    assert on_wifi.urls


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "", "password": ""}, "Enter the name of the Wi-Fi."),
        ({"name": "x" * 33, "password": ""}, "at most 32 characters"),
        ({"name": "Chuo", "password": "1234567"}, "at least 8 characters"),
        ({"name": "Chuo", "password": "x" * 64}, "at most 63 characters"),
    ],
)
def test_what_no_wifi_can_have_is_said(fields: dict[str, str], sentence: str, client: Browser, on_wifi: Reach) -> None:
    assert sentence in client.sign_in("amina").send("/phones/wifi", **fields).text
    assert on_wifi.urls


def test_a_phone_that_came_in_by_pin_sees_no_password_of_the_wifi(client: Browser, on_wifi: Reach, phone: Phone) -> None:
    _show(client.sign_in("dalali"), keep="y")
    code = client.send("/phones/enrol").text.split(f"{on_wifi.urls[0]}phones/e/")[1][:26]
    phone.enrol(code)
    assert "Chuo cha Meru" not in phone.get("/phones/").text
