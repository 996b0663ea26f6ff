"""By which names failures to publish are counted: a short list, known beforehand, so that each begins at 0."""

from aiokafka.errors import KafkaError, ProducerFenced

from metrics.store.connection import STORE_ERRORS
from metrics.store.position import Refused

_KINDS: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (
    ("Refused", (Refused,)),
    ("ProducerFenced", (ProducerFenced,)),
    ("KafkaError", (KafkaError,)),
    ("TimeoutError", (TimeoutError,)),
    ("StoreError", STORE_ERRORS),
)
ENDED, OTHER = "ended", "other"  # the process that publishes ended; a failure that has no name of its own
FAILURES = (ENDED, *(kind for kind, _ in _KINDS), OTHER)


def kind_of(exc: BaseException) -> str:
    """Return the name that *exc* is counted by."""
    return next((kind for kind, types in _KINDS if isinstance(exc, types)), OTHER)
