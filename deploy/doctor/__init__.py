"""`casepulse doctor`: looks at everything that an installation stands on, changes nothing, and says what is wrong."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from aiokafka.errors import KafkaError as AIOKafkaError
from kafka.errors import KafkaError

from deploy.configuration.authorities import AuthoritiesUnreadable
from deploy.configuration.settings import Settings, SettingsUnusable, read_settings
from deploy.doctor import authorities, broker, households, machine, positions, store
from deploy.doctor.broker import KafkaView
from deploy.doctor.finding import Finding, Level, findings_of, several, some, worth_knowing, wrong
from deploy.doctor.reach import reach
from deploy.processes.authority_directory import ClockUnknown, authority_directory
from deploy.processes.refusal import refusal
from metrics.counting.fingerprint import fingerprint
from metrics.exposition.authority_directory import AuthorityDirectory
from metrics.rules.rules import RulesByAuthority
from metrics.store.connection import STORE_ERRORS, connect
from metrics.store.position import Moved, Refused
from metrics.store.reader import NotReady, Reader
from metrics.store.redis import Store
from streams.broker.connection import KafkaSettings
from streams.broker.records import check_unchanged
from streams.broker.topics import GROUP, PARTITIONS

STORE_TIMEOUT_SECONDS = 30.0

__all__ = ["Finding", "Level", "examine"]


def examine(environ: Mapping[str, str] = os.environ, with_cases: bool = False) -> list[Finding]:
    """Return all that is wrong, and all that is worth knowing, with the installation that *environ* names."""
    try:
        settings = read_settings(environ)
    except SettingsUnusable as exc:
        return findings_of(exc)
    rules = _rules(settings)
    findings = list(machine.machine(settings, datetime.now(UTC).date()))
    seen = _broker(settings, findings)
    asyncio.run(_StoreLook(settings, rules, seen, with_cases).look(findings))
    return sorted(findings, key=lambda finding: finding.level is not Level.WRONG)


def _rules(settings: Settings) -> RulesByAuthority | None:
    """Return what each authority sets; None where that cannot be read, which `machine.authorities` says."""
    try:
        return settings.rules
    except AuthoritiesUnreadable:
        return None


def _broker(settings: Settings, findings: list[Finding]) -> KafkaView | None:
    if why := broker.reached(settings.kafka):
        findings += why
        return None
    try:
        seen = broker.look(settings.kafka, settings.topic, settings.figures, GROUP)
    except KafkaError as exc:
        findings.append(broker.unanswered(settings.kafka, exc))
        return None
    findings += broker.judge(seen)
    findings += broker.lets_in(settings.kafka)
    return seen


class _StoreLook:
    """Looks at the store with one connection, and never writes to it."""

    def __init__(
        self, settings: Settings, rules: RulesByAuthority | None, seen: KafkaView | None, with_cases: bool
    ) -> None:
        self._settings, self._rules, self._seen, self._with_cases = settings, rules, seen, with_cases
        self._store = Store(connect(settings.redis, timeout=STORE_TIMEOUT_SECONDS), settings.topic)

    async def look(self, findings: list[Finding]) -> None:
        """Add what is wrong to *findings*."""
        try:
            if why := self._reached():
                findings.append(why)
                return
            info, clock = await self._store.server()
            findings += broker.clock("the store", clock - time.time())
            findings += store.judge(info)
            findings += store.lets_in(self._settings.redis)
            stands = await self._stands()
            self._seen = await self._seen_since(stands)
            findings += positions.judge(stands, self._seen, refusal(self._settings))
            findings += await self._changes(stands)
            findings += await self._dead_letters(stands)
            findings += authorities.judge(await self._authorities(stands), self._rules)
            if self._with_cases:
                findings += await self._mixtures(stands)
        except STORE_ERRORS as exc:
            findings.append(store.unanswered(self._settings.redis, exc))
        except Refused as exc:
            findings += findings_of(exc)
        finally:
            await self._store.close()

    def _reached(self) -> Finding | None:
        redis = self._settings.redis
        parts = urlsplit(redis.url)
        tls = KafkaSettings("", ca_file=redis.ca_file).tls if redis.has_tls else None
        return reach("the store", "CASEPULSE_REDIS", (parts.hostname or "localhost", parts.port or 6379), tls)

    async def _stands(self) -> positions.StorePositions:
        log = self._seen.log if self._seen else None
        numbers = range(max(log.partitions if log else 0, PARTITIONS))
        formats = {n: kind for n in numbers if (kind := await self._store.format(n)) is not None}
        stand = {n: it for n in formats if (it := await self._store.position(n)) is not None}
        return positions.StorePositions(stand, formats, None if self._rules is None else fingerprint(self._rules))

    async def _seen_since(self, stands: positions.StorePositions) -> KafkaView | None:
        """Return what Kafka says, no older than where the store stands: a live feed goes on between two looks."""
        seen = self._seen
        if seen is None or not any(at.offset > seen.bounds.get(n, (0, 0))[1] for n, at in stands.positions.items()):
            return seen
        try:
            return await asyncio.to_thread(broker.seen_again, self._settings.kafka, seen)
        except KafkaError:
            return seen

    async def _changes(self, stands: positions.StorePositions) -> list[Finding]:
        """Look whether the log still holds what was read last. It may have lost its end, and grown since."""
        if self._seen is None:
            return []
        ours = {n: it for n, it in stands.positions.items() if it.log == self._seen.log and n in self._seen.bounds}
        try:
            await check_unchanged(self._settings.kafka, self._settings.topic, ours, self._seen.bounds)
        except Refused as exc:
            return findings_of(exc)
        except (AIOKafkaError, TimeoutError) as exc:
            kind = type(exc).__name__
            return [worth_knowing(f"the log could not be compared with what was read of it ({kind})", "ask again")]
        return []

    async def _dead_letters(self, stands: positions.StorePositions) -> list[Finding]:
        letters = [letter for n in stands.positions for letter in await self._store.dead_letters(n)]
        if not letters:
            return []
        reasons = Counter(reason for _, reason, _ in letters)
        by_reason = ", ".join(f"{reason} {n:,}" for reason, n in reasons.most_common())
        remedy = "`casepulse dead-letters` says where each is; mend the source"
        unread = worth_knowing(f"{several(len(letters), 'record')} could not be read ({by_reason})", remedy)
        return [*households.full(reasons), unread]

    async def _authorities(self, stands: positions.StorePositions) -> list[authorities.HeardAuthority]:
        readable = self._rules is not None
        directory = authority_directory(
            self._settings if readable else replace(self._settings, authorities=Path(os.devnull))
        )
        teams = await self._teams()
        return [
            authorities.HeardAuthority(
                name,
                it,
                *self._time(directory, name, it.simulated),
                teams.get(name),
            )
            for number in stands.positions
            for name, it in (await self._store.authorities(number)).items()
        ]

    def _time(self, directory: AuthorityDirectory, name: str, simulated: bool) -> tuple[datetime | None, float]:
        """Return an authority's time and speed; None where it is made up, and its clock does not run."""
        if simulated and self._settings.demonstration is None:
            return None, 1.0
        try:
            return directory.now(name), directory.speed(name)
        except ClockUnknown:  # which `machine.clock` says
            return None, 1.0

    async def _teams(self) -> dict[str, frozenset[str]]:
        """Return the teams that events tell, by authority; none while figures are being rebuilt."""
        reader = Reader(self._store)
        try:
            await reader.turn()
            names = reader.authorities()
            return {name: frozenset(it[1].teams()) for name in names if (it := reader.authority(name))}
        except (NotReady, Moved):
            return {}

    async def _mixtures(self, stands: positions.StorePositions) -> list[Finding]:
        """Count the facts of which some tellings give a revision and others none: their order may be wrong.

        And the households of which too much is told.
        """
        mixed: Counter[str] = Counter()
        nearly_full = households.NearlyFull()
        for number in stands.positions:
            async for name, case in self._store.cases(number):
                nearly_full.note(name, case)
                for tellings in case.tellings.values():
                    if len({telling.revision is None for telling in tellings}) > 1:
                        mixed[f"{name} {' and '.join(sorted({telling.source for telling in tellings}))}"] += 1
        if not mixed:
            return [*nearly_full.findings()]
        return [
            *nearly_full.findings(),
            wrong(
                f"{several(mixed.total(), 'fact has', 'facts have')} tellings with a revision and tellings without "
                f"({some(mixed)}), so an older one may stand",
                "let each source give revision on all of its tellings or on none",
            ),
        ]


def counted(findings: list[Finding]) -> Iterator[str]:
    """Yield how many findings of each level there are, in words."""
    for level in Level:
        if n := sum(finding.level is level for finding in findings):
            yield f"{n} {level}"
