"""The methods that an analysis can declare: one class each."""
