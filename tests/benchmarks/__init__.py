"""How fast, at what cost, and how soon: `python -m tests.benchmarks`. Only numbers of one run are compared."""
