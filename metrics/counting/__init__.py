"""How events become cells: the fold, the tally, and what a change of either costs."""
