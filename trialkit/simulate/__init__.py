"""Simulated raw exports from a declarative description."""
