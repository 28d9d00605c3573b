"""What the person at the machine may ask for, who owns the data folder and so needs no token."""

from __future__ import annotations

from sayso.engines.base import Speaker
from sayso.errors import NotFound
from sayso.services import Services
from sayso.storage import voices


def find_speaker(services: Services, name: str) -> Speaker:
    """The voice of that uuid or name (the newest of several), of any account; else the engine's stock reader.

    Raises NotFound.
    """
    with services.db.read() as tx:
        found = voices.speaking(tx, name)
        known = [] if found else voices.speaking(tx)
    if found and found[0].artifact_key is not None:
        return services.speakers.get(found[0].artifact_key)
    if name in services.engine.readers():
        return services.engine.reader(name)
    names = [f"{voice.name} ({voice.id})" for voice in known[:20]]
    raise NotFound(
        f"no voice {name!r} speaks here. Voices: {', '.join(names) or 'none yet'}. "
        f"Synthetic readers: {', '.join(services.engine.readers()) or 'none'}"
    )
