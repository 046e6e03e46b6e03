"""Readers: raw files to all-text tables whose rows know file and line."""
