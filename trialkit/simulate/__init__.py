"""Simulated raw exports from a declarative description."""

from trialkit.simulate.run import Summary, simulate

__all__ = ["Summary", "simulate"]
