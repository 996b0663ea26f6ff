"""Files for other programs, printed from the catalogue and the settings."""
