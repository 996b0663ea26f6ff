"""How fast, at what cost, and how soon: `python -m tests.benchmarks`. What is compared was measured in one run."""
