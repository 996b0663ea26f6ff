"""Other people's files and systems, turned into events. Each source has a folder, or a file, of its own."""
