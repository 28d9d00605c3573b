"""The files of statements: ours are whole, an operator's go over them, wrong ones are named."""

from pathlib import Path

import pytest

from sayso.errors import BadSettings
from sayso.text.consent.match import match
from sayso.text.consent.statement import COMPANY, PLATFORM, load

LANGUAGES = ["de", "en", "es", "fr", "it", "nl", "pt"]


def test_seven_languages_come_with_it() -> None:
    assert list(load()) == LANGUAGES


def test_the_english_one_is_the_published_one() -> None:
    assert load().sentence("en", "Acme", "Sayso") == (
        "I am aware that recordings of my voice will be used by Acme "
        "to train and create a synthetic version of my voice by Sayso."
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_has_what_the_matcher_and_the_challenge_need(language: str) -> None:
    statement = load()[language]
    assert statement.text.count(COMPANY) == statement.text.count(PLATFORM) == 1
    assert "|" not in statement.text
    assert len(statement.clauses) >= 5
    assert all(len(phrases) >= 5 for phrases in statement.refusing.values())
    assert sum(part.is_speaker for part in statement.parts) >= 2
    assert len({form for forms in statement.digits for form in forms}) >= 10
    assert len(set(statement.challenge_words)) == len(statement.challenge_words) >= 60


def test_without_a_company_the_sentence_says_what_belongs_there() -> None:
    assert "used by [name of the company] to" in load().sentence("en", "", "Sayso")


def test_a_language_without_a_statement_gets_the_english_sentence() -> None:
    assert load().sentence("xx", "Acme", "Sayso").startswith("I am aware")


def test_an_operators_text_goes_over_ours_and_keeps_the_rest(tmp_path: Path) -> None:
    text = "I allow {company} | to use recordings of my voice | and to make copies of my voice | with {platform}."
    (tmp_path / "en.toml").write_text(f'text = "{text}"\n', "utf-8")
    statements = load(tmp_path)
    assert statements.sentence("en", "Acme", "Sayso").startswith("I allow Acme to use")
    assert list(statements) == LANGUAGES

    def verdict(said: str) -> str:
        return match(said, statements["en"], company="Acme", platforms=["Sayso"]).verdict

    said = statements.sentence("en", "Acme", "Sayso")
    assert verdict(said) == "accepted"
    assert verdict(said.replace("allow", "do not allow")) == "refused"
    assert verdict(said.replace("and to make copies of my voice", "")) == "refused"


def test_an_operator_adds_a_language(tmp_path: Path) -> None:
    (tmp_path / "sv.toml").write_text(
        """
        name = "Svenska"
        text = "Jag är medveten | om att inspelningar av min röst | kommer att användas av {company} | för att träna och skapa | en syntetisk version av min röst | med {platform}."
        light = "om, att, av, för, och, en, med"
        speaker = "jag, min"
        [refusing]
        negation = "inte, aldrig, omedveten"
        """,
        "utf-8",
    )
    statement = load(tmp_path)["sv"]
    said = statement.sentence("Acme", "Sayso")
    assert match(said, statement, company="Acme", platforms=["Sayso"]).reasons == ()
    negated = match(said.replace("är", "är inte"), statement, company="Acme", platforms=["Sayso"])
    assert negated.reasons == ("words_negated",)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("en.toml", "text = ", "Invalid value"),
        ("en.toml", 'text = "I am aware."', "{company} once"),
        ("en.toml", 'text = "{company} {company} {platform} a b c d e"', "{company} once"),
        ("en.toml", 'text = "I {company} {platform}"', "at least 4 words"),
        ("en.toml", "text = 5", "`text` must be a text"),
        ("en.toml", 'apostrophes = "keep"', "drop, split"),
        ("en.toml", 'alike = "aware"', "[alike] must be a table"),
        ("en.toml", "[challenge]\ndigits = ['zero']", "ten entries"),
        ("en.toml", "[refusing]\nnegation = 'not, aware'", "aware: in `refusing` and also"),
        ("en.toml", "[refusing]\nnegation = 'hello'", "hello: in `refusing` and also"),
        ("english.toml", 'text = "I"', "language code"),
        ("xx.toml", 'text = "a b c d {company} {platform}"', "`name` must be a text"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(BadSettings) as refused:
        load(tmp_path)
    assert name in str(refused.value)
    assert says in str(refused.value)


def test_a_folder_that_is_not_there_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="no folder"):
        load(tmp_path / "nowhere")
