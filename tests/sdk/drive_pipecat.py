"""Drives Pipecat's Resemble service, unmodified. Arguments: socket URL, token, voice. Prints what it got as JSON."""

import asyncio
import json
import sys

from pipecat.frames.frames import ErrorFrame, TTSAudioRawFrame, TTSSpeakFrame, TTSStoppedFrame
from pipecat.services.resembleai.tts import ResembleAITTSService
from pipecat.tests.utils import SleepFrame, run_test

TEXTS = ("One sentence is here.", "And another one, which is a little longer.")


async def main() -> None:
    url, token, voice = sys.argv[1:]
    settings = ResembleAITTSService.Settings(voice=voice)
    service = ResembleAITTSService(api_key=token, url=url, sample_rate=22_050, settings=settings)
    frames = [frame for text in TEXTS for frame in (TTSSpeakFrame(text), SleepFrame(2.0))]
    down, up = await run_test(service, frames_to_send=frames, start_timeout=20.0)
    got = [*down, *up]
    print(
        json.dumps(
            {
                "audio_bytes": sum(len(frame.audio) for frame in got if isinstance(frame, TTSAudioRawFrame)),
                "rates": sorted({frame.sample_rate for frame in got if isinstance(frame, TTSAudioRawFrame)}),
                "ends": sum(isinstance(frame, TTSStoppedFrame) for frame in got),
                "errors": [str(frame.error) for frame in got if isinstance(frame, ErrorFrame)],
                "texts": TEXTS,
            }
        )
    )


asyncio.run(main())
