"""What the readers of benchmarks/consent.py say: right statements, and near misses by kind."""

from __future__ import annotations

import random
from dataclasses import dataclass

NAMES = (
    ("Acme Robotics", "Sayso"), ("Blue Harbor Media", "Sayso"), ("Northwind", "Resemble AI"), ("Brightwater Studios", "Sayso"),
    ("Redwood Audio", "Resemble AI"), ("Zyphora Labs", "Sayso"), ("Quantiva", "Sayso"), ("Silver Lake Publishing", "Resemble AI"),
)  # fmt: skip
PLATFORMS = ("Sayso", "Resemble AI", "Resemble")
"""Accepted spellings, whatever is configured."""
OTHER_COMPANIES = (
    "Globex",
    "Initech Software",
    "Umbrella Research",
    "Stark Industries",
    "Wayne Media",
    "Hooli",
)
OTHER_PLATFORMS = ("Voicely", "Eleven Labs", "Microsoft", "Copycat", "Speakeasy", "Descript")

NEAR_COMPANIES = {
    "Acme Robotics": ("Apex Robotics", "Acme Aerobics", "Ackley Robotics"),
    "Blue Harbor Media": ("Blue Arbor Media", "New Harbor Media", "Blue Harvard Media"),
    "Northwind": ("Northwood", "Northland", "North Wing"),
    "Brightwater Studios": ("Whitewater Studios", "Bridgewater Studios", "Brightwaiter Studios"),
    "Redwood Audio": ("Redmond Audio", "Redwood Radio", "Red Road Audio"),
    "Zyphora Labs": ("Sephora Labs", "Zephyr Labs", "Xiphoria Labs"),
    "Quantiva": ("Quantico", "Quantifia", "Quantum"),
    "Silver Lake Publishing": ("Silver Lane Publishing", "Silver Gate Publishing", "Silver Leaf Publishing"),
}  # fmt: skip
"""Each name -> other companies that sound nearly so."""
NEAR_PLATFORMS = {
    "Sayso": ("Seesaw", "Salso", "Say Go"),
    "Resemble AI": ("Assemble AI", "Reassemble AI", "Resample AI"),
}
TUNED_NAMES = ("Acme Robotics", "Northwind", "Redwood Audio", "Quantiva")
"""Companies whose near names were looked at while the rule was made; those of the others were not."""

WHOLE = "I am aware that recordings of my voice will be used by {c} to train and create a synthetic version of my voice by {p}."

RIGHT = {
    "plain": WHOLE,
    "greeting": f"Hello, my name is Anna. {WHOLE} Thank you.",
    "restart": f"I am aware that recordings. I am aware that recordings of my voice. {WHOLE}",
    "hesitation": WHOLE.replace("by {c}", "by, uhm, {c}").replace("a synthetic", "a, a synthetic"),
}

CHANGES: dict[str, tuple[tuple[str, str], ...]] = {
    "not aware": (("I am aware", "I am not aware"),),
    "I'm not aware": (("I am aware", "I'm not aware"),),
    "unaware": (("I am aware", "I am unaware"),),
    "never aware": (("I am aware", "I was never aware"),),
    "no longer aware": (("I am aware", "I am no longer aware"),),
    "hardly aware": (("I am aware", "I am hardly aware"),),
    "deny": (("I am aware that", "I deny that"),),
    "will not": (("will be", "will not be"),),
    "won't": (("will be", "won't be"),),
    "will never": (("will be", "will never be"),),
    "cannot": (("will be", "cannot be"),),
    "not to train": (("to train", "not to train"),),
    "deleted": (("used", "deleted"),),
    "used by nobody": (("by {c}", "by nobody"),),
    "without the company": (("by {c}", "without {c}"),),
    "he": (("I am", "He is"), ("my voice", "his voice")),
    "she": (("I am", "She is"), ("my voice", "her voice")),
    "they": (("I am", "They are"), ("my voice", "their voice")),
    "we": (("I am", "We are"), ("my voice", "our voices")),
    "Anna": (("I am", "Anna is"), ("my voice", "Anna's voice")),
    "his version": (("version of my", "version of his"),),
    "am I": (("I am aware", "Am I aware"), (".", "?")),
    "are you": (("I am aware", "Are you aware"), (".", "?")),
    "if I were": (("I am aware", "If I were aware"),),
    "would": (("will be", "would be"),),
    "perhaps": (("I am aware", "I am perhaps aware"),),
    "told to say": (("I am aware", "I was told to say: I am aware"),),
    "not true": (("I am aware", "It is not true that I am aware"),),
    "joke": (("by {p}.", "by {p}. I am only joking."),),
    "but no": (("by {p}.", "by {p}. But I do not agree."),),
    "withdrawn": (("by {p}.", "by {p}. I take that back, it is wrong."),),
    "other company": (("by {c}", "by {other_company}"),),
    "other platform": (("by {p}", "by {other_platform}"),),
    "ends after company": ((" to train and create a synthetic version of my voice by {p}", ""),),
    "ends before platform": ((" by {p}", ""),),
    "without the beginning": (("I am aware that recordings", "Recordings"),),
    "without recordings": (("that recordings of my voice will be used by {c}", "that {c} is going"),),
    "without training": (("to train and create a", "for a"),),
    "without version": ((" a synthetic version of my voice by {p}", ""),),
    "without company": (("used by {c}", "used"),),
    "first half twice": ((WHOLE, "I am aware that recordings of my voice. I am aware that recordings of my voice."),),
    "agreement only": ((WHOLE, "Yes, I agree that you can use the recordings of my voice."),),
    "unrelated": ((WHOLE, "The ferry leaves the island at seven, and the captain will not wait for anybody."),),
    "radio": (("will be used by {c} to train", "were on the radio, and {c} wants to train"),),
}  # fmt: skip

