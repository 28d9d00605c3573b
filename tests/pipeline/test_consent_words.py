"""When a consent is heard a second time, and what may follow from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sayso.audio.waveform import Waveform
from sayso.engines.base import Heard, HeardWord, Rivals, Weighed
from sayso.pipeline.consent_words import (
    LEFT_DB,
    SURE_WORD,
    Asked,
    Words,
    agreed,
    hangs_on_names,
    hear,
    judged,
    may_be_misheard,
    quieter,
    statement_of,
    told,
)
from sayso.text.consent.names import MOST_NATS, MOST_NATS_TWICE
from sayso.text.consent.statement import load

STATEMENTS = load()
ASKED = Asked("Acme Robotics", ("sayso", "Resemble AI"), STATEMENTS, "en")
RIGHT = STATEMENTS.sentence("en", "Acme Robotics", "Sayso")


def heard(
    text: str,
    *rivals: Weighed,
    names: tuple[Weighed, ...] = (),
    sure: float = 0.95,
    language: str = "en",
    knowing: str | None = None,
) -> Words:
    words = tuple(HeardWord(word, 0.0, 0.0, sure) for word in text.split())
    return judged(Heard(text, words, language, 0.99, rivals, names), ASKED, knowing)


def test_what_was_heard_tells_which_statement_it_was_held_against() -> None:
    german = STATEMENTS.sentence("de", "Acme Robotics", "Resemble AI")
    assert statement_of(heard(german, language="de"), ASKED) == german
    assert statement_of(heard(RIGHT), ASKED) == RIGHT.replace("Sayso", "sayso")
    anybody = replace(ASKED, company="")
    assert statement_of(heard(RIGHT.lower()), anybody) == RIGHT.replace("Sayso", "sayso").replace(
        "Acme Robotics", "acme robotics"
    )
    assert statement_of(Words(Heard("Salve.", (), "la", 0.9, (), ()), None), ASKED) is None


def test_the_statement_needs_no_second_hearing() -> None:
    assert heard(RIGHT).are_right
    assert not may_be_misheard(heard(RIGHT))


@pytest.mark.parametrize(
    ("text", "again"),
    [
        (RIGHT.replace("Acme Robotics", "Norfolk went"), True),
        (RIGHT.replace("will be used", "will unit"), True),
        ("", True),
        (RIGHT.replace("aware", "not aware"), False),
        (RIGHT.replace("will", "would"), False),
        (RIGHT.replace("I am aware", "He is aware"), False),
        (RIGHT.replace(".", "?"), False),
        (f"{RIGHT} I take that back.", False),
        (f"Nobody told me. {RIGHT.replace('Acme Robotics', 'Norfolk went')}", False),
    ],
)
def test_a_second_hearing_is_for_what_was_not_understood_not_for_what_was(text: str, again: bool) -> None:
    words = heard(text)
    assert not words.are_right
    assert may_be_misheard(words) is again


def test_another_language_may_have_been_misheard() -> None:
    assert may_be_misheard(heard("Jag är medveten", language="sv"))


def test_a_rival_that_is_nearly_as_likely_is_not_heard_away() -> None:
    at = RIGHT.split().index("aware")
    doubtful = heard(RIGHT, Weighed(at, at + 1, "unaware", 2.0))
    assert not doubtful.are_right
    assert not may_be_misheard(doubtful)


def verdict(words: Words) -> str:
    return "refused" if words.found is None else words.found.verdict


def test_a_second_hearing_that_is_right_asks_for_a_person() -> None:
    first = heard(RIGHT.replace("will be used", "will unit").replace("train and create", ""), sure=0.4)
    assert verdict(first) == "refused"
    assert verdict(agreed(first, heard(RIGHT), ASKED)) == "review"
    other = heard(RIGHT.replace("train", "banana"))
    assert agreed(first, other, ASKED) is first


def test_a_name_that_was_unclear_may_be_clear_in_the_second_hearing() -> None:
    first = heard(RIGHT.replace("Acme Robotics", "Acne Robotics"))
    assert verdict(first) == "review"
    assert agreed(first, heard(RIGHT), ASKED) == heard(RIGHT)
    both = heard(RIGHT.replace("Acme Robotics", "Acne Robotics").replace("Sayso", "Seso"))
    assert verdict(agreed(both, heard(RIGHT), ASKED)) == "accepted"


@pytest.mark.parametrize(
    ("find", "put"),
    [
        ("Acme Robotics", "Norfolk went"),
        ("will be used by Acme", "will unit by Acne"),
        ("Sayso", "Seso and others"),
    ],
)
def test_nothing_but_an_unclear_name_is_heard_away_without_a_person(find: str, put: str) -> None:
    first = heard(RIGHT.replace(find, put), sure=0.4)
    assert not first.are_right
    assert verdict(agreed(first, heard(RIGHT), ASKED)) != "accepted"
    other = heard(RIGHT.replace("Acme Robotics", "Acne Robotics"))
    assert agreed(other, first, ASKED) is other


def test_what_the_first_hearing_was_sure_of_counts() -> None:
    text = f"{RIGHT.replace('will be used', '')} The orchestra plays."
    assert may_be_misheard(heard(text))
    surely, hardly = heard(text, sure=SURE_WORD), heard(text, sure=SURE_WORD - 0.01)
    assert agreed(surely, heard(RIGHT), ASKED) is surely
    assert verdict(agreed(hardly, heard(RIGHT), ASKED)) == "review"


def test_an_expected_name_that_is_likely_enough_counts_and_is_told() -> None:
    text = RIGHT.replace("Acme Robotics", "Norfolk went")
    at = text.split().index("Norfolk")
    near = Weighed(at, at + 2, "Acme Robotics", MOST_NATS, 3.0)
    words = heard(text, names=(near,), knowing=RIGHT)
    assert words.are_right
    numbers = told(words)
    assert numbers["words_heard"] == text
    assert numbers["words_heard_knowing_names"] == RIGHT
    assert numbers["names_weighed"] == [
        {
            "heard": "Norfolk went",
            "expected": "Acme Robotics",
            "nats": MOST_NATS,
            "by_sound_nats": MOST_NATS - 3.0,
        }
    ]
    assert "nearest_rival" not in numbers
    far = heard(text, names=(replace(near, nats=MOST_NATS + 0.1),), knowing=RIGHT)
    assert not far.are_right
    assert "names_weighed" not in told(far)


@pytest.mark.parametrize(
    ("knowing", "is_right"),
    [
        (RIGHT, True),
        (RIGHT.lower(), True),
        (RIGHT.replace("Acme Robotics", "ACME robo tics, Inc."), True),
        (RIGHT.replace("will be", "would be"), False),
        (RIGHT.replace("recordings", "recording is"), True),
        (RIGHT.replace("Acme Robotics", "Acme Robotic"), False),
        (RIGHT.replace("Acme Robotics", "Norfolk went"), False),
        # A recogniser may write what it was given to have in mind, or the name may be said beside its place.
        (RIGHT.replace("Acme Robotics", "Norfolk went") + " Acme Robotics. Sayso.", False),
        ("Acme Robotics. Sayso. Resemble AI.", False),
        ("I am not aware. Acme Robotics.", False),
        (RIGHT.replace("aware", "not aware"), False),
        ("", False),
        (None, False),
    ],
)
def test_a_name_that_was_written_otherwise_is_written_where_it_is_known(
    knowing: str | None, is_right: bool
) -> None:
    text = RIGHT.replace("Acme Robotics", "Norfolk went")
    at = text.split().index("Norfolk")
    near = Weighed(at, at + 2, "Acme Robotics", 1.0, 1.0)
    words = heard(text, names=(near,), knowing=knowing)
    assert words.are_right is is_right
    assert hangs_on_names(words.heard, ASKED)
    assert not hangs_on_names(heard(text, names=(replace(near, nats=40.0),)).heard, ASKED)
    assert not hangs_on_names(heard(RIGHT, names=(near,)).heard, ASKED)
    assert not hangs_on_names(heard("Jag är medveten", names=(near,), language="sv").heard, ASKED)


@pytest.mark.parametrize(
    ("company", "said"),
    [("MyVoice", "MyChoice"), ("Resemble", "Resembla"), ("Sayso", "Seso"), ("Sayso", "Globex")],
)
def test_a_name_that_is_also_said_elsewhere_is_not_confirmed_by_that(company: str, said: str) -> None:
    asked = replace(ASKED, company=company)
    for platform in ("Sayso", "Resemble AI"):
        text = STATEMENTS.sentence("en", said, platform)
        at = text.split().index(said)
        words = tuple(HeardWord(word, 0.0, 0.0, 0.95) for word in text.split())
        near = Weighed(at, at + 1, company, 1.0, 1.0)
        assert not judged(Heard(text, words, "en", 0.99, (), (near,)), asked, text).are_right
        right = STATEMENTS.sentence("en", company, platform)
        assert judged(Heard(text, words, "en", 0.99, (), (near,)), asked, right).are_right


class Knowing:
    """An ear that writes a name as another unless it knows it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, str]] = []

    def hear(
        self,
        wave: Waveform,  # noqa: ARG002
        language: str | None = None,
        rivals: Rivals | None = None,  # noqa: ARG002
        names: Rivals | None = None,
        before: str = "",
    ) -> Heard:
        self.asked.append((language, before))
        text = RIGHT if "Acme Robotics" in before else RIGHT.replace("Acme Robotics", "Norfolk went")
        words = tuple(HeardWord(word, 0.0, 0.0, 0.9) for word in text.split())
        weighed = [] if names is None else names("en", [word.text for word in words])
        return Heard(text, words, "en", 0.99, (), tuple(Weighed(*one, 1.0, 1.0) for one in weighed))


