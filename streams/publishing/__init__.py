"""The topic of figures, and who writes it."""
