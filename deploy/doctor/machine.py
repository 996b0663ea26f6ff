"""What this machine, its files and its calendar are like."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from deploy.configuration.authorities import AuthoritiesUnreadable
from deploy.configuration.settings import Settings
from deploy.doctor.finding import Finding, findings_of, several, some, worth_knowing, wrong
from deploy.machine.disk import free_mb
from deploy.machine.private import OTHERS, open_to_others
from deploy.processes.authority_directory import ClockUnknown, check_clock
from events.sources.pseudonym import KeyUnusable, key_file
from events.time import LONDON
from events.working_days import LAST, PUBLISHED

LEAST_MB, FEW_MB = 500, 2_000
NOTICE = timedelta(days=365)
KEY_FILE = "pseudonym.key"


def machine(settings: Settings, today: date) -> Iterator[Finding]:
    """Yield what is to be said before anything is asked over the net."""
    yield from disk(settings.data_dir)
    yield from private(settings.data_dir)
    yield from key(settings.data_dir / KEY_FILE)
    yield from secrets(settings)
    yield from zone()
    yield from calendar(today)
    yield from clock(settings)
    yield from authorities(settings)


def disk(folder: Path, least_mb: float = LEAST_MB, few_mb: float = FEW_MB) -> Iterator[Finding]:
    """Say how little room is left where state is written."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if (free := free_mb(there)) < few_mb:
        say = wrong if free < least_mb else worth_knowing
        yield say(f"only {free:,.0f} MB are free in {folder}", "free some space: on a full disk nothing is taken in")


def private(data_dir: Path) -> Iterator[Finding]:
    """Say what of our state other users of this machine may read or write. The key of pseudonyms is said by itself."""
    found = [path for path in open_to_others(data_dir) if path.name != KEY_FILE]
    if found:
        names = some(str(path.relative_to(data_dir.resolve())) for path in found)
        how_many = several(len(found), "file or folder", "files and folders")
        yield wrong(
            f"other users of this machine can read or write {how_many} of {data_dir} ({names})",
            f"start `casepulse up` once, which takes that from them, or chmod -R go= {data_dir}",
        )


def key(file: Path) -> Iterator[Finding]:
    """Say whether others may read the key of pseudonyms, and with it try every child's number."""
    if not file.exists():
        return
    try:
        key_file(file)
    except KeyUnusable as exc:
        yield from findings_of(exc)
    if file.stat().st_mode & OTHERS:
        yield wrong(f"{file}, the key of pseudonyms, can be read by other users", f"chmod 600 {file}")


def secrets(settings: Settings) -> Iterator[Finding]:
    """Say whether others may read a secret."""
    for file in (settings.kafka.password_file, settings.kafka.key_file, settings.redis.password_file):
        if file and file.stat().st_mode & OTHERS:
            yield worth_knowing(f"{file} holds a secret and can be read by other users", f"chmod 600 {file}")
    if settings.redis.has_password_in_url:
        yield worth_knowing(
            "CASEPULSE_REDIS holds a password, which whoever sees the environment can read",
            "put it into a file, and name that in CASEPULSE_REDIS_PASSWORD_FILE",
        )


def zone() -> Iterator[Finding]:
    """Say whether London's clocks are those of another place."""
    summer, winter = (datetime(2026, month, 1, 12, tzinfo=LONDON).utcoffset() for month in (7, 1))
    if (summer, winter) != (timedelta(hours=1), timedelta(0)):
        yield wrong(
            "the time zone data of this machine are wrong about Europe/London, and so is every midnight",
            "install the system's tzdata anew; PYTHONTZPATH must be unset or name it",
        )


def calendar(today: date) -> Iterator[Finding]:
    """Say that the published bank holidays run out: later ones are computed, and may yet be proclaimed otherwise."""
    if today + NOTICE > LAST:
        yield wrong(f"the calendar ends with {LAST:%Y}", "install a newer casepulse")
    elif today + NOTICE > PUBLISHED:
        yield worth_knowing(
            f"bank holidays are those that were published, to the end of {PUBLISHED:%Y}; later ones are computed",
            "install a newer casepulse: a holiday that is proclaimed moves deadlines",
        )


def clock(settings: Settings) -> Iterator[Finding]:
    """Say that nobody knows what time it is at the made-up authority, so that none of its figures is shown."""
    try:
        check_clock(settings)
    except ClockUnknown as exc:
        yield from findings_of(exc)


def authorities(settings: Settings) -> Iterator[Finding]:
    """Say each fault of authority.toml."""
    try:
        settings.check()
    except AuthoritiesUnreadable as exc:
        yield from findings_of(exc)
