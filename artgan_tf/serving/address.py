"""The server's address; its socket is opened before anything slow starts."""

import socket
from errno import EADDRINUSE

from artgan_tf.config import InputError

BACKLOG = 2048  # maximum connections that wait to be accepted
# Names for all addresses of a machine.
ANY = ("0.0.0.0", "::", "")  # nosec B104


def bound(host: str, port: int) -> socket.socket:
    """Open a listening socket, which reserves the port and lets clients connect and wait.

    Port 0 means any free port. Raises InputError if the port is taken, or if this machine does not
    have the address.
    """
    try:
        info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # The protocol must be given: asyncio disables Nagle's algorithm only on sockets with
        # IPPROTO_TCP.
        found = socket.socket(*info[:3])
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(info[4])
        found.listen(BACKLOG)  # binding alone does not reserve the port
    except (OSError, OverflowError, UnicodeError) as error:
        if getattr(error, "errno", None) == EADDRINUSE:
            raise InputError(
                f"Port {port} of {host} is taken: choose another with --port, "
                "such as --port 0 for any that is free."
            ) from None
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"Cannot listen at {host}:{port} ({reason}): choose --host and --port."
        ) from None
    return found


def url(host: str, listening: socket.socket) -> str:
    """Return the URL for a browser on this machine."""
    host = "localhost" if host in ANY else host
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
