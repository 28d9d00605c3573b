"""The sound child: `python -m sayso.pipeline.dataset.sound_child OPTIONS`. Decodes long files, block by block.

A job is a line of JSON; the answer is a head as JSON, blocks of float32, and a tail as JSON, each with its length before
it. It may write no file, and ends when its input ends.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import IO

from sayso.audio import codec
from sayso.errors import Rejected, TooLarge
from sayso.pipeline.confine import confine

SIZE = struct.Struct("<I")


def main() -> None:
    """Answer one job after the other."""
    options = json.loads(sys.argv[1])
    confine(memory_bytes=options["memory_bytes"], cpu_s=options["cpu_s"], file_bytes=0)
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    surveyed: dict[str, codec.Survey] = {}
    for line in source:
        job = json.loads(line)
        path = Path(job["path"])
        try:
            if job["path"] not in surveyed:
                surveyed.clear()
                surveyed[job["path"]] = codec.survey(
                    path, max_s=job["max_s"], max_channels=job["max_channels"]
                )
            found = surveyed[job["path"]]
            _tell(sink, {"rate_hz": found.rate_hz, "frames": found.frames})
            if job["blocks"]:
                given = 0
                for block in codec.blocks(path, found):
                    raw = block.tobytes()
                    sink.write(SIZE.pack(len(raw)) + raw)
                    given += len(block)
                    if job["until"] is not None and given >= job["until"]:
                        break
            sink.write(SIZE.pack(0))
            _tell(sink, {})
        except Rejected as refused:
            _refuse(sink, refused)
        except MemoryError:
            _refuse(sink, TooLarge("the file takes more memory to decode than it may; cut it into parts"))


def _refuse(sink: IO[bytes], error: Rejected) -> None:
    """Whether it is the head or the tail, the other side knows an error when it reads one."""
    raw = json.dumps({"error": type(error).__name__, "message": str(error)}).encode()
    sink.write(SIZE.pack(0xFFFFFFFF) + SIZE.pack(len(raw)) + raw)
    sink.flush()


def _tell(sink: IO[bytes], message: dict[str, object]) -> None:
    raw = json.dumps(message).encode()
    sink.write(SIZE.pack(len(raw)) + raw)
    sink.flush()


if __name__ == "__main__":
    main()
