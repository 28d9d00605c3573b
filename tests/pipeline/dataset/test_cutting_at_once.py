"""Cutting on all cores: what comes of it is what comes of one, also at the limits and after a kill."""

from __future__ import annotations

import io
import itertools
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from sending import laid_by_hand, sound

from sayso.audio.waveform import Waveform
from sayso.engines.tone import ToneDetector
from sayso.pipeline import phone
from sayso.pipeline.dataset.crew import Crew
from sayso.pipeline.dataset.cutter import Cutter
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.preparing import Manifest, prepare
from sayso.pipeline.dataset.room import Ended, Left, Room, at_most

RATE_HZ = 8_000
PIECE_BYTES = 12 * RATE_HZ * 3
"""More than one piece takes."""


def hum(*seconds: float, form: str = "WAV", seed: int = 1) -> bytes:
    return sound(*seconds, form=form, rate_hz=RATE_HZ, pause_s=1.2, seed=seed)


def silence(seconds: float) -> bytes:
    file = io.BytesIO()
    quiet = np.random.default_rng(2).normal(0, 1e-4, round(seconds * RATE_HZ))
    soundfile.write(file, quiet, RATE_HZ, format="WAV")
    return file.getvalue()


def members() -> dict[str, bytes]:
    """Short and long ones, and whatever there is a remark for; 199 s of them are kept."""
    long = hum(*(8.0,) * 4)
    return {
        "a short.wav": hum(3.0),
        "b long.wav": hum(*(7.0, 4.0, 9.0, 2.0, 8.0), seed=2),
        "c long.flac": hum(*(6.0,) * 5, form="FLAC", seed=3),
        "d short.wav": hum(1.0, 2.0, seed=4),
        "e broken.flac": hum(2.0, form="FLAC")[:2_000] + b"x" * 50,
        "f silent.wav": silence(25.0),
        "g cut short.wav": long[: len(long) * 3 // 4],
        "h more than a minute.wav": hum(*(10.0,) * 7, seed=5),
        "i one piece.wav": hum(11.0, seed=6) + silence(14.0)[44:],
        "j short.wav": hum(2.0, seed=7),
        "k long.wav": hum(*(5.0,) * 5, seed=8),
        "l silent short.wav": silence(3.0),
    }


class Uneven:
    """Finds what the humming detector finds, and is quick or slow by turns, so that members end out of their order."""

    def __init__(self) -> None:
        self._waits_s = itertools.cycle([0.06, 0.0, 0.02, 0.0, 0.0])

    def probabilities(self, wave: Waveform) -> NDArray[np.float32]:
        threading.Event().wait(next(self._waits_s))
        return ToneDetector().probabilities(wave)


def cut(folder: Path, at_once: int, detector: object = None, **limits: object) -> Manifest:
    bounds = DatasetLimits(**limits)  # type: ignore[arg-type]

    def look(*_: object) -> None:
        assert sum(len(data) for data in files(folder).values()) < bounds.max_cut_bytes + PIECE_BYTES

    made = detector or Uneven()
    return prepare(folder, None, made, "en", look, limits=bounds, at_once=at_once)  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "utterances").iterdir()}


LIMITS = [{}] + [
    {name: value}
    for name, values in {
        "max_audio_s": (1.0, 30.0, 37.5, 75.0, 120.0, 180.0, 198.0),
        "max_cut_bytes": (1, 300_000, 700_000, 1_200_000, 1_500_000),
    }.items()
    for value in values
]


@pytest.fixture(scope="module")
def sent() -> dict[str, bytes]:
    return members()


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_all_cores_cut_what_one_core_cuts(
    tmp_path: Path, sent: dict[str, bytes], limits: dict[str, float]
) -> None:
    found = []
    for at_once in (1, 4):
        folder = tmp_path / str(at_once)
        laid_by_hand(folder, sent)
        manifest = cut(folder, at_once, **limits)
        journal = (folder / "cut.jsonl").read_text("utf-8")
        assert set(files(folder)) == {Path(one.file).name for one in manifest.utterances}
        found.append((manifest, journal, files(folder)))
    assert found[0] == found[1]
    codes = {remark.code for remark in found[0][0].remarks}
    assert ("left_out" in codes) == bool(limits), "the limits are hit, and in the middle"
    if not limits:
        assert codes == {"unreadable", "no_speech", "cut_short"}


class Meeting:
    """A detector that goes on only when two are in it."""

    def __init__(self) -> None:
        self._two = threading.Barrier(2)

    def probabilities(self, wave: Waveform) -> NDArray[np.float32]:
        self._two.wait(60)
        return ToneDetector().probabilities(wave)


@pytest.mark.parametrize("seconds", [(8.0,) * 3, (8.0,) * 10], ids=["two members", "two parts of one"])
def test_two_are_in_work_at_once(tmp_path: Path, seconds: tuple[float, ...]) -> None:
    """A recording of less than a minute is one part for the detector, one of 92 s are two."""
    laid_by_hand(tmp_path, {f"{i}.wav": hum(*seconds, seed=i) for i in range(2 if len(seconds) == 3 else 1)})
    assert len(cut(tmp_path, 2, Meeting()).utterances) >= 6


