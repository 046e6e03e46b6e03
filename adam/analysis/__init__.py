"""Analysis results: declared analyses and figures, computed from analysis datasets."""
