"""The settings of an installation, read once into one frozen record."""

import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deploy.configuration.toml_file import Unreadable, meant
from deploy.configuration.variables import DATA_DIR, ENVIRONMENT, LOCK, LOG_FORMATS, LOG_LEVELS, values
from metrics.store.address import RedisSettings
from metrics.store.secrets import Unusable, pem, secret
from metrics.wrong_setting import WrongSetting
from streams.broker import names
from streams.broker.connection import MECHANISMS, SECURITIES, KafkaSettings

if TYPE_CHECKING:
    from metrics.rules.rules import RulesByAuthority

__all__ = ["DATA_DIR", "ENVIRONMENT", "LOCK", "Settings", "SettingsUnusable", "read_settings"]


class SettingsUnusable(WrongSetting):
    """The settings contradict each other, or name what cannot be used: one line for each fault, with the remedy."""


@dataclass(frozen=True)
class Settings:
    """Where things are. Each may be set by a variable of the environment, `CASEPULSE_KAFKA` and so on."""

    kafka: KafkaSettings
    redis: RedisSettings
    topic: str
    data_dir: Path
    demonstration: Path | None  # the made-up authority's clock, where there is one
    authorities: Path | None = None  # what each authority sets; left out, `authority.toml` of this folder, if any
    figures_topic: str | None = None  # left out, as `names.figures` calls it
    server: str | None = None  # where figures are asked for; left out, they are read from the store
    log_level: str = "warning"
    log_format: str = "text"

    @property
    def figures(self) -> str:
        """The topic that figures go to."""
        return self.figures_topic or names.figures(self.topic)

    @cached_property
    def rules(self) -> "RulesByAuthority":
        """What each authority sets; beside a demonstration, Wexshire too. Raises AuthoritiesUnreadable."""
        # Not at the top: the calendar and the catalogue take longer to import than a question to a server takes.
        from deploy.configuration.authorities import read_authorities, with_wexshire
        from metrics.catalogue import MEASURES

        units = {measure.name: measure.unit for measure in MEASURES}
        rules = read_authorities(self.authorities, units)
        return with_wexshire(rules, units) if self.demonstration else rules

    def check(self) -> None:
        """Read `authority.toml` before anything starts. Raises AuthoritiesUnreadable."""
        _ = self.rules

    @property
    def variables(self) -> dict[str, str]:
        """The environment that `read_settings` reads these settings from. No secret is in it, save one in a URL."""
        return {
            "CASEPULSE_KAFKA": self.kafka.servers,
            "CASEPULSE_KAFKA_SECURITY": self.kafka.security,
            "CASEPULSE_KAFKA_CA_FILE": str(self.kafka.ca_file or ""),
            "CASEPULSE_KAFKA_CERT_FILE": str(self.kafka.cert_file or ""),
            "CASEPULSE_KAFKA_KEY_FILE": str(self.kafka.key_file or ""),
            "CASEPULSE_KAFKA_SASL_MECHANISM": self.kafka.mechanism,
            "CASEPULSE_KAFKA_USER": self.kafka.user or "",
            "CASEPULSE_KAFKA_PASSWORD_FILE": str(self.kafka.password_file or ""),
            "CASEPULSE_REDIS": self.redis.url,
            "CASEPULSE_REDIS_CA_FILE": str(self.redis.ca_file or ""),
            "CASEPULSE_REDIS_USER": self.redis.user or "",
            "CASEPULSE_REDIS_PASSWORD_FILE": str(self.redis.password_file or ""),
            "CASEPULSE_SERVER": self.server or "",
            "CASEPULSE_TOPIC": self.topic,
            "CASEPULSE_FIGURES_TOPIC": self.figures_topic or "",
            "CASEPULSE_DATA_DIR": str(self.data_dir),
            "CASEPULSE_LOG_LEVEL": self.log_level,
            "CASEPULSE_LOG_FORMAT": self.log_format,
            "CASEPULSE_DEMONSTRATION": str(self.demonstration or ""),
            "CASEPULSE_AUTHORITIES": str(self.authorities or ""),
        }

    def publish(self) -> None:
        """Write the variables to the data directory: for a shell to source, and for `read_settings` to find."""
        lines = (f"{name}={shlex.quote(value)}\n" for name, value in self.variables.items())
        file = self.data_dir / ENVIRONMENT
        file.touch(mode=0o600)
        file.write_text("".join(lines))


