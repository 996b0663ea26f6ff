"""What the store's server is like, judged by what it says of itself."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.doctor.finding import Finding, worth_knowing, wrong
from metrics.store.address import RedisSettings

FULL, FILLING = 0.95, 0.7  # of the memory that it may take

# From which release on each line has the mends of October 2025 to its Lua (CVE-2025-49844 and three more).
MENDED = {
    "redis": ((6, 2, 20), (7, 2, 11), (7, 4, 6), (8, 0, 4), (8, 2, 2)),
    "valkey": ((7, 2, 11), (8, 0, 6), (8, 1, 4)),
}
LEAST = (7, 0)  # our scripts begin with #!lua


def unanswered(redis: RedisSettings, exc: Exception) -> Finding:
    """Return why a store that somebody can connect to does not talk to us."""
    kind = type(exc).__name__
    if kind == "NoPermissionError":
        return wrong(
            f"the store at {redis} does not let {redis.user or 'us'} do what we must",
            "docs/operations.md has the rights",
        )
    if kind.startswith("Authentication"):
        return wrong(
            f"the store at {redis} does not let {redis.user or 'us'} in ({kind})",
            "look at CASEPULSE_REDIS_USER, and the password in CASEPULSE_REDIS_PASSWORD_FILE",
        )
    if kind in ("ResponseError", "OutOfMemoryError", "ReadOnlyError"):
        return wrong(
            f"the store at {redis} answers a question of ours with an error ({kind})",
            "is it ours alone? A key may not be what it should be; flush it, and start the workers",
        )
    return wrong(
        f"something listens at {redis} and does not answer us as a store does ({kind})",
        "is it Redis or Valkey, and does it ask for TLS? Then CASEPULSE_REDIS begins with rediss://",
    )


def lets_in(redis: RedisSettings) -> Iterator[Finding]:
    """Say that a store which has answered us asks nobody for a password."""
    if not (redis.password_file or redis.has_password_in_url):
        yield worth_knowing(
            "the store asks for no password, so whoever reaches it can read and change every case",
            "give it users (docs/operations.md has them); `casepulse up` sets a password for its own",
        )


def judge(info: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield what is wrong with a server that says *info*."""
    if (policy := info.get("maxmemory_policy")) != "noeviction":
        yield wrong(
            f"the store may evict keys (maxmemory-policy is {policy}), and with them children; workers refuse to run",
            "set maxmemory-policy to noeviction",
        )
    yield from _memory(info)
    yield from _disk(info)
    if (role := info.get("role")) not in ("master", "primary"):
        yield wrong(f"the store at this address is a copy (role:{role}) and takes no writes", "name the primary")
    yield from _version(info)


def _memory(info: Mapping[str, Any]) -> Iterator[Finding]:
    most = info.get("maxmemory") or info.get("total_system_memory")
    used = info.get("used_memory", 0)
    if most and used / most > FILLING:
        say = wrong if used / most > FULL else worth_knowing
        yield say(
            f"the store has taken {used / most:.0%} of its {most / 1e6:,.0f} MB; full, it takes no more events",
            "give it more: raise maxmemory, or the memory of its machine",
        )


def _disk(info: Mapping[str, Any]) -> Iterator[Finding]:
    if not info.get("aof_enabled"):
        yield wrong(
            "the store writes no append-only file, so each restart begins a rebuild from the whole log",
            "set appendonly to yes",
        )
    failed = [
        name
        for name in ("aof_last_write_status", "aof_last_bgrewrite_status", "rdb_last_bgsave_status")
        if info.get(name, "ok") != "ok"
    ]
    if failed:
        yield wrong(f"the store could not write to its disk ({', '.join(failed)})", "look at the room on its disk")


def _version(info: Mapping[str, Any]) -> Iterator[Finding]:
    name = "valkey" if "valkey_version" in info else "redis"
    release = str(info.get(f"{name}_version", "0"))
    version = tuple(int(n) for n in re.findall(r"[0-9]+", release)[:3])
    if name == "redis" and version < LEAST:
        yield wrong(
            f"the store is Redis {release}, which knows no script of ours", "use Redis 7.0, Valkey 7.2 or later"
        )
        return
    mended = next((first for first in MENDED[name] if first[:2] == version[:2]), None)
    if version < mended if mended else version < MENDED[name][-1]:
        yield worth_knowing(
            f"the store is {name.capitalize()} {release}, without the mends of October 2025 to its Lua "
            "(CVE-2025-49844)",
            "update it, or see that your distribution has put them in",
        )
