"""Settings: where they come from, and which of them stop the start."""

from pathlib import Path

import pytest

from tracker import config


def test_defaults_need_no_file_and_no_environment(tmp_path: Path) -> None:
    settings = config.load(tmp_path, environ={})
    assert (settings.host, settings.port, settings.seat, settings.language) == ("127.0.0.1", 8321, "centre", "sw")


def test_the_environment_wins_over_the_file_and_the_caller_over_both(tmp_path: Path) -> None:
    config.save(tmp_path, port=1001, name="Chuo", seat="region")
    settings = config.load(tmp_path, environ={"DAFTARI_PORT": "1002", "DAFTARI_NAME": "Kituo"}, name="Shule")
    assert (settings.port, settings.name, settings.seat) == (1002, "Shule", "region")


def test_the_environment_names_the_data_folder(tmp_path: Path) -> None:
    assert config.load(environ={"DAFTARI_HOME": str(tmp_path)}).home == tmp_path


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DAFTARI_PORT", "eight", "DAFTARI_PORT must be a whole number (port), not 'eight'."),
        ("DAFTARI_SEAT", "moon", "DAFTARI_SEAT must be one of centre, region, central, not 'moon'."),
        ("DAFTARI_LAN_HTTP", "perhaps", "DAFTARI_LAN_HTTP must be yes or no, not 'perhaps'."),
        ("DAFTARI_PORT", "70000", "DAFTARI_PORT must be at most 65535 (port), not 70000."),
        (
            "DAFTARI_DATABASE",
            "mysql://x",
            "The address of the database begins with postgresql:// or sqlite://, not as mysql://x does.",
        ),
        ("DAFTARI_SYNC_EVERY_S", "9" * 12, f"DAFTARI_SYNC_EVERY_S must be at most 1000000000 (seconds), not {'9' * 12}."),
        ("DAFTARI_HOST", " ", "DAFTARI_HOST must not be empty."),  # a server would listen on every address
        ("DAFTARI_SESSION_IDLE_S", "0", "DAFTARI_SESSION_IDLE_S must be at least 1 (seconds), not 0."),
    ],
)
def test_a_wrong_setting_stops_the_start_with_a_sentence(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    with pytest.raises(config.WrongSetting) as refusal:
        config.load(tmp_path, environ={name: value})
    assert str(refusal.value) == sentence


def test_an_unknown_setting_in_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / config.FILE_NAME).write_text('colour = "red"\n')
    with pytest.raises(config.WrongSetting, match="There is no setting called colour"):
        config.load(tmp_path, environ={})


def test_a_file_that_notepad_has_saved_is_read(tmp_path: Path) -> None:
    (tmp_path / config.FILE_NAME).write_text('name = "Chuo cha Moshi"\n', encoding="utf-8-sig")
    assert config.load(tmp_path, environ={}).name == "Chuo cha Moshi"


def test_what_is_saved_can_be_read_back_whatever_its_letters(tmp_path: Path) -> None:
    config.save(tmp_path, name='Chuo cha "Bahari" \\ Ünï\x7f', lan_http=True)
    config.save(tmp_path, port=9000)
    settings = config.load(tmp_path, environ={})
    assert (settings.name, settings.lan_http, settings.port) == ('Chuo cha "Bahari" \\ Ünï\x7f', True, 9000)


def test_the_secret_key_is_drawn_once(tmp_path: Path) -> None:
    settings = config.load(tmp_path / "new", environ={})
    assert config.secret_key(settings) == config.secret_key(settings)
    assert len(config.secret_key(settings)) >= 43


def test_a_plain_address_of_postgresql_names_the_driver_that_is_installed(tmp_path: Path) -> None:
    settings = config.load(tmp_path, {}, database="postgresql://asha@localhost/daftari")
    assert settings.database_url == "postgresql+psycopg://asha@localhost/daftari"


@pytest.mark.parametrize("home", ["~nobody-of-this-name/daftari", __file__])
def test_a_folder_that_can_be_none_is_a_sentence(home: str) -> None:
    with pytest.raises(config.WrongSetting, match=r"There is no folder|cannot be read"):
        config.load(Path(home), environ={})