def read_settings(environ: Mapping[str, str] = os.environ, by_up: bool = True) -> Settings:
    """Return the settings that environment and file give; where they name no parts, those of the `up` that runs here.

    An `up` itself asks for none of another: not *by_up*. Raises SettingsUnusable.
    """
    try:
        given = {name: setting.value for name, setting in values(environ, by_up).items()}
    except Unreadable as exc:
        raise SettingsUnusable(str(exc)) from exc
    settings = Settings(
        kafka=_kafka(given),
        redis=_redis(given),
        topic=given["CASEPULSE_TOPIC"],
        data_dir=Path(given["CASEPULSE_DATA_DIR"]),
        demonstration=_path(given["CASEPULSE_DEMONSTRATION"]),
        authorities=_path(given["CASEPULSE_AUTHORITIES"]),
        figures_topic=given["CASEPULSE_FIGURES_TOPIC"] or None,
        server=given["CASEPULSE_SERVER"] or None,
        log_level=given["CASEPULSE_LOG_LEVEL"].lower(),
        log_format=given["CASEPULSE_LOG_FORMAT"].lower(),
    )
    if faults := [
        *_kafka_faults(settings.kafka),
        *_redis_faults(settings.redis),
        *_server_faults(settings.server),
        *_log_faults(settings),
    ]:
        raise SettingsUnusable("\n".join(faults))
    return settings


def _path(value: str) -> Path | None:
    return Path(value) if value else None


def _file(value: str) -> Path | None:
    """Return a file of a connection: the processes that open it may run elsewhere."""
    return Path(value).absolute() if value else None


def _kafka(given: Mapping[str, str]) -> KafkaSettings:
    return KafkaSettings(
        servers=given["CASEPULSE_KAFKA"],
        security=given["CASEPULSE_KAFKA_SECURITY"].lower(),
        ca_file=_file(given["CASEPULSE_KAFKA_CA_FILE"]),
        cert_file=_file(given["CASEPULSE_KAFKA_CERT_FILE"]),
        key_file=_file(given["CASEPULSE_KAFKA_KEY_FILE"]),
        mechanism=given["CASEPULSE_KAFKA_SASL_MECHANISM"].upper(),
        user=given["CASEPULSE_KAFKA_USER"] or None,
        password_file=_file(given["CASEPULSE_KAFKA_PASSWORD_FILE"]),
    )


def _redis(given: Mapping[str, str]) -> RedisSettings:
    return RedisSettings(
        url=given["CASEPULSE_REDIS"],
        ca_file=_file(given["CASEPULSE_REDIS_CA_FILE"]),
        user=given["CASEPULSE_REDIS_USER"] or None,
        password_file=_file(given["CASEPULSE_REDIS_PASSWORD_FILE"]),
    )


def _kafka_faults(kafka: KafkaSettings) -> Iterator[str]:
    """Yield what is wrong with how Kafka is to be reached, with the remedy."""
    if kafka.security not in SECURITIES:
        yield f"CASEPULSE_KAFKA_SECURITY: there is no '{kafka.security}': {meant(kafka.security, SECURITIES)}"
        return
    if kafka.mechanism not in MECHANISMS:
        yield f"CASEPULSE_KAFKA_SASL_MECHANISM: there is no '{kafka.mechanism}': {meant(kafka.mechanism, MECHANISMS)}"
    yield from _security_faults(kafka)
    if kafka.key_file and not kafka.cert_file:
        yield "CASEPULSE_KAFKA_KEY_FILE is set without CASEPULSE_KAFKA_CERT_FILE: set both, or neither"
    try:
        _ = kafka.options
    except Unusable as exc:
        yield str(exc)


