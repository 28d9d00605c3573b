"""What the OpenAPI document shows: schemas of the bodies, and examples of both directions.

Request examples are real: a test sends each of them. Answer examples are made by the functions that
make the answers, so that they cannot go stale.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sayso.domain.analysis import Analysis, RecordingReport, SetReport, Totals
from sayso.domain.batch import Batch, BatchView
from sayso.domain.clip import Clip, ClipState, SoundFormat
from sayso.domain.consent import Challenge, Consent, ConsentState, Findings, PhraseKind
from sayso.domain.delivery import Attempt, Delivery, DeliveryState, complaint
from sayso.domain.page import Page
from sayso.domain.project import Project
from sayso.domain.quality import Grade, Harm, Reason
from sayso.domain.recording import Recording
from sayso.domain.term import Term, TermKind
from sayso.domain.verdict import Outcome
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.wire import analysis, consent, openai, receipt, requests, responses
from sayso.wire.fields import Form
from sayso.wire.paging import page_answer

Json = dict[str, Any]

_NOW = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)
_VOICE, _PROJECT, _RECORDING, _CLIP = "55592656", "4fe4e18e", "1a2b3c4d", "9f8e7d6c"
_STATEMENT = (
    "I am aware that recordings of my voice will be used by Bread Radio to train and create a synthetic "
    "version of my voice by sayso."
)
_TEXT = "The kettle is on, and the bread is still warm."

REQUESTS: dict[str, tuple[type[Form], Json]] = {
    "create voice": (requests.CreateVoice, {"name": "Ada", "voice_type": "rapid"}),
    "edit voice": (requests.EditVoice, {"name": "Ada of the morning", "description": "Calm, a little dry"}),
    "decide consent": (
        requests.DecideConsent,
        {"decision": "approved", "why": "I called her: it is her voice, she had a cold."},
    ),
    "ask challenge": (requests.AskChallenge, {"language": "en", "kind": "digits"}),
    "build": (requests.Build, {"fill": False}),
    "edit recording": (requests.EditRecording, {"name": "first", "text": _TEXT, "is_active": True}),
    "create project": (requests.CreateProject, {"name": "Bread", "description": "Everything about bread"}),
    "edit project": (requests.EditProject, {"is_archived": False}),
    "create clip": (
        requests.CreateClip,
        {
            "voice_uuid": _VOICE,
            "body": _TEXT,
            "title": "Kettle",
            "sample_rate": 24_000,
            "precision": "PCM_16",
        },
    ),
    "create batch": (
        requests.CreateBatch,
        {"voice_uuid": _VOICE, "body": [["Kettle", "The kettle is on."], ["Bread", "The bread is warm."]]},
    ),
    "create term substitution": (
        requests.CreateSubstitution,
        {"original_text": "Vodaphone", "replacement_text": "vohda phone"},
    ),
    "create phoneme": (
        requests.CreatePhoneme,
        {"word": "pressure", "phonetic_transcription": "ˈprɛʃər"},
    ),
    "edit clip": (requests.EditClip, {"title": "Kettle and bread"}),
    "synthesize": (requests.Synthesize, {"voice_uuid": _VOICE, "data": _TEXT, "precision": "PCM_16"}),
    "openai speech": (openai.CreateSpeech, {"model": "sayso-1", "voice": _VOICE, "input": _TEXT}),
    "stream": (requests.Stream, {"voice_uuid": _VOICE, "data": _TEXT, "precision": "PCM_16"}),
}
"""Route -> the form it reads and a body it takes. `55592656` stands for a voice of yours."""


def takes(name: str) -> Json:
    """The OpenAPI description of a JSON body."""
    form, example = REQUESTS[name]
    content = {"application/json": {"schema": _schema(form), "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def uploads() -> Json:
    """The OpenAPI description of the form that carries a recording."""
    schema = _schema(requests.CreateRecording)
    schema["properties"] = {"file": {"type": "string", "format": "binary"}} | schema["properties"]
    schema["required"] = ["file", *schema["required"]]
    schema["properties"]["name"]["example"] = "first"
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def _schema(form: type[Form]) -> Json:
    """The form's JSON schema without references, which would point outside the OpenAPI document."""
    schema = form.model_json_schema()
    named = schema.pop("$defs", {})
    for field in schema["properties"].values():
        reference = field.pop("$ref", None)
        if reference is not None:
            enum = named[reference.rsplit("/", 1)[-1]]
            field |= {"type": enum["type"], "enum": enum["enum"]}
            field.pop("allOf", None)
        field.pop("title", None)
        if field.get("default", 0) == "":
            del field["default"]
    schema.pop("description", None)
    return schema


