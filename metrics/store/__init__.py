"""How cases and tallies are kept, and read again."""
