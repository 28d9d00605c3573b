"""A full disk and too little memory, told as what they are: whoever reads it can do something about them."""

from __future__ import annotations

import errno

from sayso.errors import Unavailable

_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_MEMORY = ("can't allocate memory", "not enough memory")
"""How torch says it: with an ordinary RuntimeError."""


def exhausted(error: BaseException) -> Unavailable | None:
    """What `error` comes to, where the machine has run out of something; else None."""
    if isinstance(error, OSError) and error.errno in _FULL:
        return Unavailable("the disk of the server is full: make room there, then ask for a build again")
    is_torch = isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)
    if isinstance(error, MemoryError) or is_torch:
        return Unavailable(
            "the server has too little memory for this: end what else runs there, then ask for a build again"
        )
    return None