def test_the_ear_is_told_the_names_where_it_hangs_on_them_and_only_there() -> None:
    wave = Waveform(np.zeros(16_000, np.float32), 16_000)
    ear = Knowing()
    assert hear(wave, ASKED, ear).are_right
    assert ear.asked == [(None, ""), ("en", "Acme Robotics. Sayso. Resemble AI.")]
    ear = Knowing()
    other = hear(wave, replace(ASKED, company="Norfolk Went"), ear)
    assert other.are_right
    assert other.knowing is None
    assert len(ear.asked) == 1


def test_a_usual_name_is_not_likely_for_being_usual() -> None:
    text = RIGHT.replace("by Sayso", "by sasing")
    asked = Asked("Acme Robotics", ("Microsoft",), STATEMENTS, "en")
    at = text.split().index("sasing.")
    words = tuple(HeardWord(word, 0.0, 0.0, 0.9) for word in text.split())
    for by_sound, is_right in ((MOST_NATS_TWICE - 5.0, True), (MOST_NATS_TWICE - 4.9, False)):
        name = Weighed(at, at + 1, "Microsoft.", 5.0, 5.0 - by_sound)
        assert (
            judged(
                Heard(text, words, "en", 0.99, (), (name,)), asked, text.replace("sasing", "Microsoft")
            ).are_right
            is is_right
        )


