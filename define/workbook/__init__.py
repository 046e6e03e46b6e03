"""The workbook that the industry exchanges definitions in: import and export in its three generations."""
