"""What must be said wherever a figure is shown: in words, and with the remedy where there is one."""

from datetime import date, datetime

from events.time import LONDON
from metrics.windows import At

NO_RATE_OF_A_PART = "children are counted for the whole authority alone: ask for its rate"


def no_population(authority: str, day: date) -> str:
    """Return why an authority without an estimate has no rate, and what to do."""
    year = day.year if day.month >= 4 else day.year - 1  # in which its financial year begins
    unknown = f"how many children live in {authority} is not known for {year} nor before"
    return f"{unknown}: set its population in authority.toml"


def beyond(at: At, now: At, complete_to: datetime | None) -> str:
    """Return what is said of a figure at *at*, which is later than now or than what is known."""
    why = [*_not_over(at, now), *([f"complete to {in_words(complete_to)}"] if complete_to else [])]
    return f"as far as known: {'; '.join(why)}"


def _not_over(at: At, now: At) -> list[str]:
    if at.instant <= now.instant:
        return []
    return [f"{in_words(at.asked)} {'is not over' if at.day == now.day and at.is_day else 'has not come'}"]


def in_words(moment: date | datetime) -> str:
    """Return a day, or a moment of London, as people write it; the last minute of a day is the day itself."""
    if not isinstance(moment, datetime):
        return f"{moment:%-d %B %Y}"
    local = moment.astimezone(LONDON)
    return f"{local:%-d %B %Y}" if f"{local:%H:%M}" == "23:59" else f"{local:%-d %B %Y %H:%M}"


STILL_TO_COUNT = "another version of casepulse declares it otherwise, and counts here: no number until ours has"
