"""Lists of files and their texts: with a header, or as LJSpeech has them."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sayso.pipeline.dataset import names

_FILE_COLUMNS = (
    "file",
    "path",
    "filename",
    "file_name",
    "file_path",
    "filepath",
    "audio",
    "audio_file",
    "audio_path",
    "audio_filepath",
    "audio_filename",
    "wav",
    "wav_file",
    "wav_path",
    "wav_filename",
    "clip",
    "recording",
    "id",
)
_TEXT_COLUMNS = (
    "text",
    "sentence",
    "transcript",
    "transcription",
    "transcript_text",
    "utterance",
    "raw_text",
    "normalized_text",
    "normalised_text",
)
_SPEAKER_COLUMNS = ("speaker", "speaker_name", "speaker_id", "client_id", "spk", "spk_id")
_DELIMITERS = {"|": "|", "\t": "tabs", ";": "semicolons", ",": "commas"}
_JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
_LIST_SUFFIXES = (".csv", ".tsv", ".psv", ".txt", *_JSON_SUFFIXES)
_LOOKED_AT = 200
"""Lines of a list that decide what it is."""


class BadList(Exception):
    """A file that must be a list and cannot be read as one; the text is for people."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One row."""

    line: int
    """From 1."""
    file: str
    text: str
    speaker: str


@dataclass(frozen=True, slots=True)
class ListFile:
    """What a list says."""

    rows: list[Listed]
    has_header: bool


