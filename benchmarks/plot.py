"""Small line charts as one SVG file, so that a plot needs no library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

_W, _H = 360, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 34, 40
_COLOURS = ("#1f6fb2", "#c0562b", "#3a8a4d", "#7a5195")
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: name of a line -> its points."""

    title: str
    x: str
    y: str
    lines: Mapping[str, Sequence[Point]]
    log_x: bool = False


def write(file: Path, panels: Sequence[Panel], caption: str) -> None:
    """Write all of them, two in a row, with `caption` below."""
    rows = -(-len(panels) // 2)
    height = rows * _H + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * _W} {height}" font-family="sans-serif" '
        f'font-size="11"><rect width="100%" height="100%" fill="white"/>'
    ]
    for i, panel in enumerate(panels):
        parts.append(f'<g transform="translate({i % 2 * _W},{i // 2 * _H})">{_panel(panel)}</g>')
    parts.append(_text(8, height - 8, caption, size=9, colour="#555"))
    file.write_text("\n".join(parts) + "\n</svg>\n", "utf-8")


def _panel(panel: Panel) -> str:
    points = [point for line in panel.lines.values() for point in line]
    xs = sorted({x for x, _ in points})
    top = _above(max(y for _, y in points))

    def at(x: float, y: float) -> Point:
        low, high = (math.log10(xs[0]), math.log10(xs[-1])) if panel.log_x else (xs[0], xs[-1])
        along = ((math.log10(x) if panel.log_x else x) - low) / ((high - low) or 1)
        return (
            _LEFT + along * (_W - _LEFT - _RIGHT),
            _H - _BOTTOM - y / top * (_H - _TOP - _BOTTOM),
        )

    parts = [_text(_LEFT, 16, panel.title, size=12)]
    for i in range(5):
        y = at(xs[0], top * i / 4)[1]
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_W - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 5, y + 4, f"{top * i / 4:g}", anchor="end"))
    shown: list[float] = []
    for x in xs:
        place = at(x, 0)[0]
        if not shown or place - shown[-1] > 30:
            shown.append(place)
            parts.append(_text(place, _H - _BOTTOM + 15, f"{x:,g}", anchor="middle"))
    parts.append(_text((_LEFT + _W - _RIGHT) / 2, _H - 8, panel.x, anchor="middle"))
    parts.append(_text(8, 29, panel.y, size=9, colour="#555"))
    for i, (name, line) in enumerate(panel.lines.items()):
        colour = _COLOURS[i % len(_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in sorted(line)))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for x, y in (at(*point) for point in line):
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
        if len(panel.lines) > 1:
            parts.append(_text(_W - _RIGHT, 16 + 13 * i, name, anchor="end", colour=colour))
    return "".join(parts)


def _above(value: float) -> float:
    """A round number that is not below `value`, and of which a quarter is round, too."""
    size = 10.0 ** math.floor(math.log10(max(value, 1e-9)))
    return next(size * step for step in (1, 2, 4, 6, 8, 10) if size * step >= value)


def _text(
    x: float, y: float, text: str, *, size: int = 10, anchor: str = "start", colour: str = "#222"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(text)}</text>"
    )
