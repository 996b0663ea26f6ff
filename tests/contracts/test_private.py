"""What is kept on this machine is for its user alone: from the first byte, and where a version before left it open."""

import os
import subprocess
from pathlib import Path

import pytest

from deploy.doctor.machine import private as examined
from deploy.machine.private import make_private, open_to_others, password, write
from deploy.machine.programs import free_port
from tests.journeys.parts import MAIN

NOBODY = 65534


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A data directory as an earlier version made it."""
    here = tmp_path / "state"
    for folder in ("kafka/log/case-events-0", "valkey/appendonlydir", "prometheus/samples"):
        (here / folder).mkdir(parents=True)
    for file in (
        "kafka/log/case-events-0/0.log",
        "valkey/appendonlydir/1.aof",
        "worker.log",
        "up.lock",
        "pseudonym.key",
    ):
        (here / file).write_text("of a child")
    for path in (here, *here.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o666)
    return here


def open_here(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in open_to_others(folder)}


def test_what_an_earlier_version_left_open_is_taken_from_others(before: Path) -> None:
    """Every file and folder, the outermost first; what its owner may do stays, and the doctor is then content."""
    assert next(open_to_others(before)) == before
    assert open_here(before) >= {".", "kafka", "kafka/log/case-events-0/0.log", "worker.log", "pseudonym.key"}
    (found,) = examined(before)
    assert found.what.startswith(f"other users of this machine can read or write 12 files and folders of {before} (")
    make_private(before)
    assert {oct(path.stat().st_mode & 0o777) for path in (before, *before.rglob("*"))} == {"0o700", "0o600"}
    assert list(examined(before)) == []


def test_what_is_not_ours_stays_as_it_is(before: Path, tmp_path: Path) -> None:
    """Somebody keeps other things in the same folder, or a link leads out of it: neither is shut to anybody."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("shared")
    elsewhere.chmod(0o644)
    (before / "shared.csv").write_text("shared")
    (before / "shared.csv").chmod(0o644)
    (before / "kafka" / "link").symlink_to(elsewhere)
    make_private(before)
    assert [oct(path.stat().st_mode & 0o777) for path in (before, before / "shared.csv", elsewhere)] == [
        "0o755",
        "0o644",
        "0o644",
    ]
    assert open_here(before) == set()


def test_a_folder_of_somebody_else_is_no_crash(before: Path) -> None:
    """The doctor, run by another user of the machine, finds the folder shut and says nothing of it."""
    before.chmod(0o000)
    child = os.fork()
    if child == 0:
        if os.geteuid() == 0:
            os.setuid(NOBODY)
        os._exit(0 if list(examined(before)) == [] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_secret_is_never_open_for_a_moment(tmp_path: Path) -> None:
    """Whatever the mask, and where the file was there and open: shut before the first byte."""
    file = tmp_path / "settings"
    file.write_text("")
    file.chmod(0o666)
    mask = os.umask(0)
    try:
        write(file, "word")
        made = password(tmp_path, "store")
    finally:
        os.umask(mask)
    assert [path.stat().st_mode & 0o777 for path in (file, made)] == [0o600, 0o600]


def test_each_part_has_a_password_of_its_own_that_stays(tmp_path: Path) -> None:
    """Long, made once; one that a power cut left empty is made anew."""
    words = [password(tmp_path, part).read_text() for part in ("store", "kafka", "store", "kafka")]
    assert (words[0], words[1]) == (words[2], words[3])
    assert words[0] != words[1]
    assert min(map(len, words)) > 40
    (tmp_path / "store-password").write_text("")
    assert password(tmp_path, "store").read_text() not in ("", words[0])


def test_whatever_the_command_writes_is_for_this_user_alone(tmp_path: Path) -> None:
    """A file that it is told to write, a folder for state, the key in it, and what it starts: by the process's mask."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("CASEPULSE_")}

    def run(*arguments: str) -> int:
        shell = ("sh", "-c", 'umask 000; exec "$@"', "sh", *MAIN, *arguments)
        return subprocess.run(shell, cwd=tmp_path, env=plain, capture_output=True, check=False).returncode

    day = ("--from", "2017-12-14", "--to", "2017-12-15", "--children", "1000")
    assert run("simulate", *day, "--to-file", "told.ndjson") == 0
    taken = ("--kafka", f"127.0.0.1:{free_port()}")
    assert run("up", "--no-simulate", "--port", str(free_port()), *taken) == 1
    made = list(tmp_path.rglob("*"))
    assert {path.name for path in made} >= {"told.ndjson", ".casepulse", "store-password"}
    assert [path.name for path in made if path.stat().st_mode & 0o077] == []
