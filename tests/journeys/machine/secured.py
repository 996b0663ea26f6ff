"""A Kafka that asks for TLS and SASL, and a Redis that asks for TLS and an ACL user: with certificates of our own."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from kafka import KafkaConsumer
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka.errors import KafkaError

from deploy.machine import programs
from streams.broker import topics
from streams.broker.connection import KafkaSettings
from tests.conftest import started

# What docs/operations.md tells whoever keeps the store: a test holds the two together.
WORKER = (
    "~{case-events:* resetchannels -@all +info +time +select +type +hgetall +hlen +hmget +hset +hdel +hexists +mget"
    " +set +append +getrange +setrange +unlink +scan +xadd +xrange +zadd +zcount +multi +exec +evalsha +script|load"
)
READER = (
    "%R~{case-events:* resetchannels -@all +info +time +select +hgetall +hlen +mget +scan +xrange +zrange +multi +exec"
)


# And of Kafka. The reader also loads, as does whoever feeds.
READ, WRITE, DESCRIBE, CONFIGS = (
    ACLOperation.READ,
    ACLOperation.WRITE,
    ACLOperation.DESCRIBE,
    ACLOperation.DESCRIBE_CONFIGS,
)
TOPIC, GROUP, CLUSTER = ResourceType.TOPIC, ResourceType.GROUP, ResourceType.CLUSTER
EVENTS = topics.EVENTS
RIGHTS = {
    "worker": (
        (TOPIC, EVENTS, (READ, CONFIGS)),
        (TOPIC, topics.rejected(EVENTS), (WRITE,)),
        (TOPIC, topics.figures(EVENTS), (READ, WRITE)),
        (GROUP, topics.GROUP, (READ,)),
        *((ResourceType.TRANSACTIONAL_ID, f"casepulse-figures-{n}", (WRITE,)) for n in range(topics.PARTITIONS)),
    ),
    "reader": (
        (TOPIC, EVENTS, (WRITE, DESCRIBE, CONFIGS)),
        (TOPIC, topics.rejected(EVENTS), (DESCRIBE,)),
        (TOPIC, topics.figures(EVENTS), (DESCRIBE,)),
        (GROUP, topics.GROUP, (DESCRIBE,)),
        (CLUSTER, "kafka-cluster", (DESCRIBE, CONFIGS)),
    ),
}


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of our own, and what it signed for 127.0.0.1."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def cert(self) -> Path:
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"


def certificates(folder: Path) -> Certificates:
    """Make them."""
    made = Certificates(folder)
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=casepulse test authority",
        "-keyout",
        str(folder / "ca.key"),
        "-out",
        str(made.ca),
    )
    openssl(
        "req",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=127.0.0.1",
        "-keyout",
        str(made.key),
        "-out",
        str(folder / "server.csr"),
    )
    names = folder / "names.cnf"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    openssl(
        "x509",
        "-req",
        "-in",
        str(folder / "server.csr"),
        "-days",
        "2",
        "-extfile",
        str(names),
        "-CA",
        str(made.ca),
        "-CAkey",
        str(folder / "ca.key"),
        "-CAcreateserial",
        "-out",
        str(made.cert),
    )
    return made


def openssl(*arguments: str) -> None:
    subprocess.run(("openssl", *arguments), check=True, capture_output=True)


def secret(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.touch(mode=0o600)
    file.write_text(f"{text}\n")
    return file


SECURED = """
# The controller stays on loopback; whoever is a client needs TLS and a password.
listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.clients.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
 username="broker" password="{broker}" user_broker="{broker}";
listener.name.clients.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={keys}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:broker;User:ANONYMOUS
"""


@contextmanager
def secured_kafka(folder: Path, made: Certificates) -> Iterator[KafkaSettings]:
    """Have a Kafka up that lets its broker in by PLAIN, and nobody else; yield how the broker is let in."""
    keys = made.folder / "keys.pem"
    keys.write_text(made.key.read_text() + made.cert.read_text() + made.ca.read_text())
    program = programs.kafka(folder / "kafka", programs.free_port(), programs.free_port())
    file = program.data / "server.properties"
    plain = file.read_text().replace("listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT\n", "")
    file.write_text(plain + SECURED.format(broker="broker-secret", keys=keys, ca=made.ca))
    broker = KafkaSettings(
        program.address,
        "sasl_ssl",
        made.ca,
        mechanism="PLAIN",
        user="broker",
        password_file=secret(folder, "broker.secret", "broker-secret"),
    )
    port = int(program.address.rpartition(":")[2])
    with started(replace(program, ready=lambda _: listens(port) and answers(broker)), within=60):
        yield broker


def let_in(broker: KafkaSettings) -> None:
    """Let the users `worker` and `reader` in, by SCRAM, with the rights that docs/operations.md gives."""
    admin = topics.admin_of(broker)
    for user in ("worker", "reader"):
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            admin.alter_user_scram_credentials(
                [UserScramCredentialUpsertion(user, mechanism, f"{user}-secret", iterations=4096)]
            )
    admin.create_acls(
        [
            ACL(f"User:{user}", "*", operation, ACLPermissionType.ALLOW, ResourcePattern(kind, name))
            for user, rights in RIGHTS.items()
            for kind, name, operations in rights
            for operation in operations
        ]
    )
    admin.close()


def answers(kafka: KafkaSettings) -> bool:
    try:
        KafkaConsumer(**{**kafka.options, "bootstrap_timeout_ms": 1000}).close()
    except KafkaError:
        return False
    return True


@contextmanager
def secured_redis(folder: Path, made: Certificates, server: str) -> Iterator[str]:
    """Have a Redis up that has TLS only, no default user, and the users that docs/operations.md names."""
    port = programs.free_port()
    program = programs.valkey(folder / "redis", port, server)
    users = folder / "users.acl"
    users.write_text(
        "user default off\nuser keeper on >keeper-secret ~* +@all\n"
        f"user worker on >worker-secret {WORKER}\nuser reader on >reader-secret {READER}\n"
    )
    tls = {
        "port": "0",
        "tls-port": str(port),
        "tls-auth-clients": "no",
        "aclfile": str(users),
        "tls-cert-file": str(made.cert),
        "tls-key-file": str(made.key),
        "tls-ca-cert-file": str(made.ca),
    }
    argv = (*program.argv, *(part for key, value in tls.items() for part in (f"--{key}", value)))
    with started(replace(program, argv=argv, ready=lambda _: listens(port)), within=20):
        yield f"rediss://127.0.0.1:{port}/0"


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
