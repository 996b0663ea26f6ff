"""Settings: who tells them, what is at odds, and that nothing runs on half of them."""

import fcntl
import json
import logging
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from deploy.command import main
from deploy.configuration.settings import SettingsUnusable, read_settings
from deploy.configuration.variables import VARIABLES, values
from metrics.store.address import RedisSettings

SASL = {"CASEPULSE_KAFKA": "k:9093", "CASEPULSE_KAFKA_SECURITY": "sasl_ssl", "CASEPULSE_KAFKA_USER": "me"}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("password\n")
    return tmp_path / "secret"


def test_the_environment_counts_more_than_the_file(tmp_path: Path, secret: Path) -> None:
    """A key of the file is the variable's name, small; an empty variable unsets; a path is seen from the file."""
    file = tmp_path / "casepulse.toml"
    file.write_text(
        'kafka = "a:1,b:2"\nkafka_security = "sasl_plaintext"\nkafka_user = "of the file"\n'
        'kafka_password_file = "secret"\ntopic = "told-events"\n'
    )
    env = {"CASEPULSE_CONFIG": str(file), "CASEPULSE_KAFKA_USER": "of the environment", "CASEPULSE_TOPIC": ""}
    settings = read_settings(env)
    assert (settings.kafka.servers, settings.kafka.user) == ("a:1,b:2", "of the environment")
    assert settings.kafka.password_file == secret
    assert settings.topic == "case-events"
    assert settings.kafka.options["sasl_plain_password"] == "password"
    by = {name: setting.by for name, setting in values(env).items()}
    assert by["CASEPULSE_KAFKA"] == str(file)
    assert (by["CASEPULSE_KAFKA_USER"], by["CASEPULSE_REDIS"]) == ("environment", "default")


