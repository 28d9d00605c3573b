"""What a dataset may hold, and what working on it may take."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class DatasetLimits:
    """Bounds of unpacking, reading and cutting one dataset."""

    max_unpacked_bytes: int = 4 * 1024 * MIB
    max_members: int = 20_000
    max_member_bytes: int = 1024 * MIB
    max_ratio: int = 200
    """Unpacked bytes for each packed one, beyond `ratio_free_bytes`: silence packs well, and small things may."""
    ratio_free_bytes: int = 64 * MIB
    max_list_bytes: int = 16 * MIB
    """A list of files and texts."""
    max_text_bytes: int = 64 * 1024
    """The text of one recording."""
    max_recording_s: float = 3 * 3_600.0
    """One file of sound."""
    max_audio_s: float = 12 * 3_600.0
    """All sound together; what lies beyond is left out, and said."""
    max_cut_bytes: int = 8 * 1024 * MIB
    """What is written of it as utterances: FLAC of 24 bits, which may be ten times what came as MP3. Beyond, as beyond the hours."""
    max_channels: int = 8
    unpack_memory_bytes: int = 1024 * MIB
    unpack_cpu_s: int = 1_200
