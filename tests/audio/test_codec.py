"""Audio files <-> waveforms."""

import contextlib
import io
import struct
import zipfile

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from sayso.audio.codec import OPUS_RATES_HZ, PRECISIONS, decode, encode, encode_flac, pcm, sniff, wav_header
from sayso.audio.file_encoder import FileEncoder
from sayso.audio.stream_encoder import StreamEncoder
from sayso.audio.waveform import Waveform
from sayso.errors import BadAudio, BadRequest, TooLarge

SAMPLES = arrays.arrays(
    np.float32,
    st.integers(1, 400),
    elements=st.floats(-1.0, 1.0, width=32, allow_subnormal=False),
).filter(lambda samples: np.abs(samples).max() > 0.001)
STEP = {"PCM_16": 2.0**-15, "PCM_24": 2.0**-23, "PCM_32": 2.0**-23}


def hum(rate_hz: int = 16_000, seconds: float = 0.5, pitch_hz: float = 220.0) -> Waveform:
    t = np.arange(round(rate_hz * seconds)) / rate_hz
    return Waveform((0.5 * np.sin(2 * np.pi * pitch_hz * t)).astype(np.float32), rate_hz)


def written(frames, rate_hz=16_000, **options) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, frames, rate_hz, **options)
    return file.getvalue()


@given(
    samples=SAMPLES, precision=st.sampled_from(sorted(STEP)), rate_hz=st.sampled_from([8_000, 24_000, 48_000])
)
def test_what_is_written_as_wav_is_read_again(samples, precision, rate_hz):
    back = decode(encode(Waveform(samples, rate_hz), container="wav", precision=precision))

    assert rate_hz == back.rate_hz
    assert len(samples) == len(back.samples)
    assert np.abs(back.samples - samples).max() <= STEP[precision]


@given(samples=SAMPLES)
def test_recordings_are_kept_as_flac_without_loss_to_24_bits(samples):
    back = decode(encode_flac(Waveform(samples, 22_050)))

    assert len(samples) == len(back.samples)
    assert np.abs(back.samples - samples).max() <= 2.0**-23


@given(samples=arrays.arrays(np.int16, st.integers(1, 400)))
def test_mulaw_is_read_by_libsndfile_within_a_step(samples):
    raw = {"samplerate": 8_000, "channels": 1, "format": "RAW", "subtype": "ULAW", "dtype": "int16"}

    back, _ = soundfile.read(io.BytesIO(pcm((samples / 32_768).astype(np.float32), "MULAW")), **raw)

    # Half a step of the segment: a thirty-second of the biased value at most.
    clipped = np.clip(samples.astype(int), -32_635, 32_635)
    assert (np.abs(back.astype(int) - clipped) <= (np.abs(clipped) + 132) / 32).all()


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"format": "WAV", "subtype": "PCM_U8"}, "WAV"),
        ({"format": "WAV", "subtype": "PCM_16"}, "WAV"),
        ({"format": "WAV", "subtype": "DOUBLE"}, "WAV"),
        ({"format": "WAV", "subtype": "ALAW"}, "WAV"),
        ({"format": "WAVEX", "subtype": "PCM_24"}, "WAV"),
        ({"format": "RF64", "subtype": "PCM_16"}, "WAV"),
        ({"format": "FLAC", "subtype": "PCM_24"}, "FLAC"),
        ({"format": "OGG", "subtype": "VORBIS"}, "OGG/Vorbis"),
        ({"format": "OGG", "subtype": "OPUS"}, "OGG/Opus"),
        ({"format": "MP3", "subtype": "MPEG_LAYER_III"}, "MP3"),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_the_formats_people_send_are_read_whatever_they_are_called(options, name, channels):
    wave = hum(rate_hz=48_000, seconds=1.0)
    data = written(np.stack([wave.samples] * channels, axis=1), 48_000, **options)

    heard = decode(data)

    assert name == sniff(data)
    assert heard.rate_hz == 48_000
    assert heard.duration_s == pytest.approx(1.0, abs=0.06)  # lossy codecs pad to whole frames
    middle = heard.samples[12_000:36_000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.354, rel=0.2)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 96_000, 192_000])
def test_usual_rates_are_read(rate_hz):
    assert decode(encode(hum(rate_hz), container="wav")).rate_hz == rate_hz


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])
def test_mp3_is_written_at_every_clip_rate(rate_hz):
    data = encode(hum(24_000, 2.0), container="mp3", rate_hz=rate_hz)

    assert rate_hz == decode(data).rate_hz
    assert decode(data).duration_s == pytest.approx(2.0, abs=0.15)


