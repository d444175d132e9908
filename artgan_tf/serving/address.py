"""Where the server listens: the socket is taken before anything slow starts."""

import socket
from dataclasses import dataclass
from errno import EADDRINUSE

from artgan_tf.config import InputError

BACKLOG = 2048  # connections that wait until they are answered
ANY = ("0.0.0.0", "::", "")  # nosec B104: what stands for all of a machine's addresses


@dataclass(frozen=True)
class Address:
    """Where the server listens; port 0 takes any free one."""

    host: str = "127.0.0.1"
    port: int = 8501


def bound(address: Address) -> socket.socket:
    """A socket that listens at this address: nobody else can, and clients wait to be answered.

    Raises:
        InputError: the port is taken, or there is no such address here.
    """
    try:
        info = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        # The protocol must be named: asyncio turns Nagle's delay off for sockets that say TCP.
        found = socket.socket(*info[:3])
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(info[4])
        found.listen(BACKLOG)  # a bound socket alone does not keep others from the port
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) == EADDRINUSE:
            raise InputError(
                f"Port {address.port} of {address.host} is taken: take another one with --port, "
                "such as --port 0 for any that is free."
            ) from None
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"Cannot listen at {address.host}:{address.port} ({reason}): choose --host and --port."
        ) from None
    return found


def url(address: Address, listening: socket.socket) -> str:
    """What a browser on this machine opens."""
    host = "localhost" if address.host in ANY else address.host
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
