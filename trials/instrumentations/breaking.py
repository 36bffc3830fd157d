"""A stream that stops without its end, so that the server closes the connection."""

from __future__ import annotations

from starlette.responses import StreamingResponse
from starlette.types import Send


class BrokenStream(StreamingResponse):
    """Sends what it has and never says that it was all."""

    async def stream_response(self, send: Send) -> None:
        """Send the parts, each as one that others follow."""
        headers = self.raw_headers
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        async for part in self.body_iterator:
            body = part.encode() if isinstance(part, str) else part
            await send({"type": "http.response.body", "body": body, "more_body": True})
