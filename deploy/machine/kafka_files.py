"""The files of the Kafka that `up` starts. They hold the only copy of the events, so nothing of them is set aside."""

from pathlib import Path

from deploy.machine.running import Failed

STRAY = "*-stray"  # what Kafka calls the folder of a partition that its own records do not know
META, COPY = "meta.properties", "meta.properties.copy"


def remedy(data: Path) -> str:
    """Return what somebody can do where Kafka does not come up from its files in *data*."""
    return (
        f"Where its files are damaged, {data / 'kafka.log'} names the one. They hold the only copy of the events, "
        f"so they are left as they are: stop this and put back a copy of {data}; or, where all that was sent can be "
        "sent again, as of a made-up authority, delete the data directory and start afresh"
    )


def check(data: Path) -> None:
    """Raise Failed where Kafka has come up and no longer knows its topics: the ones made in their place would be empty.

    It does so where the record of its topics is damaged, and puts their folders aside. A folder that it was about to
    make as the disk was full or the power went is one too: it holds nothing, or is of Kafka's own topics, made anew.
    """
    if strays := sorted(path.name for path in (data / "log").glob(STRAY) if _holds_events(path)):
        raise Failed(
            f"Kafka no longer knows what it held: the record of its topics is damaged, and {len(strays)} folders in "
            f"{data / 'log'} have another name now, as {strays[0]}. {remedy(data)}"
        )


def _holds_events(folder: Path) -> bool:
    is_its_own = folder.name.startswith("__")
    return not is_its_own and any(segment.stat().st_size for segment in folder.glob("*.log"))


def cluster(data: Path) -> str | None:
    """Return the cluster that the files in *data* are of; None where there are none yet.

    A small file says it, of which a copy is kept beside: without it the log would be taken for another one. Raises
    Failed where that file is damaged and there is no copy.
    """
    meta, copy = data / "log" / META, data / COPY
    if (found := _cluster(meta)) is not None:
        if _cluster(copy) != found:
            copy.write_bytes(meta.read_bytes())
        return found
    if not any((data / "log").glob("*-[0-9]*")):  # no partition: it was never started
        return None
    if (found := _cluster(copy)) is None:
        raise Failed(f"{meta}, which says whose log this is, is missing or damaged. {remedy(data)}")
    meta.write_bytes(copy.read_bytes())
    return found


def _cluster(file: Path) -> str | None:
    if not file.is_file():
        return None
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    is_whole = {"version", "node.id", "directory.id", "cluster.id"} <= told.keys() and all(told.values())
    return told["cluster.id"] if is_whole else None
