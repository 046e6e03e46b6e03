"""Coding dictionaries: MedDRA and WHODrug from a licensed folder, or a small table of the study."""
