"""Ports of the loopback address: those of the stack, checked before anything is started."""

from __future__ import annotations

import socket

from infra.local.settings import Settings

LOOPBACK = "127.0.0.1"


class PortError(RuntimeError):
    """A port of the stack is taken, or meant for two services."""


def require_free_ports(settings: Settings, *, with_ui: bool) -> None:
    """Raise PortError naming each taken port and the variable that moves it."""
    wanted = {
        "API_PORT": settings.api_port,
        "UI_PORT": settings.ui_port,
        "DATA_API_PORT": settings.data_api_port,
        "OFFLINE_OPENAI_PORT": settings.offline_openai_port,
    }
    if settings.openai_key_given or settings.offline_openai_port == 0:
        del wanted["OFFLINE_OPENAI_PORT"]
    if not with_ui:
        del wanted["UI_PORT"]
    complaints = []
    seen: dict[int, str] = {}
    for variable, port in wanted.items():
        if port in seen:
            complaints.append(f"{variable} and {seen[port]} are both {port}: move one of them.")
        elif not is_port_free(port):
            complaints.append(
                f"Port {port} is taken. Stop what uses it, or choose another: "
                f"make demo {variable}={_suggestion(port)}"
            )
        seen[port] = variable
    if complaints:
        raise PortError("\n".join(complaints))


def _suggestion(port: int) -> int:
    candidates = (near for near in range(port + 1, port + 100) if is_port_free(near))
    return next(candidates, port + 1)


def is_port_free(port: int) -> bool:
    """Whether a server could listen on ``port`` and be the one that ``localhost`` leads to."""
    if any(_is_accepting(host, port) for host in (LOOPBACK, "::1")):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _is_accepting(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port of the loopback address that nothing listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