@pytest.mark.parametrize(("precision", "subtype"), [("PCM_16", "PCM_16"), ("PCM_32", "PCM_24")])
def test_flac_has_16_or_24_bits(precision, subtype):
    data = encode(hum(24_000), container="flac", precision=precision)

    assert soundfile.info(io.BytesIO(data)).subtype == subtype
    assert np.abs(decode(data).samples - hum(24_000).samples).max() < 1e-4


@pytest.mark.parametrize("rate_hz", OPUS_RATES_HZ)
def test_opus_is_written_at_its_own_rates(rate_hz):
    data = encode(hum(24_000, 2.0), container="ogg", rate_hz=rate_hz)

    assert sniff(data) == "OGG/Opus"
    assert decode(data).duration_s == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("container", ["wav", "flac", "ogg", "mp3"])
def test_a_stream_in_pieces_decodes_to_the_whole(container):
    wave = hum(24_000, 2.0)
    encoder = StreamEncoder(container, "PCM_16", 24_000)
    pieces = [encoder.push(piece) for piece in np.array_split(wave.samples, 7)]
    data = b"".join([*pieces, encoder.finish()])

    assert (sum(map(len, pieces)) > 0) == (container != "flac"), "nothing was ready before the end"
    heard = decode(data)
    assert heard.rate_hz == 24_000
    # MP3 frames that tell nothing of the coder's delay keep it.
    assert heard.duration_s == pytest.approx(2.0, abs=0.15 if container == "mp3" else 0.05)


def test_streams_of_mp3_decode_as_one():
    def stream():
        encoder = StreamEncoder("mp3", "PCM_16", 44_100)
        return encoder.push(hum(44_100, 1.0).samples) + encoder.finish()

    assert b"Info" not in stream()
    assert b"Xing" not in stream()
    assert decode(stream() + stream()).duration_s == pytest.approx(2.0, abs=0.15)


def webm() -> bytes:
    return b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("a.wav", b"x")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "M4A"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", "MP4"),
        (b"\0\0\0\x20ftypqt  \0\0\0\0", "QuickTime"),
        (b"\0\0\0\x20ftyp3gp4", "3GP"),
        (webm(), "WebM"),
        (b"\xff\xf1\x50\x80\x02\x1f\xfc\x21", "AAC"),
        (b"#!AMR\n\x3c\x91", "AMR"),
        (b"RIFF\x10\0\0\0AVI LIST", "AVI"),
        (written(np.zeros(10), format="AIFF"), "AIFF"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"\n  <html>", "HTML"),
        (archive(), "ZIP"),
        (b'{"error": 1}', "JSON"),
        (b"%PDF-1.7", "PDF"),
        (b"OggS" + b"\0" * 24 + b"Speex   ", "Speex"),
        (b"", "is empty"),
        (b"hello", "no audio"),
        (bytes(5_000), "no audio"),
    ],
)
def test_other_files_are_refused_by_name(data, name):
    with pytest.raises(BadAudio, match=name) as refusal:
        decode(data)
    assert "MP3" in str(refusal.value)


@pytest.mark.parametrize(
    "frames",
    [np.array([0.1, np.nan]), np.array([0.1, np.inf]), np.array([-np.inf, 0.1])],
    ids=["nan", "inf", "minus inf"],
)
def test_samples_must_be_numbers(frames):
    with pytest.raises(BadAudio, match="not numbers"):
        decode(written(frames, format="WAV", subtype="FLOAT"))


def test_nothing_at_all_is_refused():
    with pytest.raises(BadAudio, match="no samples"):
        decode(written(np.zeros(0), format="WAV"))
    with pytest.raises(BadAudio, match="silence"):
        decode(written(np.zeros(16_000), format="WAV"))


def test_near_silence_is_kept_for_the_analysis_to_judge():
    quiet = np.zeros(16_000)
    quiet[5] = 1 / 32_768

    assert decode(written(quiet, format="WAV")).samples.any()


def test_limits_hold_while_reading():
    with pytest.raises(TooLarge, match="channels"):
        decode(written(np.ones((100, 9)) * 0.1, format="WAV"))
    with pytest.raises(TooLarge, match="longer than 1 s"):
        decode(encode(hum(seconds=1.1), container="wav"), max_s=1.0)
    with pytest.raises(TooLarge, match="longer"):
        decode(encode(hum(seconds=1.1), container="wav"), max_samples=16_000)
    with pytest.raises(BadAudio, match="sample rate of 100 Hz"):
        decode(written(np.ones(100) * 0.1, 100, format="WAV"))


def test_an_hour_of_silence_in_little_flac_is_stopped_early():
    hours = written(np.zeros(16_000 * 1_200, np.int16), format="FLAC")
    assert len(hours) < 500_000

    with pytest.raises(TooLarge):
        decode(hours, max_s=60.0)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 123])
