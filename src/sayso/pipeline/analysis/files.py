"""How a set of recordings goes to the analysing child, and its report comes back: files in a folder of their own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from sayso.domain.analysis import SetReport, report_of
from sayso.pipeline.analysis.item import Item

_ITEMS, _REPORT = "in.json", "report.json"
SOUND = "in"


def lay_out(folder: Path, items: Iterable[tuple[str, str, str | None, float | None, bytes]]) -> None:
    """Write recordings, each as (id, name, text, agreement of text and sound, FLAC); the list last."""
    (folder / SOUND).mkdir(parents=True, exist_ok=True)
    listed = []
    for id_, name, text, agreement, flac in items:
        (folder / sound_of(id_)).write_bytes(flac)
        listed.append({"id": id_, "name": name, "text": text, "agreement": agreement})
    _write(folder / _ITEMS, json.dumps(listed))


def tell_texts(folder: Path, texts: Mapping[str, tuple[str | None, float | None]]) -> None:
    """Put text and agreement of these recordings, by id, into what was laid out."""
    listed = json.loads((folder / _ITEMS).read_text(encoding="utf-8"))
    for entry in listed:
        if entry["id"] in texts:
            entry["text"], entry["agreement"] = texts[entry["id"]]
    _write(folder / _ITEMS, json.dumps(listed))


def sound_of(id_: str) -> str:
    """Where in the folder the sound of a recording lies."""
    return f"{SOUND}/{id_}.flac"


def read_items(folder: Path) -> list[Item]:
    """What `lay_out` wrote; the sound stays where it is."""
    listed = json.loads((folder / _ITEMS).read_text(encoding="utf-8"))
    return [Item(source=folder / sound_of(entry["id"]), **entry) for entry in listed]


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
