"""Settings and what authorities set, read and checked."""
