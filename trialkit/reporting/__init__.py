"""The parts of a run's report: each turns a result into rows, and one puts them on a page."""
