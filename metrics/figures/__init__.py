"""How figures are asked for and answered."""
