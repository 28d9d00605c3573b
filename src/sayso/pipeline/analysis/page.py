"""The analysis as one HTML page that needs nothing else: a plot for each score, a player for each recording.

It is made in parts, `head`, `recording` for each of `in_order`, `FOOT`, for its sound may be hours long. Names, texts and sentences
come from strangers: everything is escaped, and the page allows no script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sayso.domain import quality
from sayso.domain.analysis import RecordingReport, SetReport
from sayso.domain.quality import Grade
from sayso.domain.verdict import Outcome
from sayso.pipeline.analysis.speakers import LINE

_GRADES = {
    Grade.GOOD: "good",
    Grade.REPAIRED: "repaired",
    Grade.LOOK: "look at it",
    Grade.REJECTED: "rejected",
}
_OUTCOMES = {
    Outcome.ACCEPTED: "This set can become a voice.",
    Outcome.REMARKS: "This set can become a voice, with remarks.",
    Outcome.ISSUE: "This set cannot become a voice yet.",
}
_LINKS = ("https://", "http://", "/", "data:audio/")
_WIDTH, _HEIGHT = 320, 84


@dataclass(frozen=True, slots=True)
class _Plot:
    title: str
    unit: str
    low: float
    high: float
    line: float | None
    """Below it (above it where more is worse) a recording is doubted."""
    value: Callable[[RecordingReport], float | None]


_PLOTS = (
    _Plot("Sample score", "0 to 1", 0.0, 1.0, quality.POOR_SCORE, lambda r: r.score),
    _Plot("STOI", "0 to 1", 0.4, 1.0, None, lambda r: r.stoi),
    _Plot("PESQ", "1 to 4.64", 1.0, 4.64, None, lambda r: r.pesq),
    _Plot("SI-SDR", "dB", -10.0, 25.0, None, lambda r: r.si_sdr_db),
    _Plot("DNSMOS overall", "1 to 5", 1.0, 4.0, None, lambda r: r.opinion_overall),
    _Plot("Signal to noise", "dB", 0.0, 60.0, quality.NOISY_SNR_DB, lambda r: r.snr_db),
    _Plot("Level of the speech", "dBFS", -50.0, 0.0, None, lambda r: r.level_dbfs),
    _Plot("Decay", "s", 0.05, 0.6, quality.REVERBERANT_S, lambda r: r.decay_s),
    _Plot("Same speaker", "cosine", 0.0, 1.0, LINE, lambda r: r.speaker_similarity),
    _Plot("Speech", "s", 0.0, 20.0, None, lambda r: r.speech_s),
)


@dataclass(frozen=True, slots=True)
class Player:
    """What stands where a recording is heard."""

    address: str = ""
    """Of its sound: http(s), of this host, or `data:audio/`; anything else gives no player."""
    remark: str = ""
    """Why it cannot be heard."""


def page(
    report: SetReport, audio: Mapping[str, Player], title: str, notes: Sequence[str] = (), about: str = ""
) -> str:
    """The whole page. `audio` maps the id of a recording to its player; the rest as `head` has it."""
    rows = (recording(one, audio.get(one.id, Player())) for one in in_order(report))
    return head(report, title, notes, about) + "".join(rows) + FOOT


def in_order(report: SetReport) -> list[RecordingReport]:
    """The recordings as the page has them: what is rejected first."""
    order = {Grade.REJECTED: 0, Grade.LOOK: 1, Grade.REPAIRED: 2, Grade.GOOD: 3}
    return sorted(report.recordings, key=lambda r: order[r.grade])


def head(
    report: SetReport, title: str, notes: Sequence[str] = (), about: str = "", *, may_link: bool = True
) -> str:
    """All that comes before the recordings. `notes`: what was noticed before; `about`: a sentence about their sound.

    Without `may_link` a browser loads no sound but what is in the page.
    """
    plots = "".join(_plot(plot, report.recordings) for plot in _PLOTS)
    remarks = "".join(f"<li>{escape(remark)}</li>" for remark in (*report.remarks, *notes))
    sources = "http: https: data: 'self'" if may_link else "data:"
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'unsafe-inline'; media-src {sources}\">"
        '<meta name="referrer" content="no-referrer"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>"
        f'<p class="verdict {"bad" if report.outcome is Outcome.ISSUE else "fine"}">'
        f"<strong>{_OUTCOMES[report.outcome]}</strong> {escape(report.issue or '')}</p>"
        + (f"<ul>{remarks}</ul>" if remarks else "")
        + _totals(report)
        + f"<h2>Scores</h2>{_legend()}<div class=plots>{plots}</div><h2>Recordings</h2>"
        + (f"<p><small>{escape(about)}</small></p>" if about else "")
        + ("" if report.recordings else "<p>There are none.</p>")
    )


FOOT = (
    "<footer>Scores are estimated without a clean reference; the sample score says how sure one can be "
    "to learn well from a recording, not how pleasant the voice is.</footer></main></body></html>\n"
)
"""All that comes after the recordings."""


def _totals(report: SetReport) -> str:
    t = report.totals
    cells = (
        ("Recordings", f"{t.recordings}"),
        ("In use", f"{t.active}"),
        ("Good speech", _time(t.usable_s)),
        ("Needed", _time(t.needed_s)),
        ("Good", f"{t.good}"),
        ("Repaired", f"{t.repaired}"),
        ("Look at it", f"{t.look_at_it}"),
        ("Rejected", f"{t.rejected}"),
    )
    return "<dl>" + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in cells) + "</dl>"


def _legend() -> str:
    marks = "".join(
        f'<span><svg width="12" height="12" aria-hidden="true">{_dot(6, 6, grade, "")}</svg> {name}</span>'
        for grade, name in _GRADES.items()
    )
    return f"<p class=legend>{marks}</p>"


def _plot(plot: _Plot, recordings: Sequence[RecordingReport]) -> str:
    left, right, top, bottom = 8.0, _WIDTH - 8.0, 8.0, _HEIGHT - 18.0
    span = plot.high - plot.low

    def x(value: float) -> float:
        return left + (right - left) * min(1.0, max(0.0, (value - plot.low) / span))

    dots, n = [], max(1, len(recordings) - 1)
    for i, recording in enumerate(recordings):
        value = plot.value(recording)
        if value is not None:
            tip = f"{recording.name}: {value:.2f}"
            dots.append(_dot(x(value), top + (bottom - top) * i / n, recording.grade, tip))
    line = ""
    if plot.line is not None:
        at = x(plot.line)
        line = f'<line class=limit x1="{at:.1f}" x2="{at:.1f}" y1="2" y2="{bottom + 4:.1f}"/>'
    values = sorted(v for r in recordings if (v := plot.value(r)) is not None)
    middle = f"median {values[len(values) // 2]:.2f}" if values else "nothing measured"
    return (
        f"<figure><figcaption><b>{plot.title}</b> <small>{plot.unit}; {middle}</small></figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{plot.title} of each recording, {middle}">'
        f'<line class=axis x1="{left}" x2="{right}" y1="{bottom + 4:.1f}" y2="{bottom + 4:.1f}"/>{line}'
        f'<text x="{left}" y="{_HEIGHT - 2}">{plot.low:g}</text>'
        f'<text x="{right}" y="{_HEIGHT - 2}" text-anchor="end">{plot.high:g}</text>{"".join(dots)}</svg></figure>'
    )


def _dot(x: float, y: float, grade: Grade, tip: str) -> str:
    """Shapes differ as well as colours, for those who tell colours badly."""
    title = f"<title>{escape(tip)}</title>" if tip else ""
    css = f"g-{grade.value}"
    if grade is Grade.REJECTED:
        d = f"M{x - 3.5:.1f} {y - 3.5:.1f}l7 7m0-7l-7 7"
        return f'<path class="{css}" d="{d}">{title}</path>'
    if grade is Grade.LOOK:
        d = f"M{x:.1f} {y - 4:.1f}l4 7h-8z"
        return f'<path class="{css}" d="{d}">{title}</path>'
    if grade is Grade.REPAIRED:
        return f'<rect class="{css}" x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6">{title}</rect>'
    return f'<circle class="{css}" cx="{x:.1f}" cy="{y:.1f}" r="3">{title}</circle>'


def recording(r: RecordingReport, player: Player) -> str:
    """One recording: its player, its class, why, and its figures."""
    heard = ""
    if player.address.startswith(_LINKS):
        heard = f'<audio controls preload="none" src="{escape(player.address)}"></audio>'
    if player.remark:
        heard += f"<p><small>{escape(player.remark)}</small></p>"
    reasons = "".join(
        f"<li><b>{escape(reason.sentence)}</b> {escape(reason.remedy)}</li>" for reason in r.reasons
    )
    repairs = "".join(f"<li>{escape(repair)}</li>" for repair in r.repairs)
    figures = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in _figures(r) if value is not None
    )
    return (
        f'<article class="a-{r.grade.value}"><h3><span class="chip c-{r.grade.value}">{_GRADES[r.grade]}</span> '
        f"{escape(r.name)}</h3>{heard}"
        + (f"<ul>{reasons}</ul>" if reasons else "")
        + (f"<p>Repaired on a copy:</p><ul>{repairs}</ul>" if repairs else "")
        + f"<details><summary>score {r.score:.2f}, {r.speech_s:.1f} s of speech</summary><dl>{figures}</dl></details></article>"
    )


def _figures(r: RecordingReport) -> list[tuple[str, str | None]]:
    def number(value: float | None, form: str, unit: str = "") -> str | None:
        return None if value is None else f"{value:{form}}{unit}"

    return [
        ("STOI", number(r.stoi, ".3f")),
        ("PESQ", number(r.pesq, ".2f")),
        ("SI-SDR", number(r.si_sdr_db, ".1f", " dB")),
        ("DNSMOS speech", number(r.opinion_speech, ".2f")),
        ("DNSMOS background", number(r.opinion_background, ".2f")),
        ("DNSMOS overall", number(r.opinion_overall, ".2f")),
        ("Signal to noise", number(r.snr_db, ".1f", " dB")),
        ("Level of speech", number(r.level_dbfs, ".1f", " dBFS")),
        ("Peak", number(r.peak_dbfs, ".1f", " dBFS")),
        ("Clipped", f"{100.0 * r.flat_top_ratio:.3f} %"),
        ("Length", number(r.duration_s, ".1f", " s")),
        ("Rate", f"{r.rate_hz / 1000.0:g} kHz"),
        ("Sound up to", f"{r.cutoff_hz / 1000.0:.1f} kHz" + (" (upsampled)" if r.is_upsampled else "")),
        ("Decay", number(r.decay_s, ".2f", " s")),
        ("Pace", number(r.words_per_minute, ".0f", " words a minute")),
        ("Text agrees", None if r.agreement is None else f"{100.0 * r.agreement:.0f} %"),
        ("Same speaker", number(r.speaker_similarity, ".2f")),
        ("Score after repair", number(r.score_after, ".2f")),
    ]


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 90.0 else f"{seconds / 60.0:.1f} min"


_STYLE = """
:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#5b6570;--line:#d5dae0;--card:#f6f8fa;
--good:#1a7f37;--repaired:#0969da;--look_at_it:#9a6700;--rejected:#cf222e}
@media(prefers-color-scheme:dark){:root{--bg:#0f1317;--fg:#e6eaee;--dim:#98a3ae;--line:#303841;--card:#181e24;
--good:#4ac26b;--repaired:#6cb6ff;--look_at_it:#e3b341;--rejected:#ff7b72}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 16px}h1{font-size:1.5rem;margin:0 0 12px;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:28px 0 8px}h3{font-size:1rem;margin:0 0 6px;overflow-wrap:anywhere}
.verdict{border-left:4px solid;padding:8px 12px;background:var(--card);overflow-wrap:anywhere}
.bad{border-color:var(--rejected)}.fine{border-color:var(--good)}
dl{display:flex;flex-wrap:wrap;gap:6px 22px;margin:8px 0}dt{color:var(--dim);font-size:.8rem}dd{margin:0;font-variant-numeric:tabular-nums}
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:12px}
figure{margin:0;padding:8px;background:var(--card);border-radius:6px}figure svg{width:100%;height:auto;display:block}
small,.legend,footer,summary{color:var(--dim)}.legend span{margin-right:14px;white-space:nowrap}
svg text{fill:var(--dim);font-size:10px}.axis{stroke:var(--line)}.limit{stroke:var(--dim);stroke-dasharray:3 3}
.g-good{fill:var(--good)}.g-repaired{fill:var(--repaired)}.g-look_at_it{fill:var(--look_at_it)}
.g-rejected{fill:none;stroke:var(--rejected);stroke-width:2}
article{border:1px solid var(--line);border-left:4px solid var(--line);border-radius:6px;padding:10px 12px;margin:8px 0}
.a-rejected{border-left-color:var(--rejected)}.a-look_at_it{border-left-color:var(--look_at_it)}
.a-repaired{border-left-color:var(--repaired)}.a-good{border-left-color:var(--good)}
.chip{font-size:.75rem;padding:1px 7px;border:1px solid;border-radius:9px;white-space:nowrap}
.c-good{color:var(--good)}.c-repaired{color:var(--repaired)}.c-look_at_it{color:var(--look_at_it)}.c-rejected{color:var(--rejected)}
audio{width:100%;max-width:420px;height:36px;display:block;margin:4px 0}ul{margin:4px 0;padding-left:20px;overflow-wrap:anywhere}
summary{cursor:pointer}footer{margin-top:32px;font-size:.85rem}
"""
