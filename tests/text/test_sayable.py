"""What of a text can be said, and which words refuse it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sayso.errors import BadRequest
from sayso.pipeline.scripting import script_of
from sayso.text.english.phonemes import phonemize
from sayso.text.english.sayable import Foreign, foreign_word, is_sayable
from sayso.text.sentences import split


@pytest.mark.parametrize(
    ("text", "word", "script"),
    [
        ("日本語です", "日本語です", "Japanese"),
        ("Hello Привет world", "Привет", "Cyrillic"),
        ("Say «мир», then שלום.", "мир", "Cyrillic"),
        ("(שלום)", "שלום", "Hebrew"),
        ("안녕 there", "안녕", "Korean"),
        ("你好 there", "你好", "Chinese characters"),
        ("नमस्ते there", "नमस्ते", "Devanagari"),
        ("مرحبا", "مرحبا", "Arabic"),
        ("สวัสดี", "สวัสดี", "Thai"),
        ("Ελλάδα", "Ελλάδα", "Greek"),
        ("to be ή not", "ή", "Greek"),
        ("pаypal", "pаypal", "Cyrillic"),
    ],
)
def test_the_first_word_of_another_script_is_named(text: str, word: str, script: str) -> None:
    assert foreign_word(text) == Foreign(word, script)


@pytest.mark.parametrize(
    "text",
    [
        "Zoë naïvely ate crème brûlée in Łódź, straße and þorn",
        "¿Qué tal? Guten Morgen! Ça va?",
        "ɓaɗ əɛɔ sᴍᴀʟʟ Ｈｅｌｌｏ 𝐇𝐢 ﬁne",
        "2π, Δx, ΔΣ, 5 μm and 10 kΩ",
        "half a ½, the 1ª, no. №5, ™ and ©",
        "🙂 ★ ♥ → ℵ Ⅷ ٣ ²",
        "e\u0301 and a\u20dd",
        "whatever ¯\\_(ツ)_/¯ or ಠ_ಠ",
    ],
)
def test_signs_accents_and_letters_with_names_refuse_nothing(text: str) -> None:
    assert foreign_word(text) is None
    assert is_sayable(text)


def test_letters_that_are_forms_of_one_of_the_26_are_said_as_it() -> None:
    assert [word.phonemes for word in phonemize("ɓad sᴍᴀʟʟ")] == [
        word.phonemes for word in phonemize("bad small")
    ]


def test_what_is_said_for_a_word_counts() -> None:
    assert foreign_word("Say Привет now", [(4, 10)]) is None
    script_of('<speak><sub alias="hello">Привет</sub></speak>', 100)
    with pytest.raises(BadRequest, match=r"'Привет' in Cyrillic in <sub>.*at line 1, column 8"):
        script_of('<speak><sub alias="Привет you">hello</sub></speak>', 100)
    with pytest.raises(BadRequest, match="'AЖ' in Cyrillic in <say-as>"):
        script_of('<speak><say-as interpret-as="characters">AЖ</say-as></speak>', 100)


def test_a_long_word_is_shown_by_its_beginning() -> None:
    found = foreign_word("本" * 1_000)
    assert found is not None
    assert len(found.text) <= 41


@pytest.mark.parametrize(
    "text", ["", "…", "🙂", "* * *", "日本語", "Ελλάδα", "[]()", "[👍 👍](http://a.com)"]
)
def test_marks_and_other_scripts_alone_say_nothing(text: str) -> None:
    assert not is_sayable(text)


@settings(deadline=None, max_examples=500)
@example(text="0. :")
@given(text=st.text(max_size=40))
def test_what_is_sayable_has_sounds_and_nothing_else_has(text: str) -> None:
    if foreign_word(text) is None:
        assert is_sayable(text) == bool(phonemize(text))


@settings(deadline=None)
@given(
    word=st.text(
        st.characters(categories=["Lu", "Ll", "Lo"], exclude_characters="ªº"), min_size=3, max_size=9
    )
)
def test_a_word_is_said_or_named(word: str) -> None:
    assert phonemize(word) or foreign_word(word)


def test_the_target_of_a_link_may_be_in_any_script_and_its_label_not() -> None:
    assert script_of("See [this](https://ru.wikipedia.org/wiki/Мир).", 100).text
    with pytest.raises(BadRequest, match="'Мир' in Cyrillic"):
        script_of("See [Мир](https://ru.wikipedia.org/wiki/Мир).", 100)


@pytest.mark.parametrize(
    "piece",
    [
        "www.",
        "[](a)",
        "[a](b)",
        "[](a “",
        "a-",
        "-🙂",
        "[",
        "[a",
        ".",
        "1,",
        "/a",
        "a@",
        "1:",
        "-",
        "_",
        "\u0301\u0323",
    ],
)
def test_twenty_thousand_hostile_characters_are_read_and_cut(piece: str) -> None:
    # Nothing is timed, but what takes the square of the length would be waited for.
    text = "Hi" + piece * (20_000 // len(piece))
    script = script_of(text, len(text))

    def cut(said: str) -> list[tuple[int, int, float]]:
        return [(piece.start, piece.end, piece.pause_s) for piece in split(said)]

    assert [line for line in script.lines(cut) if phonemize(line.text, line.readings)]
    is_sayable(text[2:])


def test_a_long_word_that_begins_with_marks_is_sayable() -> None:
    assert is_sayable("-🙂" * 1_000 + "hello")
