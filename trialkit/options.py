"""Options of the command line that can't be given without saying anything."""

from __future__ import annotations

from typing import Any

import click


class Named(click.Path):
    """A path that is not the empty text, which would be the current folder.

    >>> Named().convert("", None, None)
    Traceback (most recent call last):
    click.exceptions.BadParameter: An empty text names no path.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the path.

        >>> Named().convert("a", None, None)
        'a'
        """
        if value == "":
            self.fail("An empty text names no path.", param, ctx)
        return super().convert(value, param, ctx)


def named(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Refuse a list of names that was given and names nothing, which would be all of them.

    >>> named(click.Context(click.Command("x")), click.Option(["--datasets"]), "DM,LB")
    'DM,LB'
    """
    given = ctx.get_parameter_source(param.name or "") == click.core.ParameterSource.COMMANDLINE
    if given and not any(name.strip() for name in value.split(",")):
        raise click.BadParameter("it names no dataset")
    return value