@contextmanager
def up_here(data_dir: Path, **published: str) -> Iterator[None]:
    """Have an `up` run on *data_dir*, as far as other commands can tell."""
    data_dir.mkdir()
    told = {**read_settings({}, by_up=False).variables, "CASEPULSE_DATA_DIR": str(data_dir), **published}
    (data_dir / "environment").write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in told.items()))
    with (data_dir / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# What environment and file set, beside an `up` whose Kafka is up:1, whose store is up:2 and whose topic is up-events;
# and who wins: Kafka, store, topic.
UP, ENVIRONMENT, FILE, DEFAULT = "up", "environment", "file", "default"
WINNERS = (
    ({}, "", (UP, UP, UP)),
    ({"CASEPULSE_TOPIC": "mine"}, "", (UP, UP, ENVIRONMENT)),
    ({}, 'topic = "mine"', (UP, UP, FILE)),
    ({"CASEPULSE_TOPIC": "mine"}, 'topic = "his"', (UP, UP, ENVIRONMENT)),
    ({"CASEPULSE_TOPIC": ""}, 'topic = "his"', (UP, UP, DEFAULT)),
    ({"CASEPULSE_KAFKA": "k:1"}, "", (ENVIRONMENT, DEFAULT, DEFAULT)),
    ({"CASEPULSE_KAFKA": "k:1"}, 'redis = "redis://r:1"', (ENVIRONMENT, FILE, DEFAULT)),
    ({}, 'redis = "redis://r:1"\nkafka = "k:1"', (FILE, FILE, DEFAULT)),
    ({"CASEPULSE_KAFKA": ""}, "", (DEFAULT, DEFAULT, DEFAULT)),
    ({"CASEPULSE_KAFKA_USER": "me"}, "", (DEFAULT, DEFAULT, DEFAULT)),
    ({}, 'redis_user = "me"', (DEFAULT, DEFAULT, DEFAULT)),
)


@pytest.mark.parametrize(("env", "text", "wins"), WINNERS)
def test_who_wins_is_as_the_page_says(env: dict[str, str], text: str, wins: tuple[str, ...], tmp_path: Path) -> None:
    """The environment, then the file, then the `up` that runs here, then the default; of connections all or none is
    of that `up`. `casepulse settings` shows the same."""
    file = tmp_path / "casepulse.toml"
    file.write_text(f"{text}\n")
    env = {**env, "CASEPULSE_CONFIG": str(file), "CASEPULSE_DATA_DIR": str(tmp_path / "state")}
    names = ("CASEPULSE_KAFKA", "CASEPULSE_REDIS", "CASEPULSE_TOPIC")
    of_up = {"CASEPULSE_KAFKA": "up:1", "CASEPULSE_REDIS": "redis://up:2/0", "CASEPULSE_TOPIC": "up-events"}
    with up_here(tmp_path / "state", **of_up):
        found = values(env)
        shown = json.loads(CliRunner().invoke(main, ["settings", "--json"], env=env).stdout)
    assert tuple("file" if found[name].by == str(file) else found[name].by for name in names) == wins
    assert [(row["name"], row["told_by"]) for row in shown] == [(name, it.by) for name, it in found.items()]
    assert all(found[name].value == of_up[name] for name in names if found[name].by == "up")


def test_no_test_is_set_up_by_an_up_that_runs_here() -> None:
    """Or by what somebody exported: a process that a test starts finds the parts that the test names, and no others."""
    assert {name for name, it in values().items() if it.by != "default"} == {"CASEPULSE_DATA_DIR"}
    assert not read_settings().data_dir.exists()


def test_what_is_published_is_what_is_read(tmp_path: Path, secret: Path) -> None:
    """A child process that is given the variables has the same settings, and every variable is among them."""
    env = SASL | {"CASEPULSE_KAFKA_PASSWORD_FILE": str(secret), "CASEPULSE_REDIS": "rediss://r:1/2"}
    settings = read_settings(env)
    assert settings.variables.keys() == {variable.name for variable in VARIABLES}
    assert read_settings(settings.variables).variables == settings.variables
    settings = read_settings({**env, "CASEPULSE_DATA_DIR": str(tmp_path)})
    settings.publish()
    assert (tmp_path / "environment").stat().st_mode & 0o077 == 0


FAULTS = (
    ({"CASEPULSE_KAFKA_SECURITY": "sasl-ssl"}, "there is no 'sasl-ssl': did you mean 'sasl_ssl'?"),
    (SASL, "CASEPULSE_KAFKA_PASSWORD_FILE is not set, and CASEPULSE_KAFKA_SECURITY is sasl_ssl: set it"),
    (SASL | {"CASEPULSE_KAFKA_PASSWORD_FILE": "/none"}, "/none: the secret cannot be read"),
    ({"CASEPULSE_KAFKA_USER": "me"}, "CASEPULSE_KAFKA_USER is set, and CASEPULSE_KAFKA_SECURITY is plaintext"),
    ({"CASEPULSE_KAFKA_SASL_MECHANISM": "GSSAPI"}, "there is no 'GSSAPI'"),
    ({"CASEPULSE_KAFKA_SECURITY": "ssl", "CASEPULSE_KAFKA_CA_FILE": __file__}, "is not in PEM"),
    ({"CASEPULSE_REDIS": "store:6379"}, "begin it with redis://"),
    ({"CASEPULSE_REDIS_USER": "me"}, "CASEPULSE_REDIS_USER is set without CASEPULSE_REDIS_PASSWORD_FILE"),
    ({"CASEPULSE_REDIS": "redis://r", "CASEPULSE_REDIS_CA_FILE": __file__}, "is not over TLS"),
    ({"CASEPULSE_SERVER": "127.0.0.1:8080"}, "CASEPULSE_SERVER is no address of a server"),
    ({"CASEPULSE_SERVER": "file:///etc"}, "CASEPULSE_SERVER is no address of a server"),
    ({"CASEPULSE_SERVER": "http://server:port"}, "CASEPULSE_SERVER is no address of a server"),
)


@pytest.mark.parametrize(("env", "says"), FAULTS, ids=[says for _, says in FAULTS])
def test_what_is_at_odds_is_one_line(env: dict[str, str], says: str) -> None:
    """What is wrong, and what to do."""
    with pytest.raises(SettingsUnusable) as refused:
        read_settings(env)
    assert [line for line in str(refused.value).splitlines() if says in line]
    assert "password" not in str(refused.value).replace("_PASSWORD_", "")


def test_faults_of_the_file_are_told_with_their_lines(tmp_path: Path) -> None:
    """All at once, as those of authority.toml."""
    file = tmp_path / "casepulse.toml"
    file.write_text('kafka_usr = "me"\nredis = 6379\n')
    with pytest.raises(SettingsUnusable) as refused:
        read_settings({"CASEPULSE_CONFIG": str(file)})
    first, second = str(refused.value).splitlines()
    assert first.endswith("casepulse.toml, line 1: kafka_usr: there is no such key: did you mean 'kafka_user'?")
    assert second.endswith('line 2: redis: is not text: write it in "quotation marks"')


def test_a_password_in_a_url_is_never_shown() -> None:
    """Neither as text nor in a record's representation."""
    redis = read_settings({"CASEPULSE_REDIS": "redis://me:hidden@store:6379/0"}).redis
    assert "hidden" not in f"{redis} {redis!r}"
    assert str(redis) == "redis://store:6379/0"
    assert str(RedisSettings("rediss://[::1]:6380")) == "rediss://[::1]:6380"


@pytest.mark.parametrize(
    "url",
    [
        "redis://store:6379/0?password=hidden",
        "redis://:ab/hidden@store:6379/0",
        "redis://store/hidden",
        "redis://",
        "redis://[::hidden/0",
    ],
)
def test_a_url_in_which_a_password_may_be_lost_is_refused_unquoted(url: str) -> None:
    """Behind a question mark, or with a / of its own: a driver may find it, and whoever prints the address too."""
    assert "hidden" not in f"{RedisSettings(url)!r}"
    if url != "redis://store/hidden":
        with pytest.raises(SettingsUnusable, match="CASEPULSE_REDIS") as refused:
            read_settings({"CASEPULSE_REDIS": url})
        assert "hidden" not in str(refused.value)
    said = CliRunner().invoke(main, ["settings"], env={"CASEPULSE_REDIS": url}).output
    assert "hidden" not in said


def test_a_password_over_loopback_is_no_news(secret: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Both clients warn at each start that it goes unencrypted. On this machine nobody is told; elsewhere they are."""
    for client in ("kafka.net.sasl.plain", "aiokafka.conn"):
        logging.getLogger(client).filters.clear()
    for servers, lines in (("kafka-1:9093", 2), ("127.0.0.1:9093", 0)):
        settings = read_settings(
            {
                "CASEPULSE_KAFKA": servers,
                "CASEPULSE_KAFKA_SECURITY": "sasl_plaintext",
                "CASEPULSE_KAFKA_USER": "me",
                "CASEPULSE_KAFKA_PASSWORD_FILE": str(secret),
            }
        )
        assert settings.kafka.password() == "password"
        caplog.clear()
        for client in ("kafka.net.sasl.plain", "aiokafka.conn"):
            logging.getLogger(client).warning("Sending username and password in the clear")
        assert len(caplog.messages) == lines