def _parameter(name: str, kind: str, text: str) -> Json:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "schema": {"type": kind},
        "description": text,
    }


PAGES = [
    _parameter("page", "integer", "From 1, the default. Beyond the end there are no items."),
    _parameter("page_size", "integer", "1 to 1000, default 10; `per_page` is the same."),
]
VOICE_FLAGS = [
    _parameter("sample_url", "boolean", "Adds a link to the preview clip of a finished voice."),
    _parameter("filters", "boolean", "Adds `filters`."),
    _parameter("advanced", "boolean", "Adds `model`."),
]
VOICE_QUERY = [
    _parameter(
        "pre_built_resemble_voice", "boolean", "true gives none, for there are no pre-built voices here."
    )
]
PAGE_QUERY = [
    _parameter("format", "string", "`json`, or `html` for a page with plots and players."),
]
ANALYSIS_SOUND = _parameter(
    "sound",
    "string",
    "Of the page: `inside`, the default, to keep it; or `linked`, for an hour: a small page at once.",
)
USAGE_QUERY = [
    _parameter("start_date", "string", "The first day, e.g. 2026-01-01."),
    _parameter("end_date", "string", "The last day, included."),
]
CLIP_QUERY = [_parameter("q", "string", "Only clips with this in their title.")]

_A_VOICE = Voice(
    id=_VOICE,
    account_id="",
    name="Ada",
    voice_type=VoiceType.RAPID,
    state=VoiceState.FINISHED,
    created_at=_NOW,
    updated_at=_NOW,
    progress=1.0,
    artifact_key="kept",
)
_A_REPORT = RecordingReport(
    id=_RECORDING,
    name="first",
    text=_TEXT,
    grade=Grade.LOOK,
    reasons=(
        Reason(
            Harm.CLIPPED,
            "It was recorded a little too loud: 0.02 % of the sound is cut off at the top.",
            "Listen to it; if it crackles, lower the input level and record it again.",
        ),
    ),
    repairs=(),
    repaired_file=None,
    is_active=True,
    is_silent=False,
    is_outlier=False,
    score=0.84,
    stoi=0.96,
    pesq=3.42,
    si_sdr_db=19.6,
    score_after=None,
    opinion_speech=3.4,
    opinion_background=4.0,
    opinion_overall=3.1,
    snr_db=38.2,
    duration_s=4.2,
    speech_s=3.1,
    trimmed_s=3.8,
    level_dbfs=-19.4,
    peak_dbfs=0.0,
    dc_offset=0.0001,
    flat_top_ratio=0.0002,
    rate_hz=48_000,
    cutoff_hz=19_875.0,
    is_upsampled=False,
    decay_s=0.14,
    words_per_minute=193.5,
    agreement=0.98,
    speaker_similarity=0.81,
    other_speaker=(),
)
_AN_ANALYSIS = Analysis(
    voice_id=_VOICE,
    build=1,
    report=SetReport(
        (_A_REPORT,),
        Outcome.ISSUE,
        "There are 3.8 s of good speech, 10.0 s are needed. Add at least 6.2 s of clear speech, then start the "
        "build again.",
        ("A little too loud, have a look: “first”.",),
        Totals(1, 1, 0, 0, 1, 0, 4.2, 3.1, 3.8, 10.0, 0.84),
    ),
    form="B",
    notes=(),
    made_at=_NOW,
)
_A_RECORDING = Recording(
    id=_RECORDING,
    voice_id=_VOICE,
    name="first",
    text=_TEXT,
    emotion="neutral",
    is_active=True,
    fill=False,
    audio_key="kept",
    duration_s=4.2,
    rate_hz=48_000,
    created_at=_NOW,
    updated_at=_NOW,
    analysis=_A_REPORT,
)
_A_PROJECT = Project(_PROJECT, "", "Bread", "Everything about bread", False, False, _NOW, _NOW)
_A_CLIP = Clip(
    id=_CLIP,
    project_id=_PROJECT,
    voice_id=_VOICE,
    voice_name="Ada",
    title="Kettle",
    body=_TEXT,
    is_archived=False,
    sound=SoundFormat(),
    state=ClipState.FINISHED,
    callback_uri=None,
    audio_key="kept",
    duration_s=2.9,
    revision=1,
    issue=None,
    created_at=_NOW,
    updated_at=_NOW,
)
_A_BATCH = BatchView(
    Batch("3c2b1a09", _PROJECT, _VOICE, (("Kettle", _TEXT),), SoundFormat(), None, _NOW, _NOW), 1, 0, 0
)
_TERMS = {
    "term substitution": Term("6d5e4f3a", "", TermKind.SUBSTITUTION, "Vodaphone", "vohda phone", _NOW, _NOW),
    "phoneme": Term("7e6f5a4b", "", TermKind.PHONEME, "pressure", "ˈprɛʃər", _NOW, _NOW),
}
_A_CONSENT = Consent(
    id="7c6b5a49",
    account_id="",
    voice_id=_VOICE,
    state=ConsentState.ACCEPTED,
    audio_key="kept",
    audio_sha256="9f" * 32,
    statement=_STATEMENT,
    created_at=_NOW,
    updated_at=_NOW,
    round=2,
    findings=Findings(
        (),
        {
            "duration_s": 8.4,
            "words_heard": _STATEMENT,
            "language": "en",
            "coverage": 1.0,
            "platform_similarity": 1.0,
            "speaker_similarity": 0.81,
            "speaker_line": 0.62,
        },
        has_recordings=True,
    ),
    checked_at=_NOW,
)
_A_DELIVERY = Delivery(
    id="msg_0f1e2d3c4b5a69788796a5b4",
    account_id="",
    key="kept",
    lane="kept",
    voice_id=_VOICE,
    clip_id=None,
    event="finished",
    url="https://hooks.example.com/kept",
    endpoint="hooks.example.com:443",
    body="{}",
    link=None,
    state=DeliveryState.DELIVERED,
    created_at=_NOW,
    updated_at=_NOW,
    attempts=2,
    failures=1,
    last_status=200,
)
_ATTEMPTS = (Attempt(1, _NOW, 0.31, 503, complaint(503)), Attempt(2, _NOW, 0.12, 200))
_LINK = "http://127.0.0.1:8000/media/1768473000/…"

