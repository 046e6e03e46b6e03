"""Drafts of a study's trial design datasets from its public registry record."""
