"""The analysis of a set with a scripted encoder; the models are tried in test_analysis_real.py."""

import json
from dataclasses import asdict

import numpy as np
import pytest

from sayso.audio import codec
from sayso.audio.spans import Span
from sayso.audio.waveform import Waveform
from sayso.domain import quality
from sayso.domain.analysis import RecordingReport, SetReport, Stretch, Totals, report_of
from sayso.domain.quality import Grade, Harm, Reason
from sayso.domain.verdict import Outcome
from sayso.pipeline.analysis.analyse import analyse
from sayso.pipeline.analysis.cache import Cache
from sayso.pipeline.analysis.estimate import RANGES, calibration, estimate
from sayso.pipeline.analysis.hearsay import judged_again, left_out
from sayso.pipeline.analysis.hums import HumMeter
from sayso.pipeline.analysis.item import Item
from sayso.pipeline.analysis.measure import Measured
from sayso.pipeline.analysis.page import Player, page
from sayso.pipeline.analysis.repairs import repaired
from sayso.pipeline.analysis.speakers import LINE, company, strangers

RATE_HZ = 16_000


def people(*who: int, seed: int = 0, spread: float = 0.025) -> list[np.ndarray]:
    """A unit vector for each recording; those of one person lie near each other."""
    rng = np.random.default_rng(seed)
    means = np.random.default_rng(99).standard_normal((10, 256))
    vectors = [
        means[person] / np.linalg.norm(means[person]) + spread * rng.standard_normal(256) for person in who
    ]
    return [(v / np.linalg.norm(v)).astype(np.float32) for v in vectors]


@pytest.mark.parametrize("seed", range(5))
def test_one_stranger_among_twenty_is_the_odd_one(seed):
    found = company(people(*[0] * 10, 1, *[0] * 9, seed=seed), [5.0] * 20)

    assert [i for i, odd in enumerate(found.is_odd) if odd] == [10]
    assert found.similarity[10] == min(found.similarity)


def test_several_strangers_do_not_become_the_speaker():
    found = company(people(0, 0, 0, 0, 0, 1, 2, 1), [5.0] * 8)

    assert [i for i, odd in enumerate(found.is_odd) if odd] == [5, 6, 7]


def test_whoever_speaks_longest_is_the_speaker():
    assert company(people(0, 1), [3.0, 30.0]).is_odd == (True, False)
    assert company(people(0, 1, 1), [30.0, 3.0, 3.0]).is_odd == (False, True, True)


def test_alone_nobody_is_odd():
    assert company([], []).is_odd == ()
    assert company(people(0), [5.0]).is_odd == (False,)
    assert company(people(0, 0), [5.0, 5.0]).is_odd == (False, False)
    assert min(company(people(0, 0), [5.0, 5.0]).similarity) >= LINE


class Scripted:
    """Knows who speaks by the level of the sound."""

    def embed(self, wave: Waveform) -> np.ndarray:
        return people(round(float(np.abs(wave.samples).mean()) * 10), spread=0.0)[0]


def test_a_second_voice_in_a_long_recording_is_named_by_its_time():
    samples = np.full(RATE_HZ * 60, 0.1, np.float32)
    samples[RATE_HZ * 32 : RATE_HZ * 44] = 0.3
    speech = [Span(float(start), start + 3.8) for start in range(0, 60, 4)]

    found = strangers(Waveform(samples, RATE_HZ), speech, Scripted())

    assert found == (Span(32.0, 43.8),)


def test_one_voice_alone_and_a_short_recording_hold_no_stranger():
    samples = np.full(RATE_HZ * 60, 0.1, np.float32)
    speech = [Span(float(start), start + 3.8) for start in range(0, 60, 4)]

    assert strangers(Waveform(samples, RATE_HZ), speech, Scripted()) == ()
    assert strangers(Waveform(samples, RATE_HZ), speech[:1], Scripted()) == ()


def test_repairs_do_what_they_say_and_leave_the_original():
    t = np.arange(RATE_HZ * 6) / RATE_HZ
    samples = (0.01 * np.sin(2 * np.pi * 200 * t) * ((t > 2) & (t < 4)) + 0.05).astype(np.float32)
    before = samples.copy()

    copy = repaired(
        Waveform(samples, RATE_HZ),
        frozenset({Harm.OFFSET, Harm.LONG_SILENCE, Harm.TOO_QUIET}),
        2.0,
        4.0,
        -43.0,
    )

    assert (samples == before).all()
    assert copy.duration_s == pytest.approx(2.3, abs=0.01)
    assert abs(float(copy.samples.mean())) < 2e-3
    assert np.abs(copy.samples).max() == pytest.approx(0.1, rel=0.1)


def test_a_repair_that_is_not_asked_for_is_not_made():
    wave = Waveform(np.full(RATE_HZ, 0.05, np.float32), RATE_HZ)

    assert (repaired(wave, frozenset({Harm.NARROW}), 0.0, 1.0, -20.0).samples == wave.samples).all()


