"""A guess at the sound of a word that neither the dictionary nor its parts know."""

from __future__ import annotations

_GRAPHEMES = {
    "tion": "ʃən", "sch": "ʃ", "igh": "I", "ch": "ʧ", "sh": "ʃ", "th": "θ", "ph": "f", "wh": "w", "ck": "k", "ng": "ŋ",
    "qu": "kw", "ee": "i", "ea": "i", "oo": "u", "ou": "W", "ow": "O", "oi": "Y", "oy": "Y", "ai": "A", "ay": "A",
    "au": "ɔ", "aw": "ɔ", "er": "əɹ", "ar": "ɑɹ", "or": "ɔɹ", "a": "æ", "b": "b", "c": "k", "d": "d", "e": "ɛ", "f": "f",
    "g": "ɡ", "h": "h", "i": "ɪ", "j": "ʤ", "k": "k", "l": "l", "m": "m", "n": "n", "o": "ɑ", "p": "p", "q": "k",
    "r": "ɹ", "s": "s", "t": "t", "u": "ʌ", "v": "v", "w": "w", "x": "ks", "y": "i", "z": "z",
}  # fmt: skip


def guess(word: str) -> str:
    """Symbols for `word` of the letters a to z."""
    symbols, i = "", 0
    while i < len(word):
        size = next((n for n in (4, 3, 2, 1) if word[i : i + n] in _GRAPHEMES), 0)
        symbols += _GRAPHEMES.get(word[i : i + size], "")
        i += max(size, 1)
    vowel = next((i for i, c in enumerate(symbols) if c in "AIOWYæɑɛɪiɔuʌ"), None)
    return symbols if vowel is None else symbols[:vowel] + "ˈ" + symbols[vowel:]
