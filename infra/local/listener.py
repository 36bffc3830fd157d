"""The socket a server of the stack listens on."""

from __future__ import annotations

import socket

_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Listen on a port, 0 for any; SystemExit with the way out where it is taken.

    Connections wait in the backlog from here on, so a caller may say that it is ready.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only where the protocol is named; else each answer's
    # body waits 40 ms for the acknowledgement of its headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SystemExit(
            f"Port {port} of {host} cannot be used ({error.strerror}); choose another with --port."
        ) from error
    listener.listen(_BACKLOG)
    return listener
