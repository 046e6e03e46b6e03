"""The engine: knows no domain and no study."""
