"""The datasets that a define.xml describes, read when they are needed."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path, PurePosixPath

from define.model import ItemGroupDef
from trialkit.problems import Place, Problem, Refusal
from trialkit.tables import ENDINGS, Table, read_table

HEAD = 2**16
KEPT = 3  # tables in memory at a time; a condition on another dataset needs two


def dataset_name(group: ItemGroupDef) -> str:
    """Name the dataset as its file does.

    >>> from define.samples import sample_define
    >>> dataset_name(sample_define().metadata.item_groups[0])
    'DM'
    """
    return group.sas_dataset_name or group.name


def _is_dataset(path: Path) -> bool:
    """Tell datasets from other files; a JSON file has to be Dataset-JSON."""
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        return False
    if path.suffix.lower() not in (".json", ".ndjson"):
        return True
    try:
        with path.open("rb") as file:
            return b'"datasetJSONVersion"' in file.read(HEAD)
    except OSError:
        return True  # reading it will say why it can't be read


class Tables:
    r"""The files of a folder, each by the name of its dataset.

    Args:
        folder: the folder; of two files of one name the first of XPT, Dataset-JSON, Parquet, CSV counts.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "dm.csv").write_text("USUBJID,SEX\n1,F\n")
    >>> Tables(folder).read("DM").count
    1
    """

    def __init__(self, folder: Path) -> None:
        """Look what is there."""
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        files = [path for path in found if _is_dataset(path)]
        files.sort(key=lambda path: ENDINGS.index(path.suffix.lower()))
        self.files: dict[str, Path] = {}
        for path in files:
            self.files.setdefault(path.stem.upper(), path)
        self.problems: list[Problem] = []
        self._kept: OrderedDict[str, Table | None] = OrderedDict()

    def file_of(self, group: ItemGroupDef) -> Path | None:
        """Find the file of a dataset, by its link, else by its name.

        >>> from define.samples import sample_define
        >>> Tables(Path("nowhere")).file_of(sample_define().metadata.item_groups[0])
        """
        linked = PurePosixPath(group.leaf.href).stem.upper() if group.leaf else ""
        return self.files.get(linked) or self.files.get(dataset_name(group).upper())

    def of(self, group: ItemGroupDef) -> Table | None:
        """Read a dataset; None where there is none that can be read.

        >>> from define.samples import sample_define
        >>> Tables(Path("nowhere")).of(sample_define().metadata.item_groups[0])
        """
        file = self.file_of(group)
        return self.read(file.stem.upper()) if file else None

    def read(self, name: str) -> Table | None:
        """Read the file of a name; what is wrong with it goes to ``problems``.

        >>> Tables(Path("nowhere")).read("DM")
        Traceback (most recent call last):
        KeyError: 'DM'
        """
        if name not in self._kept:
            self._kept[name] = self._table(self.files[name])
        self._kept.move_to_end(name)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return self._kept[name]

    def _table(self, path: Path) -> Table | None:
        try:
            return read_table(path)
        except Refusal as refusal:
            known = {problem.what for problem in self.problems}
            self.problems += [one for one in refusal.problems if one.what not in known]
        return None

    def place(self, group: ItemGroupDef) -> Place:
        """Give the place of a dataset's file.

        >>> from define.samples import sample_define
        >>> str(Tables(Path("nowhere")).place(sample_define().metadata.item_groups[0]))
        'DM'
        """
        file = self.file_of(group)
        return Place(file=file.name if file else "", dataset=group.name)
