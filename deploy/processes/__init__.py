"""The processes that are started, beside the worker."""
