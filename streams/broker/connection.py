"""How Kafka is reached: where, over TLS or not, as whom. One record for kafka-python, for aiokafka and for Faust."""

import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metrics.store.secrets import Unusable, pem, secret

SECURITIES = ("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


@dataclass(frozen=True)
class KafkaSettings:
    """Where Kafka is, and how to be let in. A secret stays in its file until a client is made."""

    servers: str  # host:port, several with commas between
    security: str = "plaintext"
    ca_file: Path | None = None  # of the authority that signed the brokers' certificates; None: the system's
    cert_file: Path | None = None  # our own, where brokers ask for one
    key_file: Path | None = None
    mechanism: str = "SCRAM-SHA-512"
    user: str | None = None
    password_file: Path | None = None

    def __str__(self) -> str:
        return self.servers

    @property
    def has_tls(self) -> bool:
        return self.security.endswith("ssl")

    @property
    def has_sasl(self) -> bool:
        return self.security.startswith("sasl")

    @property
    def options(self) -> dict[str, Any]:
        """The options that kafka-python and aiokafka share. Raises Unusable."""
        options: dict[str, Any] = {"bootstrap_servers": self.servers, "security_protocol": self.security.upper()}
        if self.has_tls:
            options["ssl_context"] = self.tls()
        if self.has_sasl:
            options["sasl_mechanism"] = self.mechanism
            options["sasl_plain_username"] = self.user
            options["sasl_plain_password"] = self.password()
        return options

    def client_file(self) -> str:
        """Return what librdkafka's tools, such as kcat, read from a file: a password there is in no process list."""
        settings = {
            "bootstrap.servers": self.servers,
            "security.protocol": self.security,
            "sasl.mechanism": self.mechanism,
            "sasl.username": self.user or "",
            "sasl.password": self.password(),
        }
        return "".join(f"{name}={value}\n" for name, value in settings.items())

    def tls(self) -> ssl.SSLContext:
        """Return the TLS context. It always checks a broker's certificate and host name. Raises Unusable."""
        try:
            context = ssl.create_default_context(cafile=pem(self.ca_file) if self.ca_file else None)
        except ssl.SSLError as exc:
            raise Unusable(f"{self.ca_file}: holds no certificate: give that of the authority that signed") from exc
        if self.cert_file:
            key = pem(self.key_file) if self.key_file else None
            try:
                context.load_cert_chain(pem(self.cert_file), key, password="")
            except (OSError, ValueError) as exc:
                raise Unusable(
                    f"{self.cert_file}: no certificate with a key that fits it: give both in PEM, the key unencrypted"
                ) from exc
        return context

    def password(self) -> str:
        """Return the password from its file. Raises Unusable."""
        if all(server.strip().startswith("127.0.0.1:") for server in self.servers.split(",")):
            for client in ("kafka.net.sasl.plain", "aiokafka.conn"):
                logging.getLogger(client).addFilter(_not_in_the_clear)  # a second time it changes nothing
        return secret(self.password_file) if self.password_file else ""


def _not_in_the_clear(line: logging.LogRecord) -> bool:
    """Return whether a line of a client is to be logged: that a password goes unencrypted is no news on loopback."""
    return not str(line.msg).endswith("in the clear")


KafkaAddress = KafkaSettings | str  # an address alone is a Kafka without TLS that lets everybody in


def reached(where: KafkaAddress) -> KafkaSettings:
    """Return how to reach *where*."""
    return KafkaSettings(where) if isinstance(where, str) else where
