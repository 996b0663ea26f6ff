"""What an event costs grows with what is new. Counted is how often things are looked at; no test here takes times."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from msgspec.structs import replace

from events import case as events_case
from events.case import Case, decode_case, encode_case, tell, tell_new
from events.event import Event
from events.front_door import EnquiryReceived
from events.need import EpisodeOpened
from metrics.counting.tally import tally
from metrics.lives.timeline import Stretch
from metrics.rules.rules import RulesByAuthority
from tests.story import AUTHORITY

TOLD = 16_000
NOW = datetime(2025, 6, 2, tzinfo=UTC)


def counted(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> Callable[[], int]:
    """Return a function that says how often *name* of *owner* has been called since it was last asked."""
    calls, original = [0], getattr(owner, name)

    def counting(*arguments: Any) -> Any:
        calls[0] += 1
        return original(*arguments)

    def since_last() -> int:
        calls[0], seen = 0, calls[0]
        return seen

    monkeypatch.setattr(owner, name, counting)
    return since_last


def enquiry(n: int, **fields: Any) -> Event:
    told = {"id": f"t{n}", "authority": AUTHORITY, "record": "E1", "source": "eclipse", "child": "ada"}
    told |= {"occurred_on": date(2025, 1, 2), "recorded_at": NOW + timedelta(seconds=n)}
    return EnquiryReceived(**told | fields)


@pytest.mark.parametrize("level", [False, True])
def test_one_more_telling_of_a_fact_looks_at_few_of_those_before(monkeypatch: pytest.MonkeyPatch, level: bool) -> None:
    """The newest, the oldest, one between and one told before; also where nothing but the content orders them."""
    tellings = [enquiry(0, team=f"T{n:05}") if level else enquiry(2 * n) for n in range(TOLD)]
    case = tell(Case(), tellings)
    ranks, contents = (counted(monkeypatch, events_case, name) for name in ("_rank", "_content"))
    middle = enquiry(0, team="T08000b") if level else enquiry(TOLD + 1)
    for event in (enquiry(3 * TOLD), enquiry(-1), middle, enquiry(0, team="west")):
        after, new = tell_new(case, [event])
        assert new == [event]
        assert ranks() + contents() < 100
        assert list(next(iter(after.tellings.values()))) == sorted((*tellings, event), key=events_case._order)
        contents()
    assert tell_new(case, [replace(tellings[TOLD // 3])]) == (case, [])
    assert ranks() + contents() < 100


def test_a_case_is_read_back_with_each_fact_sorted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However often a fact was told: one look at the content of each telling, and each is kept once."""
    case = tell(Case(), (enquiry(n) for n in range(TOLD)))
    contents = counted(monkeypatch, events_case, "_content")
    assert decode_case(encode_case(case)) == case
    assert contents() <= TOLD


def test_many_open_episodes_are_laid_over_one_another_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed that opens an episode a day and closes none: a thousand of them are no million looks, nor a billion."""
    covers = counted(monkeypatch, Stretch, "covers")
    told = {"authority": AUTHORITY, "source": "eclipse", "child": "ada", "recorded_at": NOW}
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(1000)]
    episodes = [EpisodeOpened(id=f"{day}", record=f"{day}", occurred_on=day, primary_need="N1", **told) for day in days]
    tally(tell(Case(), episodes), RulesByAuthority().of(AUTHORITY))
    assert covers() < 10_000


class Name(str):
    """A pseudonym that counts how often any is looked up."""

    __slots__ = ()
    looks = 0

    def __hash__(self) -> int:
        Name.looks += 1
        return super().__hash__()


def test_a_long_chain_of_links_is_not_walked_from_end_to_end_for_each() -> None:
    """Two thousand links, told from the far end or the near one: some looks a link, and no million."""
    names = [Name(f"c{n:04}") for n in range(2001)]
    links = list(pairwise(names))
    for told in (links, links[::-1], [(into, child) for child, into in links]):
        Name.looks = 0
        assert len(set(events_case._connected(set(names), told).values())) == 1
        assert Name.looks < 200_000
