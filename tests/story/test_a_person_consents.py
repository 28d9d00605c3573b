"""A person's say-so over HTTP: said, checked, refused, said again, built, proven."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import httpx
from typer.testing import CliRunner

from sayso.cli import app
from serving import STATEMENT, Callbacks, Server, humming, saying


def spoken(text: str = STATEMENT, pitch_hz: float = 150.0) -> str:
    return base64.b64encode(saying(text, pitch_hz)).decode()


def wait(client: httpx.Client, uuid: str) -> dict[str, Any]:
    """The voice when neither its consent nor a build of it is under way."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        voice = client.get(f"/api/v2/voices/{uuid}").json()["item"]
        if voice["consent_status"] != "checking" and voice["status"] != "running":
            return dict(voice)
        time.sleep(0.1)
    raise AssertionError("the check hangs")


def test_from_a_spoken_consent_to_a_receipt(server: Server, told: Callbacks, tmp_path: Path) -> None:
    with server.client(server.others["stranger"]) as eve:
        # Eve may not build without a consent. She says it wrongly at first.
        wrong = spoken("I am aware that recordings of my voice will be used by Bread Radio.")
        asked = {"name": "Eve", "voice_type": "rapid", "consent": wrong, "callback_uri": told.url}
        created = eve.post("/api/v2/voices", json=asked).json()
        assert created["success"]
        uuid = created["item"]["uuid"]
        failed = wait(eve, uuid)
        assert (failed["status"], failed["consent_status"]) == ("consent_validation_failed", "refused")
        letter = told.about(uuid)
        assert letter == {
            "id": uuid,
            "ok": False,
            "status": "consent_validation_failed",
            "issue": failed["issue"],
            "recordings": [],
        }
        refused = eve.post(f"/api/v2/voices/{uuid}/build", json={}).json()
        assert not refused["success"]
        assert failed["issue"] in refused["message"]

        # What was wrong stands there, with what is to be said.
        seen = eve.get(f"/api/v2/voices/{uuid}/consent").json()["item"]
        assert seen["statement"].endswith("my voice by sayso.")
        assert seen["current"]["reasons"][0]["remedy"]
        assert seen["current"]["numbers"]["words_heard"].startswith("i am aware")

        # She says it again, in lines of base64 with a prefix, and uploads.
        right = spoken()
        lines = "\n".join(right[i : i + 76] for i in range(0, len(right), 76))
        again = {"consent": f"data:audio/wav;base64,{lines}"}
        assert eve.put(f"/api/v2/voices/{uuid}", json=again).json()["success"]
        assert wait(eve, uuid)["consent_status"] == "waiting_for_recordings"
        for n in range(3):
            eve.post(
                f"/api/v2/voices/{uuid}/recordings",
                data={"name": f"take {n}"},
                files={"file": (f"{n}.wav", humming(4.0, 150.0 + n / 4))},
            )
        ready = wait(eve, uuid)
        assert (ready["status"], ready["consent_status"]) == ("initializing", "accepted")
        assert eve.post(f"/api/v2/voices/{uuid}/build", json={}).json()["success"]
        assert wait(eve, uuid)["status"] == "finished"

        # The receipt is verified on another machine, without a server.
        receipt = eve.get(f"/api/v2/voices/{uuid}/consent/receipt").text
        assert eve.get(f"/api/v2/voices/{uuid}/consent").json()["item"]["receipt_builds"] == [1]
        assert eve.get(f"/api/v2/voices/{uuid}/consent/receipt?build=1").text == receipt
        assert eve.get(f"/api/v2/voices/{uuid}/consent/receipt?build=2").status_code == 404
        assert eve.get(f"/api/v2/voices/{uuid}/consent/receipt?build=one").status_code == 400
        key = eve.get("/api/v2/receipt_key").json()["item"]["public_key"]
        file, said = tmp_path / "receipt.json", tmp_path / "consent.wav"
        file.write_text(receipt)
        said.write_bytes(saying())
        words = ["consent", "verify", str(file), "--key", key, "--sound", str(said)]
        verified = CliRunner().invoke(app, words, catch_exceptions=False)
        assert verified.exit_code == 0, verified.output
        assert "this is the consent" in verified.output
        assert "covers 3 recordings" in verified.output
        forged = json.loads(receipt)
        forged["payload"]["recordings_sha256"].append("00" * 32)
        file.write_text(json.dumps(forged))
        assert CliRunner().invoke(app, words).exit_code != 0


