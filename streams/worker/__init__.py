"""The worker: claims partitions, folds what comes, commits what changes."""
