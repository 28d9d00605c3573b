"""SSML -> a script. Expat reads the XML; documents that bring a DTD or entities of their own are refused.

What each element does stands in docs/writing.md. An element that is not spoken as asked is refused by name, for
dropping it would say something else than was meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from xml.parsers import expat

from sayso.errors import BadRequest, NotOffered, Rejected, TooLarge
from sayso.text import pauses, prosody
from sayso.text.english import ipa, say_as
from sayso.text.english.sayable import foreign_word
from sayso.text.place import place
from sayso.text.script import PLAIN, Manner, Script
from sayso.text.script_writer import ScriptWriter

DEEPEST = 32
"""Elements within elements."""
MOST_ELEMENTS = 5_000
_LONGEST_ALIAS = 500
"""Characters of an alias, a phoneme's `ph`, or the text that something else is said for."""
_MOST_SOUNDS = 400
"""What is said for one element; engines take about 500 symbols at once."""
_MOST_SEED = 2**31 - 1

_PASSED_OVER = frozenset({"mark", "metadata", "meta", "desc"})
_REFUSED = {
    "audio": "recordings cannot be mixed in",
    "voice": "one voice speaks a whole request",
    "lexicon": "nothing is fetched; use phoneme or sub",
    "lookup": "nothing is fetched; use phoneme or sub",
    "resemble:convert": "speech is not converted to speech",
    "resemble:emotion": "emotions are not made; use prosody or emphasis",
}
_READ = frozenset({"sub", "say-as", "phoneme"})
_STYLED = frozenset({"speak", "p", "s", "prosody", "emphasis", "lang", "w", "token", "paragraph", "sentence"})
_TAG = r"</?\s*(?P<name>[a-zA-Z][\w:-]*)(?P<rest>(?:\s[^<>]*)?)/?>"
_SURELY = re.compile(
    r"<break\s*(?:/>|></break\s*>)"
    r"|<(?:break\s+(?:time|strength)|prosody\s+(?:rate|pitch|volume)|sub\s+alias|say-as\s+interpret-as|phoneme\s+(?:ph|alphabet)|emphasis\s+level"
    r"|lang\s+xml:lang|voice\s+(?:name|gender|age|languages|variant|required|ordering|xml:lang)|audio\s+src"
    r"|lexicon\s+(?:uri|xml:id)|lookup\s+ref|resemble:\w+\s+\w+)\s*="
    r"|<(?:emphasis|prosody)\s*>",
    re.IGNORECASE,
)
_CLOSED_AT_ONCE = re.compile(r"\s*</break\s*>", re.IGNORECASE)
_KNOWN_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|#\d+|#x[0-9a-fA-F]+);")


def has_elements(text: str) -> bool:
    """Whether there is an SSML element in `text` that nobody writes by chance."""
    return "<" in text and _SURELY.search(text) is not None


def read(text: str, field: str) -> Script:
    """The script of a document with `<speak>` around all of it. Raises BadRequest, NotOffered, TooLarge."""
    # A byte order mark and white space: an XML declaration stands only at the very beginning.
    start = len(text) - len(re.sub(r"\A[\s\ufeff]+", "", text))
    return _Reader(text, field, [(0, start)]).read(text[start:])


def read_fragment(text: str, field: str) -> Script:
    """The same for text with elements here and there: every other `<` and `&` is only a character."""
    parts, places, size, at = ["<speak>"], [(0, 0)], len("<speak>"), 0

    def add(part: str, origin: int) -> None:
        nonlocal size
        places.append((size, origin))
        parts.append(part)
        size += len(part)

    pairs = {match["name"].lower() for match in re.finditer(r"<(?P<name>[a-zA-Z]+)(?:\s[^<>]*)?>", text)}
    pairs &= {match["name"].lower() for match in re.finditer(r"</(?P<name>[a-zA-Z]+)\s*>", text)}
    has_open_break = False
    for match in re.finditer(_TAG, text):
        name = match["name"].lower()
        known = name in ("prosody", "emphasis", "say-as", "sub", "phoneme", "lang")
        if name == "break" or name in _REFUSED:
            # The name alone is a word in angle brackets: "press <break>", "the <audio> element".
            known = "=" in match["rest"] or match[0].endswith("/>")
        if name == "break" and not match[0].endswith("/>"):
            is_end = match[0].startswith("</")
            known = (
                has_open_break if is_end else known or _CLOSED_AT_ONCE.match(text, match.end()) is not None
            )
            has_open_break = known and not is_end
        if not known and not (name in ("p", "s") and name in pairs):
            continue
        for piece, origin in _escaped(text, at, match.start()):
            add(piece, origin)
        add(match[0], match.start())
        at = match.end()
    for piece, origin in _escaped(text, at, len(text)):
        add(piece, origin)
    add("</speak>", len(text))
    return _Reader(text, field, places).read("".join(parts))


