"""Outgoing bodies: the envelope, the items, the form of a date."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sayso.domain.analysis import RecordingReport
from sayso.domain.batch import BatchView
from sayso.domain.clip import Clip, ClipState, SoundFormat
from sayso.domain.delivery import Attempt, Delivery, Endpoint
from sayso.domain.event import faulty
from sayso.domain.project import Project
from sayso.domain.quality import Harm
from sayso.domain.recording import Recording
from sayso.domain.term import Term, TermKind
from sayso.domain.timing import Times
from sayso.domain.training import Training
from sayso.domain.voice import Voice, VoiceState

Json = dict[str, Any]


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, e.g. `2024-01-15T10:30:00.000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def success(item: Mapping[str, Any] | None = None, message: str | None = None) -> Json:
    """The envelope of what went well; deletions and builds have no item."""
    answer: Json = {"success": True}
    if message is not None:
        answer["message"] = message
    if item is not None:
        answer["item"] = dict(item)
    return answer


def failure(
    message: str, fields: Mapping[str, str] | None = None, item: Mapping[str, Any] | None = None
) -> Json:
    """The envelope of what was refused. `error` repeats `message`: clients read one or the other."""
    answer: Json = {
        "success": False,
        "message": message,
        "error": message,
        "errors": {name: [fact] for name, fact in (fields or {}).items()},
    }
    if item is not None:
        answer["item"] = dict(item)
    return answer


def timestamps(times: Times | None) -> Json:
    """Times of letters and phonemes in seconds; empty where none were asked for."""
    letters, sounds = (times.letters, times.sounds) if times is not None else ((), ())
    return {
        "graph_chars": [mark.text for mark in letters],
        "graph_times": [[round(mark.start_s, 4), round(mark.end_s, 4)] for mark in letters],
        "phon_chars": [mark.text for mark in sounds],
        "phon_times": [[round(mark.start_s, 4), round(mark.end_s, 4)] for mark in sounds],
    }


def voice_item(
    voice: Voice,
    *,
    advanced: bool = False,
    filters: bool = False,
    sample_url: str | None = None,
    wants_sample: bool = False,
    is_marked: bool = True,
    callback_issue: str | None = None,
    training: Training | None = None,
    training_sample_url: str | None = None,
) -> Json:
    """A voice. The flags of the query add fields; `watermark` and what follows it are our own.

    `is_marked`: what the voice says carries the watermark.
    """
    speaks = voice.can_speak
    # A voice being rebuilt still speaks, so its parts are ready while its status says running.
    part = "ready" if speaks else "failed" if voice.state is VoiceState.FAILED else "pending"
    item: Json = {
        "uuid": voice.id,
        "name": voice.name,
        "status": voice.state.value,
        "voice_status": voice.state.value,
        "voice_type": voice.voice_type.value,
        "default_language": voice.language,
        "supported_languages": [voice.language],
        "description": voice.description,
        "dataset_url": voice.dataset_url,
        "callback_uri": voice.callback_uri,
        "source": "Custom Voice",
        "dataset_analysis_failure": voice.state is VoiceState.DATASET_ISSUE,
        "component_status": {
            "text_to_speech": {"status": part},
            "fill": {"status": "unavailable"},
            "voice_conversion": {"status": "unavailable"},
        },
        "api_support": {
            "sync": speaks,
            "async": speaks,
            "direct_synthesis": speaks,
            "streaming": speaks,
            "sync_tts": speaks,
            "async_tts": speaks,
            "fill": False,
            "sts": False,
        },
        "created_at": stamp(voice.created_at),
        "updated_at": stamp(voice.updated_at),
        "watermark": is_marked,
        "consent_status": None if voice.consent_state is None else voice.consent_state.value,
        "issue": voice.issue,
        "callback_issue": callback_issue,
        "stage": voice.stage,
        "progress": round(voice.progress, 4),
        "seconds_left": None if voice.left_s is None else round(voice.left_s, 1),
        "training": None if training is None else _training(training, training_sample_url),
    }
    if advanced:
        model = "sayso" if speaks else None
        item["model"] = {"text_to_speech": model, "fill": None, "voice_conversion": None}
    if wants_sample:
        item["sample_url"] = sample_url
    if filters:
        item["filters"] = {"age": None, "gender": None, "accents": [], "useCase": [], "toneOfVoice": []}
    return item


_MOST_POINTS = 60


def _training(training: Training, sample_url: str | None) -> Json:
    """What a professional training tells: the newest looks at it, and a sentence by the voice as it was then."""
    return {
        "build": training.build,
        "updated_at": stamp(training.updated_at),
        "losses": list(training.points[-_MOST_POINTS:]),
        "sample_url": sample_url,
        "sample_step": training.sample_step,
    }


def recording_item(recording: Recording, audio_src: str) -> Json:
    """A recording; `duration` (seconds), `sample_rate` (hertz), `origin`, `text_source` and `analysis` are our own."""
    item: Json = {
        "uuid": recording.id,
        "name": recording.name,
        # Clients written in strict languages take a string here and no null.
        "text": recording.text or "",
        "emotion": recording.emotion or "",
        "is_active": recording.is_active,
        "fill": recording.fill,
        "audio_src": audio_src,
        "duration": round(recording.duration_s, 3),
        "sample_rate": recording.rate_hz,
        "created_at": stamp(recording.created_at),
        "updated_at": stamp(recording.updated_at),
        "origin": recording.origin.value,
        "text_source": recording.text_source.value,
    }
    if recording.analysis is not None:
        item["metrics"] = metrics(recording.analysis, is_active=recording.is_active)
        item["analysis"] = findings(recording.analysis)
    return item


def metrics(report: RecordingReport, *, is_active: bool) -> Json:
    """The documented scores of a recording, numbers all, and ours behind them, which may be null."""
    told = faulty(report)
    return {
        "signal_to_noise_ratio": 0.0 if report.snr_db is None else round(report.snr_db, 2),
        "loudness_grade": _loudness(report),
        "stoi_score": round(told.stoi, 4),
        "pesq_score": round(told.pesq, 3),
        "si_dr_score": round(told.si_sdr_db, 2),
        "resemble_sample_score": round(told.score, 4),
        "is_active": is_active,
        "is_outlier": report.is_outlier,
        "is_silent": report.is_silent,
        "dnsmos_sig": _rounded(report.opinion_speech, 3),
        "dnsmos_bak": _rounded(report.opinion_background, 3),
        "dnsmos_ovrl": _rounded(report.opinion_overall, 3),
        "level_dbfs": _rounded(report.level_dbfs, 2),
        "peak_dbfs": round(report.peak_dbfs, 2),
        "dc_offset": round(report.dc_offset, 5),
        "clipped_ratio": round(report.flat_top_ratio, 6),
        "cutoff_hz": round(report.cutoff_hz, 1),
        "is_upsampled": report.is_upsampled,
        "decay_s": _rounded(report.decay_s, 3),
        "speech_s": round(report.speech_s, 3),
        "trimmed_s": round(report.trimmed_s, 3),
        "words_per_minute": _rounded(report.words_per_minute, 1),
        "transcript_agreement": _rounded(report.agreement, 3),
        "speaker_similarity": _rounded(report.speaker_similarity, 3),
    }


def findings(report: RecordingReport) -> Json:
    """What became of a recording and why, in sentences; all of it our own."""
    return {
        "class": report.grade.value,
        "reasons": [
            {"code": reason.code.value, "message": reason.sentence, "remedy": reason.remedy}
            for reason in report.reasons
        ],
        "repairs": list(report.repairs),
        "score_after_repair": _rounded(report.score_after, 4),
        "looked_at_s": _rounded(report.looked_at_s, 3),
        "other_speaker": [{"start": part.start_s, "end": part.end_s} for part in report.other_speaker],
    }


def _loudness(report: RecordingReport) -> str:
    if report.level_dbfs is None:
        return "silent"
    codes = {reason.code for reason in report.reasons}
    return "loud" if Harm.TOO_LOUD in codes else "quiet" if Harm.TOO_QUIET in codes else "good"


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def project_item(project: Project) -> Json:
    """A project."""
    return {
        "uuid": project.id,
        "name": project.name,
        # As with recordings: a string for typed clients.
        "description": project.description or "",
        "is_collaborative": project.is_collaborative,
        "is_archived": project.is_archived,
        "is_public": False,
        "created_at": stamp(project.created_at),
        "updated_at": stamp(project.updated_at),
    }


def clip_item(clip: Clip, audio_src: str | None, raw_audio: bytes | None = None) -> Json:
    """A clip. Without sound (ordered, or failed) it has no `audio_src`; `status` and `issue` are our own."""
    item: Json = {
        "uuid": clip.id,
        "project_uuid": clip.project_id,
        "title": clip.title,
        "body": clip.body,
        "voice_uuid": clip.voice_id,
        "voice_name": clip.voice_name,
        "is_archived": clip.is_archived,
        "is_public": False,
        "character_count": len(clip.body),
        "output_format": clip.sound.container.value,
        "sample_rate": clip.sound.rate_hz,
        "precision": clip.sound.precision.value,
        "status": clip.state.value,
        "issue": clip.issue,
        "created_at": stamp(clip.created_at),
        "updated_at": stamp(clip.updated_at),
    }
    if audio_src is not None:
        item["audio_src"] = audio_src
        item["duration"] = None if clip.duration_s is None else round(clip.duration_s, 3)
        item["last_generated_at"] = stamp(clip.updated_at)
        # Of the old sound, while another text may stand in the body: none fit both.
        item["timestamps"] = timestamps(clip.times if clip.state is ClipState.FINISHED else None)
    if raw_audio is not None:
        item["raw_audio"] = base64.b64encode(raw_audio).decode("ascii")
    return item


def batch_item(view: BatchView) -> Json:
    """A batch. `body` is pairs of title and text, whatever was sent."""
    batch = view.batch
    return {
        "uuid": batch.id,
        "project_uuid": batch.project_id,
        "body": [[title or "", text] for title, text in batch.body],
        "voice_uuid": batch.voice_id,
        "callback_uri": batch.callback_uri,
        "output_format": batch.sound.container.value,
        "sample_rate": batch.sound.rate_hz,
        "precision": batch.sound.precision.value,
        "total_count": len(batch.body),
        "completed_count": view.finished,
        "failed_count": view.failed,
        "created_at": stamp(batch.created_at),
        "updated_at": stamp(batch.updated_at),
    }


def term_item(term: Term) -> Json:
    """A term substitution, or a phoneme."""
    if term.kind is TermKind.SUBSTITUTION:
        said = {"original_text": term.written, "replacement_text": term.said}
    else:
        said = {"word": term.written, "alphabet": "ipa", "phonetic_transcription": term.said}
    return {
        "uuid": term.id,
        **said,
        "created_at": stamp(term.created_at),
        "updated_at": stamp(term.updated_at),
    }


def account_item(name: str, created_at: datetime) -> Json:
    """An account. Nobody's address is known here; each account is a team of its own."""
    return {"email": "", "first_name": name, "last_name": "", "teams": 1, "created_at": stamp(created_at)}