def test_a_wav_whose_writer_never_came_back_to_fill_in_the_sizes_is_read_or_refused(size):
    whole = encode(hum(), container="wav")
    data = whole[:40] + struct.pack("<I", size) + whole[44:]
    with contextlib.suppress(BadAudio):
        assert len(decode(data).samples) <= 8_000


@given(
    cut=st.integers(12, 2_000),
    junk=st.binary(max_size=64),
    kind=st.sampled_from(["WAV", "FLAC", "OGG", "MP3"]),
)
def test_broken_files_are_refused_or_read_but_never_crash(cut, junk, kind):
    data = written(hum().samples, format=kind)
    at = min(cut, len(data))
    with contextlib.suppress(BadAudio, TooLarge):
        assert decode(data[:at] + junk + data[at + len(junk) :]).samples.any()


def test_channels_are_mixed_and_swapped_legs_do_not_cancel():
    a = hum().samples
    left_only = decode(written(np.stack([a, np.zeros_like(a)], 1), format="WAV"))
    swapped = decode(written(np.stack([a, -a], 1), format="WAV"))

    assert np.abs(left_only.samples - a / 2).max() < 1e-4
    assert np.abs(swapped.samples - a).max() < 1e-4


def test_too_loud_floats_are_scaled_not_clipped():
    loud = decode(written(hum().samples * 6, format="WAV", subtype="FLOAT"))

    assert np.abs(loud.samples).max() == pytest.approx(1.0)
    assert np.corrcoef(loud.samples, hum().samples)[0, 1] > 0.99999


@pytest.mark.parametrize("precision", PRECISIONS)
def test_headers_say_what_follows(precision):
    n = 101  # odd: 24-bit and mu-law files need the pad byte
    data = encode(Waveform(hum().samples[:n], 16_000), container="wav", precision=precision)
    length = 58 if precision == "MULAW" else 44

    assert wav_header(16_000, precision, n) == data[:length]
    assert struct.unpack("<I", data[4:8])[0] + 8 == len(data)
    assert len(data) % 2 == 0
    assert soundfile.info(io.BytesIO(data)).frames == n
    assert soundfile.info(io.BytesIO(data)).subtype == {"MULAW": "ULAW"}.get(precision, precision)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_stream_without_a_length_is_read_to_its_end(precision):
    data = wav_header(24_000, precision, None) + pcm(hum(24_000).samples, precision)

    assert len(decode(data).samples) == 12_000


def test_full_scale_does_not_wrap_around():
    rails = np.array([1.0, -1.0, 2.0, -2.0], np.float32)

    assert np.frombuffer(pcm(rails, "PCM_16"), "<i2").tolist() == [32767, -32768, 32767, -32768]
    assert np.frombuffer(pcm(rails, "PCM_32"), "<i4").tolist() == [2**31 - 1, -(2**31), 2**31 - 1, -(2**31)]


def test_what_we_do_not_write_is_refused():
    with pytest.raises(BadRequest, match="aac"):
        encode(hum(), container="aac")
    with pytest.raises(BadRequest, match="22050"):
        encode(hum(22_050), container="ogg")
    with pytest.raises(BadRequest, match="PCM_8"):
        encode(hum(), container="wav", precision="PCM_8")


@pytest.mark.parametrize(("container", "precision"), [
    *(("wav", precision) for precision in PRECISIONS), ("flac", "PCM_16"), ("flac", "PCM_24"), ("ogg", "PCM_16"), ("mp3", "PCM_16"),
])  # fmt: skip
def test_a_file_written_in_pieces_is_the_file_written_at_once(container, precision):
    wave = hum(24_000, seconds=1.3)
    odd = Waveform(1.1 * wave.samples[:31_111], wave.rate_hz)  # too loud, and of an odd length
    file = io.BytesIO()
    encoder = FileEncoder(file, container=container, precision=precision, rate_hz=odd.rate_hz)
    for start in range(0, len(odd.samples), 7_001):
        encoder.push(odd.samples[start : start + 7_001])
    encoder.finish()
    whole = encode(odd, container=container, precision=precision)
    assert encoder.duration_s == odd.duration_s
    if container == "ogg":
        # The stream's serial number, and with it the checksums, are drawn anew each time.
        written, at_once = (soundfile.read(io.BytesIO(data))[0] for data in (file.getvalue(), whole))
        assert np.array_equal(written, at_once)
    else:
        assert file.getvalue() == whole


def test_a_file_that_cannot_be_is_refused_before_anything_is_said():
    with pytest.raises(BadRequest, match="22050"):
        FileEncoder(io.BytesIO(), container="ogg", precision="PCM_16", rate_hz=22_050)
