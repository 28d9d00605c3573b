"""Settings come from the environment; a wrong one is told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sayso.errors import BadSettings
from sayso.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("SAYSO_"):
            monkeypatch.delenv(name)


def test_everything_has_a_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAYSO_HOME", str(tmp_path))
    settings = load_settings()
    assert settings.base_url == "http://127.0.0.1:8000"
    assert settings.app_database_url == f"sqlite:///{tmp_path}/app.db"
    assert settings.blobs_url == f"file://{tmp_path}/blobs"
    assert settings.models_folder == tmp_path / "models"
    assert settings.threads >= 1
    assert (settings.engine, settings.outbound_allow) == ("kokoro", ())


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAYSO_OUTBOUND_ALLOW", "127.0.0.0/8, 10.0.0.0/8")
    monkeypatch.setenv("SAYSO_WEBHOOK_DELAYS_S", "1,2.5")
    settings = load_settings()
    assert settings.outbound_allow == ("127.0.0.0/8", "10.0.0.0/8")
    assert settings.webhook_delays_s == (1.0, 2.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SAYSO_PORT", "eighty"),
        ("SAYSO_PORT", "70000"),
        ("SAYSO_THREADS", "0"),
        ("SAYSO_BOOTSTRAP_AUTHORIZED_UPLOADER", "perhaps"),
        ("SAYSO_PUBLIC_URL", "example.org"),
        ("SAYSO_MIN_RECORDINGS_RAPID", "-1"),
        ("SAYSO_WEBHOOK_DELAYS_S", "soon"),
        ("SAYSO_WEBHOOK_DELAYS_S", "-1"),
        ("SAYSO_HOME", "/tmp/50%25"),  # noqa: S108  (never made)
        ("SAYSO_HOME", "/tmp/what?"),  # noqa: S108
        ("SAYSO_PORT", "80.5"),
        ("SAYSO_PUBLIC_URL", "http://[::1"),
        ("SAYSO_PUBLIC_URL", "http://a b"),
        ("SAYSO_PUBLIC_URL", "https://"),
        ("SAYSO_PUBLIC_URL", "https://x/?a=1"),
        ("SAYSO_PUBLIC_URL", "https://x:99999"),
        ("SAYSO_MODELS_DIR", __file__),
        ("SAYSO_PLATFORM", " "),
        ("SAYSO_CONSENT_CHALLENGE", "perhaps"),
        ("SAYSO_PROFESSIONAL_MINUTES", "inf"),
        ("SAYSO_DATASET_MAX_HOURS", "0"),
    ],
)
def test_a_wrong_value_is_told_in_one_line_with_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings, match=f"^{name}[^\n]*$") as told:
        load_settings()
    assert value[:60] in str(told.value)
    # In our words, not in those of the library that checks.
    for jargon in ("input should", "string should", "value error", "valid integer", "pattern"):
        assert jargon not in str(told.value)


def test_a_token_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAYSO_BOOTSTRAP_TOKEN", "very-secret")
    assert "very-secret" not in repr(load_settings())


def test_every_setting_is_documented() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("token", ["two words", "schl\u00fcssel", "x" * 513, "Bearer", "token=x", '"quoted"'])
def test_a_token_that_no_header_carries_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("SAYSO_BOOTSTRAP_TOKEN", token)
    with pytest.raises(BadSettings, match=r"^SAYSO_BOOTSTRAP_TOKEN[^\n]*$") as told:
        load_settings()
    if "token" not in token.lower() and token != "Bearer":
        assert token not in str(told.value)
