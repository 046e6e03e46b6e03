"""The base of every spec model: frozen, closed to unknown keys, and aware of its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr, model_validator

from trialkit.problems import Place


class SpecText(str):
    """A text of a spec file that remembers its place.

    >>> SpecText("AGE", Place("dm.yaml", 3, 5)).place.line
    3
    """

    __slots__ = ("place",)
    place: Place

    def __new__(cls, text: str, place: Place) -> Self:
        """Keep the text and its place."""
        self = super().__new__(cls, text)
        self.place = place
        return self

    def __reduce__(self) -> tuple[type[SpecText], tuple[str, Place]]:
        """Go to another process with its place."""
        return SpecText, (str(self), self.place)


class SpecMap(dict[str, Any]):
    """A mapping of a spec file: where it begins, and where each of its keys stands.

    ``beside`` describes the keys that may stand in the same mapping for another model.

    >>> SpecMap({"a": "1"}, Place("dm.yaml", 3, 5), {"a": Place("dm.yaml", 3, 5)}).spot("a").line
    3
    """

    def __init__(self, items: dict[str, Any], place: Place, keys: dict[str, Place]) -> None:
        """Keep the items and their places."""
        super().__init__(items)
        self.place = place
        self.keys_at = keys
        self.beside: dict[str, str] = {}

    def spot(self, key: str) -> Place:
        """Give the place of a key, or of the mapping when it has no such key.

        >>> SpecMap({}, Place("dm.yaml", 3, 5), {}).spot("b").line
        3
        """
        return self.keys_at.get(key, self.place)

    def only(self, keys: set[str]) -> SpecMap:
        """Keep some keys.

        >>> SpecMap({"a": "1", "b": "2"}, Place(), {}).only({"a"})
        {'a': '1'}
        """
        made = SpecMap({key: self[key] for key in self if key in keys}, self.place, self.keys_at)
        made.beside = self.beside
        return made


class SpecList(list[Any]):
    """A list of a spec file that remembers where it begins and where its items stand.

    >>> SpecList(["a"], Place("dm.yaml", 1, 1), [Place("dm.yaml", 2, 3)]).items_at[0].line
    2
    """

    def __init__(self, items: list[Any], place: Place, items_at: list[Place]) -> None:
        """Keep the items and their places."""
        super().__init__(items)
        self.place = place
        self.items_at = items_at


class Model(BaseModel):
    """A frozen spec model; an unknown key is an error.

    YAML scalars arrive as texts (``NO``, ``010`` and ``12:30`` are never guessed at), and the
    type of the field says what they become.

    >>> class Label(Model):
    ...     length: int = 0
    >>> Label(length="8").length
    8
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, defer_build=True)

    _source: SpecMap | None = PrivateAttr(default=None)

    @model_validator(mode="wrap")
    @classmethod
    def _remember(cls, data: Any, handler: Callable[[Any], Self]) -> Self:
        """Keep the mapping or text that the model was made from, for its places."""
        made = handler(data)
        if isinstance(data, SpecMap):
            made._source = data
        elif isinstance(data, SpecText):
            made._source = SpecMap({}, data.place, {})
        return made

    def place(self, key: str = "") -> Place:
        """Give the place in the spec of the model, or of one of its keys.

        >>> class Label(Model):
        ...     length: int = 0
        >>> Label.model_validate(SpecMap({"length": "8"}, Place("dm.yaml", 3, 5), {})).place().line
        3
        """
        return self._source.spot(key) if self._source is not None else Place()


def models_in(value: object) -> Iterator[Model]:
    """Give a model and those within it.

    >>> from trialkit.rules.choose import FirstOf
    >>> [type(one).__name__ for one in models_in(FirstOf(first_of=["A", "B"]))]
    ['FirstOf', 'Copy', 'Copy']
    """
    if isinstance(value, Model):
        yield value
        for name in type(value).model_fields:
            yield from models_in(getattr(value, name))
    elif isinstance(value, dict):
        for part in value.values():
            yield from models_in(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from models_in(part)
