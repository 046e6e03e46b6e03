"""Texts in one or more languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from define.model.element import Attr, Child, Content, Element
from define.names import XML, odm


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslatedText(Element):
    """A text in one language; ``lang`` is a code such as ``en``, or empty.

    >>> TranslatedText(text="Age", lang="en").text
    'Age'
    """

    TAG: ClassVar[str] = odm("TranslatedText")

    text: Annotated[str, Content()] = ""
    lang: Annotated[str, Attr(f"{{{XML}}}lang")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Translated(Element):
    texts: Annotated[tuple[TranslatedText, ...], Child()] = ()

    @property
    def text(self) -> str:
        """Give the text in English, else the first; "" for none.

        >>> Description(texts=(TranslatedText(text="年龄", lang="zh"), TranslatedText(text="Age"))).text
        'Age'
        """
        english = (one for one in self.texts if one.lang.partition("-")[0] in ("en", ""))
        best = next(english, self.texts[0] if self.texts else None)
        return best.text if best else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description(_Translated):
    """A label or a description.

    >>> Description.of("Age").text
    'Age'
    """

    TAG: ClassVar[str] = odm("Description")

    @classmethod
    def of(cls, text: str, lang: str = "en") -> Description:
        """Make a description in one language.

        >>> Description.of("Age", "").texts[0].lang
        ''
        """
        return cls(texts=(TranslatedText(text=text, lang=lang),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decode(_Translated):
    """What a coded value stands for.

    >>> Decode.of("Male").text
    'Male'
    """

    TAG: ClassVar[str] = odm("Decode")

    @classmethod
    def of(cls, text: str, lang: str = "en") -> Decode:
        """Make a decode in one language.

        >>> Decode.of("Male").texts[0].lang
        'en'
        """
        return cls(texts=(TranslatedText(text=text, lang=lang),))
