"""How what was counted is kept and read again."""
