"""Plays an exchange file against a server and writes down what comes back, with what varies named.

A file is a list of requests with their answers. In a request, `{voice}` stands for the uuid that an
earlier answer was `saved` as. In an answer uuids, times, links, sound and durations of work are
replaced by names; everything else is compared byte for byte, the order of the keys included.
"""

from __future__ import annotations

import json
import re
import time
from typing import Any

import httpx

from serving import humming

_VARYING = [
    (re.compile(r'"http://[^"/]+/media/[0-9]+/[0-9a-f]+/[0-9a-f]+/[^"]+?\.([a-z0-9]+)"'), r'"<link to \1>"'),
    (re.compile(r'"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z"'), '"<time>"'),
    (re.compile(r'"(audio_content|raw_audio)":"[A-Za-z0-9+/=]+"'), r'"\1":"<sound>"'),
    (re.compile(r'"synth_duration":[0-9.]+'), '"synth_duration":"<seconds>"'),
]


class Player:
    """One client that remembers what it saved."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._saved: dict[str, str] = {}

    def play(self, exchange: dict[str, Any]) -> dict[str, Any]:
        """The exchange with the answer that came."""
        sent = json.loads(self._filled(json.dumps(exchange["send"])))
        answer = self._send(sent)
        if "until" in exchange:
            deadline = time.monotonic() + 60
            while answer.json()["item"]["status"] != exchange["until"]:
                assert time.monotonic() < deadline, answer.text
                time.sleep(0.1)
                answer = self._send(sent)
        if "save" in exchange:
            self._saved[exchange["save"]] = answer.json()["item"]["uuid"]
        known = {key: exchange[key] for key in ("send", "save", "until") if key in exchange}
        return {**known, "status": answer.status_code, "answer": self._named(answer)}

    def _send(self, sent: dict[str, Any]) -> httpx.Response:
        method, path = sent["line"].split(" ", 1)
        options: dict[str, Any] = {}
        if "json" in sent:
            options["json"] = sent["json"]
        if "form" in sent:
            options |= {"data": sent["form"], "files": {"file": ("hum.wav", humming())}}
        if "text" in sent:
            options |= {"content": sent["text"].encode(), "headers": {"content-type": "application/json"}}
        if "headers" in sent:
            options["headers"] = options.get("headers", {}) | sent["headers"]
        return self._client.request(method, path, **options)

    def _filled(self, text: str) -> str:
        return re.sub(r"\{([a-z ]+)\}", lambda match: self._saved.get(match[1], match[0]), text)

    def _named(self, answer: httpx.Response) -> Any:
        assert answer.headers["content-type"] == "application/json"
        text = answer.text
        for name, uuid in self._saved.items():
            text = text.replace(uuid, f"<{name}>")
        for pattern, name in _VARYING:
            text = pattern.sub(name, text)
        value = json.loads(text)
        # Byte for byte: what is kept as JSON must give back the very text.
        assert json.dumps(value, ensure_ascii=False, separators=(",", ":")) == text
        return value
