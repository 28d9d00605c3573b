"""Little words that lose their stress in a sentence, as the engine heard them.

Each has the form it takes inside a phrase; those in `STRONG_AT_END` are stressed before a pause ("Yes, I
can."). Words whose sound hangs on the next word (a, an, the, to) are in `before`.
"""

from __future__ import annotations

WEAK = {
    "a": "ɐ", "an": "ɐn", "and": "ænd", "as": "æz", "at": "æt", "for": "fɔɹ", "from": "fɹʌm",
    "in": "ɪn", "of": "ʌv", "on": "ˌɔn", "or": "ɔɹ", "than": "ðən", "with": "wɪð", "by": "bI", "into": "ˌɪntu",
    "if": "ɪf", "but": "bˌʌt", "so": "sˌO", "nor": "nɔɹ", "because": "bəkˌʌz", "while": "wˌIl",
    "is": "ɪz", "am": "æm", "are": "ɑɹ", "was": "wʌz", "were": "wɜɹ", "be": "bi", "been": "bɪn",
    "have": "hæv", "has": "hæz", "had": "hˌæd", "can": "kæn", "could": "kʊd", "will": "wɪl",
    "would": "wʊd", "should": "ʃˌʊd", "may": "mˌA", "must": "mˌʌst", "might": "mˌIt",
    "i": "ˌI", "he": "hi", "she": "ʃi", "it": "ɪt", "we": "wi", "you": "ju", "they": "ðA",
    "me": "mˌi", "him": "hˌɪm", "her": "hɜɹ", "us": "ˌʌs", "them": "ðˌɛm",
    "my": "mI", "his": "hɪz", "its": "ɪts", "your": "jʊɹ", "our": "ˌWəɹ", "their": "ðɛɹ",
    "that": "ðæt", "this": "ðɪs", "these": "ðiz", "those": "ðOz", "there": "ðɛɹ", "there's": "ðɛɹz",
    "who": "hˌu", "which": "wˌɪʧ", "what": "wˌʌt", "where": "wˌɛɹ", "when": "wˌɛn", "not": "nˌɑt",
    "some": "sˌʌm", "through": "θɹu", "i'm": "ˌIm", "it's": "ɪts", "i've": "ˌIv", "i'll": "ˌIl",
    "he's": "hiz", "she's": "ʃiz", "we're": "wɪɹ", "you're": "jʊɹ", "they're": "ðɛɹ", "we'll": "wil",
    "that's": "ðæts", "won't": "wOnt", "couldn't": "kˌʊdᵊnt", "i'd": "ˌId",
}  # fmt: skip
"""Lower-case word -> symbols inside a phrase."""

STRONG_AT_END = {
    "be": "bˈi", "been": "bˈɪn", "by": "bˈI", "can": "kˈæn", "could": "kˈʊd", "couldn't": "kˈʊdᵊnt",
    "have": "hˈæv", "has": "hˈæz", "had": "hˈæd", "he": "hˈi", "her": "hˈɜɹ", "him": "hˈɪm", "his": "hˈɪz",
    "in": "ˈɪn", "on": "ˈɔn", "i": "ˈI", "it": "ˈɪt", "me": "mˈi", "she": "ʃˈi", "that": "ðˈæt",
    "there": "ðˈɛɹ", "these": "ðˈiz", "this": "ðˈɪs", "those": "ðˈOz", "through": "θɹˈu", "us": "ˈʌs",
    "we": "wˈi", "were": "wˈɜɹ", "was": "wˈʌz", "will": "wˈɪl", "with": "wˈɪð", "won't": "wˈOnt",
    "would": "wˈʊd", "should": "ʃˈʊd", "you": "jˈu", "they": "ðˈA", "them": "ðˈɛm", "is": "ˈɪz",
    "are": "ˈɑɹ", "am": "ˈæm", "not": "nˈɑt", "what": "wˈʌt", "who": "hˈu", "where": "wˈɛɹ", "when": "wˈɛn",
    "for": "fˈɔɹ", "from": "fɹˈʌm", "of": "ˈʌv", "to": "tˈu", "so": "sˈO", "some": "sˈʌm",
    "might": "mˈIt", "must": "mˈʌst", "may": "mˈA", "my": "mˈI", "which": "wˈɪʧ", "at": "ˈæt",
    "if": "ˈɪf", "but": "bˈʌt", "and": "ˈænd", "or": "ˈɔɹ", "as": "ˈæz",
}  # fmt: skip
"""Lower-case word -> symbols before a pause."""

VOWELS = frozenset("AIOQWYaiuæɑɒɔəɐɛɜɪʊʌᵻᵊ")
"""Every symbol of a vowel."""


def begins_with_vowel(symbols: str) -> bool:
    """Whether the first sound of `symbols` is a vowel; stress marks do not count."""
    return symbols.lstrip("ˈˌ ")[:1] in VOWELS


def before(word: str, following: str) -> str | None:
    """The form of the, to, a and an before the sounds `following`; None for every other word."""
    vowel = begins_with_vowel(following)
    match word:
        case "the":
            return "ði" if vowel else "ðə"
        case "to":
            return "tʊ" if vowel else "tə"
        case "a":
            return "ɐ"
        case "an":
            return "ɐn"
        case _:
            return None
