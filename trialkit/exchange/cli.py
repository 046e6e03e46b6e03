"""The commands that exchange specs; the command line takes them in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trialkit.options import Named
from trialkit.own import part_of
from trialkit.problems import Exit

FOLDER = Named(path_type=Path, file_okay=False)
FILE = Named(path_type=Path, dir_okay=False)
INPUTS = "SDTM behind ADaM; default: the folder sdtm beside."
RAW = "The raw files, for pages of the annotated CRF; default: raw/ of --build."


@click.group()
def spec() -> None:
    """Specs as the workbook that the industry exchanges them in, and back."""


@spec.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--p21", "out", type=FILE, required=True, help="The XLSX file to write.")
@click.option("--standard", "part", type=click.Choice(["sdtm", "adam"]), help="Which define; default: sdtm.")
@click.option("--build", type=FOLDER, help="The study's output folder, with sdtm/ and adam/.")
@click.option("--sdtm", type=FOLDER, help="Folder with the SDTM datasets.")
@click.option("--adam", type=FOLDER, help="Folder with the ADaM datasets.")
@click.option("--inputs", type=FOLDER, help=INPUTS)
@click.option("--raw", type=FOLDER, help=RAW)
@click.option(
    "--generation", type=click.Choice(["classic", "current", "2.1"]), default="2.1", show_default=True
)
def export(specs: Path, out: Path, generation: str, **where: Any) -> Exit:
    """Write the workbook of a study's specs: one workbook for SDTM, one for ADaM (--standard).

    With datasets (--build, --sdtm or --adam) it says what define.xml says: lengths, data types, used terms
    and value levels as the files have them. Without, it says what the specs alone say: Length is `length`
    of the spec, the data type of a number is float, codelists have the terms that the specs name (closed
    ones all their terms), value levels are those under `value_level`, and there are no analyses.
    """
    code: Exit = part_of("define", "exchange.export").spec_export(asked_of(specs, **where), out, generation)
    return code


@spec.command(name="import")
@click.argument("files", type=FILE, nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--into", type=FOLDER, metavar="SPEC_DIR", help="The specs that the workbook was exported from."
)
@click.option("--out", type=FOLDER, help="A new folder for draft specs.")
@click.option("--build", type=FOLDER, help="With --into: as for the export.")
@click.option("--sdtm", type=FOLDER, help="With --into: as for the export.")
@click.option("--adam", type=FOLDER, help="With --into: as for the export.")
@click.option("--inputs", type=FOLDER, help="With --into: as for the export.")
@click.option("--raw", type=FOLDER, help="With --into: as for the export.")
@click.option("--dry-run", "dry", is_flag=True, help="With --into: say what would change, and write nothing.")
def import_spec(
    files: tuple[Path, ...], into: Path | None, out: Path | None, dry: bool, **where: Any
) -> Exit:
    """Take a workbook back into its specs (--into), or draft specs from what there is (--out).

    --into takes what people changed: labels, types, origins, comments, methods, codelists, keys, structure,
    documents. All other lines of the specs stay as they are. Name the same datasets as for the export, or
    none. What specs cannot take, because the data or a rule decide it, is an error that names sheet, row and
    column; then nothing is written.

    --out drafts specs from workbooks of any generation and from define.xml 2.0 and 2.1, such as that of SDTM
    and that of ADaM of one study: all that they say, and each rule marked `todo`. `trialkit check` lists what
    is to do; `trialkit define` describes datasets that are there already.
    """
    if (into is None) == (out is None):
        raise click.UsageError("give one of --into and --out")
    if out is not None:
        if dry or any(where.values()):
            raise click.UsageError("--out takes all from the files: leave the other options out")
        made: Exit = part_of("define", "exchange.drafts").spec_draft(files, out)
        return made
    if len(files) > 1:
        raise click.UsageError("--into takes one workbook")
    intake = part_of("define", "exchange.intake")
    asked = asked_of(into, intake.part_of_workbook(files[0]), **where)
    code: Exit = intake.spec_import(asked, files[0], dry)
    return code


def asked_of(
    specs: Path | None,
    part: str | None,
    build: Path | None = None,
    sdtm: Path | None = None,
    adam: Path | None = None,
    inputs: Path | None = None,
    raw: Path | None = None,
) -> Any:
    """Find the datasets that options name: one of --sdtm and --adam, or those of --build.

    Raises:
        click.UsageError: options that don't go together.

    >>> asked_of(Path("specs"), None, adam=Path("adam")).part
    'adam'
    """
    named = [name for name, folder in (("sdtm", sdtm), ("adam", adam)) if folder]
    if len(named) + bool(build) > 1:
        raise click.UsageError("give one of --build, --sdtm and --adam: a workbook is of one define")
    if part and named not in ([], [part]):
        raise click.UsageError(f"--{named[0]} names no datasets of --standard {part}")
    part = part or (named[0] if named else "sdtm")
    folder = sdtm or adam or (build / part if build else None)
    if raw is None and build is not None and (build / "raw").is_dir():
        raw = build / "raw"
    return part_of("define", "build.describe").Asked(specs, part, folder, inputs, raw if folder else None)


COMMANDS = (spec,)
