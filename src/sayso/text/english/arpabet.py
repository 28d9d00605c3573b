"""ARPAbet, as dictionaries write it -> the engine's one-letter-per-sound alphabet.

The engine's alphabet is IPA with single letters for diphthongs (A = eɪ, I = aɪ, O = oʊ, W = aʊ,
Y = ɔɪ) and affricates (ʤ, ʧ). Stress (ˈ primary, ˌ secondary) stands directly before its vowel. It is
also narrower than ARPAbet: an American t between vowels is a flap (ɾ), an l or n that carries a
syllable of its own follows a ᵊ, and the vowel of -ed and -es endings is ᵻ.
"""

from __future__ import annotations

from collections.abc import Sequence

_CONSONANTS = {
    "B": "b", "CH": "ʧ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ", "HH": "h", "JH": "ʤ", "K": "k",
    "L": "l", "M": "m", "N": "n", "NG": "ŋ", "P": "p", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "t",
    "TH": "θ", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip
_VOWELS = {
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "W", "AY": "I", "EH": "ɛ", "ER": "ɜɹ", "EY": "A",
    "IH": "ɪ", "IY": "i", "OW": "O", "OY": "Y", "UH": "ʊ", "UW": "u",
}  # fmt: skip
_REDUCED = {"AH": "ə", "ER": "əɹ"}
_STRESS = {"0": "", "1": "ˈ", "2": "ˌ"}
_SIBILANTS = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
_SYLLABIC_L_AFTER = frozenset(
    {"B", "P", "D", "T", "K", "G", "F", "V", "S", "Z", "TH", "SH", "M", "N", "CH", "JH"}
)
_SYLLABIC_N_AFTER = frozenset({"T", "D", "S", "Z", "CH", "F", "TH"})


def is_vowel(phone: str) -> bool:
    """Whether an ARPAbet phone such as `AH0` or `T` is a vowel."""
    return phone[:2] in _VOWELS


def _is_flap(phones: Sequence[str], i: int) -> bool:
    """T after a vowel or r, before a vowel without stress, within one word; not in button."""
    if phones[i] != "T" or not 0 < i < len(phones) - 1:
        return False
    before, after = phones[i - 1], phones[i + 1]
    if after == "AH0" and list(phones[i + 2 : i + 3]) == ["N"] and not _vowel_at(phones, i + 3):
        return False
    return (is_vowel(before) or before == "R") and is_vowel(after) and after.endswith("0")


def _weak_ending(phones: Sequence[str], word: str) -> bool:
    """Whether the last vowel is that of an -ed or -es ending (wanted, roses)."""
    if len(phones) < 3 or phones[-2] not in ("AH0", "IH0"):
        return False
    if phones[-1] == "D":
        return word.endswith("ed") and phones[-3] in ("T", "D")
    return phones[-1] == "Z" and word.endswith(("es", "'s")) and phones[-3] in _SIBILANTS


def _is_syllabic(phones: Sequence[str], i: int) -> bool:
    """Schwa and l or n that melt into one syllable: little, sudden. Not before another vowel."""
    if phones[i] != "AH0" or not 0 < i < len(phones) - 1:
        return False
    before, liquid = phones[i - 1], phones[i + 1]
    if i + 2 < len(phones) and is_vowel(phones[i + 2]):
        return False
    return (liquid == "L" and before in _SYLLABIC_L_AFTER) or (liquid == "N" and before in _SYLLABIC_N_AFTER)


_WEAK_PREFIXES = ("be", "de", "re", "se", "pre", "ne")


def _reduced_vowel(phones: Sequence[str], i: int, word: str) -> str | None:
    """The engine's symbol where ARPAbet's vowel is only a convention of the dictionary, else None."""
    phone = phones[i]
    last = i == len(phones) - 1
    if i == 0 and not last:
        return _first_sound(phones, word)
    if phone in ("AY1", "AY2") and not last and phones[i + 1] == "R" and not _vowel_at(phones, i + 2):
        return _STRESS[phone[2]] + "Iə"
    if phone == "AE1" and not last and phones[i + 1] == "R":
        return "ˈɛ"
    if phone in ("IY1", "IY2") and not last and phones[i + 1] == "R":
        return _STRESS[phone[2]] + "ɪ"
    if last or phone not in ("IH0", "AH0"):
        return None
    inner = any(is_vowel(later) for later in phones[i + 1 :])
    if phone == "AH0":
        # analysis, pianist: the engine keeps the i of these endings.
        return (
            "ɪ"
            if phones[i + 1] == "S" and not inner and word.endswith(("sis", "ist", "ists", "ism"))
            else None
        )
    first = not any(is_vowel(earlier) for earlier in phones[:i])
    if phones[i + 1] == "NG" or not inner or is_vowel(phones[i - 1]):
        return None
    # Dictionaries waver between the two weak vowels in the middle of a word; the engine heard a schwa.
    return "ə" if not first or word.startswith(_WEAK_PREFIXES) else None


def _vowel_at(phones: Sequence[str], i: int) -> bool:
    return i < len(phones) and is_vowel(phones[i])


def _first_sound(phones: Sequence[str], word: str) -> str | None:
    """A vowel that begins a word: un-, in-, ex- and their like."""
    phone, after = phones[0], phones[1]
    if phone == "AH0" and word.startswith("un") and after == "N":
        return "ˌʌ"
    if phone == "IH2" and after != "NG" and word.startswith(("i", "e")) and not _vowel_at(phones, 1):
        # Secondary stress right before the main one is not heard: ignite, but idiomatic.
        rest = [p for p in phones[1:] if is_vowel(p)]
        return "ɪ" if rest and rest[0].endswith("1") else None
    if phone == "EH0" and word.startswith(("en", "em", "ex")):
        return "ɪ"
    if phone == "IH0" and after in ("L", "M") and _vowel_at(phones, 2) and word.startswith("e"):
        return "ə"
    return None


def to_symbols(phones: Sequence[str], word: str = "") -> str:
    """Phones such as `["B", "AH1", "T", "ER0"]` -> `bˈʌɾəɹ`.

    `word` is the spelling in lower case; it tells the endings of `wanted` and `roses` from the like.
    Raises KeyError for what is no ARPAbet phone.
    """
    if len(phones) > 2 and phones[-1] in ("IY2", "OW2") and word.endswith(("y", "ie", "o", "ow")):
        # Some entries stress the ending of thirty or borough; nobody hears it, and it would forbid the flap.
        phones = [*phones[:-1], phones[-1][:2] + "0"]
    symbols: list[str] = []
    weak_at = len(phones) - 2 if _weak_ending(phones, word) else -1
    for i, phone in enumerate(phones):
        if phone in _CONSONANTS:
            symbols.append("ɾ" if _is_flap(phones, i) else _CONSONANTS[phone])
            continue
        vowel, stress = phone[:2], phone[2:] or "0"
        if i == weak_at:
            symbols.append("ᵻ")
        elif (reduced := _reduced_vowel(phones, i, word)) is not None:
            symbols.append(reduced)
        elif _is_syllabic(phones, i):
            symbols.append("ᵊ")
        elif stress == "0" and vowel in _REDUCED:
            symbols.append(_REDUCED[vowel])
        else:
            symbols.append(_STRESS[stress] + _VOWELS[vowel])
    return "".join(symbols)
