"""Other people's files and systems, turned into events. Each source is met in one file."""
