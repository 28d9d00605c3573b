"""`sayso webhook`, on a data folder that no server uses."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sayso.bootstrap import close, open_services
from sayso.cli import app
from sayso.domain.event import VoiceFinished
from sayso.errors import NotFound
from sayso.settings import load_settings
from sayso.storage import deliveries
from sayso.usecases import accounts, voices
from sayso.workflows import outbox


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["webhook", *words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, str]:
    """Ids of a token, of a voice, and of a callback of it that was begun once."""
    monkeypatch.setenv("SAYSO_HOME", str(tmp_path))
    monkeypatch.setenv("SAYSO_ENGINE", "tone")
    services = open_services(load_settings(), run_worker=False, warm=False)
    token, secret = accounts.create_token(services, "ada")
    caller = accounts.sign_in(services, secret)
    voice, _ = voices.create_voice(services, caller, voices.NewVoice("Ada"))
    now = datetime.now(UTC)
    with services.db.begin() as tx:
        told = outbox.tell(
            tx, token.account_id, "https://there.example/x?key=hunter2", VoiceFinished(voice.id), "k"
        )
        assert told is not None
        deliveries.begin_attempt(tx, told, now, now)
        deliveries.recover(tx)
    close(services)
    return token.id, voice.id, told.id


def test_the_secret_is_shown_and_changed(folder: tuple[str, str, str]) -> None:
    token, _, _ = folder
    first = run("secret", token)
    assert first.startswith("whsec_")
    assert run("secret", token) == first
    second = run("rotate", token)
    assert second != first
    assert run("secret", token) == second
    with pytest.raises(NotFound):
        run("secret", "no-such")


def test_the_log_tells_every_attempt_and_no_address(folder: tuple[str, str, str]) -> None:
    _, voice, delivery = folder
    text = run("log", voice)
    assert f"{delivery} finished to there.example:443: pending" in text
    assert "1. " in text
    assert "this server ended during the attempt" in text
    assert "hunter2" not in text
    assert delivery in run("redeliver", voice, delivery)
    with pytest.raises(NotFound):
        run("redeliver", voice, "msg_other")
    with pytest.raises(NotFound):
        run("log", "no-such")
