"""Items, pages, dates, callbacks, ranges and the head of a stream."""

import base64
import json
import struct
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from sayso.domain.clip import Precision, SoundFormat
from sayso.domain.event import ClipFailed, ClipFinished, FaultyRecording, VoiceFailed, VoiceFinished
from sayso.domain.page import Page, PageRequest
from sayso.domain.timing import Mark, Times
from sayso.domain.voice import VoiceState
from sayso.errors import BadRequest
from sayso.wire.callbacks import headers, new_secret, payload, with_links
from sayso.wire.paging import page_answer, page_request
from sayso.wire.ranges import span_of
from sayso.wire.responses import failure, speech_answer, speech_failure, stamp, success
from sayso.wire.wav_stream import live_head


def test_a_time_is_utc_with_milliseconds() -> None:
    assert stamp(datetime(2024, 1, 15, 10, 30, tzinfo=UTC)) == "2024-01-15T10:30:00.000Z"
    berlin = datetime(2024, 1, 15, 11, 30, 0, 999_999, timezone(timedelta(hours=1)))
    assert stamp(berlin) == "2024-01-15T10:30:00.999Z"


@given(st.datetimes(timezones=st.just(UTC)).filter(lambda moment: moment.year > 1000))
def test_a_time_can_be_read_back_to_the_millisecond(moment: datetime) -> None:
    assert timedelta(0) <= moment - datetime.fromisoformat(stamp(moment)) < timedelta(milliseconds=1)


def test_a_page_has_every_name_for_its_numbers() -> None:
    answer = page_answer(Page(("a", "b"), number=2, size=10, total=12), [{"n": 1}, {"n": 2}])
    assert answer == {
        "success": True,
        "page": 2,
        "num_pages": 2,
        "page_count": 2,
        "page_size": 10,
        "total_results": 12,
        "total_count": 12,
        "items": [{"n": 1}, {"n": 2}],
    }


def test_pages_are_asked_for_by_two_names_and_have_defaults() -> None:
    assert page_request({}) == PageRequest(1, 10)
    assert page_request({"page": "3", "page_size": "50"}) == PageRequest(3, 50)
    assert page_request({"per_page": "20"}) == PageRequest(1, 20)
    assert page_request({"page": "", "page_size": "1"}) == PageRequest(1, 1)


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page_size": "0"},
        {"page_size": "1001"},
        {"page": "x"},
        {"page": "1.5"},
        {"page": "9" * 40},
        {"page": "٣"},
    ],
)
def test_pages_out_of_range_are_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadRequest, match=next(iter(query))):
        page_request(query)


def test_failure_says_it_under_both_names_and_lists_the_fields() -> None:
    assert failure("name is required", {"name": "is required"}) == {
        "success": False,
        "message": "name is required",
        "error": "name is required",
        "errors": {"name": ["is required"]},
    }
    assert failure("no", item={"uuid": "1"})["item"] == {"uuid": "1"}
    assert success() == {"success": True}


def test_a_refused_synthesis_lists_its_issues() -> None:
    answer = speech_failure("no words", "BadRequest", {"data": "has no words"}, ["no words"])
    assert answer["success"] is False
    assert answer["issues"] == ["no words"]
    assert answer["error_name"] == "BadRequest"


def test_callbacks_of_a_voice_have_five_keys() -> None:
    assert payload(VoiceFinished("55592656")) == {
        "id": "55592656",
        "ok": True,
        "status": "finished",
        "issue": None,
        "recordings": [],
    }
    assert payload(VoiceFailed("55592656", VoiceState.DATASET_ISSUE, "all silent")) == {
        "id": "55592656",
        "ok": False,
        "status": "dataset_issue",
        "issue": "all silent",
        "recordings": [],
    }


def test_a_dataset_issue_names_the_recordings_at_fault_key_for_key() -> None:
    bad = FaultyRecording("1a2b3c4d", "first", "la", 0.9, 2.5, 11.0, 0.6, False, True, False)
    body = payload(VoiceFailed("55592656", VoiceState.DATASET_ISSUE, "another speaker", (bad,)))
    assert body["recordings"] == [
        {
            "uuid": "1a2b3c4d",
            "name": "first",
            "transcript": "la",
            "stoi_score": 0.9,
            "pesq_score": 2.5,
            "si_dr_score": 11.0,
            "resemble_sample_score": 0.6,
            "is_active": False,
            "is_outlier": True,
            "is_silent": False,
        }
    ]
    refused = payload(VoiceFailed("55592656", VoiceState.CONSENT_FAILED, "other words"))
    assert (refused["status"], refused["ok"]) == ("consent_validation_failed", False)
    assert list(refused) == list(body) == ["id", "ok", "status", "issue", "recordings"]