CUTS = {
    "cut from three": (
        "I am aware that the weather will change.", "Recordings of my voice will be used by {c} on the radio.",
        "To train and create takes time.", "A synthetic version of my voice by {p} was never made.",
    ),
    "cut in the middle": (
        "I am aware that recordings of my voice", "belong to the theatre and",
        "will be used by {c} to train and create a synthetic version of my voice by {p}.",
    ),
}  # fmt: skip
"""Spoken apart and laid together without a pause."""

HELD_OUT_KINDS = 3
"""Every third kind, by a seeded draw, was not looked at while rules were made."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one reader says once."""

    kind: str
    is_right: bool
    company: str
    platform: str
    pieces: tuple[str, ...]
    """Spoken apart and laid together."""


def sayings(reader: str, number: int, *, seed: int) -> list[Said]:
    """All that one reader says, right ones first; names are drawn by seed and reader.

    A reader leaves two of seven kinds of near misses out, another two than the readers before and after it.
    """
    draw = random.Random(f"{seed}/{reader}")
    said: list[Said] = []
    for kind, text in RIGHT.items():
        company, platform = draw.choice(NAMES)
        said.append(Said(kind, True, company, platform, (text.format(c=company, p=platform),)))
    for kind, changes in CHANGES.items():
        company, platform = draw.choice(NAMES)
        names = {
            "c": company, "p": platform,
            "other_company": draw.choice(OTHER_COMPANIES), "other_platform": draw.choice(OTHER_PLATFORMS),
        }  # fmt: skip
        text = WHOLE
        for find, put in changes:
            assert find in text, kind
            text = text.replace(find, put)
        said.append(Said(kind, False, company, platform, (text.format(**names),)))
    for kind, pieces in CUTS.items():
        company, platform = draw.choice(NAMES)
        said.append(
            Said(kind, False, company, platform, tuple(p.format(c=company, p=platform) for p in pieces))
        )
    return [one for at, one in enumerate(said) if one.is_right or (at + 2 * number) % 7 > 1]


def held_out_kinds(*, seed: int) -> frozenset[str]:
    """Kinds of near misses that rules were not made on."""
    kinds = sorted([*CHANGES, *CUTS])
    random.Random(seed).shuffle(kinds)
    return frozenset(kinds[::HELD_OUT_KINDS])


def names_said(number: int) -> list[Said]:
    """The plain statement with each name, and with others that sound nearly so; reader `number` says a third of those."""
    said: list[Said] = []
    for company, platform in NAMES:
        said.append(_plain("each name", company, platform, company, platform))
        near = NEAR_COMPANIES[company][number % 3]
        said.append(_plain("near company", company, platform, near, platform))
    for at, (platform, others) in enumerate(NEAR_PLATFORMS.items()):
        company = NAMES[(number + at) % len(NAMES)][0]
        said.append(_plain("near platform", company, platform, company, others[number % 3]))
    return said


def _plain(kind: str, company: str, platform: str, said_company: str, said_platform: str) -> Said:
    is_right = (company, platform) == (said_company, said_platform)
    return Said(kind, is_right, company, platform, (WHOLE.format(c=said_company, p=said_platform),))
