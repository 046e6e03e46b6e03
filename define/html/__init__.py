"""The review page of a define.xml: one file that opens from a folder in any browser."""
