"""An offline server that speaks the OpenAI protocol and says plainly that it is no model.

Answers are deterministic and made by rule, see ``generation``; counts, errors, headers and streams
follow OpenAI's API reference, https://platform.openai.com/docs/api-reference.
"""

from __future__ import annotations

from infra.local.offline_openai.app import Options, create_app

__all__ = ["Options", "create_app"]
