"""The analysis of a set: measure each recording, compare the speakers, repair what is safe, give a verdict."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.domain import quality
from sayso.domain.analysis import RecordingReport, SetReport, Stretch, Totals
from sayso.domain.quality import Figures, Grade, Harm, Reason
from sayso.domain.verdict import Judged, verdict
from sayso.engines.base import Progress
from sayso.engines.watermark import MARKED
from sayso.errors import Rejected
from sayso.pipeline.analysis import speakers
from sayso.pipeline.analysis.cache import Cache
from sayso.pipeline.analysis.item import Item
from sayso.pipeline.analysis.measure import Measured, Meter, Tools
from sayso.pipeline.analysis.repairs import DONE, repaired

STAGE = "analysing the recordings"
CACHE = "analysis.jsonl"

_BETTER = 0.05
"""Taking out noise must raise the score by so much to be worth what it does to the voice."""
_BETTER_OPINION = 0.2
_LONGEST_DENOISED_S = 120.0
"""Longer ones would take hundreds of megabytes; a set is cut into utterances before it comes here."""
_LONGEST_DENOISED_IN_HASTE_S = 20.0
"""Where not even all of it is looked at: what stays whole in a dataset."""
_LONGEST_S = 7_200.0


def analyse(
    items: Sequence[Item],
    tools: Meter,
    progress: Progress,
    *,
    least_s: float,
    folder: Path | None = None,
    threads: int = 2,
    longest_s: float | None = None,
) -> SetReport:
    """Score each of `items` and judge the set, which needs `least_s` of good speech of one speaker.

    With `longest_s` only the beginning of each is looked at, and no more than that is in a repaired copy: nobody knows
    what the rest holds.

    With a `folder`, what is measured is kept there and not measured again, and repaired copies are
    written into it. May run twice; the same items give the same report.
    """
    cache = Cache(None if folder is None else folder / CACHE)
    began, done, telling = time.monotonic(), 0, threading.Lock()

    def one(item: Item) -> tuple[Measured | None, str]:
        nonlocal done
        found = _measured(item, tools, cache, longest_s)
        with telling:
            done += 1
            spent_s = time.monotonic() - began
            progress(STAGE, done / (len(items) + 1), spent_s / done * (len(items) - done))
        return found

    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        measured = list(pool.map(one, items))
        reports = _reports(items, measured)
        mended = list(
            pool.map(
                lambda item, report, found: _mended(item, report, found[0], tools, cache, folder, longest_s),
                items,
                reports,
                measured,
            )
        )
    progress(STAGE, 1.0, 0.0)
    return _judged(mended, [None if m is None else m.usable_s for m, _ in measured], least_s)


def _measured(item: Item, tools: Meter, cache: Cache, longest_s: float | None) -> tuple[Measured | None, str]:
    """What is in the recording, or why it cannot be read."""
    key = _key(item, "" if longest_s is None else f"{longest_s:.3f}")
    known = cache.get(key)
    if known is not None:
        return known, ""
    try:
        wave = _wave(item)
    except (Rejected, OSError) as error:
        return None, str(error)
    found = _looked_at(wave, tools, longest_s)
    cache.put(key, found)
    return found, ""


def _wave(item: Item) -> Waveform:
    if isinstance(item.source, Waveform):
        return item.source
    return codec.decode(item.source.read_bytes(), max_s=_LONGEST_S)


def _looked_at(wave: Waveform, tools: Meter, longest_s: float | None) -> Measured:
    if longest_s is None or wave.duration_s <= longest_s:
        return tools.measure(wave)
    found = tools.measure(wave.cut(0.0, longest_s))
    return replace(found, whole_s=round(wave.duration_s, 3))


def _key(item: Item, what: str = "") -> str:
    """Changes with the sound, and with nothing else."""
    digest = hashlib.sha256(what.encode())
    if isinstance(item.source, Waveform):
        digest.update(str(item.source.rate_hz).encode() + np.ascontiguousarray(item.source.samples).tobytes())
    else:
        try:
            with item.source.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError:
            digest.update(b"gone")
    return digest.hexdigest()


def _reports(items: Sequence[Item], measured: Sequence[tuple[Measured | None, str]]) -> list[RecordingReport]:
    # What is ruined by itself sounds like nobody: it is left out for that, and accuses no one.
    compared = {
        i: (np.array(m.vector, np.float32), m.speech_s)
        for i, (item, (m, _)) in enumerate(zip(items, measured, strict=True))
        if m is not None
        and m.vector is not None
        and quality.grade(quality.reasons(_figures(item, m))) is not Grade.REJECTED
    }
    company = speakers.company(
        [vector for vector, _ in compared.values()], [speech_s for _, speech_s in compared.values()]
    )
    beside = dict(zip(compared, zip(company.similarity, company.is_odd, strict=True), strict=True))
    reports = []
    for i, (item, (found, problem)) in enumerate(zip(items, measured, strict=True)):
        if found is None:
            reports.append(_unreadable(item, problem))
        else:
            reports.append(_report(item, found, beside.get(i)))
    return reports


def _figures(item: Item, m: Measured) -> Figures:
    chars = None if item.text is None else sum(character.isalnum() for character in item.text)
    return Figures(
        duration_s=m.duration_s,
        speech_s=m.speech_s,
        stoi=m.stoi,
        pesq=m.pesq,
        si_sdr_db=m.si_sdr_db,
        overall=m.opinion_overall,
        snr_db=m.snr_db,
        level_dbfs=m.level_dbfs,
        dc_offset=m.dc_offset,
        flat_top_ratio=m.flat_top_ratio,
        rate_hz=m.rate_hz,
        cutoff_hz=m.cutoff_hz,
        cliff_db=m.cliff_db,
        cliff_hz=m.cliff_hz,
        decay_s=m.decay_s,
        lead_s=m.start_s,
        tail_s=max(0.0, m.duration_s - m.end_s),
        text_chars=chars,
        agreement=item.agreement,
        is_beginning=m.whole_s is not None,
        is_marked=(m.mark or 0.0) >= MARKED,
    )


def _report(item: Item, m: Measured, beside: tuple[float, bool] | None) -> RecordingReport:
    figures = _figures(item, m)
    found = quality.reasons(figures)
    if quality.grade(found) is not Grade.REJECTED:
        found = (*_about_speaker(m, beside), *found)
    words = len((item.text or "").split())
    return RecordingReport(
        id=item.id,
        name=item.name or item.id,
        text=item.text,
        grade=quality.grade(found),
        reasons=found,
        repairs=(),
        repaired_file=None,
        is_active=quality.grade(found) is not Grade.REJECTED,
        is_silent=figures.is_silent,
        is_outlier=bool(frozenset(reason.code for reason in found) & quality.FOREIGN),
        score=figures.score,
        stoi=m.stoi,
        pesq=m.pesq,
        si_sdr_db=m.si_sdr_db,
        score_after=None,
        opinion_speech=m.opinion_speech,
        opinion_background=m.opinion_background,
        opinion_overall=m.opinion_overall,
        snr_db=m.snr_db if m.speech_s > 0.0 else None,
        duration_s=m.duration_s if m.whole_s is None else m.whole_s,
        speech_s=m.speech_s,
        trimmed_s=round(max(0.0, m.end_s - m.start_s), 3),
        level_dbfs=m.level_dbfs if m.speech_s > 0.0 else None,
        peak_dbfs=m.peak_dbfs,
        dc_offset=m.dc_offset,
        flat_top_ratio=m.flat_top_ratio,
        rate_hz=m.rate_hz,
        cutoff_hz=m.cutoff_hz,
        is_upsampled=figures.is_upsampled,
        decay_s=m.decay_s,
        words_per_minute=words / m.speech_s * 60.0
        if words and m.speech_s >= 0.5 and m.whole_s is None
        else None,
        agreement=item.agreement,
        speaker_similarity=None if beside is None else beside[0],
        other_speaker=tuple(Stretch(start, end) for start, end in m.others),
        looked_at_s=None if m.whole_s is None else m.duration_s,
    )


def _about_speaker(m: Measured, beside: tuple[float, bool] | None) -> tuple[Reason, ...]:
    if m.others:
        where = ", ".join(f"{_clock(start)} to {_clock(end)}" for start, end in m.others)
        return (
            Reason(
                Harm.SEVERAL_SPEAKERS,
                f"More than one person speaks in it; another voice is heard from {where}.",
                "Cut these parts out, or send a recording of one person.",
            ),
        )
    if beside is None:
        return (
            Reason(
                Harm.SPEAKER_UNKNOWN,
                f"With {m.speech_s:.1f} s of speech it is too short to tell whose voice it is.",
                "Nothing to do; longer recordings can be checked better.",
            ),
        )
    if beside[1]:
        return (
            Reason(
                Harm.OTHER_SPEAKER,
                f"This is not the voice of the other recordings (similarity {beside[0]:.2f}, "
                f"the same voice has {speakers.LINE:.2f} and more).",
                "Leave it out; a voice is learnt from one person.",
            ),
        )
    return ()


def _unreadable(item: Item, problem: str) -> RecordingReport:
    reason = Reason(
        Harm.UNREADABLE, f"It cannot be read: {problem}.", "Export it again as WAV or FLAC, and send that."
    )
    return RecordingReport(
        id=item.id, name=item.name or item.id, text=item.text, grade=Grade.REJECTED, reasons=(reason,), repairs=(),
        repaired_file=None, is_active=False, is_silent=False, is_outlier=False, score=0.0, stoi=None,
        pesq=None, si_sdr_db=None, score_after=None, opinion_speech=None, opinion_background=None,
        opinion_overall=None, snr_db=None, duration_s=0.0, speech_s=0.0, trimmed_s=0.0, level_dbfs=None,
        peak_dbfs=-120.0, dc_offset=0.0, flat_top_ratio=0.0, rate_hz=0, cutoff_hz=0.0, is_upsampled=False,
        decay_s=None, words_per_minute=None, agreement=item.agreement, speaker_similarity=None,
        other_speaker=(),
    )  # fmt: skip


def _mended(
    item: Item,
    report: RecordingReport,
    m: Measured | None,
    tools: Meter,
    cache: Cache,
    folder: Path | None,
    longest_s: float | None,
) -> RecordingReport:
    """The report after what can be repaired was repaired, on a copy."""
    codes = frozenset(reason.code for reason in report.reasons)
    if m is None or report.grade is Grade.REJECTED or not codes & (quality.REPAIRABLE | {Harm.NOISY}):
        return report
    done = codes & quality.REPAIRABLE
    whole = _wave(item)
    wave = whole if m.whole_s is None else whole.cut(0.0, m.duration_s)
    score_after = None
    longest_denoised_s = _LONGEST_DENOISED_S if m.whole_s is None else _LONGEST_DENOISED_IN_HASTE_S
    if Harm.NOISY in codes and whole.duration_s <= longest_denoised_s:
        clean = tools.denoised(wave)
        key = _key(item, f"denoised {longest_s or 0.0:.3f}")
        after = cache.get(key)
        if after is None:
            after = _looked_at(clean, tools, longest_s)
            cache.put(key, after)
        score_after = _figures(item, after).score
        if (
            score_after > report.score + _BETTER
            and (after.opinion_overall or 0.0) > (m.opinion_overall or 0.0) + _BETTER_OPINION
        ):
            wave = clean
            done |= {Harm.NOISY}
            if score_after >= quality.POOR_SCORE:
                done |= codes & {Harm.POOR}
    if not done:
        return report
    file = None
    if folder is not None:
        file = f"repaired/{_key(item)[:24]}.flac"
        end_s = m.end_s if m.whole_s is None else m.duration_s
        copy = repaired(wave, done, m.start_s, end_s, m.level_dbfs)
        _write(folder / file, codec.encode_flac(copy))
    return replace(
        report,
        grade=quality.grade(report.reasons, done),
        repairs=tuple(sentence for code, sentence in DONE.items() if code in done),
        repaired_file=file,
        score_after=score_after if Harm.NOISY in done else None,
    )


def _write(file: Path, data: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".part")
    aside.write_bytes(data)
    aside.replace(file)


def _judged(reports: Sequence[RecordingReport], usable: Sequence[float | None], least_s: float) -> SetReport:
    judged = [
        Judged(report.name, report.grade, frozenset(r.code for r in report.reasons), usable_s or 0.0)
        for report, usable_s in zip(reports, usable, strict=True)
    ]
    outcome = verdict(judged, least_s=least_s)
    active = [report for report in reports if report.is_active]
    grades = [report.grade for report in reports]
    totals = Totals(
        recordings=len(reports),
        active=len(active),
        good=grades.count(Grade.GOOD),
        repaired=grades.count(Grade.REPAIRED),
        look_at_it=grades.count(Grade.LOOK),
        rejected=grades.count(Grade.REJECTED),
        duration_s=round(sum(report.duration_s for report in reports), 1),
        speech_s=round(sum(report.speech_s for report in reports), 1),
        usable_s=round(
            sum(s or 0.0 for s, report in zip(usable, reports, strict=True) if report.is_active), 1
        ),
        needed_s=least_s,
        mean_score=sum(report.score for report in active) / len(active) if active else None,
    )
    return SetReport(tuple(reports), outcome.outcome, outcome.issue, outcome.remarks, totals)


def _clock(seconds: float) -> str:
    return f"{int(seconds // 60)}:{seconds % 60:04.1f}"


__all__ = ["Item", "Tools", "analyse"]
