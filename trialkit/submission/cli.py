"""The commands of a submission; the command line takes them in."""

from __future__ import annotations

from pathlib import Path

import click

from trialkit.own import part_of
from trialkit.problems import Exit
from trialkit.terminal import Terminal

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--build", type=FOLDER, required=True, help="The study's output folder, with sdtm/ and adam/.")
@click.option("--out", type=FOLDER, required=True, help="Folder for m5/, contents and checksums.")
def package(specs: Path, build: Path, out: Path) -> None:
    """Lay out the study folder of module 5, and check names, sizes, links, PDF files and builds."""
    from trialkit.submission.package import package as lay_out
    from trialkit.submission.package import show_packaged

    for line in show_packaged(lay_out(specs, build, out)):
        Terminal(stderr=True).print(line)


@click.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--build", type=FOLDER, required=True, help="The study's output folder, with sdtm/ and adam/.")
@click.option("--out", type=FOLDER, required=True, help="Folder for the page, the workbook and JSON.")
@click.option(
    "--core",
    "place",
    type=click.Path(path_type=Path),
    envvar="TRIALKIT_CORE",
    help="CDISC CORE: its release folder, or an environment with its package; also TRIALKIT_CORE.",
)
@click.option(
    "--core-cache",
    "cache",
    type=FOLDER,
    envvar="TRIALKIT_CORE_CACHE",
    help="Its cache; default: resources/cache beside it; also TRIALKIT_CORE_CACHE.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
def conformance(
    specs: Path, build: Path, out: Path, place: Path | None, cache: Path | None, **more: int
) -> Exit:
    """List what all checks found, also CDISC CORE's, and what the study accepts. Exit code 1: any other."""
    from trialkit.submission.conformance import conformance as check_all
    from trialkit.submission.conformance import show_conformance
    from trialkit.submission.core import find_core

    made = check_all(specs, build, out, find_core(place, cache) if place else None, **more)
    for line in show_conformance(made, out):
        Terminal(stderr=True).print(line)
    return made.exit()


@click.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--build", type=FOLDER, help="The study's output folder, with sdtm/ and adam/.")
@click.option("--out", type=FOLDER, help="Folder for the guides; default: each beside its datasets.")
@click.option("--sdtm", type=FOLDER, help="SDTM behind ADaM, where it is not that of the build.")
@click.option("--missing", is_flag=True, help="List the texts that a person has still to write, and stop.")
def guide(specs: Path, build: Path | None, out: Path | None, sdtm: Path | None, *, missing: bool) -> None:
    """Write the reviewer's guides, cSDRG and ADRG, as PDF and DOCX."""
    if build is None and not missing:
        raise click.UsageError("give --build, or --missing")
    made = part_of("define", "guide.build")
    left = made.missing_texts(specs)
    count = f"{len(left)} text{'' if len(left) == 1 else 's'} still to be written"
    if missing or build is None:
        for one in left:
            Terminal().print(one.shown)
        Terminal(stderr=True).print(count)
        return
    notes: list[str] = []
    for path in made.write_guides(specs, build, out, sdtm, notes.append):
        Terminal(stderr=True).print(f"written: {path}")
    for one in notes:
        Terminal(stderr=True).print(one)
    Terminal(stderr=True).print(f"{count}{' (--missing lists them)' if left else ''}")


COMMANDS = (package, conformance, guide)