def decoded(data: bytes) -> str:
    """Text of UTF-8, or UTF-16 with its mark. Raises UnicodeError for anything else."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    return data.decode("utf-8-sig")


def read(path: Path, name: str, is_sound: Callable[[str], bool], most_bytes: int) -> ListFile | None:
    """The list in the file `path`, called `name`; None when it is some other text.

    `is_sound` tells whether a field names a recording of the dataset. Raises BadList.
    """
    shown, called_so = names.shown(name), _is_called_a_list(name)
    if not name.lower().endswith(_LIST_SUFFIXES) and not called_so:
        return None
    if path.stat().st_size > most_bytes:
        if not called_so:
            return None
        raise BadList(f"the list {shown} has more than {most_bytes} bytes; send one speaker's rows only")
    try:
        # Only what ends a line in a file of text: `splitlines` takes marks for it that stand within sentences.
        lines = re.split(r"\r\n|\r|\n", decoded(path.read_bytes()))
    except UnicodeError as error:
        if not called_so:
            return None
        raise BadList(f"the list {shown} is not UTF-8; save it as UTF-8") from error
    if name.lower().endswith(_JSON_SUFFIXES):
        return _of_objects(lines, shown)
    filled = [line for line in lines if line.strip()]
    if not filled:
        if not called_so:
            return None
        raise BadList(f"the list {shown} is empty; give each recording a line with its file and its text")
    return _with_header(lines, shown, called_so, is_sound) or _without_header(
        lines, shown, called_so, is_sound
    )


def _is_called_a_list(name: str) -> bool:
    last = name.rpartition("/")[2].lower()
    return last.endswith((".csv", ".tsv", ".psv")) or last == "metadata.txt"


def _of_objects(lines: Sequence[str], shown: str) -> ListFile | None:
    """A list of JSON objects, one a line or all in one array; None for any other JSON."""
    found = _objects(lines)
    if not found:
        return None
    named = [
        (line, {key.strip().lower(): value for key, value in each.items() if isinstance(value, str)})
        for line, each in found
    ]
    columns = list(named[0][1])
    file, text = (_column(columns, known) for known in (_FILE_COLUMNS, _TEXT_COLUMNS))
    if file is None or text is None:
        if file is None or not shown.lower().strip("'").endswith((".jsonl", ".ndjson")):
            return None  # settings, notes: anything is JSON
        raise BadList(
            f"the list {shown} has no key for the text: its first object has {', '.join(columns[:8])}; "
            "name one of them text, sentence or transcript"
        )
    speaker = _column(columns, _SPEAKER_COLUMNS)
    rows = [
        Listed(
            line,
            name,
            each.get(columns[text], ""),
            each.get(columns[speaker], "") if speaker is not None else "",
        )
        for line, each in named
        if (name := each.get(columns[file], "").strip())
    ]
    return ListFile(rows, True) if rows else None


def _objects(lines: Sequence[str]) -> list[tuple[int, dict[str, Any]]]:
    """With the number of their line; nothing where one is no object."""
    try:
        found = [(number, json.loads(line)) for number, line in enumerate(lines, 1) if line.strip()]
    except (ValueError, RecursionError):
        try:
            whole = json.loads("\n".join(lines))
        except (ValueError, RecursionError):
            return []
        found = list(enumerate(whole, 1)) if isinstance(whole, list) else []
    if len(found) == 1 and isinstance(found[0][1], list):
        found = list(enumerate(found[0][1], 1))
    return found if all(isinstance(each, dict) for _, each in found) else []


def _with_header(
    lines: Sequence[str], shown: str, called_so: bool, is_sound: Callable[[str], bool]
) -> ListFile | None:
    first = next(i for i, line in enumerate(lines) if line.strip())
    best: tuple[str, list[str]] | None = None
    for delimiter in _DELIMITERS:
        columns = [column.strip().strip('"').lower() for column in lines[first].split(delimiter)]
        if _column(columns, _FILE_COLUMNS) is None and _column(columns, _TEXT_COLUMNS) is None:
            continue
        if best is None or len(columns) > len(best[1]):
            best = delimiter, columns
    if best is None:
        return None
    delimiter, columns = best
    file, text = _column(columns, _FILE_COLUMNS), _column(columns, _TEXT_COLUMNS)
    if file is None or text is None:
        if not called_so or (len(columns) == 1 and file is None):
            return None  # prose that begins with such a word
        if len(columns) == 1:
            raise BadList(
                f"the list {shown} has one column only, {columns[0]!r}; add a column text, with a comma between"
            )
        missing, expected = (
            ("file", "file, path or audio_file") if file is None else ("text", "text, sentence or transcript")
        )
        raise BadList(
            f"the list {shown} has no column for the {missing}: its header has {', '.join(columns[:8])}; "
            f"name one of them {expected}"
        )
    speaker = _column(columns, _SPEAKER_COLUMNS)
    rows = []
    for line, fields in _fields(lines, first + 1, delimiter):
        for swallowed in _lines_within(fields):
            inner = swallowed.split(delimiter)
            if len(inner) == len(columns) and is_sound(inner[file].strip().strip('"')):
                raise BadList(
                    f"the list {shown} opens a quotation mark before its line {line} that swallows the row of "
                    f"{names.shown(inner[file].strip())}; write a mark within a text twice"
                )
        name = fields[file].strip() if file < len(fields) else ""
        if name:
            said = fields[text] if text < len(fields) else ""
            who = fields[speaker].strip() if speaker is not None and speaker < len(fields) else ""
            rows.append(Listed(line, name, said, who))
    if not rows:
        raise BadList(f"the list {shown} has a header but no rows; give each recording a line")
    return ListFile(rows, True)


def _without_header(
    lines: Sequence[str], shown: str, called_so: bool, is_sound: Callable[[str], bool]
) -> ListFile | None:
    def hits(delimiter: str) -> int:
        looked = [line.split(delimiter) for line in lines[:_LOOKED_AT] if delimiter in line]
        return sum(is_sound(fields[0]) for fields in looked)

    counted = sum(1 for line in lines[:_LOOKED_AT] if line.strip())
    piped = sum("|" in line for line in lines[:_LOOKED_AT])
    if 2 * hits("|") >= counted or (called_so and 2 * piped >= counted):
        rows = []
        for number, line in enumerate(lines, 1):
            fields = line.split("|")
            if fields[0].strip():
                # The third column is the text in words; where it is empty, the second is.
                said = next((field for field in (*fields[2:3], *fields[1:2]) if field.strip()), "")
                rows.append(Listed(number, fields[0].strip(), said, ""))
        return ListFile(rows, False)
    for delimiter, word in list(_DELIMITERS.items())[1:]:
        if 2 * hits(delimiter) >= counted:
            raise BadList(
                f"the list {shown} has no header and {word} between its columns; "
                "put | between them (id|text), or add a header line such as file,text"
            )
    if called_so and sum(is_sound(line.strip()) for line in lines[:_LOOKED_AT]) * 2 >= counted:
        raise BadList(f"the list {shown} names files without their texts; add a text behind each (id|text)")
    if called_so:
        raise BadList(
            f"the list {shown} has neither a header that is known nor lines id|text that name recordings of the archive; "
            "begin it with a line such as file,text"
        )
    return None


def _fields(lines: Sequence[str], start: int, delimiter: str) -> list[tuple[int, list[str]]]:
    if delimiter in "|\t":
        # There a quotation mark is one: Common Voice and LJSpeech do not quote.
        return [(i + 1, lines[i].split(delimiter)) for i in range(start, len(lines)) if lines[i].strip()]
    csv.field_size_limit(1_000_000)
    reader = csv.reader((line + "\n" for line in lines[start:]), delimiter=delimiter, skipinitialspace=True)
    found = []
    try:
        for fields in reader:
            if any(field.strip() for field in fields):
                found.append((start + reader.line_num, fields))
    except csv.Error:
        return found
    return found


def _lines_within(fields: Sequence[str]) -> list[str]:
    """Lines that a quoted field goes on over; of a text of several lines, or of rows that a stray mark made one field."""
    return [line for field in fields for line in field.split("\n")[1:]]


def _column(columns: Sequence[str], known: Sequence[str]) -> int | None:
    return next((columns.index(name) for name in known if name in columns), None)
