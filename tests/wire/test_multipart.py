"""Forms with a file, as the SDKs write them and as nobody should."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.errors import BadRequest, TooLarge
from sayso.wire.multipart import MAX_PARTS, MAX_TEXT_BYTES, FormReader, boundary_of

B = b"----x"


def part(name: str, content: bytes, *lines: str, filename: str | None = None) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    head = "\r\n".join([disposition, *lines])
    return b"--" + B + b"\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n"


END = b"--" + B + b"--\r\n"


def read(body: bytes, step: int = 65_536, most: int = 1_000_000) -> tuple[dict[str, str], bytes | None]:
    reader = FormReader(B, most)
    for at in range(0, len(body), step):
        reader.feed(body[at : at + step])
    return reader.finish()


@pytest.mark.parametrize(
    "lines",
    [
        ["multipart/form-data; boundary=----x"],
        ["multipart/form-data", "multipart/form-data; boundary=----x"],
        ["multipart/form-data, multipart/form-data; boundary=----x"],
        ['Multipart/Form-Data; charset=utf-8; Boundary="----x"'],
    ],
    ids=["one line", "two lines (Node SDK)", "folded by a proxy", "quoted"],
)
def test_the_boundary_is_found_however_it_is_written(lines: list[str]) -> None:
    assert boundary_of(lines) == B


def test_other_types_are_no_form_and_a_form_needs_a_boundary() -> None:
    assert boundary_of(["application/json"]) is None
    assert boundary_of([]) is None
    with pytest.raises(BadRequest, match="no boundary"):
        boundary_of(["multipart/form-data"])


PYTHON_SDK = part("name", b"r") + part("file", b"RIFF\xff\x00", filename="rec-0.wav") + END
NODE_STREAM = (
    part("name", b"r") + part("file", b"RIFF\xff\x00", "Content-Type: audio/wave", filename="rec-0.wav") + END
)
NODE_BUFFER = (
    part("name", b"r") + part("file", b"RIFF\xff\x00", "Content-Type: application/octet-stream") + END
)


@pytest.mark.parametrize("body", [PYTHON_SDK, NODE_STREAM, NODE_BUFFER])
def test_the_file_is_bytes_with_and_without_a_file_name(body: bytes) -> None:
    assert read(body) == ({"name": "r"}, b"RIFF\xff\x00")


@given(st.binary(max_size=400), st.text(max_size=50), st.integers(1, 40))
def test_content_survives_in_whatever_pieces_it_arrives(content: bytes, text: str, step: int) -> None:
    if B in content or b"\n--" in content or B in text.encode():
        return
    body = part("text", text.encode()) + part("file", content) + END
    assert read(body, step) == ({"text": text}, content)


def test_a_form_without_a_file_has_none() -> None:
    assert read(part("name", b"r") + END) == ({"name": "r"}, None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (part("name", b"\xff") + END, "name is not UTF-8"),
        (part("file", b"a") + part("file", b"b") + END, "two files"),
        (part("file", b"a"), "ends before its closing boundary"),
        (b"", "ends before its closing boundary"),
        (b"no form at all", "cannot be read"),
        (b"--" + B + b"\r\nContent-Type: x\r\n\r\na\r\n" + END, "has no name"),
        (part("t", b"a") * (MAX_PARTS + 1) + END, "more than 32 parts"),
        (part("t", b"a", *[f"X-{n}: y" for n in range(20)]) + END, "cannot be read"),
    ],
)
def test_a_bad_form_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        read(body)


def test_a_file_is_measured_while_it_arrives() -> None:
    reader = FormReader(B, 100)
    with pytest.raises(TooLarge, match="file is larger than 100 bytes"):
        reader.feed(part("file", b"x" * 101))


def test_text_has_a_limit_too() -> None:
    with pytest.raises(TooLarge, match="text is larger"):
        read(part("text", b"x" * (MAX_TEXT_BYTES + 1)) + END)


@given(st.binary(max_size=300))
def test_no_bytes_at_all_do_anything_but_parse_or_be_refused(body: bytes) -> None:
    with contextlib.suppress(BadRequest, TooLarge):
        read(b"--" + B + b"\r\n" + body)
