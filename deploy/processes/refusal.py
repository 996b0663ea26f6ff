"""What the worker of `casepulse up` said as it refused to run: for whoever asks why nothing is counted any more."""

from contextlib import suppress
from pathlib import Path

from deploy.configuration.settings import Settings
from deploy.configuration.variables import published

FILE = "worker-refused"  # of the data directory, while `up` runs there


def note(data_dir: Path, said: str) -> None:
    """Keep what a worker said."""
    with suppress(OSError):  # a full disk: it is on the screen all the same
        (data_dir / FILE).write_text(f"{said}\n")


def forget(data_dir: Path) -> None:
    """Forget what a worker said: another one is about to start, or nobody runs here any more."""
    (data_dir / FILE).unlink(missing_ok=True)


def refusal(settings: Settings) -> str | None:
    """Return what the worker said; None where none has refused, or these *settings* are not those of the `up` here."""
    here = published(settings.data_dir)
    if any(
        name not in here or here[name].value != settings.variables[name]
        for name in ("CASEPULSE_REDIS", "CASEPULSE_TOPIC")
    ):
        return None
    try:
        return (settings.data_dir / FILE).read_text().strip() or None
    except OSError:
        return None