def test_a_name_that_was_written_beside_something_else_is_not_asked_for_how_usual_it_is() -> None:
    text = RIGHT.replace("by Acme", "by unicorns. Acme")
    at = text.split().index("unicorns.")
    near = Weighed(at, at + 3, "um, Acme Robotics", MOST_NATS, -30.0)
    assert heard(text, names=(near,)).are_right
    assert not heard(text, names=(replace(near, nats=MOST_NATS + 0.1),)).are_right
    other = RIGHT.replace("by Acme", "by unicorns, Wayne")
    assert not heard(other, names=(near,)).are_right


def test_a_likely_name_hides_no_rival() -> None:
    text = RIGHT.replace("Acme Robotics", "Norfolk went")
    at = text.split().index("Norfolk")
    name = Weighed(at, at + 2, "Acme Robotics", 1.0)
    words = heard(text, Weighed(2, 3, "unaware", 1.0), names=(name,), knowing=RIGHT)
    assert words.found is not None
    assert words.found.reasons == ("words_uncertain",)


def test_noise_is_lowered_by_so_much_and_speech_is_not() -> None:
    rng = np.random.default_rng(1)
    speech, noise = (rng.standard_normal(16_000).astype(np.float32) for _ in range(2))
    left = quieter(Waveform(speech + noise, 16_000), Waveform(speech, 16_000)).samples - speech
    assert 20 * np.log10(np.std(left) / np.std(noise)) == pytest.approx(-LEFT_DB, abs=0.1)
    assert quieter(Waveform(speech, 16_000), Waveform(speech[:100], 16_000)).samples.shape == (100,)
