"""Every cell of an authority as arrays, so that any figure at any moment is a few sums."""
