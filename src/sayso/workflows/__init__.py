"""Long work that survives a crash; each step's result is written down before the next."""
