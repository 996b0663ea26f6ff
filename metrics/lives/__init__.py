"""Who is counted: one person, and what holds of them from which moment on."""
