"""How employers are found by name."""

import re


def folded(name: str) -> str:
    """The name by which an employer is found: small letters, without signs and double spaces."""
    return " ".join(re.sub(r"[^\w\s]|_", " ", name.casefold().replace("'", "").replace("’", "")).split())


def matches(query: str, *texts: str | None) -> bool:
    """Whether every word of the query begins a word of one of the texts."""
    words = [word for text in texts for word in folded(text or "").split()]
    return all(any(word.startswith(part) for word in words) for part in folded(query).split())