def team_item(account_id: str, name: str, plan: str, spoken_s: float) -> Json:
    """The one team of an account. `current_usage` is seconds of sound in its clips; nothing is counted or limited."""
    return {
        "uuid": account_id,
        "name": name,
        "plan": plan,
        "voice_limit": None,
        "units": "seconds",
        "rate": 0,
        "current_usage": round(spoken_s, 3),
    }


def usage_item(spoken_s: float) -> Json:
    """Seconds, as strings."""
    return {"detect": "0", "synth": f"{spoken_s:.3f}"}


def callback_item(delivery: Delivery, attempts: Sequence[Attempt], paused: Endpoint | None) -> Json:
    """A callback in the log. Of its address only the host is told: paths hold secrets."""
    return {
        "uuid": delivery.id,
        "event": delivery.event,
        "status": delivery.state.value,
        "host": delivery.endpoint,
        "issue": delivery.last_error,
        "paused_since": _stamp_or_none(None if paused is None else paused.paused_at),
        "next_attempt_at": _stamp_or_none(delivery.next_attempt_at),
        "attempt_count": delivery.attempts,
        "attempts": [_attempt(attempt) for attempt in attempts],
        "created_at": stamp(delivery.created_at),
        "updated_at": stamp(delivery.updated_at),
    }


