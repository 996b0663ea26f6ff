"""The demonstration: a made-up authority, and a clock that skips the hours when its office is closed."""
