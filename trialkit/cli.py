"""The command line: thin, one function per command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from trialkit.exchange.cli import COMMANDS as EXCHANGE
from trialkit.failure import problem_of, terminal_ready
from trialkit.options import Named, named
from trialkit.own import check_packages, part_of, standard_of
from trialkit.problems import Exit, Refusal
from trialkit.submission.cli import COMMANDS
from trialkit.terminal import Terminal, show_problems, show_usage
from trialkit.usage import Exampled

FOLDER = Named(path_type=Path, file_okay=False)
FILE = Named(path_type=Path, dir_okay=False)


def messages() -> Terminal:
    """Give the stream for messages: the standard error stream.

    >>> messages().stderr
    True
    """
    return Terminal(stderr=True)


WHY = "For example: trialkit why LB LBSTRESN --where \"USUBJID == '01-001' and LBSEQ == 12\""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("trialkit"), prog_name="trialkit")
def cli() -> None:
    """From a trial's raw exports to a submission package.

    Begin with `trialkit init DIR`, a small study that works. Exit codes: 0 no errors, 1 errors in the data,
    2 errors in specs, usage or environment, 3 a bug of trialkit.
    """


@cli.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--raw", type=FOLDER, required=True, help="Folder with the raw export.")
@click.option("--out", type=FOLDER, required=True, help="Folder for sdtm/, trace/ and reports/.")
@click.option("--datasets", default="", callback=named, metavar="NAMES", help="Only these, such as DM,LB.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--strict", is_flag=True, help="Data queries are errors, for the final lock.")
@click.option("--profile", default="", help="A profile of the study, such as sdtmig-3.3.")
@click.option("--previous", type=FILE, help="An earlier queries.csv or .xlsx.")
@click.option("--dictionaries", type=FOLDER, help="Folder with licensed dictionaries: meddra/, whodrug/.")
@click.option("--json/--no-json", "dataset_json", default=True, help="Write Dataset-JSON too.")
def sdtm(specs: Path, raw: Path, out: Path, datasets: str, **choices: Any) -> Exit:
    """Build the SDTM datasets of a study."""
    from trialkit.reporting.summary import show_summary
    from trialkit.result import Options
    from trialkit.run import run

    names = tuple(name.strip() for name in datasets.split(",") if name.strip())
    options = Options(specs, raw, out, names, **choices)
    result = run(options, standard_of("sdtm"))
    show_summary(result, options, messages())
    return result.exit()


@cli.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--raw", type=FOLDER, required=True, help="Folder with the raw export.")
@click.option("--out", type=FILE, required=True, help="The PDF file to write.")
def acrf(specs: Path, raw: Path, out: Path) -> None:
    """Draw the annotated CRF: the raw forms with the SDTM variables that their fields go to."""
    made = part_of("define", "acrf.build").build_from(specs, raw, out)
    messages().print(f"{len(made.forms)} forms on {made.pages} pages; written: {out}")


@cli.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--sdtm", "data", type=FOLDER, required=True, help="Folder with the SDTM datasets.")
@click.option("--out", type=FOLDER, required=True, help="Folder for adam/, trace/ and reports-adam/.")
@click.option(
    "--datasets", default="", callback=named, metavar="NAMES", help="Only these, such as ADSL,ADLB."
)
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--strict", is_flag=True, help="Data queries are errors, for the final lock.")
@click.option("--json/--no-json", "dataset_json", default=True, help="Write Dataset-JSON too.")
def adam(specs: Path, data: Path, out: Path, datasets: str, **choices: Any) -> Exit:
    """Build the ADaM datasets of a study from SDTM: XPT, Dataset-JSON or Parquet, made by anyone."""
    from trialkit.reporting.summary import show_summary
    from trialkit.result import Options
    from trialkit.run import run

    names = tuple(name.strip() for name in datasets.split(",") if name.strip())
    options = Options(specs, data, out, names, **choices)
    result = run(options, standard_of("adam"))
    show_summary(result, options, messages())
    return result.exit()


@cli.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--adam", "data", type=FOLDER, required=True, help="Folder with the analysis datasets.")
@click.option("--out", type=FOLDER, required=True, help="Folder for analysis/: results, figures, page.")
def analyze(specs: Path, data: Path, out: Path) -> None:
    """Compute the analyses that a study declares in analysis/*.yaml: results dataset, figures and page."""
    outcome = part_of("adam", "analysis.run").analyze(specs, data, out)
    results, figures = len(outcome.results), len(outcome.figures)
    counts = (
        f"{results} {'analysis' if results == 1 else 'analyses'}, "
        f"{figures} {'figure' if figures == 1 else 'figures'}"
    )
    messages().print(f"{counts}; results in {out / 'analysis'}, page in {out / 'analysis' / 'analysis.html'}")


@cli.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--sdtm", type=FOLDER, help="Folder with the SDTM datasets to describe.")
@click.option("--adam", type=FOLDER, help="Folder with the ADaM datasets to describe.")
@click.option("--inputs", type=FOLDER, help="SDTM behind ADaM; default: the folder sdtm beside.")
@click.option("--raw", type=FOLDER, help="The raw files, for the annotated CRF and the lineage.")
def define(specs: Path, sdtm: Path | None, adam: Path | None, inputs: Path | None, raw: Path | None) -> None:
    """Describe built datasets in define.xml and define.html, beside the datasets."""
    if not (sdtm or adam):
        raise click.UsageError("give --sdtm, --adam or both")
    publish = part_of("define", "build.publish").publish_define
    for part, folder in (("sdtm", sdtm), ("adam", adam)):
        if folder:
            made = publish(specs, folder, part, inputs=inputs, raw=raw)
            messages().print(f"{made.datasets} datasets described: {', '.join(made.files)} in {folder}")


@cli.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--raw", type=FOLDER, help="Folder with the raw export, to check column names too.")
@click.option("--sdtm", "data", type=FOLDER, help="Folder with SDTM datasets, to check those of adam/ too.")
def check(specs: Path, raw: Path | None, data: Path | None) -> Exit:
    """Check a study's specs without building anything.

    With --raw the names of raw columns are checked as well, with --sdtm the specs of analysis datasets
    and the parameters of the analyses in analysis/.
    """
    from trialkit.prepare import check_specs

    problems = check_specs(specs, raw, standard_of("sdtm"))
    if data:
        problems.add(*check_specs(specs, data, standard_of("adam")).items)
    if any((specs / "analysis").glob("*.yaml")):
        check_analyses = part_of("adam", "analysis.declared").check_analyses
        problems.add(*check_analyses(specs, data, standard_of("adam")).items)
    show_problems(problems.items, messages())
    errors = len(problems.errors())
    left = [] if raw else ["columns of raw files were not checked (--raw)"]
    if not data and any((specs / "adam").glob("*.yaml")):
        left.append("specs of analysis datasets were not checked (--sdtm)")
    good = "; ".join(["specs are good", *left])
    messages().print(f"{errors} {'error' if errors == 1 else 'errors'}" if errors else good)
    return problems.exit()


@cli.command()
@click.argument("name", default="")
def rules(name: str) -> None:
    """List the rules of the mapping language, or explain one."""
    from trialkit.language import describe

    Terminal().print(describe(name))


@cli.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--subjects", type=click.IntRange(1, 100_000), default=13, show_default=True, help="How many.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other data.")
@click.option("--schedule", default=None, help="A schedule of simulation.yaml; default: its first.")
@click.option("--clean", is_flag=True, help="Without any defect.")
@click.option("--out", type=FOLDER, required=True, help="Folder for the raw export and truth/.")
def simulate(specs: Path, subjects: int, seed: int, out: Path, schedule: str | None, clean: bool) -> None:
    """Simulate the raw export of a study that has a simulation.yaml."""
    from trialkit.simulate import simulate as run_simulation

    summary = run_simulation(specs, subjects, seed, out, schedule, clean)
    messages().print(str(summary))


@cli.command(cls=Exampled, epilog=WHY)
@click.argument("dataset")
@click.argument("variable")
@click.option("--where", required=True, help="Condition that names the record, such as LBSEQ == 12.")
@click.option("--out", type=FOLDER, help="The study's output folder; default: build/$STUDY, or the only one.")
@click.option("--specs", type=FOLDER, help="The study's specs; default: those of the build's study.")
@click.option("--raw", type=FOLDER, help="The raw files; default: raw/ in the output folder or in the specs.")
@click.option("--sdtm", "inputs", type=FOLDER, help="SDTM behind ADaM; default: sdtm/ in the output folder.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def why(
    dataset: str,
    variable: str,
    where: str,
    out: Path | None,
    specs: Path | None,
    raw: Path | None,
    inputs: Path | None,
    as_json: bool,
) -> None:
    """Say where the value of a cell came from, down to the raw files."""
    from trialkit.explain.find import find_build, find_raw, find_specs
    from trialkit.why import Question, show_answers
    from trialkit.why import why as answer

    folder = find_build(out)
    specs = specs or find_specs(folder)
    raw = raw or find_raw(folder, specs)
    answers, warnings = answer(Question(dataset, where, variable, folder, specs, raw, inputs))
    show_answers(answers, warnings, Terminal(), as_json=as_json)


@cli.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
def init(folder: Path) -> None:
    """Write a small working study to start from, into a new folder."""
    from trialkit.starter import start_study

    for name in start_study(folder):
        Terminal().print(name)
    out = Path("build") / folder.name
    messages().print(f"build it: trialkit sdtm {folder} --raw {folder / 'raw'} --out {out}")


@cli.group()
def ct() -> None:
    """Controlled terminology packages."""


@ct.command(name="import")
@click.argument("file", type=FILE)
@click.option("--out", type=FILE, required=True, help="The package to write, such as sdtm-2025-03-28.tsv.gz.")
@click.option("--standard", default="", help="SDTM or ADaM, where the file does not say.")
@click.option("--version", "release", default="", help="Date of the release, where the file does not say.")
def import_ct(file: Path, out: Path, standard: str, release: str) -> None:
    """Import an official file: NCI EVS text or ODM-XML, or the CDISC Library CSV."""
    from trialkit.ctimport import import_package

    import_package(file, out, standard, release)
    messages().print(f"written: {out}")


@cli.group()
def registry() -> None:
    """Public registry records of a study."""


@registry.command(name="import")
@click.argument("file", type=FILE)
@click.option("--specs", "folder", type=FOLDER, help="The study's specs; default: specs/ and the NCT number.")
def import_registry(file: Path, folder: Path | None) -> Exit:
    """Draft TS, TI, TV, TA and TE from a ClinicalTrials.gov record: its JSON, or its page as text.

    Nothing is overwritten: where a file is there and differs, the difference is shown instead.
    """
    imported = part_of("sdtm", "registry.write").import_record(file, folder)
    lines = [f"written: {name}" for name in imported.written]
    for line in (*lines, *imported.differences.splitlines(), *imported.decisions, *imported.agree):
        Terminal().print(line)
    show_problems(imported.problems, messages())
    messages().print(f"{len(imported.written)} files written, {len(imported.decisions)} decisions are open")
    return Exit(imported.exit())


@cli.command()
@click.argument("left", type=click.Path(path_type=Path))
@click.argument("right", type=click.Path(path_type=Path))
@click.option("--keys", multiple=True, help="Key variables: USUBJID,LBSEQ or LB:USUBJID,LBSEQ.")
@click.option("--datasets", default="", callback=named, metavar="NAMES", help="Only these, such as DM,LB.")
@click.option("--abs", "absolute", type=click.FloatRange(0), default=0.0, help="Numbers so near are equal.")
@click.option("--rel", "relative", type=click.FloatRange(0), default=0.0, help="The same, of the larger one.")
@click.option("--tolerance", multiple=True, metavar="VARIABLE=N", help="Of one variable; N or N%.")
@click.option("--csv", "sheet", type=FILE, help="Write all differences into a CSV file.")
@click.option("--summary", type=FILE, help="Write counts for each dataset and variable into a CSV file.")
@click.option("--html", "page", type=FILE, help="Write a page for the browser.")
@click.option("--show", type=click.IntRange(0), default=0, help="Print so many differences with values.")
def diff(
    left: Path,
    right: Path,
    sheet: Path | None,
    summary: Path | None,
    page: Path | None,
    show: int,
    **choices: Any,
) -> Exit:
    """Compare datasets by keys: two files, all of two folders, or two builds. Exit code 1: they differ."""
    from trialkit.comparefiles import compare_paths, refuse_outputs, rules_of
    from trialkit.reporting import differences

    refuse_outputs((sheet, summary, page), left, right)
    compared = compare_paths(left, right, rules_of(**choices))
    if sheet:
        differences.write_differences(sheet, compared)
    if summary:
        differences.write_summary(summary, compared)
    if page:
        differences.write_page(page, compared, str(left), str(right))
    differences.show_differences(compared, Terminal(), show)
    return Exit.OK if compared.equal else Exit.DATA


@cli.command()
@click.argument("specs", type=FOLDER, metavar="SPEC_DIR")
@click.option("--changed", multiple=True, metavar="FILE", help="Spec FILE[:LINE], raw FILE[:COLUMN].")
@click.option("--ct", "terminology", default="", metavar="VERSION", help="Another terminology.")
@click.option("--raw", type=FOLDER, help="The raw files, for their columns; default: raw/ of the build.")
@click.option("--out", type=FOLDER, help="A build: what has changed since it was made.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def impact(changed: tuple[str, ...], as_json: bool, **asked: Any) -> None:
    """Say which datasets and variables a change touches, without building anything."""
    from trialkit.impact import Asked, show_impact
    from trialkit.impact import impact as answer

    if not (changed or asked["terminology"] or asked["out"]):
        raise click.UsageError("say what has changed: --changed, --ct or --out")
    found = answer(Asked(changed=changed, **asked), standard_of("sdtm"))
    show_impact(found, Terminal(), as_json=as_json)


@cli.command(name="define-check")
@click.argument("file", type=FILE, metavar="DEFINE_XML")
@click.option("--data", type=FOLDER, help="The datasets, to compare with.")
@click.option("--schema", type=FOLDER, help="The XML Schema; default: that of CDISC, from defineutils.")
@click.option("--json", "json_file", type=FILE, help="Write what was found as JSON, with XPaths.")
@click.option("--html", "html_file", type=FILE, help="Write a page for the browser.")
def define_check(file: Path, **choices: Path | None) -> Exit:
    """Check a define.xml: by its XML Schema, by the standard beyond it, and by the data it describes."""
    code: Exit = part_of("define", "commands").define_check(file, **choices)
    return code


@cli.group(name="define-workbook")
def define_workbook() -> None:
    """The workbook that the industry exchanges definitions in."""


@define_workbook.command(name="export")
@click.argument("file", type=FILE, metavar="DEFINE_XML")
@click.option("--out", type=FILE, required=True, help="The XLSX file.")
@click.option(
    "--generation", type=click.Choice(["classic", "current", "2.1"]), default="2.1", show_default=True
)
def export_workbook(file: Path, out: Path, generation: str) -> Exit:
    """Write the workbook of a define.xml, and say what it cannot hold."""
    code: Exit = part_of("define", "commands").define_export(file, out, generation)
    return code


@define_workbook.command(name="import")
@click.argument("file", type=FILE, metavar="XLSX")
@click.option("--out", type=FILE, required=True, help="The define.xml.")
def import_workbook(file: Path, out: Path) -> Exit:
    """Write the define.xml of a workbook of any generation."""
    code: Exit = part_of("define", "commands").define_import(file, out)
    return code


for command in (*COMMANDS, *EXCHANGE):
    cli.add_command(command)


def main() -> None:
    """Run the command line; exit codes as in ``Exit``.

    >>> from click.testing import CliRunner
    >>> CliRunner().invoke(cli, ["--help"]).exit_code
    0
    """
    terminal_ready()
    try:
        check_packages()
        code = cli.main(standalone_mode=False)
    except Refusal as refusal:
        show_problems(refusal.problems, messages())
        code = max((problem.kind.exit for problem in refusal.problems), default=Exit.SPEC)
    except click.ClickException as error:
        show_usage(error)
        code = Exit.SPEC
    except (click.Abort, KeyboardInterrupt):
        messages().print("stopped; run it again: a folder of outputs is published whole or not at all")
        code = Exit.SPEC
    except Exception as error:  # the one place where what nobody foresaw ends
        problem = problem_of(error)
        show_problems([problem], messages())
        code = problem.kind.exit
    sys.exit(int(code) if isinstance(code, int) else 0)
