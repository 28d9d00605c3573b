"""The decoding child: `python -m sayso.pipeline.decode_child`. Ends when its input ends."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from sayso.audio import codec
from sayso.errors import Rejected, TooLarge
from sayso.pipeline.confine import address_space_bytes
from sayso.pipeline.decoding import HEAD, read_exactly


def main() -> None:
    """Answer one decoding after the other."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    idle_bytes = address_space_bytes()
    # No new files, and none grown: a decoder that was taken over shall find little to do.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            head = json.loads(read_exactly(source, *HEAD.unpack(read_exactly(source, HEAD.size))))
        except EOFError:
            return
        data = read_exactly(source, head["size"])
        _limit(head, idle_bytes)
        answer, samples = _decode(data, head)
        text = json.dumps({**answer, "size": len(samples)}).encode()
        sink.write(HEAD.pack(len(text)) + text + samples)
        sink.flush()


def _decode(data: bytes, head: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        wave = codec.decode(
            data, max_s=head["max_s"], max_channels=head["max_channels"], max_samples=head["max_samples"]
        )
    except Rejected as refused:
        return {"error": type(refused).__name__, "message": str(refused)}, b""
    except MemoryError:
        message = "the file takes more memory to decode than one upload may use; cut it into parts"
        return {"error": TooLarge.__name__, "message": message}, b""
    return {"rate_hz": wave.rate_hz}, wave.samples.tobytes()


def _limit(head: dict[str, Any], idle_bytes: int) -> None:
    """Fresh limits for this job: processor time counts from the start of the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = int(used.ru_utime + used.ru_stime) + head["cpu_s"]
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, hard))
    resource.setrlimit(resource.RLIMIT_AS, (idle_bytes + head["memory_bytes"],) * 2)


if __name__ == "__main__":
    main()
