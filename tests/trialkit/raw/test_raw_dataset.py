"""Datasets that are read as raw sources, and files that do not say what their values are."""

from trialkit.problems import Problems
from trialkit.raw.dataset import dataset_sources, read_dataset


def test_analysis_datasets_of_a_table_without_types(tmp_path):
    (tmp_path / "dm.csv").write_text("USUBJID,AGE\n1,40\n", "utf-8")
    problems, sources = Problems(), dataset_sources(tmp_path)
    assert read_dataset(sources["DM"], "DM", tmp_path, problems) is None
    (one,) = problems.items
    assert one.line().startswith(
        "error RAW-090 dm.csv 'dm.csv' is a file that does not know texts from numbers."
    )
