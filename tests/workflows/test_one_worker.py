"""One process works on a folder; others may serve."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from working import finish

from sayso.bootstrap import close, open_services
from sayso.domain.account import Caller
from sayso.domain.voice import Voice, VoiceType
from sayso.errors import Unavailable
from sayso.pipeline.trainer import ChildTrainer
from sayso.services import Services
from sayso.settings import Settings
from sayso.usecases import health, recordings, voices
from sayso.workflows import runs
from sayso.workflows.sweep import sweep
from serving import humming


def test_a_second_worker_on_the_same_folder_is_refused(services: Services) -> None:
    home = services.work_folder.parent
    program = (
        "from sayso.bootstrap import open_services\n"
        "from sayso.settings import load_settings\n"
        "open_services(load_settings(), warm=False)\n"
    )
    environment = {**os.environ, "SAYSO_HOME": str(home), "SAYSO_ENGINE": "tone"}
    second = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert second.returncode != 0
    assert "another sayso works on" in second.stderr


def test_a_second_worker_in_one_process_is_refused(services: Services, tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        open_services(Settings(home=tmp_path, engine="tone"), warm=False)


def test_a_server_beside_a_worker_is_ready_and_one_alone_is_not(services: Services, tmp_path: Path) -> None:
    beside = Settings(home=services.work_folder.parent, engine="tone")
    alone = Settings(home=tmp_path, engine="tone")
    for settings, expected in ((beside, True), (alone, False)):
        other = open_services(settings, run_worker=False, warm=False)
        other.speakers.warm()
        state = health.readiness(other)
        assert state.ready is expected, state
        close(other)


def test_models_for_building_load_when_a_build_is_in_sight_and_go_when_none_was_for_a_while(
    services: Services, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = services.trainer
    assert isinstance(trainer, ChildTrainer)
    monkeypatch.setattr(trainer, "_rest_after_s", -1.0)
    sweep(services)
    monkeypatch.setattr(trainer, "_rest_after_s", 600.0)
    voices.create_voice(services, ada, voices.NewVoice("Long", voice_type=VoiceType.PROFESSIONAL))
    assert trainer.pid is None
    voice, _ = voices.create_voice(services, ada, voices.NewVoice("Quick", voice_type=VoiceType.RAPID))
    assert trainer.pid is not None
    sweep(services)
    assert trainer.pid is not None
    monkeypatch.setattr(trainer, "_rest_after_s", -1.0)
    sweep(services)
    assert trainer.pid is None
    recordings.add_recording(services, ada, voice.id, recordings.NewRecording("One", humming(4.0)))
    assert trainer.pid is not None


def test_a_build_that_another_process_asked_for_is_seen_by_the_sweep_which_loads_for_it(
    services: Services, ada: Caller, ready: Callable[..., Voice], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected: list[str] = []
    voice = ready()
    monkeypatch.setattr(runs, "expect", lambda _, seen: expected.append(seen.id))
    beside = open_services(
        Settings(home=services.work_folder.parent, engine="tone"), run_worker=False, warm=False
    )
    voices.build_voice(beside, ada, voice.id)
    close(beside)
    sweep(services)
    assert voice.id in expected
    finish(services, ada, voice)


def test_a_process_that_cannot_be_started_fails_no_request_that_only_hints_at_a_build(
    services: Services, ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(services.trainer, "warm", full)
    voice, _ = voices.create_voice(services, ada, voices.NewVoice("Quick", voice_type=VoiceType.RAPID))
    assert recordings.add_recording(services, ada, voice.id, recordings.NewRecording("One", humming(4.0))).id


def test_a_server_that_leaves_the_work_to_another_process_loads_nothing_for_it(
    services: Services, ada: Caller
) -> None:
    beside = open_services(
        Settings(home=services.work_folder.parent, engine="tone"), run_worker=False, warm=False
    )
    voices.create_voice(beside, ada, voices.NewVoice("Quick", voice_type=VoiceType.RAPID))
    assert beside.trainer.pid is None  # type: ignore[attr-defined]
    close(beside)


def test_a_folder_may_hold_other_files(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    other = open_services(Settings(home=tmp_path, engine="tone"), run_worker=False, warm=False)
    close(other)
    assert (tmp_path / "letter.txt").read_text() == "mine"


@pytest.mark.slow
def test_a_waiting_callback_does_not_hold_up_the_end_and_waits_on_after_a_restart(tmp_path: Path) -> None:
    program = (
        "import time\n"
        "from sayso.bootstrap import close, open_services\n"
        "from sayso.domain.event import VoiceFinished\n"
        "from sayso.settings import load_settings\n"
        "from sayso.storage import deliveries\n"
        "from sayso.usecases import accounts\n"
        "from sayso.workflows import durable, outbox\n"
        "services = open_services(load_settings(), warm=False)\n"
        "account = accounts.create_token(services, 'ada')[0].account_id\n"
        "with services.db.begin() as tx:\n"
        "    told = outbox.tell(tx, account, 'http://127.0.0.1:1/', VoiceFinished('v'), 'd')\n"
        "while True:\n"
        "    with services.db.read() as tx: kept = deliveries.of_key(tx, 'd')\n"
        "    if kept.failures: break\n"
        "    time.sleep(0.05)\n"
        "time.sleep(1.5)\n"
        "print(told is not None, kept.state, kept.attempts, kept.failures)\n"
        "close(services)\n"
    )
    environment = {
        **os.environ,
        "SAYSO_HOME": str(tmp_path),
        "SAYSO_ENGINE": "tone",
        "SAYSO_WEBHOOK_DELAYS_S": "600",
        "SAYSO_OUTBOUND_ALLOW": "127.0.0.0/8",
    }
    for expected in ("True pending 1 1", "False pending 1 1"):
        run = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60
        )
        assert run.returncode == 0, run.stderr
        assert run.stdout.strip() == expected
        assert "Traceback" not in run.stderr
