"""The base of every error that is in what somebody set: a variable, a file that it names, `authority.toml`."""


class WrongSetting(Exception):
    """What was set cannot be used. The message says what is wrong, where, and what to do; never a secret.

    Not a ValueError: a bug of ours raises those, and must never read as somebody's wrong setting.
    """
