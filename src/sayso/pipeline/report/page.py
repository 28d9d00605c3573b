"""The report as one HTML page that needs nothing else: figures, plots, players with their sound inside.

Names and words come from strangers: everything is escaped, and the page allows no script.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_WIDTH, _HEIGHT = 640, 150


def page(payload: Mapping[str, Any], sounds: Mapping[str, str], title: str) -> str:
    """The whole page of a report's payload; `sounds`: name -> FLAC in base64."""
    body = "".join(
        (
            _advice(payload["advice"]),
            _likeness(payload["likeness"]),
            _words(payload["words"]),
            _quality(payload["quality"]),
            _manner(payload["manner"]),
            _coverage(payload["coverage"]),
            _stability(payload.get("stability", {})),
            _training(payload.get("training")),
            _players(sounds),
            _origin(payload),
        )
    )
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; media-src data:\">"
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{body}"
        "<footer>Everything here was measured by instruments; nobody listened. The signed JSON of this report can be "
        "verified by anybody with the key of this installation.</footer></main></body></html>\n"
    )


def _advice(sentences: Sequence[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<h2>What would improve it most</h2><ul>{items}</ul>" if items else ""


def _likeness(likeness: Mapping[str, Any] | None) -> str:
    if likeness is None:
        return "<h2>Likeness</h2><p>There was too little speech to compare.</p>"
    dots = [(value, "stranger", "strangers") for value in likeness["strangers"]]
    dots += [
        (likeness["same_speaker"], "same", "the speaker again"),
        (likeness["voice"], "voice", "the voice"),
    ]
    marks = "".join(
        f'<circle class="d-{css}" cx="{20 + 600 * min(1.0, max(0.0, value)):.1f}" cy="40" r="{8 if css == "voice" else 6}">'
        f"<title>{escape(name)}: {value:.2f}</title></circle>"
        for value, css, name in dots
    )
    n = (
        ""
        if likeness["n"] is None
        else f"<p><b>n = {likeness['n']:.2f}</b>: 0 is as far as strangers, 1 as near as the speaker again.</p>"
    )
    return (
        f"<h2>Likeness</h2>{n}<figure><svg viewBox='0 0 {_WIDTH} 70' role='img' aria-label='cosines'>"
        f"<line class=axis x1=20 y1=40 x2=620 y2=40 /><text x=20 y=64>0</text><text x=612 y=64>1</text>{marks}</svg>"
        "<figcaption>Cosine to the speaker, from 0 to 1: hollow strangers, grey the speaker again, large and coloured the voice.</figcaption>"
        f"</figure><p class=dim>{escape(likeness['encoder'])}, which no training has used; {escape(likeness['note'])}.</p>"
    )


def _words(words: Mapping[str, Any]) -> str:
    wrong = "".join(
        f"<li><q>{escape(pair['said']) or '(nothing)'}</q> heard as <q>{escape(pair['heard']) or '(nothing)'}</q></li>"
        for pair in words["wrong"]
    )
    return (
        f"<h2>Words</h2><p><b>{100 * words['wer']:.1f} %</b> of {words['words']} words of unseen sentences were misheard "
        f"({100 * words['cer']:.1f} % of the characters).</p>" + (f"<ul>{wrong}</ul>" if wrong else "")
    )


def _quality(quality: Mapping[str, Any]) -> str:
    if quality["voice"] is None:
        return ""
    return "<h2>Quality (DNSMOS, 1 to 5)</h2>" + _table(
        ("", "voice", "recordings"),
        [
            (name, _number(quality["voice"].get(key)), _number((quality["recordings"] or {}).get(key)))
            for name, key in _OPINIONS.items()
        ],
    )


_OPINIONS = {
    "P.808, one opinion": "p808",
    "P.835, overall": "overall",
    "P.835, speech": "speech",
    "P.835, background": "background",
}

_MANNERS = {
    "pitch_hz": "pitch, Hz",
    "pitch_spread": "pitch moves by, semitones",
    "words_per_minute": "words a minute",
    "pause_part": "time in pauses, %",
    "pauses_per_minute": "pauses a minute",
    "energy_spread_db": "loudness moves by, dB",
}


def _manner(manner: Mapping[str, Any]) -> str:
    rows = [
        (name, *(_number(_scaled(key, manner[who][key])) for who in ("voice", "speaker")))
        for key, name in _MANNERS.items()
    ]
    return "<h2>Way of speaking</h2>" + _table(("", "voice", "speaker"), rows)


def _scaled(key: str, value: float | None) -> float | None:
    return None if value is None else 100.0 * value if key == "pause_part" else value


def _coverage(coverage: Mapping[str, Any]) -> str:
    def named(words: Sequence[str]) -> str:
        return escape(", ".join(words)) or "none"

    return (
        f"<h2>Sounds in the recordings</h2><p>{coverage['heard']} of {coverage['sounds']} sounds of English. Missing are those of: "
        f"{named(coverage['missing'])}. Rare: {named(coverage['rare'])}. Questions: {coverage['questions']}.</p>"
    )


_STEADY = {
    "word_errors": "words misheard",
    "likeness": "likeness (cosine)",
    "pitch_hz": "pitch, Hz",
    "words_per_minute": "words a minute",
}


def _stability(stability: Mapping[str, Any]) -> str:
    """The least and the most over texts, and over seeds; nothing for a report of before there was both."""
    if "texts" not in stability:
        return ""
    texts, seeds = stability["texts"], stability["seeds"]
    rows = [(name, _range(texts[key]), _range(seeds[key])) for key, name in _STEADY.items()]
    counts = len(texts["word_errors"]), len(seeds["word_errors"])
    heads = ("from, to", f"{counts[0]} texts", f"one text, {counts[1]} seeds")
    return "<h2>Stability</h2>" + _table(heads, rows)


def _range(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{_number(min(known))} to {_number(max(known))}" if known else ""


def _training(training: Mapping[str, Any] | None) -> str:
    if training is None:
        return ""
    plots = []
    for phase in dict.fromkeys(point["phase"] for point in training["points"]):
        points = [p for p in training["points"] if p["phase"] == phase and p["held_out"] is not None]
        if len(points) >= 2:
            plots.append(_curve(phase, points))
    return "<h2>Training</h2>" + "".join(plots)


def _curve(phase: str, points: Sequence[Mapping[str, Any]]) -> str:
    steps, losses = [p["step"] for p in points], [p["held_out"] for p in points]
    low, high = min(losses), max(losses)
    span_x, span_y = max(1, steps[-1] - steps[0]), max(1e-9, high - low)
    line = " ".join(
        f"{20 + 600 * (s - steps[0]) / span_x:.1f},{20 + 100 * (high - v) / span_y:.1f}"
        for s, v in zip(steps, losses, strict=True)
    )
    return (
        f"<figure><svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role='img' aria-label='loss'><polyline class=curve points='{line}' />"
        f"<text x=20 y=14>{high:.3f}</text><text x=20 y=140>{low:.3f}</text></svg>"
        f"<figcaption>{escape(phase)}: loss on recordings that were held out, {steps[-1]} steps</figcaption></figure>"
    )


def _players(sounds: Mapping[str, str]) -> str:
    players = "".join(
        f"<h3>{escape(name)}</h3><audio controls preload=none src='data:audio/flac;base64,{escape(data)}'></audio>"
        for name, data in sorted(sounds.items(), reverse=True)
    )
    return f"<h2>Listen</h2>{players}" if players else ""


def _origin(payload: Mapping[str, Any]) -> str:
    rows = [
        ("voice", str(payload["voice_uuid"])),
        ("build", str(payload["build"])),
        ("kind", str(payload["voice_type"])),
        ("made", str(payload["made_at"])),
        ("file", f"{payload['artifact']['bytes']} bytes, sha256 {payload['artifact']['sha256']}"),
        ("learnt from", f"{payload['recordings']['speech_s']} s of speech"),
        *((name, str(value)) for name, value in payload["versions"].items()),
    ]
    weights = "".join(
        f"<li>{escape(name)}: <code>{escape(sha256)}</code></li>"
        for name, sha256 in payload.get("weights", {}).items()
    )
    listed = f"<details><summary>Weights, by sha256</summary><ul>{weights}</ul></details>" if weights else ""
    return "<h2>Origin</h2>" + _table(("", ""), rows) + listed


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(cell)}</th>" for cell in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#5b6570;--line:#d5dae0;--mark:#0969da}
@media(prefers-color-scheme:dark){:root{--bg:#0f1317;--fg:#e6eaee;--dim:#98a3ae;--line:#303841;--mark:#6cb6ff}}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
main{max-width:820px;margin:0 auto;padding:24px 16px;overflow-wrap:anywhere}h1{font-size:1.5rem}h2{font-size:1.15rem;margin:28px 0 8px}
h3{font-size:1rem;margin:8px 0 2px}figure{margin:8px 0}svg{width:100%;height:auto;display:block}svg text{fill:var(--dim);font-size:11px}
.axis{stroke:var(--line)}.curve{fill:none;stroke:var(--mark);stroke-width:2}.d-stranger{fill:none;stroke:var(--dim)}
.d-same{fill:var(--dim)}.d-voice{fill:var(--mark);stroke:var(--fg);stroke-width:2}figcaption,.dim,footer{color:var(--dim);font-size:.85rem}
table{border-collapse:collapse}td,th{padding:3px 14px 3px 0;text-align:left;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums}
audio{width:100%;max-width:420px;height:36px}footer{margin-top:32px}
"""