def test_a_broken_consent_answers_so_and_the_voice_is_there(server: Server) -> None:
    with server.client(server.others["stranger"]) as eve:
        html = base64.b64encode(b"<html>" * 20).decode()
        for consent, code in (("badb", "not_wav"), ("no base64!", "not_base64"), (html, "not_wav")):
            answer = eve.post("/api/v2/voices", json={"name": "Eve", "consent": consent}).json()
            assert answer["success"] is False
            assert "consent" in answer["message"]
            place = f"/api/v2/voices/{answer['item']['uuid']}"
            (attempt,) = eve.get(f"{place}/consent").json()["item"]["attempts"]
            assert [reason["code"] for reason in attempt["reasons"]] == [code]
            refused = eve.post(f"{place}/build", json={})
            assert refused.status_code == 403
            assert attempt["reasons"][0]["remedy"].rstrip(".") in refused.json()["message"]
            assert eve.delete(place).json()["success"]


def test_a_reviewer_decides_over_http(server: Server) -> None:
    doubtful = spoken(pitch_hz=150.0 * 2 ** (2.86 / 12))
    with (
        server.client(server.others["stranger"]) as eve,
        server.client(server.others["reviewer"]) as reviewer,
    ):
        asked = {"name": "Eve", "voice_type": "rapid", "consent": doubtful}
        uuid = eve.post("/api/v2/voices", json=asked).json()["item"]["uuid"]
        for n in range(3):
            eve.post(
                f"/api/v2/voices/{uuid}/recordings",
                data={"name": f"take {n}"},
                files={"file": (f"{n}.wav", humming(4.0, 150.0))},
            )
        assert wait(eve, uuid)["consent_status"] == "review"
        assert eve.get("/api/v2/consents").status_code == 403
        assert uuid in {item["voice_uuid"] for item in reviewer.get("/api/v2/consents").json()["items"]}
        decision = {"decision": "approve", "why": "I know her, and she had a cold."}
        assert eve.post(f"/api/v2/voices/{uuid}/consent/decision", json=decision).status_code == 403
        decided = reviewer.post(f"/api/v2/voices/{uuid}/consent/decision", json=decision).json()["item"]
        assert decided["current"]["decision"]["by"].startswith("reviewer (")
        assert wait(eve, uuid)["consent_status"] == "accepted"


def test_a_phrase_against_replay(server: Server) -> None:
    with server.client(server.others["stranger"]) as eve:
        challenge = eve.post("/api/v2/consent_challenges", json={"language": "en"}).json()["item"]
        words = dict(
            zip(
                "0123456789",
                ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
                strict=True,
            )
        )
        phrase = " ".join(words.get(word, word) for word in challenge["phrase"].split())
        for said, state in ((f"{phrase}. {STATEMENT}", "waiting_for_recordings"), (STATEMENT, "refused")):
            asked = {"name": "Eve", "consent": spoken(said), "consent_challenge": challenge["uuid"]}
            created = eve.post("/api/v2/voices", json=asked).json()
            if state == "refused":
                # A phrase is good once.
                assert created["success"] is False
                assert "consent_challenge" in created["errors"]
            else:
                assert wait(eve, created["item"]["uuid"])["consent_status"] == state


def test_phrases_are_of_two_kinds_and_ten_at_most(server: Server) -> None:
    with server.client(server.others["hooks"]) as asking:
        for kind, words in (("digits", 5), ("Words", 4)):
            asked = asking.post("/api/v2/consent_challenges", json={"language": "de", "kind": kind})
            item = asked.json()["item"]
            assert (item["kind"], len(item["phrase"].split())) == (kind.lower(), words)
        refused = asking.post("/api/v2/consent_challenges", json={"kind": "poems"})
        assert refused.status_code == 400
        assert "digits, words" in refused.json()["errors"]["kind"][0]
        answers = [asking.post("/api/v2/consent_challenges", json={}) for _ in range(9)]
        assert [answer.status_code for answer in answers] == [200] * 8 + [429]
        assert 500 < int(answers[-1].headers["retry-after"]) <= 600
