"""Whether anything listens at an address, and speaks TLS there as we are told it does."""

import socket
import ssl
from collections.abc import Callable

from deploy.doctor.finding import Finding, wrong

CONNECT_SECONDS = 5.0


def reach(
    what: str, variable: str, address: tuple[str, int], tls: Callable[[], ssl.SSLContext] | None
) -> Finding | None:
    """Return why *what* cannot be talked to at *address*; None where a connection stands."""
    host, port = address
    where = f"{host}:{port}"
    try:
        with socket.create_connection(address, timeout=CONNECT_SECONDS) as connection:
            if tls:
                tls().wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLCertVerificationError as exc:
        return wrong(
            f"the certificate of {what} at {where} does not stand ({exc.verify_message.rstrip('.')})",
            f"name the file of who signed it in {variable}_CA_FILE, and use the host name that it was made for",
        )
    except ssl.SSLError as exc:
        return wrong(
            f"{what} does not speak TLS with us at {where} ({exc.reason or 'no reason given'})",
            f"give {variable} the address that it speaks TLS at, or set it to be reached without",
        )
    except OSError as exc:
        return wrong(
            f"{what} does not answer at {where} ({exc.strerror or type(exc).__name__})",
            f"start it (`casepulse up` brings one), or set {variable} to where it is",
        )
    return None