def _security_faults(kafka: KafkaSettings) -> Iterator[str]:
    """Yield what is set and not used by the kind of security that is set, or missing for it."""
    with_sasl = {"CASEPULSE_KAFKA_USER": kafka.user, "CASEPULSE_KAFKA_PASSWORD_FILE": kafka.password_file}
    with_tls = {"CASEPULSE_KAFKA_CA_FILE": kafka.ca_file, "CASEPULSE_KAFKA_CERT_FILE": kafka.cert_file}
    for name, value in with_sasl.items():
        if kafka.has_sasl and not value:
            yield f"{name} is not set, and CASEPULSE_KAFKA_SECURITY is {kafka.security}: set it"
        elif value and not kafka.has_sasl:
            yield f"{name} is set, and CASEPULSE_KAFKA_SECURITY is {kafka.security}: make it sasl_ssl, or unset the one"
    for name, value in with_tls.items():
        if value and not kafka.has_tls:
            yield f"{name} is set, and CASEPULSE_KAFKA_SECURITY is {kafka.security}: make it sasl_ssl or ssl"


def _redis_faults(redis: RedisSettings) -> Iterator[str]:
    """Yield what is wrong with how the store is to be reached, with the remedy."""
    yield from _url_faults(redis)
    if redis.ca_file and not redis.has_tls:
        yield "CASEPULSE_REDIS_CA_FILE is set, and CASEPULSE_REDIS is not over TLS: begin that with rediss://"
    if redis.user and not redis.password_file:
        yield "CASEPULSE_REDIS_USER is set without CASEPULSE_REDIS_PASSWORD_FILE: set both, or neither"
    if redis.has_password_in_url and redis.password_file:
        yield "CASEPULSE_REDIS holds a password, and CASEPULSE_REDIS_PASSWORD_FILE is set too: take it out of the URL"
    try:
        if redis.password_file:
            secret(redis.password_file)
        if redis.ca_file:
            pem(redis.ca_file)
    except Unusable as exc:
        yield str(exc)


def _url_faults(redis: RedisSettings) -> Iterator[str]:
    """Yield what is wrong with the URL of the store, without quoting it: a password may stand in it."""
    if not redis.url.lower().startswith(("redis://", "rediss://")):
        yield "CASEPULSE_REDIS is no such address: begin it with redis:// or, over TLS, with rediss://"
    elif not redis.is_address:
        yield (
            "CASEPULSE_REDIS is no address that can be read: write it as redis://host:6379/0, and a password, where "
            "its / or @ would be taken for others, into a file that CASEPULSE_REDIS_PASSWORD_FILE names"
        )
    elif any(f"{name}=" in urlsplit(redis.url).query for name in ("password", "username")):
        yield (
            "CASEPULSE_REDIS says behind its ? how to be let in: write that into CASEPULSE_REDIS_USER and into a file "
            "that CASEPULSE_REDIS_PASSWORD_FILE names"
        )


def _server_faults(server: str | None) -> Iterator[str]:
    """Yield what is wrong with where figures are to be asked for, with the remedy."""
    if server is None:
        return
    if not _is_server(server):
        yield "CASEPULSE_SERVER is no address of a server: write it as http://127.0.0.1:8080, or unset it"


def _log_faults(settings: Settings) -> Iterator[str]:
    """Yield what is wrong with how logs are to be written, with the remedy."""
    for name, value, known in (
        ("CASEPULSE_LOG_LEVEL", settings.log_level, LOG_LEVELS),
        ("CASEPULSE_LOG_FORMAT", settings.log_format, LOG_FORMATS),
    ):
        if value not in known:
            yield f"{name}: there is no '{value}': {meant(value, known)}"


def _is_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.path in ("", "/")
