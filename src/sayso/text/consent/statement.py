"""The statements of consent: one file a language, and what each holds to recognise the statement when it is heard.

A file is TOML and is named after its language (`en.toml`). Lists of words are written as text with commas;
case, accents and apostrophes do not matter. Adding a language is adding a file.

- `name`: of the language, in the language.
- `text`: the statement, with {company} and {platform}; bars part it into clauses and are not shown.
- `blank_company`: what the sentence shows where no company is configured.
- `light`: words of the statement that a recogniser may drop or add without the sense being another; all
  others are key words and must be heard.
- `speaker`: words of the statement that say who speaks ("I", "my").
- `apostrophes`: "drop" if "isn't" is one word, "split" if "j'ai" is two.
- `[alike]`: word or words of the statement -> other forms in which a recogniser writes the same sound.
- `[rivals]`: word or words of the statement -> what means the opposite and sounds so alike that the recogniser is
  asked how sure it is: one it believes in nearly as much asks for a person.
- `[refusing]`: words and phrases that must not be heard beside the statement's own, by what they do to its sense:
  `negation`, `other` (somebody else than the speaker), `doubt` (conditional, quoted, taken back),
  `question`. `prefixes` turn a key word into its opposite ("un": "unaware").
- `[harmless]`: `fillers`, which mean nothing anywhere, and `phrases`, which may stand before and after;
  {name} is up to three words.
- `[names]`: `joining` words that may be inside a name; `and`, how "&" is read; legal `forms` that do not tell names apart.
- `[challenge]`: `digits`, ten entries, each with the ways to hear it; `words`, for phrases to be repeated.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from sayso.errors import BadSettings
from sayso.text.consent import words

COMPANY, PLATFORM = "{company}", "{platform}"
KINDS = ("negation", "other", "doubt", "question")
"""What a word that must not be heard can do to the sense."""

ANY_NAME = "{name}"
"""In a harmless phrase: up to three words."""

Phrase = tuple[str, ...]

_SLOT = re.compile(r"(\{company\}|\{platform\})")
_CODE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class Part:
    """A word of the statement, or a place for a name."""

    text: str
    """Folded as heard words are; "{company}" or "{platform}" for a name."""
    clause: int
    is_key: bool
    is_speaker: bool
    forms: tuple[str, ...] = ()
    """Other forms in which it is heard, without spaces."""

    @property
    def is_name(self) -> bool:
        """A place for a name."""
        return self.text in (COMPANY, PLATFORM)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One language's statement."""

    language: str
    """ISO 639-1."""
    name: str
    text: str
    """With {company} and {platform}, as it is shown."""
    clauses: tuple[str, ...]
    parts: tuple[Part, ...]
    blank_company: str
    splits_at_apostrophes: bool
    expansions: Mapping[str, Phrase]
    """A word that is heard for several of the statement's: "im" -> ("i", "am")."""
    refusing: Mapping[str, frozenset[Phrase]]
    """Kind -> words and phrases that must not be heard beside the statement's own."""
    refusing_words: frozenset[str]
    """Those of them that are single words."""
    rivals: tuple[tuple[Phrase, str], ...]
    """Words of the statement, and what turns their sense and may be taken for them."""
    prefixes: frozenset[str]
    opposites: frozenset[str]
    """Key words with such a prefix: "unaware"."""
    fillers: frozenset[Phrase]
    harmless: frozenset[Phrase]
    """Phrases that may stand beside the statement; "{name}" in one is up to three words."""
    joining: frozenset[str]
    ands: frozenset[str]
    """How "&" in a name is read."""
    legal_forms: frozenset[str]
    digits: tuple[tuple[str, ...], ...]
    """For each digit the ways in which it is heard; the first is how it is said."""
    challenge_words: tuple[str, ...]

    def sentence(self, company: str, platform: str) -> str:
        """What the speaker has to say."""
        return self.text.replace(COMPANY, company or self.blank_company).replace(PLATFORM, platform)

    def words(self, text: str) -> tuple[str, ...]:
        """The words of `text` as they are compared in this language."""
        return words.texts(text, splits_at_apostrophes=self.splits_at_apostrophes)

    def letters(self, name: Sequence[str]) -> str:
        """The letters that tell the name of these words from others.

        Where its spaces are does not matter, nor a legal form, an "and" inside, which "&" has not, and whether a digit is
        written as a word.
        """
        told = [word for word in name if word not in self.legal_forms] or list(name)
        last = len(told) - 1
        told = [word for i, word in enumerate(told) if i in (0, last) or word not in self.ands]
        return "".join(self._digit(word) for word in told)

    def _digit(self, word: str) -> str:
        is_digit = len(word) == 1 and word.isdecimal() and bool(self.digits)
        return self.digits[int(word)][0] if is_digit else word


