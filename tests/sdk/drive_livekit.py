"""Drives LiveKit's Resemble plugin, unmodified. Arguments: server URL, token, voice. Prints what it got as JSON."""

import asyncio
import json
import sys

import aiohttp
from livekit.plugins import resemble
from livekit.plugins.resemble import tts as plugin

TEXTS = ("One sentence is here. ", "And another one, which is a little longer.")


async def main() -> None:
    url, token, voice = sys.argv[1:]
    # Its addresses are constants of the module: the only way to point it elsewhere.
    plugin.RESEMBLE_REST_API_URL = f"{url}/synthesize"
    plugin.RESEMBLE_WEBSOCKET_URL = url.replace("http", "ws") + "/stream"
    async with aiohttp.ClientSession() as session:
        tts = resemble.TTS(api_key=token, voice_uuid=voice, sample_rate=44_100, http_session=session)
        whole = await tts.synthesize("".join(TEXTS)).collect()
        stream = tts.stream()
        for text in TEXTS:
            stream.push_text(text)
        stream.end_input()
        streamed_s = 0.0
        async for event in stream:
            streamed_s += event.frame.duration
        await stream.aclose()
        await tts.aclose()
    print(json.dumps({"whole_s": whole.duration, "streamed_s": streamed_s, "texts": TEXTS}))


asyncio.run(main())
