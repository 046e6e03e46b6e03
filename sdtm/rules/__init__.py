"""The rules that only SDTM needs."""
