"""What an authority sets, and so counts by."""
