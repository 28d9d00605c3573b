"""A voice and the states it passes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sayso.domain.consent import ConsentState
from sayso.errors import WrongState


class VoiceType(StrEnum):
    """How much speech goes in and how long the training takes."""

    RAPID = "rapid"
    PROFESSIONAL = "professional"


class VoiceState(StrEnum):
    """Where a voice is. The values are also the words of the wire."""

    INITIALIZING = "initializing"
    """Waiting for recordings, a consent or a build."""
    RUNNING = "running"
    """Being analysed or trained."""
    FINISHED = "finished"
    """Speaks."""
    DATASET_ISSUE = "dataset_issue"
    CONSENT_FAILED = "consent_validation_failed"
    FAILED = "failed"
    """Something of ours broke; a new build tries again."""


_S = VoiceState
_NEXT: Mapping[VoiceState, frozenset[VoiceState]] = {
    _S.INITIALIZING: frozenset({_S.RUNNING, _S.DATASET_ISSUE, _S.CONSENT_FAILED}),
    # Back to INITIALIZING: a build that was cancelled leaves the voice as if it had not been asked.
    _S.RUNNING: frozenset({_S.FINISHED, _S.DATASET_ISSUE, _S.CONSENT_FAILED, _S.FAILED, _S.INITIALIZING}),
    # A voice that speaks can be rebuilt from better recordings; the old artifact serves meanwhile.
    _S.FINISHED: frozenset({_S.RUNNING}),
    # Without a consent no build can mend what the last one ended by. What speaks goes on: FINISHED stays.
    _S.DATASET_ISSUE: frozenset({_S.RUNNING, _S.INITIALIZING, _S.CONSENT_FAILED}),
    _S.CONSENT_FAILED: frozenset({_S.RUNNING, _S.INITIALIZING}),
    _S.FAILED: frozenset({_S.RUNNING, _S.CONSENT_FAILED}),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice as its owner sees it."""

    id: str
    """Eight lower-case hexadecimal characters."""
    account_id: str
    name: str
    voice_type: VoiceType
    state: VoiceState
    created_at: datetime
    updated_at: datetime
    language: str = "en-US"
    description: str | None = None
    dataset_url: str | None = None
    dataset_waits: bool = False
    """Whether that is still to be fetched: the next run does so."""
    callback_uri: str | None = None
    consent_id: str | None = None
    """The newest spoken consent; None where none was sent."""
    consent_state: ConsentState | None = None
    """Where that one is."""
    issue: str | None = None
    """Why the voice is where it is, for people."""
    build: int = 0
    """How many builds were started; the number of the running one while RUNNING."""
    is_vouched_for: bool = False
    """Whether an authorized uploader asked for that build, and answers for the speaker's permission."""
    waits_for_consent: bool = False
    """Whether its consent ended a run that had begun by itself, which begins again with a good one."""
    stage: str | None = None
    """What the running build is doing, e.g. `adapting`."""
    progress: float = 0.0
    """Part of the running build that is done, 0 to 1."""
    left_s: float | None = None
    """Estimated seconds until the running build is finished."""
    artifact_key: str | None = None
    """Blob of the voice that speaks; that of the last finished build while a new one runs."""
    sample_key: str | None = None
    """Blob of the preview clip."""

    @property
    def can_speak(self) -> bool:
        """A finished build exists."""
        return self.artifact_key is not None

    @property
    def starts_by_itself(self) -> bool:
        """Whether its dataset is analysed, and it is trained, without a build being asked for."""
        return self.voice_type is VoiceType.PROFESSIONAL and self.dataset_url is not None

    def to(self, state: VoiceState) -> Voice:
        """This voice in another state. Raises WrongState where the table has no arrow."""
        if state not in _NEXT[self.state]:
            raise WrongState(f"voice {self.id} is {self.state}, it cannot become {state}")
        return replace(self, state=state)

    def asked_anew(self, now: datetime, *, is_vouched_for: bool) -> Voice:
        """This voice as another run takes the place of the one there may be, which notices and stops."""
        idle = replace(self, state=VoiceState.INITIALIZING) if self.state is VoiceState.RUNNING else self
        return idle.asked_for(now, is_vouched_for=is_vouched_for)

    def asked_for(self, now: datetime, *, is_vouched_for: bool = False) -> Voice:
        """This voice as its next build begins. Raises WrongState."""
        return replace(
            self.to(VoiceState.RUNNING),
            build=self.build + 1,
            is_vouched_for=is_vouched_for,
            waits_for_consent=False,
            stage="waiting",
            progress=0.0,
            left_s=None,
            issue=None,
            updated_at=now,
        )
