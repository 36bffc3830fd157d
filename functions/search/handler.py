"""POST /search: the calls that had exactly a prompt, by its digest."""

from __future__ import annotations

from typing import Annotated, Any, Final

from functions.common.app import create_app, create_handler
from functions.common.asking.trees import make_term
from functions.common.auth.access import CallerIdentity
from functions.common.auth.callers import Caller
from functions.common.database import ask_gate
from functions.common.environment import load_settings
from functions.common.errors import BadRequestError, ConflictError, ErrorBody
from functions.common.filters import ShortFor, read_filter
from functions.common.paging import SpanListQuery, read_page
from functions.common.summaries import SpanSummary, list_columns, to_span_summary
from functions.search.bodies import PromptPage, PromptSearch
from llm_observe.dialects.messages import read_messages
from llm_observe.privacy.protection import DigestKey, keep
from llm_observe.supabase.tenant_settings import read_tenant_settings

_MOST_BYTES: Final = 1_048_576
_COLUMNS: Final = list_columns(SpanSummary.model_fields)
_KEYLESS: Final = (
    "This tenant has no digest key, so that no prompt left a digest: set LLM_OBSERVE_DIGEST_KEY. "
    "Where content is kept, look for its words with filter= of GET /spans."
)
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody} for status in (409, 413)
}


class _DigestQuery(SpanListQuery):
    input_digest: Annotated[
        str, ShortFor(lambda wanted, _rows: make_term("input_digest", "in", str(wanted)))
    ]


app = create_app("search", most_bytes=_MOST_BYTES)


@app.post("/search", responses=_REFUSED)
async def search_prompt(caller: Caller, search: PromptSearch) -> PromptPage:
    """List the calls that had exactly this prompt, where its digest is kept and not its content.

    The digest is made under the tenant's key, and the prompt goes no further than here.
    """
    if search.filter:
        read_filter(search.filter, "body.filter")
    digest = _sign(search.prompt, _find_key(caller))
    asked = search.model_dump(exclude={"prompt"}) | {"input_digest": digest}
    query = _DigestQuery.model_validate(asked)
    page, next_cursor = read_page(caller, "spans", query, _COLUMNS)
    return PromptPage(items=[to_span_summary(row) for row in page], next_cursor=next_cursor)


def _find_key(caller: CallerIdentity) -> DigestKey:
    """Find what the tenant's digests are made with; its salt is for no reader's role."""
    master = load_settings().digest_key
    if master:
        source = ask_gate("find_digest_source", {"tenant_id": caller.tenant})
        key = read_tenant_settings({"digest": source}, tenant=caller.tenant, master=master).key
        if key is not None:
            return key
    raise ConflictError(_KEYLESS)


def _sign(prompt: str | list[dict[str, Any]], key: DigestKey) -> str:
    """Give the digest of a prompt, as the library makes it of a call's."""
    digest = keep(read_messages(prompt), key=key, capture=False, limit=0).digest
    if digest is None:
        raise BadRequestError("body.prompt says nothing.")
    return digest


handler = create_handler(app)
