"""Audio files <-> waveforms.

What a file is, is decided by its first bytes and never by its name. `decode` is a pure function of
bytes, so that it can run in a child process: it reads strangers' files, and a decoder is the place
where those bite.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from sayso.audio.resample import resample
from sayso.audio.waveform import Samples, Waveform
from sayso.errors import (
    BadAudio,
    BadRate,
    BadRequest,
    NoSamples,
    NotFinite,
    Silent,
    TooLong,
    TooManyChannels,
)

READS = ("WAV", "FLAC", "OGG/Opus", "OGG/Vorbis", "MP3")
"""The formats `decode` takes, for people."""

MIN_RATE_HZ, MAX_RATE_HZ = 8_000, 192_000
"""Slower is not speech one could learn from; faster is no recording of speech."""

_BLOCK_FRAMES = 65_536
_READS_TEXT = ", ".join(READS[:-1]) + " or " + READS[-1]


def decode(
    data: bytes,
    *,
    max_s: float = 600.0,
    max_channels: int = 8,
    max_samples: int = 120_000_000,
) -> Waveform:
    """The sound in the file `data`, mixed to mono, at the file's own rate.

    `max_s` limits the length in seconds, `max_samples` frames times channels: both hold while reading,
    because ten hours of silence are two megabytes of FLAC and a header may say anything. Samples beyond
    full scale (float files, lossy codecs) are scaled back together, not clipped.

    Raises BadAudio for what is not audio, not a format of `READS`, broken or empty, or one of its kinds for
    what is all zero, not finite or of an odd rate; TooLong or TooManyChannels for what passes a limit.
    """
    if not data:
        raise BadAudio(f"the file is empty, it is no audio file; send {_READS_TEXT}")
    kind = sniff(data)
    if kind not in READS:
        found = f"this is {kind}" if kind else "this is no audio file that we know"
        raise BadAudio(f"{found}; send {_READS_TEXT}")
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            rate_hz, channels = int(file.samplerate), int(file.channels)
            _check_shape(kind, rate_hz, channels, max_channels)
            max_frames = min(int(max_s * rate_hz), max_samples // channels)
            blocks: list[NDArray[np.float32]] = []
            frames = 0
            while True:
                block = file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
                if len(block) == 0:
                    break
                frames += len(block)
                if frames > max_frames:
                    raise TooLong(
                        f"the recording is longer than {max_frames / rate_hz:.0f} s, "
                        f"the most we take of {channels} channels at {rate_hz} Hz; cut it into parts"
                    )
                blocks.append(block)
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        # libsndfile's own words mislead: of half an MP3 it says that there is no such file.
        raise BadAudio(f"the {kind} file is broken or cut short; export it again") from error
    if not blocks:
        raise NoSamples(f"the {kind} file holds no samples; record something")
    return Waveform(_mono(np.concatenate(blocks)), rate_hz)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a first reading of a long file found, so that a second one can give it in blocks like `decode` in one."""

    rate_hz: int
    frames: int
    gain: float
    """1, or less for what goes beyond full scale."""
    channel: int | None
    """The one to take where the channels cancel each other; None: the mean of all."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate_hz


def survey(path: Path, *, max_s: float, max_channels: int = 8) -> Survey:
    """Read the file once, in blocks, and tell how to read it. Raises BadAudio and TooLarge like `decode`.

    But for digital silence, which is a recording here: in a dataset it is judged with the others.
    """
    with path.open("rb") as file:
        kind = sniff(file.read(4_096))
    if kind not in READS:
        raise BadAudio(f"this is {kind or 'no audio file that we know'}; send {_READS_TEXT}")
    frames, peak, mixed_power = 0, 0.0, 0.0
    power: NDArray[np.float64] = np.zeros(1)
    peaks: NDArray[np.float64] = np.zeros(1)
    rate_hz = 0
    try:
        with soundfile.SoundFile(path) as sound:
            rate_hz, channels = int(sound.samplerate), int(sound.channels)
            _check_shape(kind, rate_hz, channels, max_channels)
            power, peaks = np.zeros(channels), np.zeros(channels)
            while len(block := sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
                frames += len(block)
                if frames > max_s * rate_hz:
                    raise TooLong(
                        f"the recording is longer than {max_s:.0f} s, the most we take; cut it into parts"
                    )
                if not np.isfinite(block).all():
                    raise NotFinite(
                        "the recording holds samples that are not numbers (NaN or infinite); export it again"
                    )
                mixed = block.mean(axis=1, dtype=np.float64)
                peak = max(peak, float(np.abs(mixed).max()))
                mixed_power += float(np.square(mixed).sum())
                power += np.square(block, dtype=np.float64).sum(axis=0)
                peaks = np.maximum(peaks, np.abs(block).max(axis=0))
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise BadAudio(f"the {kind} file is broken or cut short; export it again") from error
    if frames == 0:
        raise NoSamples(f"the {kind} file holds no samples; record something")
    channel = int(power.argmax()) if mixed_power < 0.02 * power.mean() else None
    if channel is not None:
        peak = float(peaks[channel])
    return Survey(rate_hz, frames, 1.0 / peak if peak > 1.0 else 1.0, channel)


def blocks(path: Path, found: Survey) -> Iterator[Samples]:
    """The samples of a surveyed file, mono and within full scale, in blocks (n,). Raises BadAudio."""
    left = found.frames
    try:
        with soundfile.SoundFile(path) as sound:
            while left and len(block := sound.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
                block = block[:left]
                left -= len(block)
                mono = (
                    block.mean(axis=1, dtype=np.float64)
                    if found.channel is None
                    else block[:, found.channel].astype(np.float64)
                )
                yield (mono * found.gain).astype(np.float32)
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise BadAudio("the file is broken or cut short; export it again") from error


def sniff(data: bytes) -> str:
    """What the file is, in words for people; empty when nothing is recognised.

    One of `READS`, or the name of something we do not read.
    """
    for offset, magic, name in _MAGIC:
        if data[offset : offset + len(magic)] == magic:
            return name(data) if callable(name) else name
    if data[4:8] == b"ftyp":
        return _mp4(data)
    if _mpeg_layer(data[:4]) is not None:
        return "MP3"
    if len(data) >= 2 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return "AAC"
    if len(data) > 376 and data[0] == data[188] == data[376] == 0x47:
        return "an MPEG transport stream"
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return "an HTML page"
    if start.startswith((b"<?xml", b"<svg")):
        return "an XML file"
    if start.startswith((b"{", b"[")):
        return "JSON"
    return ""


def encode(wave: Waveform, *, container: str, precision: str = "PCM_16", rate_hz: int | None = None) -> bytes:
    """`wave` as a file: `container` is wav, mp3, flac or ogg (Opus), `precision` one of `PRECISIONS`.

    MP3 and Opus ignore the precision, FLAC has 16 or 24 bits; Opus has the rates of `OPUS_RATES_HZ`. `rate_hz`
    resamples first; None keeps the rate. Samples beyond ±1.0 are clipped.
    Raises BadRequest for a container, precision or rate that we do not write.
    """
    if rate_hz is not None:
        wave = resample(wave, rate_hz)
    if container == "wav":
        body = pcm(wave.samples, precision)
        # RIFF chunks are padded to an even length; the pad is not part of the chunk's size.
        return wav_header(wave.rate_hz, precision, len(wave.samples)) + body + b"\0" * (len(body) % 2)
    form, subtype, options = file_form(container, precision)
    check_rate(form, wave.rate_hz)
    return _write(wave, form, subtype, **options)


def check_rate(form: str, rate_hz: int) -> None:
    """Raises BadRequest where a format, as `file_form` names it, cannot have that rate."""
    if form == "OGG" and rate_hz not in OPUS_RATES_HZ:
        raise BadRequest(f"Opus has no {rate_hz} Hz; use one of {', '.join(map(str, OPUS_RATES_HZ))}")


def file_form(container: str, precision: str) -> tuple[str, str, dict[str, Any]]:
    """Format, sample format and options by which the library knows `container`. Raises BadRequest."""
    _precision(precision)
    match container:
        case "mp3":
            return "MP3", "MPEG_LAYER_III", {"bitrate_mode": "CONSTANT", "compression_level": _MP3_LEVEL}
        case "flac":
            return "FLAC", "PCM_24" if precision in ("PCM_24", "PCM_32") else "PCM_16", {}
        case "ogg":
            return "OGG", "OPUS", {}
        case _:
            raise BadRequest(f"unknown output format {container!r}; use wav, mp3, flac or ogg")


def encode_flac(wave: Waveform) -> bytes:
    """`wave` as FLAC of 24 bits: how recordings are kept. Decodes to within 2**-24 of the samples."""
    return _write(wave, "FLAC", "PCM_24")


def pcm(samples: Samples, precision: str) -> bytes:
    """The bare bytes of `samples` (n,), clipped to ±1.0: little-endian, or mu-law of one byte a sample.

    Raises BadRequest for an unknown `precision`.
    """
    return _precision(precision)[2](samples)


def wav_header(rate_hz: int, precision: str, n_samples: int | None) -> bytes:
    """The bytes before the samples of a mono WAV file.

    44 bytes for PCM; mu-law needs a longer format chunk and a fact chunk: 58. `n_samples` None is for
    streams whose length nobody knows yet: players read on until the end.
    """
    tag, width, _ = _precision(precision)
    size = 0xFFFFFFFF if n_samples is None else n_samples * width
    form = struct.pack("<HHIIHH", tag, 1, rate_hz, rate_hz * width, width, 8 * width)
    fact = b""
    if tag != _TAG_PCM:
        form += struct.pack("<H", 0)
        fact = b"fact" + struct.pack("<II", 4, size)  # one byte a sample
    chunks = b"WAVEfmt " + struct.pack("<I", len(form)) + form + fact + b"data" + struct.pack("<I", size)
    riff = 0xFFFFFFFF if n_samples is None else len(chunks) + size + size % 2
    return b"RIFF" + struct.pack("<I", riff) + chunks


def _check_shape(kind: str, rate_hz: int, channels: int, max_channels: int) -> None:
    if channels > max_channels:
        raise TooManyChannels(
            f"the {kind} file has {channels} channels, we take at most {max_channels}; mix it down"
        )
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise BadRate(
            f"the {kind} file has a sample rate of {rate_hz} Hz; use {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz"
        )


def _mono(frames: NDArray[np.float32]) -> Samples:
    """Frames (n, channels) -> samples (n,) within ±1.0; the mean of the channels."""
    if not np.isfinite(frames).all():
        raise NotFinite("the recording holds samples that are not numbers (NaN or infinite); export it again")
    if not frames.any():
        raise Silent("the recording is digital silence, every sample is zero; check the microphone")
    with np.errstate(over="ignore"):
        mixed = frames.mean(axis=1, dtype=np.float64)
        power = np.square(frames, dtype=np.float64).mean(axis=0)
        # A cable with one leg swapped gives two channels that cancel; the louder one is the recording.
        if np.square(mixed).mean() < 0.02 * power.mean():
            mixed = frames[:, int(power.argmax())].astype(np.float64)
    peak = np.abs(mixed).max()
    if peak > 1.0:
        mixed = mixed / peak
    mono: Samples = mixed.astype(np.float32)
    return mono


def _write(wave: Waveform, container: str, subtype: str, **options: object) -> bytes:
    file = io.BytesIO()
    clipped = np.clip(wave.samples, -1.0, 1.0)
    soundfile.write(file, clipped, wave.rate_hz, format=container, subtype=subtype, **options)
    return file.getvalue()


# --- samples as bytes ---------------------------------------------------------------------------


def _integers(samples: Samples, bits: int) -> NDArray[np.int64]:
    # float64: float32 has 24 bits of mantissa, and 2**31 - 1 needs 31.
    top = 2 ** (bits - 1)
    scaled = np.rint(samples.astype(np.float64) * top)
    words: NDArray[np.int64] = np.clip(scaled, -top, top - 1).astype(np.int64)
    return words


def _pcm_16(samples: Samples) -> bytes:
    return _integers(samples, 16).astype("<i2").tobytes()


def _pcm_24(samples: Samples) -> bytes:
    words = _integers(samples, 24).astype("<i4")
    return words.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _pcm_32(samples: Samples) -> bytes:
    return _integers(samples, 32).astype("<i4").tobytes()


def _mulaw(samples: Samples) -> bytes:
    """G.711 mu-law: sign, three bits of exponent, four of mantissa, all inverted."""
    linear = _integers(samples, 16)
    sign = np.where(linear < 0, 0x80, 0)
    # The bias moves every segment's start to a power of two; 32635 is the largest that stays in 15 bits.
    biased = np.minimum(np.abs(linear), 32_635) + 132
    exponent = np.floor(np.log2(biased)).astype(np.int64) - 7
    mantissa = (biased >> (exponent + 3)) & 0x0F
    code = ~(sign | (exponent << 4) | mantissa) & 0xFF
    return bytes(code.astype(np.uint8))


_TAG_PCM, _TAG_MULAW = 1, 7
_PRECISIONS: dict[str, tuple[int, int, Callable[[Samples], bytes]]] = {
    # name: WAV format tag, bytes a sample, packer
    "PCM_16": (_TAG_PCM, 2, _pcm_16),
    "PCM_24": (_TAG_PCM, 3, _pcm_24),
    "PCM_32": (_TAG_PCM, 4, _pcm_32),
    "MULAW": (_TAG_MULAW, 1, _mulaw),
}
PRECISIONS = tuple(_PRECISIONS)
"""Sample formats that `encode` and `pcm` write."""

OPUS_RATES_HZ = (8_000, 12_000, 16_000, 24_000, 48_000)
"""The rates that Opus knows."""

# libsndfile maps 0..1 linearly onto LAME's bit rates; this is about 128 kbit/s at 44.1 kHz.
_MP3_LEVEL = 0.6


def _precision(name: str) -> tuple[int, int, Callable[[Samples], bytes]]:
    try:
        return _PRECISIONS[name]
    except KeyError:
        raise BadRequest(f"unknown precision {name!r}; use {', '.join(PRECISIONS)}") from None


# --- what a file is -----------------------------------------------------------------------------


def _riff(data: bytes) -> str:
    return {b"WAVE": "WAV", b"AVI ": "a video (AVI)", b"WEBP": "an image (WebP)"}.get(data[8:12], "")


def _ogg(data: bytes) -> str:
    page = data[:300]  # the first page names the codec, right after its own header
    if b"OpusHead" in page:
        return "OGG/Opus"
    if b"\x01vorbis" in page:
        return "OGG/Vorbis"
    for mark, name in (
        (b"\x7fFLAC", "OGG/FLAC"),
        (b"Speex", "OGG/Speex"),
        (b"theora", "a video (OGG/Theora)"),
    ):
        if mark in page:
            return name
    return "an OGG file of another codec"


def _matroska(data: bytes) -> str:
    return "WebM" if b"webm" in data[:64] else "Matroska"


def _mp4(data: bytes) -> str:
    brand = data[8:12]
    if brand[:3] in (b"M4A", b"M4B"):
        return "M4A (AAC in MP4)"
    if brand == b"qt  ":
        return "a video (QuickTime)"
    if brand[:2] == b"3g":
        return "3GP"
    return "MP4"


def _id3(data: bytes) -> str:
    """What follows an ID3 tag, whose length is four bytes of seven bits."""
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    after = data[10 + size : 14 + size]
    if after[:2] and after[0] == 0xFF and len(after) > 1 and after[1] & 0xF6 == 0xF0:
        return "AAC"
    return "FLAC with an ID3 tag" if after == b"fLaC" else "MP3"


def _mpeg_layer(head: bytes) -> int | None:
    """Layer I to III of an MPEG audio frame header, or None when it is none."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer, bit_rate, rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 0 or bit_rate == 15 or rate == 3:
        return None
    return 4 - layer


_MAGIC: tuple[tuple[int, bytes, str | Callable[[bytes], str]], ...] = (
    (0, b"RIFF", _riff),
    (0, b"RF64", "WAV"),
    (0, b"fLaC", "FLAC"),
    (0, b"OggS", _ogg),
    (0, b"ID3", _id3),
    (0, b"\x1a\x45\xdf\xa3", _matroska),
    (0, b"FORM", "AIFF"),
    (0, b".snd", "AU"),
    (0, b"caff", "CAF"),
    (0, b"#!AMR", "AMR"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA or WMV"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"wvpk", "WavPack"),
    (0, b"MThd", "MIDI"),
    (0, b"FLV\x01", "a video (FLV)"),
    (0, b"\x00\x00\x01\xba", "a video (MPEG)"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"PK\x05\x06", "an empty ZIP archive"),
    (0, b"\x1f\x8b", "a GZIP archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"%PDF", "a PDF"),
    (0, b"\x89PNG", "an image (PNG)"),
    (0, b"\xff\xd8\xff", "an image (JPEG)"),
    (0, b"GIF8", "an image (GIF)"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (257, b"ustar", "a TAR archive"),
)
