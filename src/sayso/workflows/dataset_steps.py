"""Steps of a run: fetch a dataset, make utterances of it, keep them as recordings, analyse what is there.

Each may run twice: what was fetched, cut, heard and measured lies in the run's folder, and rows are written
in one transaction that can tell that it was made before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sayso.domain.analysis import Analysis, RecordingReport, SetReport
from sayso.domain.dataset import NEEDS
from sayso.domain.quality import Reason
from sayso.domain.recording import Origin, Recording, TextSource
from sayso.domain.verdict import Outcome as Verdict
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import Rejected, SaysoError, Unavailable
from sayso.outbound import Fetched
from sayso.pipeline.analysis import files, hearsay
from sayso.pipeline.analysis.hearsay import judged_again, retold
from sayso.pipeline.dataset import pieces, preparing
from sayso.pipeline.dataset.texts import agreement
from sayso.pipeline.language import LEARNT
from sayso.services import Services
from sayso.storage import analyses, blobs, recordings, voices
from sayso.storage.db import Transaction
from sayso.storage.ids import new_id
from sayso.workflows import durable
from sayso.workflows.run import Gone, Outcome, Teller, folder, guarded, running

FETCHING = "fetching the dataset"
FETCH_PART = 0.02
"""How far a whole run is when its dataset is there."""
_ANALYSIS = "analysis"
_SHORTEST_LOOK_S = 5.0
_HEARING_IS = 0.5
"""The part of the step that hearing is, where there is something to hear."""
_SURE = 0.5
"""What is heard with less confidence is no text."""
_EMOTION = "neutral"
_NOT_TAKEN = frozenset(
    {
        *("not_audio", "nested_archive", "phone_format", "unreadable", "left_out"),
        *("file_missing", "not_in_list", "bad_list"),
    }
)
"""Remarks on a dataset that cost it a file."""


def fetch(voice_id: str, build: int, start: float, end: float) -> Outcome:
    """Download the dataset that waits; gives its address, or None where none does."""
    return guarded(lambda: _fetch(voice_id, build, start, end))


def _fetch(voice_id: str, build: int, start: float, end: float) -> Outcome:
    services = durable.services()
    voice = running(services, voice_id, build)
    if not voice.dataset_waits or voice.dataset_url is None:
        return {"ok": None}
    tell = Teller(services, voice_id, build, start, end)
    tell(FETCHING, 0.0, None)
    try:
        _fetched(services, voice, voice.dataset_url, tell)
    except SaysoError as refused:
        if isinstance(refused, Unavailable) and isinstance(refused.__cause__, OSError):
            raise  # our disk
        return {"issue": f"The dataset could not be fetched: {refused}."}
    return {"ok": voice.dataset_url}


def _fetched(services: Services, voice: Voice, url: str, tell: Teller) -> Fetched:
    """The file; the second time it is there already."""
    place = folder(services, voice.id, voice.build) / "fetched"
    place.mkdir(parents=True, exist_ok=True)

    def progress(received_bytes: int, total_bytes: int | None) -> None:
        if total_bytes:
            tell(FETCHING, received_bytes / total_bytes, None)
        else:
            # A server that does not say how much there is: what came shows that it goes on.
            tell(f"{FETCHING}: {received_bytes / 1e6:.1f} MB so far", 0.0, None)

    return services.outbound.fetch(url, place, progress=progress)


def prepare(voice_id: str, build: int, url: str, start: float, end: float) -> Outcome:
    """Unpack what was fetched, cut it into utterances, find their texts."""
    return guarded(lambda: _prepare(voice_id, build, url, start, end))


def _prepare(voice_id: str, build: int, url: str, start: float, end: float) -> Outcome:
    services = durable.services()
    voice = running(services, voice_id, build)
    place = folder(services, voice_id, build)
    try:
        fetched = _fetched(services, voice, url, Teller(services, voice_id, build, start, start))
        services.preparer.unpack(
            fetched.path, place, fetched.name, Teller(services, voice_id, build, start, start)
        )
        is_rapid = voice.voice_type is VoiceType.RAPID
        services.preparer.prepare(
            place,
            LEARNT,
            Teller(services, voice_id, build, start, end),
            # A rapid build hears what it takes by itself.
            most_s=services.limits.rapid_dataset_s if is_rapid else None,
            hears=not is_rapid,
        )
    except Rejected as refused:
        return {"issue": f"The dataset cannot be used: {refused}."}
    return {"ok": len(preparing.read_manifest(place).utterances)}


def keep(voice_id: str, build: int, url: str) -> Outcome:
    """Make recordings of the utterances, in place of those of an earlier dataset."""
    return guarded(lambda: _keep(voice_id, build, url))


def _keep(voice_id: str, build: int, url: str) -> Outcome:
    services = durable.services()
    if not running(services, voice_id, build).dataset_waits:
        return {"ok": 0}  # the transaction below was made, its result lost
    place = folder(services, voice_id, build)
    utterances = preparing.read_manifest(place).utterances
    keys: list[str | None] = []
    try:
        for utterance in utterances:
            keys.append(services.blobs.put(place / utterance.file))
        with services.db.begin() as tx:
            voice = _locked(tx, voice_id, build)
            released = recordings.remove_of_dataset(tx, voice_id)
            now = datetime.now(UTC)
            for i, (utterance, key) in enumerate(zip(utterances, keys, strict=True)):
                # In the order of the dataset, wherever recordings are listed by their age.
                at = now + timedelta(microseconds=i)
                recording = Recording(
                    id=new_id(tx, "recordings"),
                    voice_id=voice_id,
                    name=utterance.name,
                    text=utterance.text or None,
                    emotion=_EMOTION,
                    is_active=True,
                    fill=False,
                    audio_key=str(key),
                    duration_s=utterance.duration_s,
                    rate_hz=utterance.rate_hz,
                    created_at=at,
                    updated_at=at,
                    # Until the analysis knows better.
                    speech_s=utterance.duration_s,
                    origin=Origin.DATASET,
                    agreement=utterance.agreement,
                    text_source=TextSource(utterance.text_source),
                )
                recordings.insert(tx, voice.account_id, recording)
                blobs.still(services.blobs, key, place / utterance.file)
            # Another address may have been set while this one was worked on.
            voices.save(tx, replace(voice, dataset_waits=voice.dataset_url != url, updated_at=now))
    except BaseException:
        blobs.release(services.db, services.blobs, keys)
        raise
    blobs.release(services.db, services.blobs, released)
    return {"ok": len(utterances)}


def analyse(voice_id: str, build: int, start: float, end: float) -> Outcome:
    """Measure the active recordings, set those inactive that harm; gives the keys of those that are left."""
    return guarded(lambda: _analyse(voice_id, build, start, end))


def _analyse(voice_id: str, build: int, start: float, end: float) -> Outcome:
    services = durable.services()
    voice = running(services, voice_id, build)
    with services.db.read() as tx:
        active = recordings.active(tx, voice_id)
    if not active:
        return {"issue": "There is no active recording: send a dataset, or upload recordings."}
    place = folder(services, voice_id, build)
    files.lay_out(
        place / _ANALYSIS,
        ((r.id, r.name, r.text, r.agreement, services.blobs.read(r.audio_key)) for r in active),
    )
    if voice.voice_type is VoiceType.PROFESSIONAL:
        # A rapid build hears what it takes.
        middle = start + _HEARING_IS * (end - start)
        if _hear(services, voice, active, place, Teller(services, voice_id, build, start, middle)):
            start = middle
    services.analyser.analyse(
        place / _ANALYSIS,
        least_s=NEEDS[voice.voice_type].speech_s,
        longest_s=_look_s(services, voice, active),
        tell=Teller(services, voice_id, build, start, end),
    )
    report = files.read_report(place / _ANALYSIS)
    if report.outcome is Verdict.ISSUE:
        report = replace(report, issue=f"{report.issue or ''}{_left_out(place)}")
    with services.db.begin() as tx:
        voice = _locked(tx, voice_id, build)
        left = _write_down(tx, voice, report)
        analyses.keep(tx, _analysis(tx, voice, place, report))
    if report.outcome is Verdict.ISSUE:
        return {"issue": report.issue or ""}
    return {"ok": left}


def _hear(services: Services, voice: Voice, active: list[Recording], place: Path, tell: Teller) -> bool:
    """Listen to recordings that have no text, or one that was never held against the sound; whether there were any."""
    unheard = {
        files.sound_of(one.id): one
        for one in active
        if one.text is None or (one.text_source is TextSource.GIVEN and one.agreement is None)
    }
    if not unheard:
        return False
    found = services.preparer.hear(
        place / _ANALYSIS, {file: one.text for file, one in unheard.items()}, LEARNT, tell
    )
    told: dict[str, tuple[str | None, float | None]] = {}
    with services.db.begin() as tx:
        _locked(tx, voice.id, voice.build)
        now = {one.id: one for one in recordings.active(tx, voice.id)}
        for file, before in unheard.items():
            recording, heard = now.get(before.id), found.get(file)
            if recording is None or heard is None or recording.text != before.text:
                continue  # deleted or edited meanwhile
            if recording.text is not None:
                recording = replace(recording, agreement=heard.agreement)
            elif heard.text and (heard.confidence or 0.0) >= _SURE:
                recording = replace(recording, text=heard.text, text_source=TextSource.HEARD)
            recordings.save(tx, recording)
            told[recording.id] = recording.text, recording.agreement
    files.tell_texts(place / _ANALYSIS, told)
    return True


def tell_heard(
    services: Services,
    voice_id: str,
    build: int,
    heard: Mapping[str, str],
    left_out: Mapping[str, Sequence[Reason]],
) -> None:
    """Write down what a rapid build heard in the recordings that it learns from: the text of those that have none, else how
    far theirs agrees; and what was `left_out` of them. In the analysis, too, with what follows from it. Raises Gone."""
    with services.db.begin() as tx:
        _locked(tx, voice_id, build)
        told: dict[str, RecordingReport] = {}
        for recording in recordings.active(tx, voice_id):
            said, parts = heard.get(recording.id), left_out.get(recording.id, ())
            if not said and not parts:
                continue
            if said and recording.text is None:
                recording = replace(recording, text=said, text_source=TextSource.HEARD)
            elif said and recording.text is not None and recording.text_source is TextSource.GIVEN:
                recording = replace(recording, agreement=round(agreement(recording.text, said, LEARNT), 4))
            if recording.analysis is not None:
                report = retold(recording.analysis, recording.text, recording.agreement)
                report = hearsay.left_out(report, parts)
                recording = replace(recording, analysis=report)
                told[recording.id] = report
            recordings.save(tx, recording)
        analysis = analyses.fetch(tx, voice_id)
        if analysis is not None and analysis.build == build:
            analyses.keep(tx, replace(analysis, report=judged_again(analysis.report, told)))


def _left_out(place: Path) -> str:
    """A sentence about what of this run's dataset never became a recording; nothing where all did."""
    if not (place / preparing.MANIFEST).is_file():
        return ""
    found = [remark for remark in preparing.read_manifest(place).remarks if remark.code in _NOT_TAKEN]
    if not found:
        return ""
    many = "One file of the dataset was" if len(found) == 1 else f"{len(found)} files of the dataset were"
    return f" {many} not taken: {found[0].message}{'.' if len(found) == 1 else ' (and so on).'}"


