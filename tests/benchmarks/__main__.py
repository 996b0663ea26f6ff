"""`python -m tests.benchmarks`, which is `make bench`: one table of one run, in Markdown."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from events.event import Event
from tests.benchmarks import county, folding, latency, reading, steps, subscribers, throughput
from tests.benchmarks.log import log
from tests.benchmarks.machine import Machine, described, running

EVENTS_A_SECOND = (20, 200, 2000)
CELLS = (200_000, 2_000_000)  # a year of a county or so, and ten years
COUNTY_EVENTS = 1_000_000
SUBSCRIBERS = (100, 1_000)
COMMAND = "python -m tests.benchmarks"


def rebuild(machine: Machine, events: list[Event], rounds: int, seconds: float) -> list[str]:
    return throughput.table(throughput.compare(machine, events, rounds))


def by_step(machine: Machine, events: list[Event], rounds: int, seconds: float) -> list[str]:
    return steps.table(steps.measure(machine, machine.filled(events), len(events)))


def live(machine: Machine, events: list[Event], rounds: int, seconds: float) -> list[str]:
    return latency.table(latency.measure(machine, events, EVENTS_A_SECOND, seconds))


def fold(machine: Machine, events: list[Event], rounds: int, seconds: float) -> list[str]:
    return folding.table(events)


def read(machine: Machine, events: list[Event], rounds: int, seconds: float) -> list[str]:
    return reading.table(machine, events, CELLS)


def one_county(machine: Machine, events: list[Event], rounds: int, seconds: float) -> list[str]:
    return county.table(machine, COUNTY_EVENTS)


def watched(machine: Machine, events: list[Event], rounds: int, seconds: float) -> list[str]:
    return subscribers.table(machine, events, SUBSCRIBERS, seconds)


SECTIONS: dict[str, Callable[[Machine, list[Event], int, float], list[str]]] = {
    "rebuild": rebuild,
    "steps": by_step,
    "fold": fold,
    "latency": live,
    "reading": read,
    "county": one_county,
    "subscribers": watched,
}


@click.command()
@click.option("--only", type=click.Choice(list(SECTIONS)), multiple=True, help="Leave the other sections out.")
@click.option("--events", default=60_000, show_default=True, help="How long the log is.")
@click.option("--rounds", default=3, show_default=True, help="Rebuilds of each contender; the table has medians.")
@click.option("--seconds", default=20.0, show_default=True, help="How long latencies are measured at each rate.")
@click.option("--write", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to this file too.")
@click.option("--profile", type=click.Choice(["fold"]), help="Show where the fold's time goes instead.")
def main(
    only: tuple[str, ...], events: int, rounds: int, seconds: float, write: Path | None, profile: str | None
) -> None:
    """Measure the worker on a Kafka and a Valkey of its own. Ratios are of one run; absolutes are this machine's."""
    if profile:
        click.echo(_profiled(log(events)))
        return
    lines = []
    for line in _report(events, only or tuple(SECTIONS), rounds, seconds):
        click.echo(line)
        lines.append(line)
    if write:
        write.write_text("\n".join(lines) + "\n")


def _profiled(events: list[Event]) -> str:
    values = folding.values(events)
    decoding, folded = folding.microseconds(values)
    return f"decode {decoding:.1f} µs, fold {folded:.1f} µs an event\n{folding.profile(values)}"


def _report(events: int, sections: tuple[str, ...], rounds: int, seconds: float) -> Iterator[str]:
    measured = log(events)
    with tempfile.TemporaryDirectory(prefix="casepulse-bench-") as folder, running(Path(folder)) as machine:
        yield "# Benchmarks"
        yield ""
        yield f"{described(machine)}; load {os.getloadavg()[0]:.1f} at the start."
        yield f"A log of {len(measured):,} events of the simulator, eight authorities, one to a partition."
        for name in sections:
            yield ""
            yield f"`{COMMAND} --only {name} --events {events} --rounds {rounds} --seconds {seconds:g}`"
            yield ""
            yield from SECTIONS[name](machine, measured, rounds, seconds)


if __name__ == "__main__":
    main(prog_name=COMMAND)