_ITEMS: dict[str, Json] = {
    "voice": responses.voice_item(_A_VOICE),
    "recording": responses.recording_item(_A_RECORDING, _LINK),
    "project": responses.project_item(_A_PROJECT),
    "clip": responses.clip_item(_A_CLIP, _LINK),
    "batch": responses.batch_item(_A_BATCH),
    **{noun: responses.term_item(term) for noun, term in _TERMS.items()},
    "account": responses.account_item("Ada", _NOW),
    "team": responses.team_item("0a1b2c3d", "Ada", "pro", 1_234.5),
    "callback": responses.callback_item(_A_DELIVERY, _ATTEMPTS, None),
    "webhook secret": responses.webhook_secret_item("whsec_" + 43 * "A" + "=", _NOW, None),
}
_BODIES: dict[str, Json] = {
    **{noun: responses.success(item) for noun, item in _ITEMS.items()},
    "clip ordered": responses.success(responses.clip_item(_A_CLIP, None)),
    "consent": responses.success(
        consent.consent_item(
            replace(_A_VOICE, consent_id=_A_CONSENT.id), _STATEMENT, [_A_CONSENT], _LINK, [1]
        )
    ),
    "analysis": responses.success(
        analysis.analysis_item(
            replace(_A_VOICE, state=VoiceState.DATASET_ISSUE), _AN_ANALYSIS, {_RECORDING: _LINK}
        )
    ),
    "report": responses.success(
        {
            "payload": {
                "kind": receipt.REPORT,
                "voice_uuid": _VOICE,
                "build": 1,
                "likeness": {"voice": 0.71, "same_speaker": 0.83, "strangers": [0.21, 0.3], "n": 0.8},
                "words": {
                    "words": 30,
                    "word_errors": 1,
                    "wer": 0.0333,
                    "wrong": [{"said": "ice", "heard": "eyes"}],
                },
                "advice": ["Record a few questions: hardly any are among the recordings."],
            },
            "public_key": "…",
            "signature": "…",
        }
    ),
    "reviews": {"success": True, "items": [consent.attempt_item(_A_CONSENT)]},
    "challenge": responses.success(
        consent.challenge_item(
            Challenge("5d4c3b2a", "en", "4 1 7 9 2", _NOW), PhraseKind.DIGITS, _STATEMENT, 600.0
        )
    ),
    "receipt": {"payload": {"kind": receipt.KIND, "build": 1}, "public_key": "…", "signature": "…"},
    "receipt key": responses.success({"public_key": "…", "fingerprint": "9f:86:d0:81:…"}),
    "openai models": openai.model_list(),
    "openai model": openai.model_item(),
    "openai voices": openai.voice_list([_A_VOICE]),
    "teams": {"success": True, "items": [_ITEMS["team"]]},
    "usage": responses.success(responses.usage_item(1_234.5)) | {"items": responses.usage_item(1_234.5)},
    "deleted": responses.success(),
    "voice deleted": responses.success(message=f"Voice {_VOICE} was deleted"),
    "build cancelled": responses.success(message=f"The build of voice {_VOICE} was cancelled"),
    "build started": responses.success(message=f"Voice {_VOICE} is being built"),
    "speech": responses.speech_answer(b"RIFF", 2.9, 0.8, SoundFormat(rate_hz=48_000), 0, None),
}


