"""Specs as workbooks: the commands, and changes to spec files that leave all other lines as they are."""