class Statements(Mapping[str, Statement]):
    """Language code -> statement."""

    def __init__(self, statements: Mapping[str, Statement]) -> None:
        self._statements = dict(sorted(statements.items()))

    def __getitem__(self, language: str) -> Statement:
        return self._statements[language]

    def __iter__(self) -> Any:
        return iter(self._statements)

    def __len__(self) -> int:
        return len(self._statements)

    def sentence(self, language: str, company: str, platform: str) -> str:
        """What a speaker of `language` has to say; in English (or what there is) where there is no statement."""
        fallback = self._statements.get("en") or next(iter(self._statements.values()))
        return self._statements.get(language, fallback).sentence(company, platform)


def load(folder: Path | None = None) -> Statements:
    """The statements that come with sayso, and over them those of an operator's `folder`.

    A file of the folder that names a language we have needs only the entries that are different: `text`, for
    instance. Raises BadSettings if a file cannot be used.
    """
    files = [
        (item.name, item.read_text("utf-8"))
        for item in resources.files(__package__).joinpath("statements").iterdir()
        if item.name.endswith(".toml")
    ]
    data = {name.removesuffix(".toml"): tomllib.loads(text) for name, text in files}
    made = {language: parse(language, entries) for language, entries in data.items()}
    if folder is None:
        return Statements(made)
    if not folder.is_dir():
        raise BadSettings(
            f"there is no folder {folder} of consent statements; make it, or leave the setting empty"
        )
    for file in sorted(folder.glob("*.toml")):
        language = file.stem
        try:
            own = tomllib.loads(file.read_text("utf-8"))
            made[language] = parse(language, _over(data.get(language, {}), own))
        except (OSError, ValueError, BadSettings) as error:
            raise BadSettings(f"the consent statement {file} cannot be used: {error}") from error
    return Statements(made)


def parse(language: str, entries: Mapping[str, Any]) -> Statement:
    """A statement of what a file holds. Raises BadSettings that names the entry that is wrong."""
    if not _CODE.fullmatch(language):
        raise BadSettings(f"{language!r} is no language code; name the file after one, such as en.toml")
    reader = _Reader(entries)
    text = reader.text("text")
    for slot in (COMPANY, PLATFORM):
        if text.count(slot) != 1:
            raise BadSettings(f"`text` must hold {slot} once; it is {text!r}")
    clauses = tuple(" ".join(clause.split()) for clause in text.split("|"))
    statement = Statement(
        language=language,
        name=reader.text("name"),
        text=" ".join(clauses),
        clauses=clauses,
        parts=(),
        blank_company=reader.text("blank_company", "[company]"),
        splits_at_apostrophes=reader.choice("apostrophes", ("drop", "split")) == "split",
        expansions={},
        refusing={},
        refusing_words=frozenset(),
        rivals=(),
        prefixes=frozenset(),
        opposites=frozenset(),
        fillers=frozenset(),
        harmless=frozenset(),
        joining=frozenset(),
        ands=frozenset(),
        legal_forms=frozenset(),
        digits=(),
        challenge_words=tuple(reader.listed("challenge", "words")),
    )
    light = frozenset(statement.words(reader.text("light", "")))
    speaker = frozenset(statement.words(reader.text("speaker", "")))
    alike = {
        statement.words(of): [statement.words(form) for form in _split(forms)]
        for of, forms in reader.table("alike").items()
    }
    parts = tuple(
        _part(piece, number, light, speaker, alike)
        for number, clause in enumerate(clauses)
        for piece in _pieces(clause, statement)
    )
    if sum(part.is_key and not part.is_name for part in parts) < _FEWEST_KEYS:
        raise BadSettings(f"`text` needs at least {_FEWEST_KEYS} words that are not light; it is {text!r}")
    own = {part.text for part in parts}
    fillers = frozenset(reader.phrases("harmless", "fillers", statement))
    harmless = frozenset(reader.phrases("harmless", "phrases", statement))
    refusing = {
        kind: frozenset(phrase for phrase in reader.phrases("refusing", kind, statement)) for kind in KINDS
    }
    clash = sorted(
        " ".join(phrase)
        for phrases in refusing.values()
        for phrase in phrases
        if phrase in fillers or phrase in harmless or (len(phrase) == 1 and phrase[0] in own)
    )
    if clash:
        raise BadSettings(
            f"{', '.join(clash)}: in `refusing` and also in `text` or `harmless`; a word can be in one of them"
        )
    prefixes = frozenset(statement.words(reader.text("refusing.prefixes", "")))
    return replace(
        statement,
        parts=parts,
        expansions={
            form[0]: of for of, forms in alike.items() if len(of) > 1 for form in forms if len(form) == 1
        },
        refusing=refusing,
        refusing_words=frozenset(
            phrase[0] for phrases in refusing.values() for phrase in phrases if len(phrase) == 1
        ),
        rivals=tuple(
            (statement.words(of), rival)
            for of, rivals in reader.table("rivals").items()
            for rival in _split(rivals)
        ),
        prefixes=prefixes,
        opposites=frozenset(
            prefix + part.text
            for prefix in prefixes
            for part in parts
            if part.is_key and len(part.text) >= _LONG_ENOUGH
        ),
        fillers=fillers,
        harmless=harmless,
        joining=frozenset(statement.words(reader.text("names.joining", ""))),
        ands=frozenset(statement.words(reader.text("names.and", ""))),
        legal_forms=frozenset(statement.words(reader.text("names.forms", ""))),
        digits=_digits(reader, statement),
    )


