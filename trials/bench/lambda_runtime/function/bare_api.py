"""The least that a FastAPI endpoint on Lambda is: one route, Mangum, and nothing of ours."""

from __future__ import annotations

from fastapi import FastAPI
from mangum import Mangum

app = FastAPI()


@app.get("/")
def read() -> dict[str, str]:
    """Answer that all is well."""
    return {"status": "ok"}


handler = Mangum(app, lifespan="off")
