"""A multipart/form-data body, fed piece by piece, however the SDKs write it.

Why not the framework's parser: the Node SDK sends two Content-Type lines of which the first has no
boundary, and a `file` part without a file name, which frameworks take for text. Here the part named
`file` is bytes, every other part is UTF-8 text, and each has a limit while it is being read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from sayso.errors import BadRequest, TooLarge

FILE = "file"
MAX_TEXT_BYTES = 64 * 1024
MAX_PARTS = 32
_REMEDY = "let your HTTP library write the form and its Content-Type"

_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))', re.IGNORECASE)


def boundary_of(content_types: Iterable[str]) -> bytes | None:
    """The boundary among all Content-Type lines, folded ones included; None if this is no form.

    Raises BadRequest when it is a form but names no boundary.
    """
    joined = ", ".join(content_types)
    if "multipart/form-data" not in joined.lower():
        return None
    found = _BOUNDARY.search(joined)
    if found is None:
        raise BadRequest(f"the Content-Type multipart/form-data names no boundary; {_REMEDY}")
    return (found[1] or found[2]).encode("latin-1", "replace")


class FormReader:
    """Reads one form. `feed` what arrives, then `finish`."""

    def __init__(self, boundary: bytes, max_file_bytes: int) -> None:
        self._max_file_bytes = max_file_bytes
        self._texts: dict[str, bytes] = {}
        self._file: bytes | None = None
        self._parts = 0
        self._ended = False
        self._name: str | None = None
        self._held = bytearray()
        self._header = (bytearray(), bytearray())
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begin,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
                "on_end": self._end,
            },
        )

    def feed(self, data: bytes) -> None:
        """The next bytes of the body. Raises BadRequest, TooLarge."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise BadRequest(f"the form cannot be read: {error}; {_REMEDY}") from None

    def finish(self) -> tuple[dict[str, str], bytes | None]:
        """The text fields and the file, if there was one. Raises BadRequest."""
        if not self._ended:
            raise BadRequest("the form ends before its closing boundary; send it again, whole")
        wrong: dict[str, str] = {}
        texts: dict[str, str] = {}
        for name, value in self._texts.items():
            try:
                texts[name] = value.decode("utf-8")
            except UnicodeDecodeError:
                wrong[name] = "is not UTF-8"
        if wrong:
            raise BadRequest("; ".join(f"{name} {fact}" for name, fact in wrong.items()), wrong)
        return texts, self._file

    def _part_begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise BadRequest(f"the form has more than {MAX_PARTS} parts; send one file and its few fields")
        self._name = None
        self._held = bytearray()

    def _header_end(self) -> None:
        field, value = (bytes(piece) for piece in self._header)
        self._header = (bytearray(), bytearray())
        if field.strip().lower() == b"content-disposition":
            name = parse_options_header(value)[1].get(b"name")
            self._name = None if name is None else name.decode("utf-8", "replace")

    def _headers_finished(self) -> None:
        if self._name is None:
            raise BadRequest(f"a part of the form has no name; {_REMEDY}")
        if self._name == FILE and self._file is not None:
            raise BadRequest("the form holds two files; send one", {FILE: "was sent twice"})

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        limit = self._max_file_bytes if self._name == FILE else MAX_TEXT_BYTES
        if len(self._held) + end - start > limit:
            fact = f"is larger than {limit:,} bytes"
            remedy = "cut it into shorter ones" if self._name == FILE else "shorten it"
            raise TooLarge(f"{self._name} {fact}: {remedy}", {str(self._name): fact})
        self._held += data[start:end]

    def _part_end(self) -> None:
        if self._name == FILE:
            self._file = bytes(self._held)
        else:
            self._texts[str(self._name)] = bytes(self._held)
        self._held = bytearray()

    def _end(self) -> None:
        self._ended = True
