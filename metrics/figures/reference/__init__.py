"""Reference figures that measures are held against."""
