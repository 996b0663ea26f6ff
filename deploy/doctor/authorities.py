"""What authorities tell, beside what is set for them: feeds that are late, teams that nobody knows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches

from deploy.doctor.finding import Finding, several, some, worth_knowing, wrong
from deploy.processes.authority_directory import MADE_UP
from events.time import LONDON, instant
from metrics.counting.completeness import LIVE_US, Completeness, Feed
from metrics.figures.reference.population import estimates
from metrics.rules.rules import Rules, RulesByAuthority
from metrics.rules.teams import UNKNOWN, told_teams

FEED_LATE_AFTER = timedelta(minutes=10)  # a feed reports each minute
ON_THE_WAY = timedelta(seconds=10)  # for the way here; at a demonstration's speed many of its own


@dataclass(frozen=True)
class HeardAuthority:
    """What is known of one authority, and what time it is there."""

    name: str
    authority: Completeness
    now: datetime | None  # None: it is made up, and its clock stands still
    speed: float
    teams: frozenset[str] | None  # that events tell; None while figures are being rebuilt


def judge(found: list[HeardAuthority], rules: RulesByAuthority | None) -> Iterator[Finding]:
    """Yield what is wrong with each authority, and with *rules* that speak of none."""
    for here in found:
        if here.now is not None:
            yield from _feeds(here, here.now)
        if rules is not None and here.teams is not None:
            yield from _teams(here, here.teams - {UNKNOWN}, rules)
    if rules is not None:
        yield from _absent(found, rules)
    absent = set(rules.named if rules else ()) - {here.name for here in found}
    if absent and found:
        yield worth_knowing(
            f"authority.toml speaks of {some(absent)}, and no event does", "is that the code that events tell?"
        )


def _feeds(here: HeardAuthority, now: datetime) -> Iterator[Finding]:
    reported = {source: feed for source, feed in here.authority.feeds.items() if feed.complete_to is not None}
    if not reported:
        yield worth_knowing(
            f"{here.name}: no source has said up to when it is complete, so no board can say how old its figures are",
            "let its feed send feed.reported each minute; `casepulse load` sends one",
        )
    for source, feed in sorted(reported.items()):
        yield from _feed(here, now, source, feed)


def _feed(here: HeardAuthority, now: datetime, source: str, feed: Feed) -> Iterator[Finding]:
    assert feed.complete_to is not None, "only those that reported are asked about"
    behind = now - feed.complete_to
    since = f"{feed.complete_to.astimezone(LONDON):%-d %B %Y %H:%M}"
    if instant(feed.recorded_at) <= instant(now) - LIVE_US:
        yield worth_knowing(
            f"{here.name}: nothing from the source {source} since {since}",
            "if it is a feed, mend it; what was loaded once is complete to that day",
        )
    elif behind > FEED_LATE_AFTER + here.speed * ON_THE_WAY:
        yield wrong(f"{here.name}: the feed {source} is late, complete to {since}", "look at the feed's own log")


def _absent(found: list[HeardAuthority], rules: RulesByAuthority) -> Iterator[Finding]:
    """Yield what is not set, and so cannot be shown, a line for each kind."""
    for what, is_absent in ABSENT.items():
        bare = [here.name for here in found if is_absent(here, rules.of(here.name))]
        made_up = [name for name in bare if name in MADE_UP]
        if bare:
            yield worth_knowing(
                f"authority.toml {what.format(some(bare))}",
                f"docs/authority.md shows how{f'; deploy/wexshire.toml has those of {made_up[0]}' if made_up else ''}",
            )


def _has_no_map(here: HeardAuthority, rules: Rules) -> bool:
    return bool((here.teams or set()) - {UNKNOWN}) and not rules.teams


ABSENT: Mapping[str, Callable[[HeardAuthority, Rules], bool]] = {
    f"names no team of {{}}, so every locality there is {UNKNOWN}": _has_no_map,
    "sets no population of {}, so rates have no number there": lambda here, rules: (
        not rules.population and not estimates(here.name)
    ),
    "sets no targets of {}, so it is judged by the few that hold for all": lambda _, rules: not rules.targets,
}


def _teams(here: HeardAuthority, told: frozenset[str], rules: RulesByAuthority) -> Iterator[Finding]:
    named = set(told_teams(rules.of(here.name).teams))
    if not named:
        return
    strange, unheard = told - named, named - told
    if strange:
        yield worth_knowing(
            f"{here.name}: events tell {several(len(strange), 'team')} that authority.toml does "
            f"not name ({some(strange)}), so their locality is {UNKNOWN}",
            f"give each an entry{_meant(strange, unheard)}",
        )
    if unheard:
        yield worth_knowing(
            f"{here.name}: authority.toml names teams that no event tells ({some(unheard)})",
            f"write each as events tell it, letter by letter{_meant(unheard, strange)}",
        )


def _meant(wrongly: frozenset[str] | set[str], known: frozenset[str] | set[str]) -> str:
    pairs: Mapping[str, str] = {
        name: near[0] for name in sorted(wrongly) if (near := get_close_matches(name, known, n=1))
    }
    return "".join(f"; is '{name}' meant as '{near}'?" for name, near in list(pairs.items())[:3])
