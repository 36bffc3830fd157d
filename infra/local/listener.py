"""The socket a server of the stack listens on."""

from __future__ import annotations

import socket

_BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """Listen on a port, 0 for any; SystemExit with the way out where it is taken.

    Connections wait in the backlog from here on, so a caller may say that it is ready.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise SystemExit(
            f"Port {port} of {host} cannot be used ({error.strerror}); choose another with --port."
        ) from error
    listener.listen(_BACKLOG)
    return listener
