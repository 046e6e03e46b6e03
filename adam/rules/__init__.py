"""Rules that only analysis datasets need."""
