"""Fields of requests: kinds, synonyms, defaults, and what is said about wrong ones."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.domain.clip import Container, Precision, SoundFormat
from sayso.domain.voice import VoiceType
from sayso.errors import BadAudio, BadRequest
from sayso.wire.fields import decode_base64, decode_flag
from sayso.wire.requests import (
    CreateClip,
    CreateProject,
    CreateRecording,
    CreateVoice,
    EditProject,
    EditVoice,
    Stream,
    Synthesize,
)


def refused(form: Any, **fields: Any) -> dict[str, str]:
    """What is wrong with which field."""
    with pytest.raises(BadRequest) as caught:
        form.read(fields)
    return caught.value.fields


def test_a_voice_is_professional_unless_told_otherwise() -> None:
    assert CreateVoice.read({"name": "Ada"}).voice_type is VoiceType.PROFESSIONAL


@pytest.mark.parametrize("word", ["rapid", "rapid_voice", "Rapid"])
def test_rapid_has_synonyms(word: str) -> None:
    assert CreateVoice.read({"name": "Ada", "voice_type": word}).voice_type is VoiceType.RAPID


def test_each_wrong_field_is_named() -> None:
    assert refused(CreateVoice, name=7, voice_type="slow") == {
        "name": "must be a string",
        "voice_type": 'must be one of rapid, professional, not "slow"',
    }
    assert refused(CreateVoice) == {"name": "is required"}
    assert refused(CreateVoice, name=" ") == {"name": "must not be empty"}
    assert refused(CreateVoice, name=None) == {"name": "is required"}


def test_what_no_database_holds_is_refused() -> None:
    assert refused(CreateVoice, name="a\0b") == {"name": "must not hold a NUL character"}
    assert "surrogate" in refused(CreateVoice, name="\ud800")["name"]


def test_unknown_fields_are_ignored() -> None:
    assert CreateProject.read({"name": "x", "is_public": True, "sample_url": 1}).name == "x"


@pytest.mark.parametrize("yes", [True, "true", "True", "TRUE", 1, "1"])
def test_true_is_written_in_many_ways(yes: object) -> None:
    assert CreateProject.read({"name": "x", "is_archived": yes}).is_archived is True


@pytest.mark.parametrize("no", [False, "false", "False", 0, "0", None])
def test_false_is_written_in_many_ways(no: object) -> None:
    assert CreateProject.read({"name": "x", "is_archived": no}).is_archived is False


@pytest.mark.parametrize("neither", ["maybe", 2, 0.5, [], {}])
def test_other_values_are_no_booleans(neither: object) -> None:
    told = refused(CreateProject, name="x", is_archived=neither)
    assert told == {"is_archived": f"must be true or false, not {json.dumps(neither)}"}


def test_of_a_long_wrong_value_only_the_start_is_told() -> None:
    told = refused(CreateProject, name="x", is_archived="maybe" * 1_000)["is_archived"]
    assert told.startswith('must be true or false, not "maybemaybe')
    assert len(told) < 100


def test_flags_of_a_query_take_the_python_spelling() -> None:
    assert decode_flag("sample_url", "True")
    with pytest.raises(BadRequest, match="sample_url must be true or false"):
        decode_flag("sample_url", "ja")


@pytest.mark.parametrize("rate", [44_100, "44100", 44_100.0])
def test_a_rate_is_a_number_or_its_spelling(rate: object) -> None:
    assert Synthesize.read({"voice_uuid": "v", "data": "hi", "sample_rate": rate}).sample_rate == 44_100


@pytest.mark.parametrize("rate", [True, 11_025, "fast", "9" * 12, 10**30])
def test_other_rates_are_refused(rate: object) -> None:
    assert set(refused(Synthesize, voice_uuid="v", data="hi", sample_rate=rate)) == {"sample_rate"}


def test_defaults_of_the_sound_differ_by_route() -> None:
    said = {"voice_uuid": "v", "data": "hi"}
    assert CreateClip.read({"voice_uuid": "v", "body": "hi"}).sound == SoundFormat(
        Container.WAV, Precision.PCM_32, 22_050
    )
    assert Synthesize.read(said).sound == SoundFormat(Container.WAV, Precision.PCM_32, 48_000)
    assert Stream.read(said).live_sound == SoundFormat(Container.WAV, Precision.PCM_16, 22_050)


def test_ulaw_is_the_old_name_of_mulaw() -> None:
    assert Stream.read({"voice_uuid": "v", "data": "hi", "precision": "ULAW"}).precision is Precision.MULAW


def test_a_stream_is_never_mp3() -> None:
    with pytest.raises(BadRequest, match="output_format must be wav"):
        _ = Stream.read({"voice_uuid": "v", "data": "hi", "output_format": "mp3"}).live_sound


@pytest.mark.parametrize("text", ["3 < 4 & 5 > 2", "<speak>Salt &amp; pepper</speak>", "<speak>a <break"])
def test_a_text_is_taken_as_it_was_sent(text: str) -> None:
    assert Synthesize.read({"voice_uuid": "v", "data": text}).data == text


def test_an_edit_knows_what_was_not_mentioned() -> None:
    assert EditProject.read({"name": "x"}).mentioned() == {"name": "x"}
    assert EditVoice.read({"description": None, "name": None}).mentioned() == {"description": None}


def test_an_empty_transcript_is_none() -> None:
    form = CreateRecording.read({"name": "r", "text": "", "is_active": "true", "fill": "false"})
    assert (form.text, form.is_active, form.fill) == (None, True, False)


@given(
    st.binary(max_size=300),
    st.sampled_from(["", "data:audio/wav;base64,", "data:audio/x-wav;codecs=1;base64,"]),
)
def test_base64_is_read_with_line_breaks_and_with_a_prefix(content: bytes, prefix: str) -> None:
    assert decode_base64(prefix + base64.encodebytes(content).decode(), "consent") == content


@pytest.mark.parametrize("text", ["bad", "b@db", "é"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(BadAudio, match="consent is not base64"):
        decode_base64(text, "consent")


@given(
    st.dictionaries(
        st.sampled_from(["name", "consent", "voice_type", "callback_uri"]),
        st.none() | st.integers() | st.text() | st.lists(st.text()),
    )
)
def test_whatever_a_field_holds_it_is_read_or_refused(fields: dict[str, object]) -> None:
    with contextlib.suppress(BadRequest):
        CreateVoice.read(fields)
