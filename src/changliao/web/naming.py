"""What channels, methods, terminals and levels are called in the reader's language.

Their names are data and in no catalogue: each carries a Chinese and an English one.
"""

from typing import Protocol


class Named(Protocol):
    """Whatever has both names."""

    @property
    def name_zh(self) -> str: ...

    @property
    def name_en(self) -> str: ...


def called(one: Named, lang: str) -> str:
    """Its name for a reader of `zh` or `en`."""
    return either(one.name_zh, one.name_en, lang)


def either(chinese: str, english: str, lang: str) -> str:
    """Of two texts the one for this reader."""
    return chinese if lang == "zh" else english
