"""Settings: a mistake fails at start and names its key; production refuses what only a demo may have."""

from pathlib import Path

import pytest

from settings import Settings, SettingsError, load

SECRETS = (
    "security.session_key",
    "security.data_key",
    "security.index_key",
    "wechat.official.secret",
    "wechat.official.token",
    "wechat.official.aes_key",
    "wechat.mini.secret",
    "wechat.mini.token",
    "wechat.mini.aes_key",
    "wechat.pay.api_v3_key",
)


def name_of(key: str) -> str:
    return "HEZI_" + key.upper().replace(".", "__")


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which production starts."""
    monkeypatch.delenv("HEZI_OVERLAY", raising=False)
    for key in SECRETS:
        monkeypatch.setenv(name_of(key), "x" * 43)


def overlay(monkeypatch: pytest.MonkeyPatch, folder: Path, toml: str) -> None:
    (folder / "overlay.toml").write_text(toml)
    monkeypatch.setenv("HEZI_OVERLAY", str(folder / "overlay.toml"))


def test_production_starts_with_its_secrets_and_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEZI_SECURITY__SESSION_KEY", "not-to-be-seen-" * 3)
    settings = load()
    assert settings.app.mode == "production"
    assert "not-to-be-seen" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize("key", SECRETS)
@pytest.mark.parametrize("empty", [True, False])
def test_a_missing_secret_is_named_with_its_environment_name(
    monkeypatch: pytest.MonkeyPatch, key: str, empty: bool
) -> None:
    if empty:
        monkeypatch.setenv(name_of(key), "")
    else:
        monkeypatch.delenv(name_of(key))
    with pytest.raises(SettingsError) as mistake:
        load()
    assert f"{key}: not set" in str(mistake.value)
    assert name_of(key) in str(mistake.value)
    assert "x" * 43 not in str(mistake.value)


@pytest.mark.parametrize(("key", "value"), [("clock_file", "/tmp/clock"), ("sandbox_url", "http://127.0.0.1:8100")])
def test_production_refuses_the_clock_and_the_sandbox(monkeypatch: pytest.MonkeyPatch, key: str, value: str) -> None:
    monkeypatch.setenv(f"HEZI_APP__{key.upper()}", value)
    with pytest.raises(SettingsError, match=rf"app\.{key}"):
        load()
    monkeypatch.setenv("HEZI_APP__MODE", "demo")
    assert getattr(load().app, key) == value


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("[app]\nprot = 1\n", "app.prot"),
        ("[wechat.official]\napid = 'x'\n", "wechat.official.apid"),
        ("[rules.box]\nitems_mni = 4\n", "rules.box.items_mni"),
        ("[databse]\nurl = 'x'\n", "databse"),
    ],
)
def test_an_unknown_key_of_a_file_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, toml: str, named: str
) -> None:
    overlay(monkeypatch, tmp_path, toml)
    with pytest.raises(SettingsError, match=rf"^{named}: "):
        load()


@pytest.mark.parametrize("name", ["HEZI_APP__PROT", "HEZI_DATABSE__URL", "HEZI_RULES__BOX__ITEMS_MNI", "HEZI_PORT"])
def test_an_unknown_name_in_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError) as mistake:
        load()
    assert name.removeprefix("HEZI_").replace("__", ".").lower() in str(mistake.value).lower().replace(
        "hezi_", ""
    ).replace("__", ".")


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        ("[app]\nport = 'many'\n", "app.port"),
        ("[app]\nprocesses = 0\n", "app.processes"),
        ("[app]\nmode = 'staging'\n", "app.mode"),
        ("[limits]\nper_person_minute = -1\n", "limits.per_person_minute"),
        ("[log]\nlevel = 'loud'\n", "log.level"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, toml: str, named: str
) -> None:
    overlay(monkeypatch, tmp_path, toml)
    with pytest.raises(SettingsError, match=rf"^{named}: "):
        load()


def test_the_environment_goes_above_the_overlay_and_that_above_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    overlay(monkeypatch, tmp_path, "[app]\nport = 9001\nhost = '0.0.0.0'\n")
    monkeypatch.setenv("HEZI_APP__PORT", "9002")
    settings = load()
    assert (settings.app.port, settings.app.host) == (9002, "0.0.0.0")


def test_settings_are_frozen() -> None:
    settings = load()
    with pytest.raises(ValueError, match="frozen"):
        settings.app.port = 1  # type: ignore[misc]  # This is what must fail.
    assert isinstance(settings, Settings)
