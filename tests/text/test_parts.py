"""The smaller parts of the front end: numbers, folding, dictionary, endings, guesses."""

from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sayso.text.english import lexicon, morphology, unknown
from sayso.text.english.arpabet import to_symbols
from sayso.text.english.fold import fold, plain_letters
from sayso.text.english.numbers import LARGEST, cardinal, digits, ordinal, year

VALUES = {word: i for i, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()  # noqa: SIM905
)} | {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}  # fmt: skip
SCALES = ["thousand", "million", "billion", "trillion", "quadrillion", "quintillion", "sextillion", "septillion", "octillion", "nonillion", "decillion"]  # fmt: skip


def value(words: list[str]) -> int:
    """The number that the words say, read the way a child reads them."""
    total = group = 0
    for word in words:
        if word == "hundred":
            group *= 100
        elif word in SCALES:
            total += group * 1000 ** (SCALES.index(word) + 1)
            group = 0
        else:
            group += VALUES[word]
    return total + group


@settings(deadline=None)
@given(n=st.integers(0, LARGEST))
def test_a_number_in_words_is_still_that_number(n: int) -> None:
    assert value(cardinal(n)) == n


def test_beyond_the_largest_scale_digits_are_read() -> None:
    assert cardinal(LARGEST + 1)[:2] == ["one", "zero"]


@settings(deadline=None)
@given(n=st.integers(0, 10**9))
def test_an_ordinal_differs_from_its_number_only_in_the_last_word(n: int) -> None:
    assert ordinal(n)[:-1] == cardinal(n)[:-1]
    assert ordinal(n)[-1].endswith(("first", "second", "third", "th"))


@settings(deadline=None)
@given(n=st.integers(1010, 9999))
def test_a_year_says_its_two_halves(n: int) -> None:
    words = year(n)
    if n % 100 >= 10 and n % 1000 >= 10:
        assert words == cardinal(n // 100) + cardinal(n % 100)


def test_digits_pass_over_everything_else() -> None:
    assert digits("1-0x2") == ["one", "zero", "two"]


@settings(deadline=None)
@given(text=st.text(max_size=100))
def test_folding_keeps_a_place_for_every_character(text: str) -> None:
    folded = fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert list(folded.starts) == sorted(folded.starts)
    assert all(0 <= a < b <= len(text) for a, b in zip(folded.starts, folded.ends, strict=True))


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("Zürich", "zurich"),
        ("Łódź", "lodz"),
        ("straße", "strasse"),
        ("Ærø", "aero"),
        ("don't", "don't"),
        ("日本", ""),
    ],
)
def test_letters_with_marks_become_plain(word: str, plain: str) -> None:
    assert plain_letters(word) == plain


def test_the_dictionary_finds_each_of_its_words_and_no_other() -> None:
    words = lexicon.words()
    assert len(words) > 120_000
    assert words == sorted(words, key=str.encode)
    for word in words[::499]:
        assert lexicon.lookup(word)
    for word in ["", "aaaaaaa", "zzzzzz", "qwertyu", "hello\t", "\n", "hello\n", "ñ"]:
        assert lexicon.lookup(word) is None


def test_the_dictionary_and_the_guesser_stay_small_and_bring_their_licence() -> None:
    data = resources.files("sayso.text.english").joinpath("data")
    assert len(data.joinpath("lexicon.txt.gz").read_bytes()) < 1_500_000
    assert len(data.joinpath("letter_sounds.xz").read_bytes()) < 1_000_000
    assert "Carnegie Mellon University" in data.joinpath("LICENSE.cmudict").read_text()


@pytest.mark.parametrize(
    ("phones", "word", "symbols"),
    [
        ("B AH1 T ER0", "butter", "bˈʌɾəɹ"),
        ("W AO1 N T AH0 D", "wanted", "wˈɔntᵻd"),
        ("R OW1 Z IH0 Z", "roses", "ɹˈOzᵻz"),
        ("HH IH1 T", "hit", "hˈɪt"),
        ("AH0 T AE1 K", "attack", "ətˈæk"),
        ("L IH1 T AH0 L", "little", "lˈɪɾᵊl"),
        ("N AH1 R S", "nurse", "nˈʌɹs"),
        ("M EH1 ZH ER0", "measure", "mˈɛʒəɹ"),
        ("AY1", "i", "ˈI"),
    ],
)
def test_arpabet_becomes_the_engines_alphabet(phones: str, word: str, symbols: str) -> None:
    assert to_symbols(phones.split(), word) == symbols


@pytest.mark.parametrize(
    ("word", "symbols"),
    [
        ("podcasters", None),
        ("googling", "ɡˈuɡlɪŋ"),
        ("qwertyx", None),
    ],
)
def test_unlisted_inflections_are_built_from_listed_stems(word: str, symbols: str | None) -> None:
    derived = morphology.derived_or_known(word)
    assert derived == symbols if symbols else derived is None or derived


@pytest.mark.parametrize(("stem", "plural"), [("kˈæt", "kˈæts"), ("dˈɔɡ", "dˈɔɡz"), ("ɹˈOz", "ɹˈOzᵻz")])
def test_a_plural_fits_the_last_sound(stem: str, plural: str) -> None:
    assert morphology.with_s(stem) == plural


@pytest.mark.parametrize(
    ("stem", "past"), [("wˈɔk", "wˈɔkt"), ("plˈA", "plˈAd"), ("nˈid", "nˈidᵻd"), ("hˈit", "hˈiɾᵻd")]
)
def test_a_past_fits_the_last_sound(stem: str, past: str) -> None:
    assert morphology.with_ed(stem) == past


def test_a_guess_has_one_main_stress() -> None:
    assert unknown.stressed(["K", "AE0", "T", "OW0"]) == ["K", "AE1", "T", "OW0"]
    assert unknown.stressed(["K", "AE1", "T", "OW1"]) == ["K", "AE1", "T", "OW2"]
    assert unknown.stressed(["S", "T"]) == ["S", "T"]


@pytest.mark.parametrize(
    ("word", "symbols"), [("blick", "blˈɪk"), ("spaffle", "spˈæfᵊl"), ("trenation", "tɹənˈAʃən")]
)
def test_an_invented_word_is_said_as_its_spelling_suggests(word: str, symbols: str) -> None:
    assert unknown.guess(word) == symbols


def test_a_very_long_word_is_guessed_in_time_that_grows_with_its_length_only() -> None:
    assert unknown.guess("ab" * 300)
