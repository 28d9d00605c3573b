"""How a set of recordings goes to the analysing child, and its report comes back: files in a folder of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from sayso.domain.analysis import SetReport, report_of
from sayso.pipeline.analysis.item import Item

_ITEMS, _REPORT, _SOUND = "in.json", "report.json", "in"


def lay_out(folder: Path, items: Iterable[tuple[str, str, str | None, float | None, bytes]]) -> None:
    """Write recordings, each as (id, name, text, agreement of text and sound, FLAC); the list last."""
    (folder / _SOUND).mkdir(parents=True, exist_ok=True)
    listed = []
    for id_, name, text, agreement, flac in items:
        (folder / _SOUND / f"{id_}.flac").write_bytes(flac)
        listed.append({"id": id_, "name": name, "text": text, "agreement": agreement})
    _write(folder / _ITEMS, json.dumps(listed))


def read_items(folder: Path) -> list[Item]:
    """What `lay_out` wrote; the sound stays where it is."""
    listed = json.loads((folder / _ITEMS).read_text(encoding="utf-8"))
    return [Item(source=folder / _SOUND / f"{entry['id']}.flac", **entry) for entry in listed]


def write_report(folder: Path, report: SetReport) -> None:
    """Keep the report beside the sound."""
    _write(folder / _REPORT, json.dumps(report.as_json()))


def read_report(folder: Path) -> SetReport:
    """What `write_report` kept."""
    return report_of(json.loads((folder / _REPORT).read_text(encoding="utf-8")))


def _write(file: Path, text: str) -> None:
    aside = file.with_suffix(".part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(file)