_FEWEST_KEYS = 4
_LONG_ENOUGH = 4  # letters of a word that a prefix can turn


def _part(
    piece: str,
    clause: int,
    light: frozenset[str],
    speaker: frozenset[str],
    alike: Mapping[Phrase, list[Phrase]],
) -> Part:
    if piece in (COMPANY, PLATFORM):
        return Part(piece, clause, is_key=True, is_speaker=False)
    forms = tuple(dict.fromkeys("".join(form) for form in alike.get((piece,), [])))
    return Part(piece, clause, piece not in light, piece in speaker, forms)


def _pieces(clause: str, statement: Statement) -> list[str]:
    return [
        piece
        for text in _SLOT.split(clause)
        for piece in ((text,) if text in (COMPANY, PLATFORM) else statement.words(text))
    ]


def _digits(reader: _Reader, statement: Statement) -> tuple[tuple[str, ...], ...]:
    entries = reader.rows("challenge", "digits")
    if len(entries) not in (0, 10):
        raise BadSettings(f"`challenge.digits` needs ten entries, from nought to nine; it has {len(entries)}")
    return tuple(
        tuple(word for form in _split(entry) for word in statement.words(form)[:1]) for entry in entries
    )


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` over `base`; a table of both is joined entry by entry."""
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        merged[key] = {**below, **value} if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _split(text: str) -> list[str]:
    return [entry for entry in (" ".join(part.split()) for part in text.split(",")) if entry]


class _Reader:
    """Entries of the right type, by path ("refusing.prefixes")."""

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self._entries = entries

    def text(self, path: str, default: str | None = None) -> str:
        value: Any = self._entries
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is None:
            value = default
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise BadSettings(f"`{path}` must be a text; it is {value!r}")
        return value

    def choice(self, path: str, of: tuple[str, ...]) -> str:
        value = self.text(path, of[0])
        if value not in of:
            raise BadSettings(f"`{path}` must be one of {', '.join(of)}; it is {value!r}")
        return value

    def table(self, name: str) -> dict[str, str]:
        table = self._entries.get(name, {})
        if not isinstance(table, Mapping) or not all(isinstance(value, str) for value in table.values()):
            raise BadSettings(f"[{name}] must be a table of texts")
        return dict(table)

    def rows(self, name: str, key: str) -> list[str]:
        table = self._entries.get(name, {})
        rows = table.get(key, []) if isinstance(table, Mapping) else None
        if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
            raise BadSettings(f"`{name}.{key}` must be a list of texts")
        return list(rows)

    def listed(self, name: str, key: str) -> list[str]:
        return _split(self.text(f"{name}.{key}", ""))

    def phrases(self, name: str, key: str, statement: Statement) -> list[Phrase]:
        found = []
        for entry in self.listed(name, key):
            before, slot, after = entry.partition(ANY_NAME)
            phrase = statement.words(before) + ((ANY_NAME,) if slot else ()) + statement.words(after)
            if phrase and phrase != (ANY_NAME,):
                found.append(phrase)
        return found
