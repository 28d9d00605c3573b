"""A voice as this engine keeps it: a few small arrays and numbers, in a file that knows itself.

Layout: magic word, version byte, SHA-256 of all that follows, length of the header (4 bytes, little
endian), JSON header, the arrays one after the other as little-endian float16. Nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sayso.errors import BadArtifact

MAGIC = b"SAYSOKOK"
VERSION = 2
_WITHOUT_DELTAS = 1
"""The version of a file without deltas: what programs before version 2 read."""
_HEAD = len(MAGIC) + 1 + 32 + 4
_LARGEST = 120 * 1024 * 1024
_LONGEST_PAUSES = 10.0

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class KokoroVoice:
    """What makes the resident network sound like one person."""

    affines: Floats
    """(37396,): gain and offset of every AdaIN of the decoder: the timbre."""
    prosody: Floats
    """(rows, 128): prosody style for texts of `prosody_symbols` phoneme symbols; the nearest row is used."""
    prosody_symbols: tuple[int, ...]
    pitch_ratio: float = 1.0
    """F0 is multiplied by this."""
    rate_ratio: float = 1.0
    """Durations are divided by this."""
    pause_ratio: float = 1.0
    """Pauses between the pieces of a text are multiplied by this."""
    deltas: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)
    """Of a professional voice: module -> down (r, C_in, k) and up (C_out, r); see `network.LowRank`."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """How it was made: seed, starting voice, seconds of speech. For people; nothing reads it back."""

    def row(self, n_symbols: int) -> Floats:
        """The prosody style (128,) for a text of so many symbols."""
        nearest = min(
            range(len(self.prosody_symbols)),
            key=lambda i: abs(np.log(self.prosody_symbols[i] / max(1, n_symbols))),
        )
        row: Floats = self.prosody[nearest]
        return row

    def pack(self) -> bytes:
        """The file's bytes; same voice, same bytes."""
        arrays = {
            "affines": self.affines,
            "prosody": self.prosody,
            **{f"down/{name}": down for name, (down, _) in self.deltas.items()},
            **{f"up/{name}": up for name, (_, up) in self.deltas.items()},
        }
        body = b"".join(np.ascontiguousarray(a, dtype="<f2").tobytes() for a in arrays.values())
        header = {
            "engine": "kokoro",
            "arrays": [[name, list(a.shape)] for name, a in arrays.items()],
            "prosody_symbols": list(self.prosody_symbols),
            "pitch_ratio": self.pitch_ratio,
            "rate_ratio": self.rate_ratio,
            "notes": dict(self.notes),
        }
        if self.pause_ratio != 1.0:  # unknown to older programs, which make the usual pauses
            header["pause_ratio"] = self.pause_ratio
        text = json.dumps(header, sort_keys=True).encode()
        rest = len(text).to_bytes(4, "little") + text + body
        version = VERSION if self.deltas else _WITHOUT_DELTAS
        return MAGIC + bytes([version]) + hashlib.sha256(rest).digest() + rest


def unpack(artifact: bytes) -> KokoroVoice:
    """Raises BadArtifact when the bytes are not a voice of this engine, too new or damaged."""
    if artifact[: len(MAGIC)] != MAGIC or not _HEAD <= len(artifact) <= _LARGEST:
        raise BadArtifact("this is not a voice of the kokoro engine: build the voice again")
    version = artifact[len(MAGIC)]
    if version not in (_WITHOUT_DELTAS, VERSION):
        raise BadArtifact(
            f"the voice file has version {version}, this program reads version {VERSION}: update sayso"
        )
    rest = artifact[len(MAGIC) + 1 + 32 :]
    if hashlib.sha256(rest).digest() != artifact[len(MAGIC) + 1 : len(MAGIC) + 1 + 32]:
        raise BadArtifact("the voice file is damaged, its checksum does not match: build the voice again")
    try:
        size = int.from_bytes(rest[:4], "little")
        header = json.loads(rest[4 : 4 + size])
        arrays, at = {}, 4 + size
        for name, shape in header["arrays"]:
            n = int(np.prod(shape))
            arrays[name] = np.frombuffer(rest, "<f2", n, at).reshape(shape).astype(np.float32)
            at += 2 * n
        pause_ratio = float(header.get("pause_ratio", 1.0))
        if not 0.0 <= pause_ratio <= _LONGEST_PAUSES:
            raise ValueError(f"pauses {pause_ratio} times as long as usual")
        return KokoroVoice(
            arrays.pop("affines"),
            arrays.pop("prosody"),
            tuple(header["prosody_symbols"]),
            float(header["pitch_ratio"]),
            float(header["rate_ratio"]),
            pause_ratio,
            _deltas(arrays),
            header["notes"],
        )
    except (KeyError, ValueError, TypeError, OverflowError) as wrong:
        raise BadArtifact(f"the voice file cannot be read ({wrong}): build the voice again") from wrong


def _deltas(arrays: Mapping[str, Floats]) -> dict[str, tuple[Floats, Floats]]:
    """Raises ValueError where one is not whole, or its parts do not fit together."""
    names = [name.removeprefix("down/") for name in arrays if name.startswith("down/")]
    if len(arrays) != 2 * len(names):
        raise ValueError("it holds arrays that are not known")
    found = {}
    for name in names:
        down, up = arrays[f"down/{name}"], arrays[f"up/{name}"]
        if down.ndim != 3 or up.ndim != 2 or up.shape[1] != down.shape[0]:
            raise ValueError(f"the parts of {name} do not fit together")
        found[name] = (down, up)
    return found
