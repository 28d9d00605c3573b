"""Everything that can go wrong, in one picture.

SaysoError
├── Rejected                    the caller can fix it
│   ├── BadRequest              a field is missing, malformed or out of range
│   ├── BadAudio                not audio, or not audio we read
│   │   ├── NotBase64           meant to be base64, and is not
│   │   ├── NotWav              no WAV file, where only that will do
│   │   ├── CutOff              ends before its head says so
│   │   ├── WrongSize           more in it than its head says
│   │   ├── BadRate             a sample rate that nobody records at
│   │   ├── NotFinite           samples that are not numbers
│   │   ├── Silent              every sample is zero
│   │   └── NoSamples           no sound in it
│   ├── BadDataset              no dataset: broken, unsafe to unpack, or of no form we read
│   ├── TooLarge                more bytes, seconds, channels or characters than we take
│   │   ├── TooLong             more seconds than we take
│   │   └── TooManyChannels     more channels than we take
│   ├── WrongState              not possible while the thing is where it is
│   ├── TooLittleSpeech         fewer recordings or seconds than this kind of voice needs
│   ├── OtherLanguage           recordings in a language in which no voice can be learnt
│   ├── OtherSpeaker            recordings of which too little is of the one speaker
│   ├── ConsentMissing          the voice may not be built without a consent we can check
│   └── NotOffered              a thing of the API that this version does not do yet
├── NotSignedIn                 no token, or one we do not know
├── NotAllowed                  the token is known but may not do this
├── NotFound                    no such thing, or not this account's
├── Throttled                   too many requests at once
├── Unavailable                 try again later: a part of the system is down, busy or not ready
├── BadSettings                 an environment variable is wrong; the program exits with 2
└── BadArtifact                 a voice or weights file is damaged, unknown or from a newer version

A message names the fact, the expectation and the remedy, in that order. Nobody matches on its text.
"""

from __future__ import annotations

from collections.abc import Mapping


class SaysoError(Exception):
    """Base of everything sayso raises on purpose; `str(error)` is meant for people."""


class Rejected(SaysoError):
    """The caller can fix it. `fields` maps a wire field to what is wrong with it."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, str] = dict(fields or {})


class BadRequest(Rejected):
    """A field is missing, malformed or out of range."""


class BadAudio(Rejected):
    """Not audio, or not audio we read."""


class NotBase64(BadAudio):
    """Meant to be base64, and is not."""


class NotWav(BadAudio):
    """Not a WAV file, where only that will do."""


class CutOff(BadAudio):
    """The file ends before its head says so."""


class WrongSize(BadAudio):
    """There is more in the file than its head says."""


class BadRate(BadAudio):
    """A sample rate that nobody records at."""


class NotFinite(BadAudio):
    """Samples that are not numbers."""


class Silent(BadAudio):
    """Digital silence: every sample is zero."""


class NoSamples(BadAudio):
    """A file without any sound in it."""


class BadDataset(Rejected):
    """No dataset: broken, unsafe to unpack, or of no form we read."""


class TooLarge(Rejected):
    """More bytes, seconds, channels or characters than we take."""


class TooLong(TooLarge):
    """More seconds than we take."""


class TooManyChannels(TooLarge):
    """More channels than we take."""


class WrongState(Rejected):
    """Not possible while the thing is where it is."""


class TooLittleSpeech(Rejected):
    """Fewer recordings or seconds than this kind of voice needs."""


class OtherLanguage(Rejected):
    """Recordings in a language in which no voice can be learnt."""


class OtherSpeaker(Rejected):
    """Recordings of which too little is of the one speaker: of who consented, or of who speaks most in them."""


class ConsentMissing(Rejected):
    """The voice may not be built without a consent we can check."""


class NotOffered(Rejected):
    """A thing of the API that this version does not do yet."""


class NotSignedIn(SaysoError):
    """No token, or one we do not know."""


class NotAllowed(SaysoError):
    """The token is known but may not do this."""


class NotFound(SaysoError):
    """No such thing, or not this account's: the two are never told apart."""


class Throttled(SaysoError):
    """Too many requests at once. `retry_after_s`: when to try again, in whole seconds."""

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(SaysoError):
    """Try again later: a part of the system is down, busy or not ready."""


class BadSettings(SaysoError):
    """An environment variable is wrong; the program exits with 2."""


class BadArtifact(SaysoError):
    """A voice or weights file is damaged, unknown or from a newer version."""
