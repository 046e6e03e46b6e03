"""The plots that a figure can declare: one class each."""
