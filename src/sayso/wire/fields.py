"""Kinds of fields, and how a wrong one is told to its sender."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from sayso.errors import BadRequest, NotBase64

F = TypeVar("F", bound="Form")


class Form(BaseModel):
    """What a request says. Unknown fields are ignored: the SDKs pass on whatever they are given."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=False)

    nullable: ClassVar[frozenset[str]] = frozenset()
    """Fields that an edit may set to null. In others null counts as not mentioned."""

    @classmethod
    def read(cls: type[F], fields: Mapping[str, Any]) -> F:
        """Check `fields`. Raises BadRequest with one line for every wrong field."""
        # Null and absent are the same thing for a field that cannot be null: clients of typed
        # languages send null for what they were not told.
        given = {name: value for name, value in fields.items() if value is not None or name in cls.nullable}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            wrong = {str(fault["loc"][0]): _say(dict(fault)) for fault in error.errors(include_url=False)}
            raise BadRequest("; ".join(f"{name} {fact}" for name, fact in wrong.items()), wrong) from None

    def mentioned(self) -> dict[str, Any]:
        """Only the fields that the request held."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def _say(fault: dict[str, Any]) -> str:
    """One fault of pydantic in words that need no pydantic."""
    match fault["type"]:
        case "missing":
            return "is required"
        case "string_type":
            return "must be a string"
        case _:
            return str(fault["msg"])


def wrong(fact: str) -> PydanticCustomError:
    """What a validator raises: `fact` about its field."""
    # PydanticCustomError reads braces as placeholders.
    return PydanticCustomError("sayso", "{fact}", {"fact": fact})


def _clean(text: str) -> str:
    """Refuse what no database and no file can hold: NUL and halves of surrogate pairs."""
    if "\0" in text:
        raise wrong("must not hold a NUL character")
    try:
        # The quickest search for them: a consent is 40 million characters long.
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise wrong("holds half of a surrogate pair, which is no character") from None
    return text


def _named(text: str) -> str:
    stripped = text.strip()
    if not stripped:
        raise wrong("must not be empty")
    return stripped


def _empty_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


def _shown(value: Any) -> str:
    """What was sent instead, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _boolean(value: Any) -> bool:
    """true, "true", "True", 1, "1" and their opposites: JSON, forms and two SDKs write them all."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, str | int) else ""
    if word in {"true", "1"}:
        return True
    if word in {"false", "0"}:
        return False
    raise wrong(f"must be true or false, not {_shown(value)}")


def _whole(value: Any) -> int:
    """22050, 22050.0 or "22050"."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,9}\s*", value):
        return int(value)
    raise wrong(f"must be a whole number, not {_shown(value)}")


Text = Annotated[str, AfterValidator(_clean)]
"""Any text that can be stored."""
Name = Annotated[str, AfterValidator(_clean), AfterValidator(_named)]
"""Text that says something; white space around it is dropped."""
Note = Annotated[Text | None, BeforeValidator(_empty_is_none)]
"""Text or nothing; an empty one is nothing."""
Flag = Annotated[bool, BeforeValidator(_boolean)]
Whole = Annotated[int, BeforeValidator(_whole)]


def one_of(words: type[StrEnum], synonyms: Mapping[str, str] | None = None) -> BeforeValidator:
    """A validator for a field that takes the values of `words`, in any case, and `synonyms` of them."""
    by_word = {member.value.lower(): member.value for member in words}
    by_word |= {word.lower(): value for word, value in (synonyms or {}).items()}

    def check(value: Any) -> Any:
        if isinstance(value, str) and value.strip().lower() in by_word:
            return words(by_word[value.strip().lower()])
        raise wrong(f"must be one of {', '.join(member.value for member in words)}, not {_shown(value)}")

    return BeforeValidator(check)


def one_of_numbers(numbers: tuple[int, ...]) -> AfterValidator:
    """A validator for a field that takes one of `numbers`."""

    def check(value: int) -> int:
        if value not in numbers:
            raise wrong(f"must be one of {', '.join(map(str, numbers))}, not {value}")
        return value

    return AfterValidator(check)


def between(least: int, most: int) -> AfterValidator:
    """A validator for a number from `least` to `most`, both included."""

    def check(value: int) -> int:
        if not least <= value <= most:
            raise wrong(f"must be from {least} to {most}, not {value}")
        return value

    return AfterValidator(check)


def decode_flag(field: str, text: str) -> bool:
    """A boolean of a query. Raises BadRequest."""
    try:
        return _boolean(text)
    except PydanticCustomError as error:
        fact = error.message()
        raise BadRequest(f"{field} {fact}", {field: fact}) from None


def decode_base64(text: str, field: str) -> bytes:
    """The bytes of a base64 field, with or without line breaks and a `data:` prefix. Raises NotBase64."""
    payload = re.sub(r"\Adata:[^,]{0,200},", "", text.strip(), count=1)
    # split and join: a regular expression over 40 MB of text would hold the thread for a second.
    try:
        return base64.b64decode("".join(payload.split()).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        fact = "is not base64: send the bytes of a WAV file in standard base64"
        raise NotBase64(f"{field} {fact}", {field: fact}) from None
