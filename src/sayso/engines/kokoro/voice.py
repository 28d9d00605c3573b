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
VERSION = 1
_HEAD = len(MAGIC) + 1 + 32 + 4
_LARGEST = 200 * 1024 * 1024

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
    weights: Mapping[str, Floats] = field(default_factory=dict)
    """Other parameters of the decoder that were adapted, by name: they replace the resident ones."""
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
            **{"weights/" + k: v for k, v in self.weights.items()},
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
        text = json.dumps(header, sort_keys=True).encode()
        rest = len(text).to_bytes(4, "little") + text + body
        return MAGIC + bytes([VERSION]) + hashlib.sha256(rest).digest() + rest


def unpack(artifact: bytes) -> KokoroVoice:
    """Raises BadArtifact when the bytes are not a voice of this engine, too new or damaged."""
    if artifact[: len(MAGIC)] != MAGIC or not _HEAD <= len(artifact) <= _LARGEST:
        raise BadArtifact("this is not a voice of the kokoro engine: build the voice again")
    version = artifact[len(MAGIC)]
    if version != VERSION:
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
        return KokoroVoice(
            arrays.pop("affines"),
            arrays.pop("prosody"),
            tuple(header["prosody_symbols"]),
            float(header["pitch_ratio"]),
            float(header["rate_ratio"]),
            {name.removeprefix("weights/"): values for name, values in arrays.items()},
            header["notes"],
        )
    except (KeyError, ValueError, TypeError) as wrong:
        raise BadArtifact(f"the voice file cannot be read ({wrong}): build the voice again") from wrong
