"""What is answered from: the cells of authorities, of one prefix of each log, which nothing changes any more."""

from collections.abc import Mapping
from dataclasses import dataclass

from metrics.counting.completeness import Completeness
from metrics.sums.sums import Sums


@dataclass(frozen=True)
class AuthoritySnapshot:
    """One authority at one position of its log."""

    completeness: Completeness
    sums: Sums
    uncounted: frozenset[str] = frozenset()  # parts that are still to be counted by our declarations of them


@dataclass(frozen=True)
class Snapshot:
    """Authorities by name, and the fingerprint of the rules that counted them."""

    authorities: Mapping[str, AuthoritySnapshot]
    catalogue: str
