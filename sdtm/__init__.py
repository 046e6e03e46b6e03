"""What is true of every SDTM study."""
