"""From text to the engine's symbols."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sayso.text.english.phonemes import join, phonemize, pronounce

# The engine's vocabulary, without the tones and sounds of other languages that it also lists.
SYMBOLS = frozenset("AIOTWYbdfhijklmnpstuvwzæðŋɐɑɔəɛɜɡɪɹɾʃʊʌʒʔʤʧˈˌθᵊᵻ")
MARKS = frozenset(';:,.!?—…"()“” ')


def sound(text: str) -> str:
    return join(phonemize(text))


@settings(deadline=None)
@given(text=st.text(max_size=120))
def test_any_text_gives_only_symbols_the_engine_knows(text: str) -> None:
    assert set(sound(text)) <= SYMBOLS | MARKS


@settings(deadline=None)
@given(text=st.text(max_size=120))
def test_every_word_points_at_its_place_in_the_text_and_has_a_sound(text: str) -> None:
    position = 0
    for word in phonemize(text):
        assert word.start >= position
        assert word.text == text[word.start : word.end]
        assert word.phonemes.strip(" ,")
        assert set(word.trailing) <= MARKS
        position = word.end


@settings(deadline=None)
@given(word=st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=60))
def test_every_word_of_latin_letters_can_be_said(word: str) -> None:
    assert pronounce(word)


@settings(deadline=None)
@given(letter=st.characters(categories=["L"]))
def test_every_letter_is_speakable_or_dropped(letter: str) -> None:
    assert set(sound(f"a{letter}e")) <= SYMBOLS | MARKS


@pytest.mark.parametrize(
    "text", ["", "   ", "日本語です。", "Привет, мир!", "🎉🎉", "—", "...", "مرحبا", "***"]
)
def test_text_without_latin_words_or_digits_gives_no_words(text: str) -> None:
    assert phonemize(text) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world!", "həlˈO, wˈɜɹld!"),
        ("water bottle", "wˈɔɾəɹ bˈɑɾᵊl"),
        ("city button", "sˈɪɾi bˈʌtᵊn"),
        ("the cat", "ðə kˈæt"),
        ("the hour", "ði ˈWəɹ"),
        ("e=mc²", "ˈi ˈikwəlz ˈɛm sˈi skwˈɛɹd"),
        ("the one", "ðə wˈʌn"),
        ("the FBI", "ði ˈɛf bˈi ˈI"),
        ("to eat", "tʊ ˈit"),
        ("to run", "tə ɹˈʌn"),
        ("a dog", "ɐ dˈɔɡ"),
        ("plan A", "plˈæn ˈA"),
        ("I can.", "ˌI kˈæn."),
        ("I can go.", "ˌI kæn ɡˈO."),
        ("wanted", "wˈɔntᵻd"),
        ("roses", "ɹˈOzᵻz"),
        ("walked", "wˈɔkt"),
        ("cats", "kˈæts"),
        ("dogs", "dˈɔɡz"),
        ("the judge's", "ðə ʤˈʌʤᵻz"),
        ("fire", "fˈIəɹ"),
        ("bird", "bˈɜɹd"),
        ("kg", "kˈA ʤˈi"),
        ("PhDs", "pˈi ˈAʧ dˈiz"),
        ("$5", "fˈIv dˈɑləɹz"),
        ("well-known", "wˈɛlnˈOn"),
        ("“Yes,” (she) said…", "jˈɛs,” (ʃi) sˈɛd…"),
        ("nation", "nˈAʃən"),
        ("unhappy", "ˌʌnhˈæpi"),
        ("Résumé", "ɹˈɛzəmˌA"),
    ],
)
def test_words_sound_as_the_engine_heard_them(text: str, expected: str) -> None:
    assert sound(text) == expected


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("I will read it", "read", "ɹˈid"),
        ("I have read it", "read", "ɹˈɛd"),
        ("she read it yesterday", "read", "ɹˈɛd"),
        ("did you read it", "read", "ɹˈid"),
        ("we live here", "live", "lˈɪv"),
        ("a live show", "live", "lˈIv"),
        ("the lead singer", "lead", "lˈid"),
        ("a lead pipe", "lead", "lˈɛd"),
        ("the record", "record", "ɹˈɛkəɹd"),
        ("to record", "record", "ɹəkˈɔɹd"),
        ("let them record it", "record", "ɹəkˈɔɹd"),
        ("a present", "present", "pɹˈɛzᵊnt"),
        ("to present", "present", "pɹizˈɛnt"),
        ("the object", "object", "ˈɑbʤɛkt"),
        ("I object", "object", "əbʤˈɛkt"),
        ("close the door", "close", "klˈOz"),
        ("close to me", "close", "klˈOs"),
        ("the use of it", "use", "jˈus"),
        ("we use it", "use", "jˈuz"),
        ("he used to", "used", "jˈust"),
        ("he used it", "used", "jˈuzd"),
        ("the wind", "wind", "wˈɪnd"),
        ("to wind", "wind", "wˈInd"),
        ("a tear", "tear", "tˈɪɹ"),
        ("to tear", "tear", "tˈɛɹ"),
        ("to separate", "separate", "sˈɛpəɹˌAt"),
        ("a separate room", "separate", "sˈɛpəɹət"),
        ("an estimate", "estimate", "ˈɛstəmət"),
        ("to estimate", "estimate", "ˈɛstəmˌAt"),
        ("bass guitar", "bass", "bˈAs"),
        ("bass fishing", "bass", "bˈæs"),
        ("a minute", "minute", "mˈɪnət"),
        ("minute details", "minute", "mInˈut"),
        ("my resume", "resume", "ɹˈɛzəmˌA"),
        ("to resume", "resume", "ɹəzˈum"),
        ("content with it", "content", "kəntˈɛnt"),
        ("the content", "content", "kˈɑntɛnt"),
        ("to refuse", "refuse", "ɹəfjˈuz"),
        ("a rebel", "rebel", "ɹˈɛbᵊl"),
        ("the project", "project", "pɹˈɑʤɛkt"),
    ],
)
def test_the_words_beside_it_choose_the_sound_of_a_heteronym(text: str, word: str, expected: str) -> None:
    assert next(w.phonemes for w in phonemize(text) if w.text == word) == expected


def test_the_context_of_a_word_ends_at_a_pause() -> None:
    assert sound("We saw the strong; wind the clock.").endswith("wˈInd ðə klˈɑk.")


def test_a_number_is_one_word_of_the_text_with_all_its_sounds() -> None:
    (word,) = phonemize("$1,234.50")
    assert word.text == "$1,234.50"
    assert len(word.phonemes.split(" ")) == 10


def test_positions_survive_folding_of_odd_characters() -> None:
    text = "🎉 “Cafe\u0301” ﬁrst\u200b!"
    assert [text[w.start : w.end] for w in phonemize(text)] == ["Cafe\u0301", "ﬁrst"]


def test_every_word_has_at_most_one_main_stress_per_spoken_part() -> None:
    for word in ["photosynthesis", "xylograph", "blorptastic", "chowdhurian", "snickerdoodled"]:
        assert len(re.findall("ˈ", pronounce(word))) == 1


HETERONYMS = """
I read it yesterday. | ɹˈɛd
I will read it. | ɹˈid
She has read it. | ɹˈɛd
I like to read. | ɹˈid
They read books every day. | ɹˈid
the lead pipe | lˈɛd
They lead the team. | lˈid
a lead of two points | lˈid
a tear in her eye | tˈɪɹ
Don't tear it. | tˈɛɹ
the wind blew | wˈɪnd
wind the clock | wˈInd
I live here | lˈɪv
a live show | lˈIv
close the door | klˈOz
stand close to me | klˈOs
a bow and arrow | bˈO
take a bow | bˈW
the bass guitar | bˈAs
he caught a bass | bˈæs
a dove flew | dˈʌv
he dove into the water | dˈOv
the desert is dry | dˈɛz
do not desert me | dəzˈɜɹt
I object to that | əbʤˈɛkt
an object | ˈɑb
they present the award | pɹizˈɛnt
a present for you | pɹˈɛz
we record music | ɹəkˈɔɹd
a new record | ɹˈɛkəɹd
to permit it | pəɹmˈɪt
a permit | pˈɜɹmˌɪt
he was content | kəntˈɛnt
the content of the box | kˈɑntɛnt
refuse to go | ɹəfjˈuz
the minute hand | mˈɪnət
a minute detail | mInˈut
use it | jˈuz
no use | jˈus
the house is big | hˈWs
they house people | hˈWz
an excuse | ɪkskjˈus
excuse me | ɪkskjˈuz
I used to go | jˈust
I used it | jˈuzd
a separate room | sˈɛpəɹət
separate them | sˈɛpəɹˌAt
graduate school | ɡɹˈæʤəwət
they graduate soon | ɡɹˈæʤəwˌAt
an invalid code | ɪnvˈælɪd
the invalid lay in bed | ˈɪnvələd
perfect the plan | pəɹfˈɛkt
a perfect plan | pˈɜɹfɪkt
project the image | pɹəʤˈɛkt
a project | pɹˈɑʤɛkt
produce results | pɹədˈus
fresh produce | pɹˈOdus
polish the shoes | pˈɑlɪʃ
Polish food | pˈOlɪʃ
moderate the debate | mˈɑdəɹˌAt
a moderate view | mˈɑdəɹət
sow the seeds | sˈO
the sow and her piglets | sˈW
row the boat | ɹˈO
they subject him to it | səbʤˈɛkt
the subject | sˈʌbʤɪkt
a conduct code | kˈɑndəkt
they conduct tests | kəndˈʌkt
rebel against them | ɹəbˈɛl
a rebel | ɹˈɛbᵊl
console her | kənsˈOl
a game console | kˈɑnsˌOl
the number is higher | nˈʌmbəɹ
wound up | wˈWnd
a deep wound | wˈund
does he know | dˈʌz
estimate the cost | ˈɛstəmˌAt
an estimate | ˈɛstəmət
the refuse collection | ɹˈɛfjus
"""


@pytest.mark.parametrize("row", HETERONYMS.strip().splitlines())
def test_heteronyms_go_by_their_neighbours(row: str) -> None:
    text, sound = (part.strip() for part in row.split("|"))
    assert sound in join(phonemize(text))
