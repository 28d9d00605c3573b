"""An expected name that was written otherwise is asked for; nothing but names can be made good that way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from near_misses import NEAR_MISSES, NearMiss, changed

from sayso.text.consent.match import match
from sayso.text.consent.names import (
    MOST_NATS,
    MOST_NATS_ALIKE,
    Reading,
    in_mind,
    is_near,
    readings,
    settled,
    written_in,
)
from sayso.text.consent.statement import load

STATEMENTS = load()
COMPANY, PLATFORMS = "Acme Robotics", ("sayso", "Resemble AI")
ENGLISH = STATEMENTS["en"]
RIGHT = ENGLISH.sentence(COMPANY, "Sayso")


def asked(text: str, language: str = "en") -> list[tuple[int, int, str]]:
    return readings(STATEMENTS[language], text.split(), company=COMPANY, platforms=PLATFORMS)


def surely(_: Reading) -> bool:
    """A hearing with the names in mind has them all."""
    return True


def verdict(text: str, *, nats: float, language: str = "en") -> str:
    """What becomes of `text` where every expected name is `nats` less likely than what was written."""
    statement = STATEMENTS[language]
    words = text.split()
    found = match(text, statement, company=COMPANY, platforms=PLATFORMS)
    # As likely by the language: of both lines, that of once decides.
    weighed = [Reading(start, end, name, nats, nats) for start, end, name in asked(text, language)]
    return settled(found, words, weighed, statement, company=COMPANY, platforms=PLATFORMS, confirmed=surely)[
        0
    ].verdict


@pytest.mark.parametrize(
    ("find", "put"),
    [
        ("Acme Robotics", "Norfolk went"),
        ("Acme Robotics", "Oom, acne robots"),
        ("Acme Robotics", "um, a knee"),
        ("Acme Robotics", "them. Acme robotics"),
        ("by Sayso", "by sasing"),
        ("by Sayso", "by say-self"),
        ("voice by Sayso", "voice. I resemble AI"),
        ("by Sayso.", "by Saddle. Thank you."),
        ("by Acme Robotics", "by unicorns. Acme robotics"),
        ("by Sayso", "by resemble and eye"),
    ],
)
def test_a_name_that_was_written_otherwise_counts_if_it_is_likely_enough(find: str, put: str) -> None:
    heard = RIGHT.replace(find, put)
    assert heard != RIGHT
    assert match(heard, ENGLISH, company=COMPANY, platforms=PLATFORMS).verdict != "accepted"
    assert verdict(heard, nats=MOST_NATS) == "accepted"
    assert verdict(heard, nats=MOST_NATS_ALIKE + 0.1) != "accepted"


@pytest.mark.parametrize(
    ("find", "put"),
    [
        ("Acme Robotics", "Acne Robotics"),
        ("Acme Robotics", "Akme Robotix"),
        ("Acme Robotics", "Apex Robotics"),
        ("Sayso", "Seso"),
        ("Sayso", "resembled AI"),
        ("Sayso", "Reassemble AI"),
    ],
)
def test_a_name_that_is_only_alike_is_asked_for_and_goes_to_a_person_if_it_is_not_likely(
    find: str, put: str
) -> None:
    heard = RIGHT.replace(find, put)
    assert match(heard, ENGLISH, company=COMPANY, platforms=PLATFORMS).verdict == "review"
    assert verdict(heard, nats=MOST_NATS_ALIKE) == "accepted"
    assert verdict(heard, nats=MOST_NATS_ALIKE + 0.1) == "review"


def test_another_company_that_sounds_nearly_so_is_not_the_one() -> None:
    heard = ENGLISH.sentence("Quantico", "Sayso")
    found = match(heard, ENGLISH, company="Quantiva", platforms=PLATFORMS)
    assert found.reasons == ("company_unclear",)
    spelt = match(
        heard.replace("Quantico", "Quanti va Inc."), ENGLISH, company="Quantiva", platforms=PLATFORMS
    )
    assert spelt.reasons == ()


@pytest.mark.parametrize(
    ("nats", "unusual_nats", "is_it"),
    # As heard: "Quantico" by two readers; "zipper labs" for Zyphora Labs, "Seso" for Sayso. And a name that is likely
    # for being usual, though not what was heard.
    [(17.9, 8.6, False), (18.1, 8.1, False), (7.7, 11.7, True), (0.2, 4.1, True), (7.5, -8.1, False)],
)
def test_an_unusual_name_may_be_less_likely_than_another_that_was_heard(
    nats: float, unusual_nats: float, *, is_it: bool
) -> None:
    words = RIGHT.replace("Acme Robotics", "Acne Robotics").split()
    at = words.index("Acne")
    assert is_near(Reading(at, at + 2, COMPANY, nats, unusual_nats), words, ENGLISH, surely) is is_it


def test_a_likely_name_that_a_hearing_with_it_in_mind_has_not_was_not_said() -> None:
    words = RIGHT.replace("Acme Robotics", "Acne Robotics").split()
    at = words.index("Acne")
    reading = Reading(at, at + 2, COMPANY, -50.0, -50.0)

    def near(knowing: str) -> bool:
        confirmed = written_in(knowing, words, ENGLISH, company=COMPANY, platforms=PLATFORMS)
        return is_near(reading, words, ENGLISH, confirmed)

    assert near(RIGHT)
    assert not near(" ".join(words))
    assert not near(RIGHT.replace("Acme Robotics", "Acme"))
    # What is written right but for what stands before it needs no other hearing.
    beside = RIGHT.replace("Acme Robotics", "unicorns. Acme Robotics").split()
    at = beside.index("unicorns.")
    assert is_near(Reading(at, at + 3, COMPANY, MOST_NATS), beside, ENGLISH, lambda _: False)


@pytest.mark.parametrize(
    ("company", "said", "reading", "is_written"),
    [
        ("Studio", "Studio 54", "Studio", False),
        ("Nova Media", "Nova", "Nova Media", False),
        ("Acme, Inc.", "Acme", "um, Acme, Inc.", True),
        ("Studio 9", "studio nine", "Studio 9", True),
        ("Acme & Sons", "Acme and Sons", "Acme & Sons", True),
        ("Müller", "Mueller", "Müller", True),
        ("So", "Sayso", "So", False),
        ("of thirteen words that make one long name for no good reason here", "of thirteen", "So", False),
    ],
)
def test_a_company_is_confirmed_letter_for_letter_in_its_place(
    company: str, said: str, reading: str, *, is_written: bool
) -> None:
    words = ENGLISH.sentence("Norfolk went", "Sayso").split()
    at = words.index("Norfolk")
    confirmed = written_in(
        ENGLISH.sentence(said, "Sayso"), words, ENGLISH, company=company, platforms=PLATFORMS
    )
    assert confirmed(Reading(at, at + 2, reading, 0.0)) is is_written


@pytest.mark.parametrize(
    ("said", "is_written"),
    [("Sayso", True), ("Say so", True), ("Resemble AI", True), ("Resemble", False), ("Seso", False)],
)
def test_a_platform_is_confirmed_by_any_of_its_names(said: str, *, is_written: bool) -> None:
    words = ENGLISH.sentence("Norfolk went", "sasing").split()
    start, end, text = next(one for one in asked(" ".join(words)) if one[2] == "Sayso.")
    confirmed = written_in(
        ENGLISH.sentence("Norfolk went", said), words, ENGLISH, company=COMPANY, platforms=PLATFORMS
    )
    assert confirmed(Reading(start, end, text, 0.0)) is is_written
    assert not confirmed(Reading(start, end, "somewhere else", 0.0)), (
        "its place is not known: both have to be right"
    )


def test_of_many_platforms_the_company_stays_in_mind() -> None:
    many = [f"Platform {n}" for n in range(90)]
    before = in_mind(ENGLISH, company="Acme", platforms=many)
    assert before.startswith("Acme. Platform 0. Platform 1. ")
    assert len(before) < 450
    assert len(in_mind(ENGLISH, company="x" * 5_000, platforms=many)) < 450


@pytest.mark.parametrize(
    ("company", "before"),
    [
        ("", "Sayso. Resemble AI."),
        ("ACME, Inc.", "Acme. Sayso. Resemble AI."),
        ("Wayne Industries", "Wayne Industries. Sayso. Resemble AI."),
        ("!!!", "Sayso. Resemble AI."),
        ("---", "Sayso. Resemble AI."),
    ],
)
def test_the_names_in_mind_are_written_as_people_write_them(company: str, before: str) -> None:
    assert in_mind(ENGLISH, company=company, platforms=PLATFORMS) == before


@pytest.mark.parametrize(
    "end", ["by sasing. That is a lie.", "by sasing that is a lie", "by sasing, if I were paid."]
)
def test_a_likely_name_takes_nothing_else_along(end: str) -> None:
    assert verdict(RIGHT.replace("by Sayso.", end), nats=-50.0) != "accepted"


def test_both_names_may_be_written_otherwise() -> None:
    heard = RIGHT.replace("Acme Robotics", "Norfolk went").replace("by Sayso", "by sasing")
    assert verdict(heard, nats=3.0) == "accepted"


@pytest.mark.parametrize(
    ("hesitation", "name", "both", "is_it"),
    # As heard: "Oom. Zifra labs" for "uhm, Zyphora Labs", whose parts are likely and which is not as a whole.
    [
        (3.0, 6.0, 16.0, True),
        (7.1, 6.0, 16.0, False),
        (3.0, MOST_NATS_ALIKE + 0.1, 16.0, False),
        (17.0, 17.0, 6.0, True),
    ],
)
def test_a_hesitation_and_the_name_behind_it_are_weighed_apart(
    hesitation: float, name: float, both: float, *, is_it: bool
) -> None:
    text = RIGHT.replace("Acme Robotics", "Oom. Akme Robotix").replace("by Sayso", "by SESO")
    words = text.split()
    nats = {"um,": hesitation, COMPANY: name, f"um, {COMPANY}": both, "Sayso.": 1.0}
    weighed = [
        # What the language says is left out of it: twice the nats stay below their line where once does.
        Reading(start, end, name, nats.get(name, 30.0), nats.get(name, 30.0))
        for start, end, name in asked(text)
        if name != COMPANY or words[start].startswith("Akme")
    ]
    found = match(text, ENGLISH, company=COMPANY, platforms=PLATFORMS)
    assert found.reasons
    anew, said = settled(
        found, words, weighed, ENGLISH, company=COMPANY, platforms=PLATFORMS, confirmed=surely
    )
    assert (anew.verdict == "accepted") is is_it
    assert is_it is False or {one.text for one in said} >= {"Sayso."}


def test_what_is_asked_lies_where_the_name_should_be() -> None:
    words = RIGHT.replace("Acme Robotics", "Norfolk went").split()
    start = words.index("Norfolk")
    assert (start, start + 2, "Acme Robotics") in asked(" ".join(words))
    assert all(begin >= start and end <= start + 2 for begin, end, _ in asked(" ".join(words)))


@pytest.mark.parametrize(
    "heard",
    [
        RIGHT,
        "",
        "The ferry leaves at seven.",
        RIGHT.replace("by Acme Robotics", "by nobody"),
        RIGHT.replace("by Acme Robotics", "without Acme Robotics"),
        RIGHT.replace("I am aware", "I am not aware").replace("Sayso", "sasing"),
        RIGHT.replace("by Acme Robotics to", "to"),
        RIGHT.replace(" by Sayso.", "."),
        f"{RIGHT} That is a lie.",
    ],
)
def test_nothing_is_asked_where_names_are_right_denied_or_not_there(heard: str) -> None:
    assert asked(heard) == []


def of_a_name(near: NearMiss) -> bool:
    """Only a name is another, so that how likely the expected one is decides alone."""
    codes = {"wrong_company", "wrong_platform", "company_unclear", "platform_unclear"}
    return near.code in codes or near.put.endswith("someone else")


@pytest.mark.parametrize("near", [near for near in NEAR_MISSES if not of_a_name(near)], ids=str)
def test_no_likely_name_makes_another_sentence_right(near: NearMiss) -> None:
    text = changed(STATEMENTS[near.language].sentence(COMPANY, "Sayso"), near)
    assert verdict(text, nats=-50.0, language=near.language) != "accepted"


@settings(max_examples=150, deadline=None)
@given(
    words=st.lists(
        st.sampled_from([*RIGHT.split(), "not", "Norfolk", "if", "they", "um,", "say-self.", "é", "..."])
    ),
    at=st.integers(0, 20),
)
def test_readings_lie_within_the_words_and_hold_an_expected_name(words: list[str], at: int) -> None:
    mixed = [*RIGHT.split()[:at], *words, *RIGHT.split()[at:]]
    found = asked(" ".join(mixed))
    assert len(found) <= 12
    for start, end, text in found:
        assert 0 <= start < end <= len(mixed)
        if text == "um,":
            assert end == start + 1
            continue
        assert text.removeprefix("by ").removeprefix("um, ").rstrip(".!?") in {
            COMPANY,
            "Sayso",
            "Resemble AI",
        }


def texts(company: str, heard: str) -> set[str]:
    words = ENGLISH.sentence(heard, "Sayso").split()
    return {text for _, _, text in readings(ENGLISH, words, company=company, platforms=PLATFORMS)}


@pytest.mark.parametrize(
    ("company", "spellings"),
    [
        ("ACME, Inc.", {"ACME, Inc.", "ACME", "Acme"}),
        ("acme, inc.", {"acme, inc.", "acme", "Acme", "Acme, Inc."}),
        ("Acme, Inc.", {"Acme, Inc.", "Acme"}),
        ("The Acme Company", {"The Acme Company", "Acme"}),
        ("Acme & Acne Co.", {"Acme & Acne Co.", "Acme & Acne"}),
        ("Acme & Co.", {"Acme & Co.", "Acme"}),
        ("acme", {"acme", "Acme"}),
        ("Acme", {"Acme"}),
    ],
)
def test_a_company_is_weighed_in_each_spelling(company: str, spellings: set[str]) -> None:
    found = {text.removeprefix("um, ") for text in texts(company, "Akmee")}
    assert found == spellings
    behind = {text.removeprefix("um, ") for text in texts(company, "Oom. Akmee")}
    assert behind == spellings | {"um,"}


def test_a_company_that_is_called_like_a_filler_is_held_against_the_lines_of_names() -> None:
    words = ENGLISH.sentence("Globex", "Sayso").split()
    at = words.index("Globex")
    assert is_near(Reading(at, at + 1, "um,", MOST_NATS, -30.0), words, ENGLISH, surely)
    assert not is_near(Reading(at, at + 1, "Okay", MOST_NATS, -30.0), words, ENGLISH, surely)


def test_a_company_of_legal_forms_alone_is_weighed_as_it_is() -> None:
    assert "The Group" in texts("The Group", "Da Groop")


def test_no_mark_is_doubled() -> None:
    assert texts("ACME, Inc.", "Akmee.") >= {"ACME, Inc.", "ACME.", "Acme."}


@pytest.mark.parametrize(
    ("company", "said"), [("Studio", "Studio 54"), ("Nova", "Nova Media"), ("Acme", "New Acme")]
)
def test_a_name_with_more_words_is_held_against_both_lines(company: str, said: str) -> None:
    words = ENGLISH.sentence(said, "Sayso").split()
    at = words.index(said.split()[0])

    def near(nats: float, unusual_nats: float) -> bool:
        return is_near(Reading(at, at + 2, company, nats, unusual_nats), words, ENGLISH, surely)

    assert near(7.0, -2.0)
    assert not near(7.0, -2.1), "likely for being usual"
    assert not near(7.1, 5.0)


def test_words_before_a_mark_are_no_part_of_the_name() -> None:
    words = ENGLISH.sentence("unicorns. Acme", "Sayso").split()
    at = words.index("unicorns.")
    assert is_near(Reading(at, at + 2, "Acme", MOST_NATS, -30.0), words, ENGLISH, surely)
    assert not is_near(Reading(at, at + 2, "Acme", MOST_NATS + 0.1, 30.0), words, ENGLISH, surely)
    assert not is_near(Reading(at, at + 2, "Apex", MOST_NATS, -30.0), words, ENGLISH, surely)
