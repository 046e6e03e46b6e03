"""The list of queries for the site: what is asked of whom, once per defect, and what became of it."""