def _escaped(text: str, start: int, end: int) -> list[tuple[str, int]]:
    """`text[start:end]` as XML, in pieces with their origins."""
    pieces: list[tuple[str, int]] = []
    for match in re.finditer(r"[^<&>]+|&#?\w{1,8};|[<&>]", text[start:end]):
        piece = match[0]
        if not _KNOWN_ENTITY.fullmatch(piece):
            piece = piece.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        pieces.append((piece, start + match.start()))
    return pieces


@dataclass(slots=True)
class _Element:
    """An element that is open."""

    name: str
    manner: Manner
    attributes: Mapping[str, str]
    byte: int
    """Where it begins in what is parsed."""
    text: str = ""
    """Gathered where something else is said for it."""


class _Reader:
    """Turns what expat tells into a script."""

    def __init__(self, source: str, field: str, places: list[tuple[int, int]]) -> None:
        """`places`: offsets in what is parsed and, for each, where that stands in `source`."""
        self._source, self._field, self._places = source, field, places
        self._open: list[_Element] = []
        self._count = 0
        self._writer = ScriptWriter(collapses=True)
        self._seed: int | None = None
        self._named: _Element | None = None
        """What a refusal points at, if not at where the parser is."""
        self._bytes = b""
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.EntityDeclHandler = self._doctype
        self._parser.SkippedEntityHandler = self._doctype

    def read(self, xml: str) -> Script:
        self._bytes = xml.encode("utf-8", "replace")
        try:
            self._parser.Parse(self._bytes, True)
        except expat.ExpatError as wrong:
            raise self._broken(
                f"is malformed SSML: {expat.ErrorString(wrong.code)}",
                "close every element in order, and write &lt; and &amp; for < and &",
                self._parser.ErrorByteIndex,
            ) from None
        return self._writer.script(self._seed)

    def _doctype(self, *_: object) -> None:
        raise self._wrong("has a DTD or an entity of its own, which is not read", "leave it out")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= DEEPEST or self._count > MOST_ELEMENTS:
            fact = f"has more than {MOST_ELEMENTS} elements, or more than {DEEPEST} within each other"
            raise TooLarge(f"{self._field} {fact}: write it simpler", {self._field: fact})
        parent = self._open[-1] if self._open else None
        if parent is not None and parent.name in _READ:
            raise self._wrong(f"has <{name}> within <{parent.name}>, which holds only text", "take it out")
        if (parent is None) != (name == "speak"):
            raise self._wrong(
                f"has <{name}> where it cannot stand", "put one <speak> around all, and none inside"
            )
        manner = parent.manner if parent is not None else PLAIN
        self._open.append(_Element(name, manner, attributes, self._parser.CurrentByteIndex))
        if name in _REFUSED:
            raise self._refused(f"<{name}>", _REFUSED[name])
        known = _STARTS.get(name)
        if known is None and name not in _READ | _STYLED | _PASSED_OVER:
            raise self._wrong(f"has <{name}>, which is no element of SSML", "write &lt; for a < that is text")
        if known is not None:
            known(self, self._open[-1])

    def _end(self, name: str) -> None:
        element = self._open.pop()
        if name in _READ:
            self._named = element
            _READERS[name](self, element)
            self._named = None
        elif name in ("p", "paragraph"):
            self._writer.end_sentence(pauses.PARAGRAPH_S)
        elif name in ("s", "sentence"):
            self._writer.end_sentence(pauses.SENTENCE_S)

    def _text(self, text: str) -> None:
        element = self._open[-1]
        if element.name in _READ:
            element.text += text
            return
        if element.name in _PASSED_OVER:
            return
        try:
            parts = list(pauses.marked(text))
        except pauses.BadPause as wrong:
            raise self._wrong(f"has a wrong pause: {wrong}", "shorten it") from None
        for _, part in parts:
            if isinstance(part, str):
                self._writer.say(part, element.manner)
            else:
                self._writer.pause(part)

    # --- elements that begin something -----------------------------------------------------------------------

    def _speak(self, element: _Element) -> None:
        self._language(element)
        seed = element.attributes.get("seed")
        if seed is not None:
            if not seed.isascii() or not seed.isdigit() or int(seed) > _MOST_SEED:
                raise self._bad(element, "seed", f"expected a whole number from 0 to {_MOST_SEED}")
            self._seed = int(seed)

    def _language(self, element: _Element) -> None:
        language = element.attributes.get("xml:lang")
        if element.name == "lang" and language is None:
            raise self._wrong("has <lang> without its xml:lang", 'write <lang xml:lang="en-US">')
        if language is not None and language.lower().replace("_", "-").split("-")[0] != "en":
            raise self._refused(f'xml:lang="{language[:40]}"', "only English is spoken")

    def _paragraph(self, element: _Element) -> None:
        self._language(element)
        self._writer.end_sentence(pauses.PARAGRAPH_S)

    def _sentence(self, element: _Element) -> None:
        self._language(element)
        self._writer.end_sentence(pauses.SENTENCE_S)

    def _break(self, element: _Element) -> None:
        time, strength = element.attributes.get("time"), element.attributes.get("strength", "medium")
        try:
            seconds = pauses.strength_s(strength) if time is None else pauses.duration_s(time)
        except ValueError as wrong:
            raise self._bad(element, "strength" if time is None else "time", str(wrong)) from None
        if seconds > 0:
            self._writer.pause(seconds)

    def _prosody(self, element: _Element) -> None:
        for name in element.attributes.keys() - _PROSODY.keys():
            raise self._refused(f'the attribute "{name}" of <prosody>', "it has rate, pitch and volume")
        own: dict[str, float] = {}
        for name, (key, read) in _PROSODY.items():
            value = element.attributes.get(name)
            if value is None:
                continue
            try:
                own[key] = read(value.strip())
            except ValueError as wrong:
                raise self._bad(element, name, str(wrong)) from None
        element.manner = Manner(**own).within(element.manner)

    def _emphasis(self, element: _Element) -> None:
        try:
            own = prosody.emphasis(element.attributes.get("level", "moderate"))
        except ValueError as wrong:
            raise self._bad(element, "level", str(wrong)) from None
        element.manner = own.within(element.manner)

    # --- elements for whose text something else is said -------------------------------------------------------

    def _sub(self, element: _Element) -> None:
        alias = self._needed(element, "alias")
        self._check_script(element, alias)
        words = say_as.words_of(alias)
        if not words:
            raise self._bad(element, "alias", "expected something that can be read")
        self._say_instead(element, self._around(element) or alias, words)

    def _said_as(self, element: _Element) -> None:
        kind, form = self._needed(element, "interpret-as"), element.attributes.get("format", "")
        text = self._around(element)
        self._check_script(element, text)
        if kind.lower() not in say_as.KINDS:
            raise self._refused(
                f'<say-as interpret-as="{kind[:40]}">', f"there are {', '.join(sorted(say_as.KINDS))}"
            )
        try:
            words = say_as.said_as(text, kind, form)
        except ValueError as wrong:
            raise self._wrong(
                f"has <say-as interpret-as={kind!r}> around {text[:60]!r}, {wrong}", "correct one of the two"
            ) from None
        self._say_instead(element, text, words)

    def _phoneme(self, element: _Element) -> None:
        alphabet = element.attributes.get("alphabet", "ipa")
        if alphabet.lower() != "ipa":
            raise self._refused(f'<phoneme alphabet="{alphabet[:40]}">', "the alphabet is ipa")
        written = self._needed(element, "ph")
        try:
            symbols = ipa.to_symbols(written)
        except ValueError as wrong:
            raise self._bad(element, "ph", f"{str(wrong)!r} is no letter of the IPA") from None
        if not symbols:
            raise self._bad(element, "ph", "expected at least one sound")
        text = self._around(element) or written
        words = say_as.words_of(text) or (written,)
        self._say_instead(element, text, words, symbols)

    def _say_instead(self, element: _Element, text: str, words: tuple[str, ...], phonemes: str = "") -> None:
        # A letter's name is about four sounds; an engine says one element in one breath.
        sounds = len(phonemes) or sum(4 if len(word) == 1 else len(word) + 1 for word in words)
        if sounds > _MOST_SOUNDS:
            fact = f"has <{element.name}> around {text[:60]!r}, which is too long to be said in one breath"
            raise TooLarge(f"{self._field} {fact}: use several", {self._field: fact})
        self._writer.read_as(text, words, element.manner, phonemes=phonemes)

    def _needed(self, element: _Element, name: str) -> str:
        value = element.attributes.get(name, "").strip()
        if not value:
            raise self._wrong(f"has <{element.name}> without its {name}", "add it")
        return self._short(element, f"its {name}", value)

    def _around(self, element: _Element) -> str:
        """The text that it stands around."""
        return self._short(element, "its text", element.text.strip())

    def _check_script(self, element: _Element, text: str) -> None:
        """What is said for an element is of letters that can be said; they are lost to whoever looks at the script."""
        if (foreign := foreign_word(text)) is not None:
            fact = f"has {foreign.text!r} in {foreign.script} in <{element.name}>, and only English can be spoken"
            raise self._wrong(fact, "spell it in Latin letters")

    def _short(self, element: _Element, what: str, value: str) -> str:
        if len(value) > _LONGEST_ALIAS:
            where = self._place(self._here())
            fact = f"has <{element.name}> at {where} with {len(value)} characters as {what}, at most {_LONGEST_ALIAS} are read"
            raise TooLarge(f"{self._field} {fact}: use several", {self._field: fact})
        return value

    # --- refusals ------------------------------------------------------------------------------------------------

    def _bad(self, element: _Element, name: str, expected: str) -> Rejected:
        value = element.attributes.get(name, "")
        return self._wrong(f'has <{element.name} {name}="{value[:60]}">: {expected}', "correct it")

    def _wrong(self, fact: str, remedy: str) -> Rejected:
        return self._broken(fact, remedy, self._here())

    def _here(self) -> int:
        return self._parser.CurrentByteIndex if self._named is None else self._named.byte

    def _broken(self, fact: str, remedy: str, byte: int) -> Rejected:
        where = self._place(byte)
        return BadRequest(f"{self._field} {fact}, at {where}: {remedy}", {self._field: f"{fact}, at {where}"})

    def _refused(self, what: str, why: str) -> Rejected:
        where = self._place(self._here())
        return NotOffered(
            f"{what} at {where} of {self._field} is not spoken: {why}", {self._field: f"{what} at {where}"}
        )

    def _place(self, byte: int) -> str:
        offset = len(self._bytes[: max(0, byte)].decode("utf-8", "ignore"))
        fed, origin = next((fed, origin) for fed, origin in reversed(self._places) if fed <= offset)
        following = next((o for f, o in self._places if f > fed), len(self._source))
        return place(self._source, min(origin + offset - fed, following, len(self._source)))


_PROSODY: dict[str, tuple[str, Callable[[str], float]]] = {
    "rate": ("rate", prosody.rate),
    "pitch": ("pitch_ratio", prosody.pitch_ratio),
    "volume": ("gain_db", prosody.gain_db),
}
_STARTS: dict[str, Callable[[_Reader, _Element], None]] = {
    "speak": _Reader._speak,
    "lang": _Reader._language,
    "p": _Reader._paragraph,
    "paragraph": _Reader._paragraph,
    "s": _Reader._sentence,
    "sentence": _Reader._sentence,
    "break": _Reader._break,
    "prosody": _Reader._prosody,
    "emphasis": _Reader._emphasis,
}
_READERS: dict[str, Callable[[_Reader, _Element], None]] = {
    "sub": _Reader._sub,
    "say-as": _Reader._said_as,
    "phoneme": _Reader._phoneme,
}