def _described(text: str, body: Json) -> Json:
    # As text, for the framework drops every null of an example; `unfold` gives it its shape back.
    content = {"application/json": {"schema": {"type": "object"}, "example": json.dumps(body)}}
    return {"description": text, "content": content}


def unfold(route: Json) -> None:
    """Put the examples of a route's answers back into their shape."""
    for answer in route["responses"].values():
        for content in answer.get("content", {}).values():
            if isinstance(content.get("example"), str):
                content["example"] = json.loads(content["example"])


_REFUSED: dict[int | str, Json] = {
    "4XX": _described(
        "Refused: `message` says why, `errors` what is wrong with which field",
        responses.failure("name is required", {"name": "is required"}),
    )
}


def answers(name: str) -> dict[int | str, Json]:
    """The OpenAPI description of what a route answers."""
    return {200: _described("Done", _BODIES[name]), **_REFUSED}


def lists(noun: str) -> dict[int | str, Json]:
    """The OpenAPI description of a list."""
    page: Page[Json] = Page((_ITEMS[noun],), number=1, size=10, total=1)
    return {200: _described("One page", page_answer(page, page.items)), **_REFUSED}


LIVE_WAV: dict[int | str, Json] = {
    200: {
        "description": "A mono WAV file, sent while it is spoken; its sizes are 0xFFFFFFFF",
        "content": {"audio/wav": {"schema": {"type": "string", "format": "binary"}}},
    },
    **_REFUSED,
}

_OPENAI_REFUSED: dict[int | str, Json] = {
    "4XX": _described(
        "Refused, in OpenAI's form", openai.error_body("input is required", 400, "BadRequest", "input")
    )
}
OPENAI_SPEECH: dict[int | str, Json] = {
    200: {
        "description": "Sound in the format that was asked for, sent while it is spoken",
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (*openai.MEDIA_TYPES.values(), "text/event-stream")
        },
    },
    **_OPENAI_REFUSED,
}


def openai_answers(name: str) -> dict[int | str, Json]:
    """The OpenAPI description of what a route in OpenAI's form answers."""
    return {200: _described("Done", _BODIES[name]), **_OPENAI_REFUSED}
