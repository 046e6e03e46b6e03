"""Where a value came from: from a cell of a dataset through rules and datasets to the raw files."""
