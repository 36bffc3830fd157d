"""The socket a server of the stack listens on."""

from __future__ import annotations

import socket

EVERY_ADDRESS = "0.0.0.0"  # noqa: S104  # a name for it; who asks for it is warned
_BACKLOG = 128


def listen_beside(host: str, other: str | None, port: int) -> list[socket.socket]:
    """Listen on a port of an address and of another one, which may hold the first (0.0.0.0)."""
    if other in {None, host}:
        return [listen(host, port)]
    if other == EVERY_ADDRESS:
        return [listen(EVERY_ADDRESS, port)]
    first = listen(host, port)
    return [first, listen(str(other), first.getsockname()[1])]


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
