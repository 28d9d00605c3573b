"""Plain text and SSML become scripts; what is malformed is refused with its place."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sayso.errors import BadRequest, NotOffered, Rejected, TooLarge
from sayso.pipeline.scripting import script_of
from sayso.text import terms
from sayso.text.english.normalise import tokens
from sayso.text.english.phonemes import phonemize
from sayso.text.english.unspoken import unspoken
from sayso.text.reading import read_script
from sayso.text.script import Break, Line, Manner, Script, Stretch
from sayso.text.sentences import split
from sayso.text.terms import with_terms


def spoken_words(script: Script) -> list[str]:
    """Words with what is said in place of some of them."""
    text = script.text
    for reading in reversed(script.readings):
        text = text[: reading.start] + " ".join(reading.words) + text[reading.end :]
    return text.split()


def lines(script: Script) -> list[Line]:
    return list(script.lines(lambda text: [(0, len(text), 0.0)] if text.strip() else []))


@pytest.mark.parametrize(
    "text",
    [
        "3 < 4 & 5 > 2",
        "Tom & Jerry; AT&T; R&amp;D",
        "if a<b and b>c: x = <none>",
        "<html> is a tag, </p> another, <p> a third",
        "a [pause for effect] b",
        "I <3 you",
        "speak, break, <speaker>",
        "<b>bold</b>",
        "Ctrl <break> it",
        "the <audio> element, a <voice> inside, </voice> and <lexicon>",
        "line\n\n* one\n* two",
        "",
    ],
)
def test_plain_text_is_spoken_as_it_stands(text: str) -> None:
    assert read_script(text) == Script(text)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_without_elements_and_pauses_is_its_own_script(text: str) -> None:
    if "<" not in text and "[" not in text:
        assert read_script(text) == Script(text)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="<>/&;=\"'abps éspeakbrtime1 \n", max_size=80), st.booleans())
def test_nothing_breaks_the_reader_but_refusals(text: str, is_document: bool) -> None:
    try:
        script = read_script(f"<speak>{text}</speak>" if is_document else text)
    except Rejected:
        return
    for stretch in (*script.manners, *script.readings):
        assert 0 <= stretch.start <= stretch.end <= len(script.text)


@pytest.mark.parametrize(
    ("text", "said", "breaks"),
    [
        ("Hello [pause 0.5s] there", "Hello there", [(0.5, False)]),
        ("Hello [PAUSE 250 ms] there [break: 2s]", "Hello there", [(0.25, False), (2.0, False)]),
        ("One [pause] two", "One two", [(0.4, False)]),
        ('Tom & <break time="1s"/> J < K', "Tom & J < K", [(1.0, False)]),
        ('Ctrl <break> or </p> [p] <break time="1s"></break> b', "Ctrl <break> or </p> [p] b", [(1.0, False)]),
        ("a <break></break> b <break/>", "a b", [(0.4, False), (0.4, False)]),
        ('<speak>a<break time="500ms"/>b</speak>', "a b", [(0.5, False)]),
        ('<speak>a <break strength="strong"/> b<break/> c</speak>', "a b c", [(0.7, False), (0.4, False)]),
        ('<speak>a <break strength="none"/> b<break time="0s"/>c</speak>', "a bc", []),
        ('<speak>a <break time="1s"/> <break time="0.25s"/> b</speak>', "a b", [(1.25, False)]),
        ("<speak>x [pause 1s] y</speak>", "x y", [(1.0, False)]),
        ("<speak><p>one</p><p>two</p></speak>", "one two", [(0.6, True)]),
        ("<speak><s>one</s><s>two</s> three</speak>", "one two three", [(0.3, True), (0.3, True)]),
        ("<speak>one<p><s>two</s></p>three</speak>", "one two three", [(0.6, True), (0.6, True)]),
        ('<speak><p>one</p><break time="2s"/><p>two</p></speak>', "one two", [(2.0, False)]),
        ('<speak><break time="1s"/>one<break time="1s"/></speak>', "one", [(1.0, False), (1.0, False)]),
        ("<?xml version='1.0'?>\n<!-- x --><speak>a\n\n  b</speak>", "a b", []),
        ("<speak>Fish &amp; chips &#169; &lt;b&gt; <![CDATA[x < y & z]]></speak>", "Fish & chips © <b> x < y & z", []),
        ('<speak>a <mark name="here"/>b<metadata>never said</metadata></speak>', "a b", []),
    ],
)  # fmt: skip
def test_breaks_and_text(text: str, said: str, breaks: list[tuple[float, bool]]) -> None:
    script = read_script(text)
    assert script.text.split() == said.split()
    assert [(b.pause_s, b.ends_sentence) for b in script.breaks] == breaks


def test_manners_multiply_and_come_back() -> None:
    script = read_script(
        '<speak>a <prosody rate="50%" volume="-6dB">b <prosody rate="150%" pitch="+12st">c</prosody> d</prosody> e</speak>'
    )
    (line,) = lines(script)
    by_word = {line.text[i]: line.manner_at(i) for i in range(len(line.text)) if line.text[i] != " "}
    assert by_word["a"] == by_word["e"] == Manner()
    assert by_word["b"] == by_word["d"] == Manner(0.5, 1.0, -6.0)
    assert by_word["c"] == Manner(0.75, 2.0, -6.0)


@pytest.mark.parametrize(
    ("attribute", "manner"),
    [
        ('rate="x-slow"', Manner(rate=0.5)),
        ('rate="80%"', Manner(rate=0.8)),
        ('rate="+20%"', Manner(rate=1.2)),
        ('rate="-20%"', Manner(rate=0.8)),
        ('rate="1.5"', Manner(rate=1.5)),
        ('rate="fast"', Manner(rate=1.25)),
        ('pitch="+10%"', Manner(pitch_ratio=1.1)),
        ('pitch="-6st"', Manner(pitch_ratio=2**-0.5)),
        ('pitch="x-high"', Manner(pitch_ratio=2**0.5)),
        ('volume="+6dB"', Manner(gain_db=6.0)),
        ('volume="soft"', Manner(gain_db=-6.0)),
        ('volume="silent"', Manner(gain_db=-96.0)),
        ('rate="medium" pitch="default" volume="medium"', Manner()),
    ],
)
def test_prosody_reads_words_and_numbers(attribute: str, manner: Manner) -> None:
    got = lines(read_script(f"<speak><prosody {attribute}>word</prosody></speak>"))[0].manner_at(0)
    assert (got.rate, got.pitch_ratio, got.gain_db) == pytest.approx(
        (manner.rate, manner.pitch_ratio, manner.gain_db)
    )


def test_emphasis_is_slower_higher_louder_and_reduced_the_reverse() -> None:
    def manner(level: str) -> Manner:
        return lines(read_script(f'<speak><emphasis level="{level}">no</emphasis></speak>'))[0].manner_at(0)

    strong, moderate, reduced = manner("strong"), manner("moderate"), manner("reduced")
    assert strong.rate < moderate.rate < 1.0 < reduced.rate
    assert strong.pitch_ratio > moderate.pitch_ratio > 1.0 > reduced.pitch_ratio
    assert strong.gain_db > moderate.gain_db > 0.0 > reduced.gain_db
    assert manner("none") == Manner()


@pytest.mark.parametrize(
    ("element", "said"),
    [
        ('<sub alias="World Wide Web Consortium">W3C</sub>', "world wide web consortium"),
        ('<sub alias="$5 &amp; more">x</sub>', "five dollars and more"),
        ('<say-as interpret-as="characters">SQL-1</say-as>', "S Q L dash one"),
        ('<say-as interpret-as="spell-out">Zoë</say-as>', "Z O E"),
        ('<say-as interpret-as="digits">2024</say-as>', "two zero two four"),
        ('<say-as interpret-as="digits">12 34</say-as>', "one two , three four"),
        ('<say-as interpret-as="cardinal">2024</say-as>', "two thousand twenty four"),
        ('<say-as interpret-as="cardinal">-1,234.5</say-as>', "minus one thousand two hundred thirty four point five"),
        ('<say-as interpret-as="cardinal">XIV</say-as>', "fourteen"),
        ('<say-as interpret-as="ordinal">3</say-as>', "third"),
        ('<say-as interpret-as="ordinal">21st</say-as>', "twenty first"),
        ('<say-as interpret-as="ordinal">XIV</say-as>', "fourteenth"),
        ('<say-as interpret-as="date">2024-03-01</say-as>', "march first , twenty twenty four"),
        ('<say-as interpret-as="date" format="dmy">3/4/1999</say-as>', "april third , nineteen ninety nine"),
        ('<say-as interpret-as="date" format="mdy">3/4/1999</say-as>', "march fourth , nineteen ninety nine"),
        ('<say-as interpret-as="date" format="yyyymmdd">19991231</say-as>', "december thirty first , nineteen ninety nine"),
        ('<say-as interpret-as="date" format="ym">2024-03</say-as>', "march twenty twenty four"),
        ('<say-as interpret-as="date" format="md">12-25</say-as>', "december twenty fifth"),
        ('<say-as interpret-as="date" format="y">1066</say-as>', "ten sixty six"),
        ('<say-as interpret-as="date">5 May 2020</say-as>', "the fifth of may , twenty twenty"),
        ('<say-as interpret-as="time">14:30</say-as>', "fourteen thirty"),
        ('<say-as interpret-as="time" format="hms12">14:30</say-as>', "two thirty P M"),
        ('<say-as interpret-as="time">2:05am</say-as>', "two oh five A M"),
        ('<say-as interpret-as="time">9:00</say-as>', "nine o'clock"),
        ('<say-as interpret-as="time" format="hms24">00:15:30</say-as>', "zero fifteen and thirty seconds"),
        ('<say-as interpret-as="telephone">5550100123</say-as>', "five five five , zero one zero , zero one two three"),
        ('<say-as interpret-as="telephone">+44 20 7946 0018</say-as>',
         "plus four four , two zero , seven nine four six , zero zero one eight"),
        ('<say-as interpret-as="telephone">555-0100 ext. 12</say-as>',
         "five five five , zero one zero zero , extension one two"),
        ('<say-as interpret-as="telephone">1-800-FLOWERS</say-as>', "one , eight zero zero , flowers"),
        ('<say-as interpret-as="fraction">3/4</say-as>', "three quarters"),
        ('<say-as interpret-as="unit">5km</say-as>', "five kilometers"),
    ],
)  # fmt: skip
def test_elements_that_say_something_else(element: str, said: str) -> None:
    script = read_script(f"<speak>before {element} after</speak>")
    assert " ".join(script.readings[0].words) == said
    assert " ".join(spoken_words(script)) == f"before {said} after"


@pytest.mark.parametrize(
    ("ipa", "symbols"),
    [
        ("təˈmeɪtoʊ", "təmˈAtO"),
        ("təˈmɑːtoʊ", "təmˈɑtO"),
        ("pɪˈkɑːn", "pɪkˈɑn"),
        ("ˈt͡ʃɪkən", "ʧˈɪkən"),
        ("/bɜːd/", "bɜɹd"),
        ("ˈbʌtn̩", "bˈʌtᵊn"),
        ("ʁu ʒ", "ɹu ʒ"),
        ("kəˈnɛktɪˌkət", "kənˈɛktɪkˌət"),
    ],
)
def test_ipa_becomes_the_engines_symbols(ipa: str, symbols: str) -> None:
    (reading,) = read_script(f'<speak><phoneme alphabet="ipa" ph="{ipa}">word</phoneme></speak>').readings
    assert (reading.phonemes, reading.words) == (symbols, ("word",))


WRONG: list[tuple[str, type[Rejected], str]] = [
    ("<speak>a\n <b>x</b></speak>", BadRequest, r"<b>, which is no element of SSML, at line 2, column 2"),
    ("<speak>ü a </s></speak>", BadRequest, r"mismatched tag, at line 1, column 14"),
    ("<speak>Tom & Jerry</speak>", BadRequest, r"malformed SSML: .*line 1, column 1\d"),
    ("<speak>a", BadRequest, r"no element found, at line 1"),
    ("<speak", BadRequest, r"unclosed token, at line 1, column 1"),
    ("  \n <speak>a</speak> b", BadRequest, r"junk after document element, at line 2, column 19"),
    ("<speak>&nbsp;</speak>", BadRequest, r"undefined entity, at line 1, column 8"),
    ("<speak>a<sub>x</sub></speak>", BadRequest, r"<sub> without its alias, at line 1, column 9"),
    ('<speak><sub alias="b"><s>x</s></sub></speak>', BadRequest, r"<s> within <sub>"),
    ('<speak><prosody rate="quick">a</prosody></speak>', BadRequest, r'rate="quick">: expected x-slow'),
    ('<speak><prosody rate="5%">a</prosody></speak>', BadRequest, r"25% to 400%"),
    ('<speak><prosody pitch="180Hz">a</prosody></speak>', BadRequest, r"-12st to \+12st"),
    ('<speak><prosody volume="11">a</prosody></speak>', BadRequest, r"-96dB to \+12dB"),
    ('<speak><prosody contour="(0%,+2st)">a</prosody></speak>', NotOffered, r'"contour" of <prosody> at line 1'),
    ('<speak><emphasis level="huge">a</emphasis></speak>', BadRequest, r"expected strong, moderate"),
    ('<speak><break time="1 week"/></speak>', BadRequest, r"expected a time from 0s to 10s"),
    ('<speak><break time="11s"/></speak>', BadRequest, r"expected a time from 0s to 10s"),
    ('<speak><break strength="mighty"/></speak>', BadRequest, r"expected none, x-weak"),
    ("a [pause 11s]", BadRequest, r"wrong pause at line 1, column 3"),
    ("<speak>a [pause 11s]</speak>", BadRequest, r"wrong pause: \[pause 11s\]"),
    ('é <break time="20s"/>', BadRequest, r"at line 1, column 3"),
    ('<speak><say-as interpret-as="cardinal">seven</say-as></speak>', BadRequest, r"expected a number"),
    ('<speak><say-as interpret-as="date" format="mdy">13/13/1999</say-as></speak>', BadRequest, r"in the order mdy"),
    ('<speak><say-as interpret-as="date" format="mars">1</say-as></speak>', BadRequest, r"none of mdy"),
    ('<speak><say-as interpret-as="time">25:00</say-as></speak>', BadRequest, r"expected a time"),
    ('<speak><say-as interpret-as="telephone">none</say-as></speak>', BadRequest, r"expected a telephone number"),
    ('<speak><say-as interpret-as="bleep">x</say-as></speak>', NotOffered, r'interpret-as="bleep"'),
    ("<speak><say-as>x</say-as></speak>", BadRequest, r"without its interpret-as"),
    ('<speak><phoneme ph="xЖ">a</phoneme></speak>', BadRequest, r"'Ж' is no letter of the IPA"),
    ('<speak><phoneme alphabet="x-sampa" ph="a">a</phoneme></speak>', NotOffered, r"the alphabet is ipa"),
    ('<speak xml:lang="de-DE">Hallo</speak>', NotOffered, r'xml:lang="de-DE".* only English is spoken'),
    ('<speak>a <lang xml:lang="fr">b</lang></speak>', NotOffered, r'xml:lang="fr" at line 1, column 10'),
    ("<speak><lang>b</lang></speak>", BadRequest, r"<lang> without its xml:lang"),
    ('<speak><voice name="x">a</voice></speak>', NotOffered, r"<voice>"),
    ('<voice name="x">hi</voice>', NotOffered, r"<voice> at line 1, column 1 of data is not spoken"),
    ('Hello <audio src="x"/>', NotOffered, r"<audio> at line 1, column 7 of data is not spoken"),
    ('a <lexicon uri="x"/>', NotOffered, r"<lexicon> at line 1, column 3"),
    ('a <lookup ref="x">b</lookup>', NotOffered, r"<lookup> at line 1, column 3"),
    ('a <break time="1s"> b', BadRequest, r"mismatched tag"),
    ('<speak><resemble:emotion anger="0.4">a</resemble:emotion></speak>', NotOffered, r"<resemble:emotion>"),
    ('<speak>a<speak>b</speak></speak>', BadRequest, r"<speak> where it cannot stand"),
    ('<speak seed="x">a</speak>', BadRequest, r"expected a whole number"),
    ("<speak>\x00</speak>", BadRequest, r"not well-formed"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "told"), WRONG)
def test_wrong_markup_is_refused_with_its_place(text: str, kind: type[Rejected], told: str) -> None:
    with pytest.raises(kind, match=told) as refused:
        read_script(text, "data")
    assert "data" in refused.value.fields
    assert "line " in str(refused.value)


HOSTILE = [
    '<!DOCTYPE speak [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><speak>&b;</speak>',
    '<?xml version="1.0"?><!DOCTYPE speak SYSTEM "file:///etc/passwd"><speak>a</speak>',
    '<!DOCTYPE speak [<!ENTITY x SYSTEM "http://127.0.0.1/">]><speak>&x;</speak>',
    '<?xml version="1.0"?><!DOCTYPE speak [<!ENTITY % p SYSTEM "x.dtd"> %p;]><speak/>',
    "<speak>" + "<p>" * 100_000 + "</speak>",
    "<speak>" + "<mark name='x'/>" * 10_000 + "</speak>",
    "<speak>a" + "<break time='10s'/>b" * 100 + "</speak>",
    "[pause 10s] a " * 13,
    "<speak>" + "a" * 3_000_000 + "</speak>",
    '<speak><say-as interpret-as="characters">' + "A" * 400 + "</say-as></speak>",
    '<speak><sub alias="' + "9" * 499 + '">x</sub></speak>',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_xml_is_refused(text: str) -> None:
    with pytest.raises((BadRequest, TooLarge)):
        read_script(text)


@pytest.mark.parametrize("unit", ["&", "<", "<break ", "[pause", "&a", "<prosody rate=", "</p", "[pause 1"])
def test_no_text_takes_long_to_read(unit: str) -> None:
    # Tens of milliseconds; what grows with the square takes minutes.
    with contextlib.suppress(Rejected):
        read_script("<break/>" + unit * 10_000)


def test_markup_has_a_limit_too() -> None:
    with pytest.raises(TooLarge, match="with its markup"):
        script_of("<speak>" + "<!-- nothing -->" * 3_000 + "a</speak>", 100)


def test_a_seed_in_the_text_is_kept() -> None:
    assert read_script('<speak version="1.1" prompt="p" temperature="0.8" seed="7">a</speak>').seed == 7


def test_limits_count_the_words_and_not_the_markup() -> None:
    text = '<speak><prosody rate="slow">' + "word " * 5 + "</prosody></speak>"
    assert script_of(text, 25).text.split() == ["word"] * 5
    with pytest.raises(TooLarge, match="at most 20"):
        script_of(text, 20)


@pytest.mark.parametrize(
    "text", ["", "  ", "…!", "<speak></speak>", '<speak><break time="1s"/></speak>', "[pause]"]
)
def test_nothing_to_say_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        script_of(text, 100, field="data")


def test_lines_hold_all_the_text_and_their_own_readings() -> None:
    script = read_script(
        '<speak>One <sub alias="two">2</sub>.<break time="1s"/> <prosody rate="slow">Three <sub alias="four">4</sub></prosody></speak>'
    )
    first, second = lines(script)
    assert (first.text.strip(), first.pause_s, first.is_exact) == ("One 2.", 1.0, True)
    assert [first.text[r.start : r.end] for r in first.readings] == ["2"]
    assert [second.text[r.start : r.end] for r in second.readings] == ["4"]
    assert second.manner_at(second.readings[0].start).rate == 0.75
    assert (second.pause_s, second.is_exact) == (0.0, False)


def test_no_cut_falls_inside_a_reading() -> None:
    script = Script("a. b. c", (), (), (Break(3, 0.5),))
    cut = {line.text for line in script.lines(lambda text: [(0, len(text), 0.0)])}
    assert cut == {"a. ", "b. c"}
    seen: list[str] = []
    marked = read_script('<speak>x <sub alias="y">v. 2. z</sub> w</speak>')
    list(marked.lines(lambda text: seen.append(text) or []))  # type: ignore[func-returns-value]
    assert seen == ["x xxxxxxx w"]


def test_pauses_of_sentences_go_with_the_rate() -> None:
    script = Script("one two", (Stretch(0, 7, Manner(rate=2.0)),), (), (Break(4, 0.6, ends_sentence=True),))
    assert [line.pause_s for line in lines(script)] == [0.3, 0.0]


def test_own_terms_and_sounds_are_said_where_the_text_says_nothing_else() -> None:
    script = read_script('<speak>Kubectl and kubectl, <sub alias="no">kubectl</sub>; gifs, GIF</speak>')
    said = with_terms(script, {"kubectl": "cube control"}, {"gif": "dʒɪf", "bad": "Ж"})
    assert [(said.text[r.start : r.end], " ".join(r.words), r.phonemes) for r in said.readings] == [
        ("Kubectl", "cube control", ""),
        ("kubectl", "cube control", ""),
        ("kubectl", "no", ""),
        ("GIF", "gif", "ʤɪf"),
    ]


@pytest.mark.parametrize("before", ["\ufeff", "\ufeff\n ", " \ufeff", '\ufeff<?xml version="1.0"?>\n'])
def test_ssml_may_begin_with_a_byte_order_mark(before: str) -> None:
    script = read_script(f'{before}<speak>a <prosody rate="200%">b</prosody></speak>')
    assert (script.text, script.manners) == ("a b", (Stretch(2, 3, Manner(rate=2.0)),))
    with pytest.raises(BadRequest, match=r"<b>.* at line \d, column \d+"):
        read_script(f"{before}<speak>a <b>c</b></speak>")


@pytest.mark.parametrize("element", ['sub alias="short"', 'phoneme ph="ʃɔːt"'])
def test_what_is_said_for_a_long_text_is_said_once_and_whole(element: str) -> None:
    long = "A long, long text; in it are words. " * 12
    inside = f"<{element}>{long.strip()}</{element.split()[0]}>"
    script = read_script(f"<speak>{'Before it is this. ' * 12}{inside} and after.</speak>")
    said = list(script.lines(lambda text: [(p.start, p.end, p.pause_s) for p in split(text)]))
    assert sum(len(line.readings) for line in said) == 1
    holder = next(line for line in said if line.readings)
    reading = holder.readings[0]
    assert holder.text[reading.start : reading.end] == long.strip()
    assert [line.start for line in said[1:]] == [line.end + 1 for line in said[:-1]]
    assert (said[0].start, said[-1].end) == (0, len(script.text))


@pytest.mark.parametrize("element", ['sub alias="short"', 'phoneme ph="ʃɔːt"'])
def test_a_text_that_is_too_long_to_be_said_otherwise_is_refused_with_its_place(element: str) -> None:
    with pytest.raises(TooLarge, match=r"at line 2, column 3 with 599 characters as its text"):
        read_script(f"<speak>\n  <{element}>{'word and, ' * 60}</{element.split()[0]}></speak>")


def test_a_full_dictionary_is_read_only_where_the_text_needs_it() -> None:
    own = {f"word{n}": f"plain {n}" for n in range(2_000)}
    before = terms._reading.cache_info()
    for _ in range(3):
        said = with_terms(Script("Word7, word70 and word7."), own, {})
        assert [r.words for r in said.readings] == [
            ("plain", "seven"),
            ("plain", "seventy"),
            ("plain", "seven"),
        ]
    after = terms._reading.cache_info()
    assert after.misses - before.misses == 2


def test_an_entry_that_cannot_be_read_leaves_room_for_a_shorter_one() -> None:
    said = with_terms(Script("The gif maker."), {"gif": "jif"}, {"gif maker": "Ж"})
    assert [(r.start, r.end, r.words) for r in said.readings] == [(4, 7, ("jif",))]


def test_a_manner_over_all_of_it() -> None:
    script = read_script('<speak>a <prosody rate="200%">b</prosody> c<break time="1s"/>d</speak>')
    faster = script.spoken_in(Manner(rate=1.5))
    said = lines(faster)
    assert [said[0].manner_at(i).rate for i in (0, 2, 4)] == [1.5, 3.0, 1.5]
    assert said[1].manner_at(0).rate == 1.5
    assert said[0].pause_s == 1.0
    assert script.spoken_in(Manner()) is script


def heard(script: Script) -> str:
    """The letters that are spoken, as they are written, line by line as an engine would."""
    found = [
        word.text
        for line in script.lines(lambda text: [(p.start, p.end, p.pause_s) for p in split(text)])
        for word in phonemize(line.text, line.readings)
    ]
    return " ".join(found)


@pytest.mark.parametrize("length", [20, 300, 1_000, 3_000])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("See [this page]({}) now. And then.", "See this page now And then"),
        ("See ![a cat](data:image/png;base64,{}) there.", "See a cat there"),
        ("[![build]({})]({}) Done.", "build Done"),
        ('One.![]({})\n\n[Two]({} "its title"), three.', "One Two three"),
        ("[A]({})[B]({}) c", "A B c"),
        ("[x]({})" * 40, " ".join(["x"] * 40)),
        ("[" + "long label, " * 60 + "end]({}) of it.", "long label " * 60 + "end of it"),
        ("[Is it a label? It is.]({}) Yes.", "Is it a label It is Yes"),
        ("Read [the `code` of it]({}).", "Read the code of it"),
    ],
)
def test_the_target_of_a_link_is_not_heard_however_long(text: str, said: str, length: int) -> None:
    target = ("https://example.org/wiki/a-b_(c)/d?e=1&f=2.5#g," * 100)[:length].rstrip("(")
    target += ")" * (target.count("(") - target.count(")"))
    assert heard(Script(text.replace("{}", target))).replace("`", "") == said


@pytest.mark.parametrize("length", [300, 1_000, 3_000])
@pytest.mark.parametrize("begins", ["https://www.example.com/", "www.example.com?q=", "example.com/"])
@pytest.mark.parametrize("text", ["Go to {}. Then rest.", "({}) it is", "[{}](x) ends", "{}"])
def test_of_a_long_address_only_the_host_is_heard(text: str, begins: str, length: int) -> None:
    host = begins.rstrip("/").removesuffix("?q=")
    address = (begins + "a-b/c?d=12,e.f;" * 300)[:length].rstrip(".,;?=") + "x"
    expected = heard(Script(text.replace("{}", host)))
    assert host in expected
    assert heard(Script(text.replace("{}", address))) == expected
    words = [word for token in tokens(address) for word in token.spoken]
    assert " ".join(words) == "W W W dot example dot com"[0 if "www" in host else 10 :]


@pytest.mark.parametrize("length", [300, 3_000])
def test_a_long_code_span_is_heard_whole_and_cut_at_its_signs(length: int) -> None:
    code = ("alpha.beta(gamma)=" * 200)[: length // 18 * 18]
    said = heard(Script(f"Run `{code}` now."))
    assert said.replace("`", "").split() == ["Run", *["alpha", "beta", "gamma", "="] * (length // 18), "now"]


def test_own_words_count_in_a_label_and_not_in_a_target() -> None:
    script = with_terms(
        Script("Ask [kubectl](http://kubectl/" + "kubectl/" * 50 + ")."), {"kubectl": "cube"}, {}
    )
    (line,) = script.lines(lambda text: [(p.start, p.end, p.pause_s) for p in split(text)])
    assert [reading.words for reading in line.readings if reading.words] == [("cube",)]
    assert " ".join(word.text for word in phonemize(line.text, line.readings)) == "Ask kubectl"


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.sampled_from(
            ["[", "]", "(", ")", "](", "!", "ab ", "c. ", "\n", "https://a.com/" + "b" * 90, '"', "x" * 99]
        )
    )
)
def test_lines_are_in_order_and_leave_out_only_what_is_not_spoken(parts: list[str]) -> None:
    script = Script("".join(parts))
    at, outside = 0, ""
    for line in script.lines(lambda text: [(p.start, p.end, p.pause_s) for p in split(text, longest=60)]):
        assert at <= line.start < line.end
        assert line.text == script.text[line.start : line.end]
        outside += script.text[at : line.start]
        at = line.end
    outside += script.text[at:]
    left_out = "".join(script.text[first:last] for first, last in unspoken(script.text))
    assert len("".join(outside.split())) <= len(left_out)
