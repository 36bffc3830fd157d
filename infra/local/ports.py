"""The stack's ports, checked before anything is started."""

from __future__ import annotations

from infra.local.health import is_port_free
from infra.local.settings import Settings


class PortError(RuntimeError):
    """A port of the stack is taken, or meant for two services."""


def require_free_ports(settings: Settings) -> None:
    """Raise :class:`PortError` naming each taken port and the variable that moves it."""
    wanted = {
        "API_PORT": settings.api_port,
        "UI_PORT": settings.ui_port,
        "DATA_API_PORT": settings.data_api_port,
        "OFFLINE_OPENAI_PORT": settings.offline_openai_port,
    }
    if settings.openai_key_given or settings.offline_openai_port == 0:
        del wanted["OFFLINE_OPENAI_PORT"]
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
