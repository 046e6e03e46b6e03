"""The exchange of specs as workbooks: written from them, taken back into them, and drafts of new ones."""
