"""Long lists of words, written as running text."""


def wordset(text: str) -> frozenset[str]:
    """The words between white space."""
    return frozenset(text.split())
