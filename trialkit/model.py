"""The base of every spec model: frozen, and closed to unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A frozen spec model; an unknown key is an error.

    YAML scalars arrive as texts (``NO``, ``010`` and ``12:30`` are never guessed at), and the
    type of the field says what they become.

    >>> class Label(Model):
    ...     length: int = 0
    >>> Label(length="8").length
    8
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
