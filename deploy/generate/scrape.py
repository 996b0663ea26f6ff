"""What Prometheus is told: where our figures are, and how often to come for them."""

from collections.abc import Sequence

SERVER, WORKER = "127.0.0.1:8080", "127.0.0.1:9180"
INTERVAL_SECONDS = 5  # an alert must fire within 25 of a breach


def scrape_config(server: str = SERVER, workers: Sequence[str] = (WORKER,), rules: Sequence[str] = ()) -> str:
    """Return a configuration that scrapes *server* and *workers*, and evaluates the files *rules*."""
    files = f"rule_files: [{', '.join(map(_quoted, rules))}]\n" if rules else ""
    return (
        "# Made by `casepulse scrape`: figures come from the server, the machine's own work from each worker.\n"
        f"global:\n  scrape_interval: {INTERVAL_SECONDS}s\n  evaluation_interval: {INTERVAL_SECONDS}s\n"
        f"{files}scrape_configs:\n"
        f"{_job('casepulse-server', (server,))}{_job('casepulse-worker', workers)}"
    )


def _job(name: str, targets: Sequence[str]) -> str:
    listed = ", ".join(map(_quoted, targets))
    return f"  - job_name: {name}\n    static_configs:\n      - targets: [{listed}]\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