def middling(**changes: float) -> dict[str, float]:
    """Features whose pseudo-reference is very good, all else at its mean."""
    constants = calibration()
    found = dict(zip(constants["features"], constants["mean"], strict=True))
    return found | {
        "stoi": 0.99, "si_sdr_db": 25.0, "disturbance": 1.0, "added": 4.0, "lsnr_50_db": 30.0, **changes
    }  # fmt: skip


def test_estimates_fall_with_what_the_pseudo_reference_shows_and_stay_within_their_ends():
    good = estimate(middling())
    bad = estimate(middling(stoi=0.6, si_sdr_db=-3.0, disturbance=20.0, added=44.0, lsnr_50_db=-5.0))
    absurd = estimate(middling(**dict.fromkeys(calibration()["features"], 1000000.0)))

    assert good.stoi > bad.stoi
    assert good.pesq > bad.pesq + 1.0
    assert good.si_sdr_db > bad.si_sdr_db + 10.0
    for found in (good, bad, absurd):
        for name, (low, high) in RANGES.items():
            assert low <= getattr(found, name) <= high


def measured() -> Measured:
    return Measured(
        duration_s=5.0, speech_s=4.0, usable_s=4.2, start_s=0.2, end_s=4.7, stoi=0.9, pesq=3.0, si_sdr_db=12.0,
        opinion_speech=3.0, opinion_background=3.0, opinion_overall=2.5, decay_s=0.15, snr_db=20.0,
        level_dbfs=-25.0, peak_dbfs=-6.0, dc_offset=0.0, flat_top_ratio=0.0, rate_hz=RATE_HZ, cutoff_hz=7_900.0,
        cliff_db=1.0, cliff_hz=3_000.0, vector=(0.6, 0.8), others=((1.0, 2.0),),
    )  # fmt: skip


def test_what_was_measured_is_found_again_after_a_kill(tmp_path):
    file = tmp_path / "work" / "analysis.jsonl"
    Cache(file).put("a", measured())
    with file.open("a") as out:
        out.write('{"v": 1, "key": "b", "found": {"dura')  # killed while writing
    Cache(file).put("c", measured())

    again = Cache(file)

    assert again.get("a") == again.get("c") == measured()
    assert again.get("b") is None


def test_a_cache_of_another_version_or_of_rubbish_is_measured_anew(tmp_path):
    file = tmp_path / "analysis.jsonl"
    file.write_bytes(
        b'\xff\xfe\n[1]\n"x"\n{"v": 0, "key": "a", "found": {}}\n{"v": 1, "key": "a", "found": {"more": 1}}\n'
    )

    assert Cache(file).get("a") is None


def recording(name: str, grade: Grade = Grade.GOOD, **changes: object) -> RecordingReport:
    fields: dict[str, object] = {
        "id": name, "name": name, "text": None, "grade": grade, "reasons": (), "repairs": (), "repaired_file": None,
        "is_active": grade is not Grade.REJECTED, "is_silent": False, "is_outlier": False, "score": 0.9,
        "stoi": 0.98, "pesq": 3.9, "si_sdr_db": 22.0, "score_after": None, "opinion_speech": 3.4,
        "opinion_background": 4.0, "opinion_overall": 3.1, "snr_db": 33.0, "duration_s": 6.0, "speech_s": 5.0,
        "trimmed_s": 5.5, "level_dbfs": -24.0, "peak_dbfs": -5.0, "dc_offset": 0.0, "flat_top_ratio": 0.0,
        "rate_hz": 24_000, "cutoff_hz": 11_800.0, "is_upsampled": False, "decay_s": 0.14,
        "words_per_minute": 150.0, "agreement": 0.97, "speaker_similarity": 0.9, "other_speaker": (),
    }  # fmt: skip
    return RecordingReport(**{**fields, **changes})


EVIL = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'&amp;\x00\u202e"


def evil_set() -> SetReport:
    reason = Reason(Harm.OTHER_SPEAKER, f"sentence {EVIL}", f"remedy {EVIL}")
    bad = recording(
        EVIL, Grade.REJECTED, reasons=(reason,), repairs=(f"done {EVIL}",), other_speaker=(Stretch(1.0, 2.0),),
        stoi=None, pesq=None, si_sdr_db=None, snr_db=None, level_dbfs=None, decay_s=None,
    )  # fmt: skip
    totals = Totals(2, 1, 1, 0, 0, 1, 12.0, 10.0, 5.0, 10.0, 0.9)
    return SetReport((recording("fine"), bad), Outcome.ISSUE, f"issue {EVIL}", (f"remark {EVIL}",), totals)


