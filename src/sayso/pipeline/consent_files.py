"""What passes between the server and the child that examines a consent, as files of one folder:

consent.flac                 what was sent as consent, decoded
recordings/KEY.flac          what the voice would be learnt from
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sayso.audio import codec
from sayso.audio.waveform import Waveform

CONSENT = "consent.flac"
RECORDINGS = "recordings"


def lay_out(folder: Path, consent: Waveform, recordings: Iterable[tuple[str, bytes]]) -> None:
    """Write what the child reads; `recordings` are keys with FLAC files, taken one at a time."""
    (folder / RECORDINGS).mkdir(parents=True, exist_ok=True)
    for key, flac in recordings:
        (folder / RECORDINGS / f"{key}.flac").write_bytes(flac)
    (folder / CONSENT).write_bytes(codec.encode_flac(consent))