def _look_s(services: Services, voice: Voice, active: list[Recording]) -> float | None:
    """How much of each recording is looked at: a rapid build must not wait for hours of them."""
    whole_s = sum(recording.duration_s for recording in active)
    if voice.voice_type is not VoiceType.RAPID or whole_s <= services.limits.rapid_analysis_s:
        return None
    return max(_SHORTEST_LOOK_S, services.limits.rapid_analysis_s / len(active))


def _write_down(tx: Transaction, voice: Voice, report: SetReport) -> list[str]:
    """Each recording gets what is said of it; gives the keys of those that stay active."""
    said = {one.id: one for one in report.recordings}
    left = []
    for recording in recordings.active(tx, voice.id):
        one = said.get(recording.id)
        if one is None:
            continue  # it came while the others were analysed
        recordings.save(
            tx, replace(recording, analysis=one, is_active=one.is_active, updated_at=datetime.now(UTC))
        )
        if one.is_active:
            left.append(recording.audio_key)
    return left


def _analysis(tx: Transaction, voice: Voice, place: Path, report: SetReport) -> Analysis:
    before = analyses.fetch(tx, voice.id)
    form = None if before is None else before.form
    notes = () if before is None else before.notes
    if (place / preparing.MANIFEST).is_file():
        manifest = preparing.read_manifest(place)
        form, notes = manifest.form, tuple(remark.message for remark in manifest.remarks)
    return Analysis(voice.id, voice.build, report, form, notes, datetime.now(UTC))


def sound(services: Services, place: Path, recording: Recording) -> bytes:
    """What is learnt from: the repaired copy of a recording, if the analysis of this run made one."""
    report = recording.analysis
    if report is not None and report.repaired_file is not None:
        with suppress(OSError):
            return (place / _ANALYSIS / report.repaired_file).read_bytes()
    return services.blobs.read(recording.audio_key)


def forget(voice_id: str, build: int) -> Outcome:
    """Take back the sound that a run put for a voice which is gone; before its folder goes."""
    services = durable.services()
    blobs.release(services.db, services.blobs, _keys(folder(services, voice_id, build)))
    return {"ok": True}


def _keys(place: Path) -> Iterator[str]:
    for path in sorted((place / pieces.SOUND).glob("*.flac")):
        with path.open("rb") as file:
            yield hashlib.file_digest(file, "sha256").hexdigest()


def _locked(tx: Transaction, voice_id: str, build: int) -> Voice:
    voice = voices.fetch(tx, voice_id, lock=True)
    if voice is None or voice.build != build or voice.state is not VoiceState.RUNNING:
        raise Gone
    return voice