def test_the_page_runs_nobodys_script():
    players = {EVIL: Player("javascript:alert(3)", f"remark {EVIL}"), "fine": Player(f"/sound?x={EVIL}")}
    html = page(evil_set(), players, f"title {EVIL}", about=f"about {EVIL}")

    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:" not in html
    assert "onerror=alert(2)&gt;" in html
    assert html.count("<audio") == 1


def test_the_page_needs_nothing_from_elsewhere():
    html = page(evil_set(), {}, "A set")

    assert "http://" not in html.replace("media-src http:", "")
    assert "https://" not in html
    assert "<link" not in html
    assert html.count("<figure>") == 10


def test_what_a_build_left_out_of_a_recording_is_a_remark_on_it_said_once():
    other, unheard = quality.partly_other(3.04, has_consent=False), quality.partly_unheard(1.25)
    quiet = Reason(Harm.TOO_QUIET, "quiet", "louder")
    one = recording("one", Grade.LOOK, reasons=(quality.words(0.5), quiet))

    told = left_out(left_out(one, [unheard]), [other, unheard])

    assert [r.code for r in told.reasons] == [
        Harm.WORDS_DIFFER, Harm.PARTLY_OTHER, Harm.PARTLY_UNHEARD, Harm.TOO_QUIET
    ]  # fmt: skip
    assert told.reasons[1].sentence.startswith("3.0 s of it were not learnt from")
    assert "speaks most" in told.reasons[1].sentence
    assert left_out(told, []).reasons == one.reasons
    whole = SetReport((one, recording("two")), Outcome.ACCEPTED, None, (), evil_set().totals)
    after = judged_again(whole, {"two": left_out(recording("two"), [other])})
    assert after.outcome is Outcome.REMARKS
    assert any("somebody else seems to speak, have a look: “two”." in remark for remark in after.remarks)
    rejected = recording("bad", Grade.REJECTED)
    assert left_out(rejected, [other]) == rejected


def test_a_report_comes_back_from_json_as_it_was():
    report = evil_set()

    plain = json.loads(json.dumps(report.as_json()))

    assert report_of(plain) == report
    assert plain["recordings"][1]["reasons"][0]["code"] == "other_speaker"
    assert [r.id for r in report.rejected] == [EVIL]
    assert asdict(report)["totals"]["needed_s"] == 10.0


def hum(duration_s: float, level: float = 0.2) -> Waveform:
    """What the tone engine's meter takes for speech."""
    t = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    return Waveform((level * np.sin(2 * np.pi * 150.0 * t)).astype(np.float32), RATE_HZ)


def test_a_recording_of_which_only_the_beginning_is_looked_at_is_judged_as_a_whole(tmp_path):
    text = "x" * 300  # 15 characters a second of all of it, 60 of what is looked at
    silence = Waveform(np.zeros(5 * RATE_HZ, np.float32), RATE_HZ)
    quiet = hum(20.0, level=0.005)
    late = Waveform(np.concatenate((hum(20.0).samples, silence.samples)), RATE_HZ)
    items = [Item("a", hum(20.0), text=text), Item("b", quiet, text=text), Item("c", late, text=text)]

    found = analyse(
        items, HumMeter(), lambda *_: None, least_s=10.0, folder=tmp_path, threads=1, longest_s=5.0
    )

    a, b, c = found.recordings
    assert (a.duration_s, a.looked_at_s, a.words_per_minute) == (20.0, 5.0, None)
    assert (a.grade, a.reasons) == (Grade.GOOD, ())
    assert (b.grade, [reason.code for reason in b.reasons]) == (Grade.REPAIRED, [Harm.TOO_QUIET])
    copy = codec.decode((tmp_path / b.repaired_file).read_bytes())
    assert copy.duration_s == pytest.approx(5.0), "what nobody looked at is not learnt from"
    assert c.duration_s == 25.0
    assert found.totals.duration_s == 65.0
    assert found.totals.speech_s == pytest.approx(15.0, abs=0.5)


def test_a_silent_beginning_is_said_to_be_one(tmp_path):
    silent = Waveform(np.concatenate((np.zeros(10 * RATE_HZ, np.float32), hum(5.0).samples)), RATE_HZ)

    found = analyse([Item("a", silent)], HumMeter(), lambda *_: None, least_s=10.0, longest_s=5.0)

    assert found.recordings[0].reasons[0].sentence == "Only 0.0 s of speech were found in its first 5.0 s."


def test_who_is_liked_most_does_not_depend_on_how_many_are_compared_at_a_time(monkeypatch):
    vectors = people(*[0, 1, 2] * 5, *[3] * 6)
    whole = company(vectors, [5.0] * len(vectors))

    monkeypatch.setattr("sayso.pipeline.analysis.speakers._ROWS", 4)

    assert company(vectors, [5.0] * len(vectors)) == whole
    assert [i for i, odd in enumerate(whole.is_odd) if not odd] == list(range(15, 21))
