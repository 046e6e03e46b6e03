"""Checks of a define.xml beyond its XML Schema, and against the data that it describes."""