KILLED = """
import itertools, json, os, pathlib, signal, sys
from sayso.engines.tone import ToneDetector
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.preparing import prepare

folder, where, times = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
calls = itertools.count(1)

def die():
    if next(calls) == times:
        os.kill(os.getpid(), signal.SIGKILL)

class Detector(ToneDetector):
    def probabilities(self, wave):
        if where == "detector":
            die()
        return super().probabilities(wave)

def progress(*_):
    if where == "progress":
        die()

limits = DatasetLimits(**json.loads(sys.argv[4]))
prepare(folder, None, Detector(), "en", progress, limits=limits, at_once=3)
"""


@pytest.mark.parametrize(
    ("where", "times", "limits"),
    [
        ("detector", 1, {}),
        ("detector", 6, {}),
        ("progress", 3, {}),
        ("progress", 7, {"max_audio_s": 120.0}),
        ("progress", 4, {"max_cut_bytes": 1_200_000}),
    ],
)
def test_a_killed_cutting_is_gone_on_with(
    tmp_path: Path, sent: dict[str, bytes], where: str, times: int, limits: dict[str, float]
) -> None:
    for name in ("whole", "killed"):
        laid_by_hand(tmp_path / name, sent)
    whole = cut(tmp_path / "whole", 1, **limits)
    killed = tmp_path / "killed"
    arguments = [str(killed), where, str(times), json.dumps(limits)]
    ended = subprocess.run([sys.executable, "-c", KILLED, *arguments], check=False)
    assert ended.returncode == -signal.SIGKILL
    # As a version before this one would have left it: an older line, a torn one, pieces of a member without a line.
    journal = killed / "cut.jsonl"
    left = journal.read_text("utf-8").replace(', "is_silent": false', "") if journal.exists() else ""
    if where == "progress":
        assert left.count("\n") == times
        (killed / "members" / "00000").write_bytes(hum(5.0))  # what is done is not decoded again
    journal.write_text(left + '{"key": "torn', "utf-8")
    (killed / "utterances" / "00011-0007.flac").write_bytes(b"half")
    assert cut(killed, 3, **limits) == whole
    assert files(killed) == files(tmp_path / "whole")


@pytest.mark.parametrize("at_once", [1, 3])
def test_a_recording_that_breaks_between_its_readings_leaves_nothing(tmp_path: Path, at_once: int) -> None:
    class Breaking(ToneDetector):
        def probabilities(self, wave: Waveform) -> NDArray[np.float32]:
            if len(wave.samples) > 45 * 16_000:
                broken.write_bytes(data[: len(data) // 2] + b"x" * (len(data) // 2))
            return super().probabilities(wave)

    data = hum(*(10.0,) * 4, form="FLAC")
    folder = laid_by_hand(tmp_path, {"a.wav": hum(2.0), "b.flac": data, "c.wav": hum(*(8.0,) * 3)})
    broken = folder / "00001"
    # What the broken one wrote does not count: it would be too much.
    manifest = cut(tmp_path, at_once, Breaking(), max_cut_bytes=600_000)
    assert [(remark.code, remark.member) for remark in manifest.remarks] == [("unreadable", "b.flac")]
    assert [one.name for one in manifest.utterances] == ["a", "c-0001", "c-0002", "c-0003"]
    assert set(files(tmp_path)) == {Path(one.file).name for one in manifest.utterances}


def test_an_error_of_ours_ends_all_members(tmp_path: Path) -> None:
    class Failing:
        def probabilities(self, _: Waveform) -> NDArray[np.float32]:
            raise RuntimeError("ours")

    laid_by_hand(tmp_path, {f"{i}.wav": hum(*(8.0,) * 3, seed=i) for i in range(5)})
    with pytest.raises(RuntimeError, match="ours"):
        cut(tmp_path, 2, Failing())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("cut", "crew"))]


def test_an_error_of_ours_does_not_wait_for_decoders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, over = tmp_path / "begun", tmp_path / "over"
    program = tmp_path / "decodes for long"
    # What sleeps holds no end of our pipes: only the program itself may keep us.
    sleep = "sleep 45 </dev/null >/dev/null 2>&1"
    program.write_text(f"#!/bin/sh\nmkdir '{begun}'\n{sleep}\nmkdir '{over}'\n", "utf-8")
    program.chmod(0o700)
    monkeypatch.setattr(phone, "program", lambda: program)

    class Failing:
        def probabilities(self, _: Waveform) -> NDArray[np.float32]:
            until = time.monotonic() + 60.0
            while not begun.exists() and time.monotonic() < until:
                time.sleep(0.05)
            raise RuntimeError("ours")

    laid_by_hand(tmp_path, {"a.wav": hum(*(8.0,) * 3), "b.m4a": b"\0\0\0\x20ftypM4A " + bytes(500)})
    with pytest.raises(RuntimeError, match="ours"):
        cut(tmp_path, 2, Failing())
    assert begun.exists()
    assert not over.exists(), "it was waited for"
    assert not (tmp_path / "cut.jsonl").read_text("utf-8")