def _attempt(attempt: Attempt) -> Json:
    return {
        "number": attempt.number,
        "started_at": stamp(attempt.started_at),
        "duration": attempt.duration_s,
        "http_status": attempt.status,
        "issue": attempt.error,
    }


def webhook_secret_item(secret: str, created_at: datetime, previous_until: datetime | None) -> Json:
    """The secret that signs callbacks, and until when the one before it signs beside it."""
    return {
        "secret": secret,
        "created_at": stamp(created_at),
        "previous_valid_until": _stamp_or_none(previous_until),
    }


def _stamp_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else stamp(moment)


def speech_answer(
    audio: bytes,
    duration_s: float,
    synthesis_s: float,
    sound: SoundFormat,
    seed: int,
    title: str | None,
    times: Times | None = None,
) -> Json:
    """The answer of /synthesize, which has no item."""
    return {
        "success": True,
        "audio_content": base64.b64encode(audio).decode("ascii"),
        "audio_timestamps": timestamps(times),
        "duration": round(duration_s, 3),
        "synth_duration": round(synthesis_s, 3),
        "output_format": sound.container.value,
        "sample_rate": sound.rate_hz,
        "seed": seed,
        "title": title,
        "issues": [],
    }


def speech_failure(message: str, name: str, fields: Mapping[str, str], issues: Sequence[str]) -> Json:
    """What the synthesis server answers when it refuses; LiveKit joins `issues`."""
    return failure(message, fields) | {
        "error_name": name,
        "error_params": dict(fields),
        "feedback_uuid": None,
        "issues": list(issues),
    }
