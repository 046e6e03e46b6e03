"""Usage errors of the command line that show an example."""

from __future__ import annotations

import click


class Exampled(click.Command):
    """A command whose usage errors show its example, the epilog.

    >>> asking = Exampled("why", params=[click.Argument(["dataset"])], epilog="For example: why LB")
    >>> asking.main([], standalone_mode=False)
    Traceback (most recent call last):
    click.exceptions.UsageError: Missing argument 'DATASET'. For example: why LB
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add the example to what is wrong.

        >>> asking = Exampled("why", epilog="For example: why")
        >>> asking.parse_args(click.Context(asking), [])
        []
        """
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(f"{error.format_message().strip()} {self.epilog}", ctx) from error
