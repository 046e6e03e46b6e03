"""The rules of the mapping language: one class each, found by an explicit scan."""