def test_no_more_minutes_are_in_memory_than_sixteen_cores_take(tmp_path: Path) -> None:
    cutter = Cutter(tmp_path, ToneDetector(), DatasetLimits(), at_once=256)
    release, started = threading.Event(), []

    def work(i: int) -> None:
        started.append(i)
        release.wait(60)

    results = cutter._crew.in_order(work, range(300))
    opener = threading.Timer(1.0, release.set)
    opener.start()
    next(results)
    assert len(started) <= 16 + 2
    results.close()
    cutter._crew.close()


# --- the crew -----------------------------------------------------------------------------------


def test_a_crew_gives_back_in_order_and_takes_little_ahead() -> None:
    taken: list[int] = []
    first = threading.Event()

    def items() -> Iterator[int]:
        for i in range(50):
            taken.append(i)
            yield i

    def work(i: int) -> int:
        if i == 0:
            first.wait(60)
        return i * i

    crew = Crew(3)
    results = crew.in_order(work, items())
    opener = threading.Timer(0.2, first.set)
    opener.start()
    assert next(results) == 0
    assert len(taken) <= 3 + 2 + 1, "as many as there are places, and the one that waits for one"
    assert list(results) == [i * i for i in range(1, 50)]
    crew.close()


def test_many_share_a_crew_and_none_waits_for_ever() -> None:
    crew = Crew(2)
    found: dict[int, list[int]] = {}

    def member(n: int) -> None:
        found[n] = list(crew.in_order(lambda i: i + n, range(200)))

    threads = [threading.Thread(target=member, args=(n,), daemon=True) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {n: [i + n for i in range(200)] for n in range(6)}
    crew.close()


def test_who_has_a_long_recording_does_not_keep_the_others_waiting_to_its_end() -> None:
    crew = Crew(2)
    is_full, through = threading.Event(), threading.Event()
    given: list[int] = []

    def long() -> Iterator[int]:
        for i in range(3_000):
            if through.is_set():
                return
            if i == 10:
                is_full.set()
            yield i

    def take_long() -> None:
        given.extend(crew.in_order(lambda i: time.sleep(0.002) or i, long()))

    thread = threading.Thread(target=take_long, daemon=True)
    thread.start()
    assert is_full.wait(60)
    assert list(crew.in_order(lambda i: i, range(5))) == [0, 1, 2, 3, 4]
    through.set()
    thread.join(60)
    crew.close()
    assert given == list(range(len(given)))
    assert len(given) < 1_000


@pytest.mark.parametrize("at_once", [1, 3])
def test_what_came_before_an_error_is_given_before_it(at_once: int) -> None:
    def items() -> Iterator[int]:
        yield from range(3)
        raise ValueError("the fourth")

    crew = Crew(at_once)
    results = crew.in_order(str, items())
    assert [next(results) for _ in range(3)] == ["0", "1", "2"]
    with pytest.raises(ValueError, match="the fourth"):
        next(results)
    # Who stops early gives its places back.
    for _ in range(10):
        results = crew.in_order(str, range(20))
        assert next(results) == "0"
        results.close()
    together = threading.Barrier(at_once)
    assert len(list(crew.in_order(lambda _: together.wait(60), range(at_once)))) == at_once
    crew.close()


# --- the room -----------------------------------------------------------------------------------


def waiting(room: Room, number: int) -> tuple[threading.Thread, list[object]]:
    found: list[object] = []

    def ask() -> None:
        try:
            found.append(room.left(number))
        except Ended as ended:
            found.append(ended)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    return thread, found


def test_who_surely_fits_goes_ahead_and_the_others_wait_for_their_turn() -> None:
    room = Room(DatasetLimits(max_audio_s=100.0, max_cut_bytes=1_000))
    room.says(1, 50.0, 100)
    thread, found = waiting(room, 1)
    assert not found, "nobody knows yet what the first one takes"
    room.says(0, 40.0, 100)
    thread.join(60)
    assert found == [Left(float("inf"), float("inf"))]
    room.says(2, 20.0, 100)
    thread, found = waiting(room, 2)
    room.wrote(90)
    room.took(0, 35.0)
    assert not found, "35 s are taken; 50 and 20 s more may be too much"
    room.wrote(80)
    room.took(1, 50.0)
    thread.join(60)
    assert found == [Left(15.0, 830)]
    room.took(2, 20.0)
    room.says(3, 1.0, 1)
    assert room.left(3).is_nothing
    assert room.is_over
    assert not room.is_full


def test_who_waits_is_told_the_end() -> None:
    room = Room(DatasetLimits())
    room.says(1, 1.0, 1)
    thread, found = waiting(room, 1)
    room.end()
    thread.join(60)
    assert [type(one) for one in found] == [Ended]


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_no_piece_takes_more_than_the_most(rate_hz: int) -> None:
    from sayso.audio import codec

    for seconds in (0.2, 1.0, 12.0):
        noise = np.random.default_rng(1).uniform(-1, 1, round(seconds * rate_hz)).astype(np.float32)
        assert len(codec.encode_flac(Waveform(noise, rate_hz))) < at_most(rate_hz, seconds)[1]
