"""What opening a server decides, tells and loads."""

import hashlib
import json
import logging
import subprocess
import sys

import pytest

from sayso.bootstrap import close, open_services
from sayso.engines.marked import MarkedEngine
from sayso.engines.registry import EngineOptions, make_marker
from sayso.engines.tone import MAGIC, VERSION
from sayso.errors import BadArtifact
from sayso.settings import Settings


def opened(tmp_path, **given):
    settings = Settings(home=tmp_path, models_dir=tmp_path / "models", **given)
    services = open_services(settings, run_worker=False, warm=False)
    close(services)
    return services


def test_a_voice_engine_marks_unless_the_operator_says_no(tmp_path, caplog):
    services = opened(tmp_path)

    assert services.is_marking
    assert isinstance(services.engine, MarkedEngine)
    assert "SAYSO_WATERMARK" not in caplog.text


def test_without_its_weights_nothing_speaks_unmarked(tmp_path):
    marker = make_marker("kokoro", EngineOptions(tmp_path, 1))

    assert marker is not None
    with pytest.raises(BadArtifact, match="sayso models fetch"):
        marker.warm()


@pytest.mark.parametrize("word", ["off", "false", "0"])
def test_switched_off_it_is_a_warning_in_the_log(tmp_path, caplog, monkeypatch, word):
    monkeypatch.setenv("SAYSO_WATERMARK", word)

    with caplog.at_level(logging.WARNING):
        services = opened(tmp_path)

    assert not services.is_marking
    assert not isinstance(services.engine, MarkedEngine)
    assert "SAYSO_WATERMARK is off" in caplog.text


@pytest.mark.parametrize(("company", "is_told"), [("", True), ("Bread Radio", False)])
def test_that_any_company_may_be_named_stands_in_the_log(tmp_path, caplog, company, is_told):
    with caplog.at_level(logging.INFO):
        services = opened(tmp_path, engine="tone", company=company)

    assert services.consent.company == company
    assert ("SAYSO_COMPANY is empty" in caplog.text) is is_told


def test_humming_needs_no_mark_and_no_weights(tmp_path, caplog):
    services = opened(tmp_path, engine="tone")

    assert not services.is_marking
    assert list(services.engine.reader("hum").speak("Hello."))
    assert "SAYSO_WATERMARK" not in caplog.text


def test_loaded_voices_give_way_when_they_need_more_memory_than_the_operator_gives(tmp_path):
    def large(pitch_hz: float) -> bytes:
        body = json.dumps({"pitch_hz": pitch_hz, "seed": 1, "padding": 600_000 * "x"}).encode()
        return MAGIC + bytes([VERSION]) + hashlib.sha256(body).digest() + body

    def reloads(mib: int) -> bool:
        """Whether the first of two voices of 0.6 MB must be loaded anew after the second."""
        services = opened(tmp_path / str(mib), engine="tone", voices_max_mib=mib)
        one, two = (services.blobs.put(large(hz)) for hz in (100.0, 200.0))
        first = services.speakers.get(one)
        services.speakers.get(two)
        return services.speakers.get(one) is not first

    assert reloads(1)
    assert not reloads(3)


def test_what_opens_a_server_or_a_command_loads_nothing_heavy():
    """Torch and SciPy take seconds to load: they belong to the children, and to the thread that warms up."""
    heavy = "{'torch', 'scipy', 'onnxruntime', 'dbos'}"
    code = f"import sys, sayso.api.app, sayso.bootstrap; print(*{heavy} & set(sys.modules))"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert loaded.split() == []