def test_an_independent_reader_takes_our_signatures() -> None:
    secrets, body = [new_secret(), new_secret()], b'{"id": 1}'
    sent = headers("msg_1", 3, int(time.time()), body, secrets)
    for secret in secrets:
        assert Webhook(secret).verify(body, sent) == {"id": 1}
        for change in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(time.time()) + 1)}):
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(body, sent | change)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, sent)


def test_callbacks_of_a_clip_name_its_project_and_sound() -> None:
    good, bad = payload(ClipFinished("c", "p", "key", "a.wav")), payload(ClipFailed("c", "p", "broke"))
    linked = json.loads(with_links(json.dumps(good), ["http://h/a.wav"]))
    assert linked == {**good, "url": "http://h/a.wav"}
    assert (good["id"], good["project_id"], good["url"], good["issues"]) == ("c", "p", None, [])
    assert (bad["url"], bad["issues"]) == (None, ["broke"])
    assert set(good) == set(bad) == {"id", "project_id", "url", "audio_timestamps", "issues"}


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=5-", (5, None)),
        ("bytes=-5", (None, 5)),
        ("Bytes = 1 - 2", (1, 2)),
        (None, None),
        ("bytes=2-1", None),
        ("bytes=-", None),
        ("bytes=0-1,4-5", None),
        ("lines=0-1", None),
        ("bytes=x-y", None),
        ("bytes=" + "9" * 40 + "-", None),
    ],
)
def test_ranges(header: str | None, span: tuple[int | None, int | None] | None) -> None:
    assert span_of(header) == span


@pytest.mark.parametrize(
    ("precision", "tag", "bits"),
    [
        (Precision.PCM_16, 1, 16),
        (Precision.PCM_24, 1, 24),
        (Precision.PCM_32, 1, 32),
        (Precision.MULAW, 7, 8),
    ],
)
def test_the_head_of_a_stream_is_44_bytes_whatever_the_samples(
    precision: Precision, tag: int, bits: int
) -> None:
    head = live_head(precision, 22_050)
    assert len(head) == 44
    assert head[:4] + head[8:16] + head[36:40] == b"RIFFWAVEfmt data"
    assert struct.unpack("<IHHIIHH", head[16:36]) == (16, tag, 1, 22_050, 22_050 * bits // 8, bits // 8, bits)


def test_a_head_without_times_carries_both_empty_chunks_before_the_data() -> None:
    head = live_head(Precision.PCM_16, 22_050, Times())
    assert head[36:60] == b"cue " + struct.pack("<II", 4, 0) + b"LIST" + struct.pack("<I", 4) + b"adtl"
    assert head[60:64] == b"data"


def test_a_timed_head_has_a_point_and_a_label_for_each_letter_and_sound() -> None:
    times = Times((Mark("é", 0.5, 1.0),), (Mark("ˈe", 0.5, 0.75),))
    head = live_head(Precision.PCM_16, 1_000, times, 40)
    assert struct.unpack("<I", head[4:8])[0] == len(head) - 8 + 40
    assert head[36:48] == b"cue " + struct.pack("<II", 4 + 2 * 24, 2)
    assert struct.unpack("<II4sIII", head[48:72]) == (1, 1, b"data", 0, 0, 500)
    labels = head[96:]
    assert labels[:4] + labels[8:12] == b"LISTadtl"
    # 20 bytes, the text in UTF-8, a NUL, and a pad that the size does not count.
    first = b"ltxt" + struct.pack("<III4s8x", 23, 1, 500, b"grph") + "é".encode() + b"\0\0"
    second = b"ltxt" + struct.pack("<III4s8x", 24, 2, 250, b"phon") + "ˈe".encode() + b"\0"
    assert labels[12:-8] == first + second
    assert labels[-8:] == b"data" + struct.pack("<I", 40)


def test_an_audio_content_is_plain_base64() -> None:
    answer = speech_answer(b"\xff" * 100, 1.0, 0.5, SoundFormat(), 3, "t")
    assert base64.b64decode(answer["audio_content"], validate=True) == b"\xff" * 100
