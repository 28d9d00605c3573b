"""IPA, as people write it -> the engine's symbols.

The engine knows American English: what that has no sound for becomes its nearest neighbour. Stress stands before
the syllable in IPA and directly before the vowel in the engine's alphabet.
"""

from __future__ import annotations

import re
import unicodedata

_SOUNDS = {
    # Two letters that are one symbol of the engine.
    "eɪ": "A", "aɪ": "I", "oʊ": "O", "əʊ": "O", "ɔʊ": "O", "aʊ": "W", "ɔɪ": "Y", "ɒɪ": "Y", "ei": "A", "ai": "I", "ou": "O",
    "au": "W", "oi": "Y", "ɔi": "Y", "tʃ": "ʧ", "dʒ": "ʤ", "ɪə": "ɪə", "eə": "ɛə", "ʊə": "ʊə",
    # Vowels.
    "i": "i", "ɪ": "ɪ", "e": "A", "ɛ": "ɛ", "æ": "æ", "a": "ɑ", "ɑ": "ɑ", "ɒ": "ɑ", "ɔ": "ɔ", "o": "O", "ʊ": "ʊ", "u": "u",
    "ʌ": "ʌ", "ə": "ə", "ɐ": "ə", "ɜ": "ɜɹ", "ɜɹ": "ɜɹ", "ɜr": "ɜɹ", "ɚ": "əɹ", "ɝ": "ɜɹ", "ᵻ": "ᵻ", "ɨ": "ɪ", "ʉ": "u", "y": "u", "ø": "ɜɹ", "œ": "ɜɹ",
    "ɘ": "ə", "ɵ": "ə", "ɤ": "ʌ", "ɯ": "u", "ɞ": "ɜɹ", "ɶ": "æ", "ʏ": "ʊ", "ᵊ": "ᵊ",
    # Consonants.
    "p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "ɡ": "ɡ", "g": "ɡ", "q": "k", "ɢ": "ɡ", "ʔ": "t", "m": "m", "n": "n",
    "ŋ": "ŋ", "ɲ": "nj", "ɳ": "n", "ɴ": "ŋ", "ɱ": "m", "f": "f", "v": "v", "θ": "θ", "ð": "ð", "s": "s", "z": "z", "ʃ": "ʃ",
    "ʒ": "ʒ", "ʂ": "ʃ", "ʐ": "ʒ", "ɕ": "ʃ", "ʑ": "ʒ", "ç": "h", "x": "k", "χ": "k", "h": "h", "ɦ": "h", "ħ": "h", "ɣ": "ɡ",
    "ʁ": "ɹ", "β": "v", "ɸ": "f", "l": "l", "ɫ": "l", "ʎ": "lj", "ɭ": "l", "ɬ": "l", "r": "ɹ", "ɹ": "ɹ", "ɻ": "ɹ", "ʀ": "ɹ",
    "ɾ": "ɾ", "ɽ": "ɾ", "j": "j", "w": "w", "ʍ": "w", "ɥ": "w", "ʋ": "v", "ɰ": "w", "ʧ": "ʧ", "ʤ": "ʤ", "ʦ": "ts", "ʣ": "dz",
    "c": "k", "ɟ": "ɡ", "ʈ": "t", "ɖ": "d",
}  # fmt: skip
_SYLLABIC = re.compile("(.)\u0329")
_VOWELS = frozenset("AIOWYiuæɑəɛɪɔʊʌᵻɜᵊ")
_STRESS = {"ˈ": "ˈ", "'": "ˈ", "’": "ˈ", "ˌ": "ˌ", ",": "ˌ"}
_SILENT = frozenset(".‿|‖ːˑ/[]()ʰʷʲˠˤ̥ˀ-")
"""Length, syllables, brackets, and ways to say a sound that English does not tell apart."""


def to_symbols(ipa: str) -> str:
    """`təˈmeɪtoʊ` -> `təmˈAtO`. Spaces stay between words. "" when nothing of it is a sound.

    Raises ValueError, naming the character, for what is no letter of the IPA.
    """
    text = _SYLLABIC.sub(r"ᵊ\1", unicodedata.normalize("NFD", ipa.strip()))
    text = "".join(c for c in text if not _is_diacritic(c))
    text = unicodedata.normalize("NFC", text)
    symbols, stress, at = "", "", 0
    while at < len(text):
        pair, char = text[at : at + 2], text[at]
        if char in _STRESS:
            stress = _STRESS[char]
            at += 1
            continue
        if char.isspace():
            symbols, stress, at = symbols.rstrip() + " ", "", at + 1
            continue
        if char in _SILENT:
            at += 1
            continue
        sound = _SOUNDS.get(pair) if len(pair) == 2 else None
        at += 2 if sound is not None else 1
        sound = _SOUNDS.get(char) if sound is None else sound
        if sound is None:
            raise ValueError(char)
        if stress and sound[0] in _VOWELS:
            sound, stress = stress + sound, ""
        symbols += sound
    return symbols.strip()


def _is_diacritic(char: str) -> bool:
    """Marks below, above and between letters (ties, nasals, tones); the cedilla makes a letter of its own."""
    return unicodedata.category(char) in ("Mn", "Me", "Sk") and char != "\u0327"
