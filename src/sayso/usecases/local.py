"""What the person at the machine may ask for, who owns the data folder and so needs no token."""

from __future__ import annotations

from sayso.domain.account import Caller, Plan
from sayso.engines.base import Speaker
from sayso.errors import NotFound
from sayso.services import Services
from sayso.storage import accounts, voices


def caller_of_token(services: Services, token_id: str) -> Caller:
    """The account of a token, to act for it. Raises NotFound."""
    with services.db.read() as tx:
        token = accounts.find_token(tx, token_id)
    return Caller(token.account_id, token.id, token.plan)


def owner_of_voice(services: Services, voice_id: str) -> Caller:
    """The account of a voice, to act for it. Raises NotFound."""
    with services.db.read() as tx:
        voice = voices.fetch(tx, voice_id)
    if voice is None:
        raise NotFound(f"there is no voice {voice_id} here: GET /api/v2/voices lists those of a token")
    return Caller(voice.account_id, "", Plan.PRO)


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
