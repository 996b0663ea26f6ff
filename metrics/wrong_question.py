"""The error of whoever asks. Nothing else may answer 400: a bug must never read as the asker's fault."""


class WrongQuestion(Exception):
    """A question that has no answer; the message says why and what can be asked instead, and is shown as it is."""
