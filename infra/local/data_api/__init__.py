"""A local Data API that speaks the part of PostgREST v14 which llm-observe uses.

It stands where Supabase's edge and PostgREST stand in production, with PostgREST's own
transaction, so that roles, claims, row level security and errors are the hosted ones.
It refuses every other feature with PGRST127 (see ``not_implemented``); it never guesses.
The reference is https://docs.postgrest.org/en/v14/ and the source of v14.
"""

from __future__ import annotations

from infra.local.data_api.app import create_app

__all__ = ["create_app"]
