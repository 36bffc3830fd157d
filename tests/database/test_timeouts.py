"""Who waits gives up after whom: the database first, then the function, then API Gateway."""

from __future__ import annotations

import re

from infra.local.aws.template import read_functions
from infra.local.settings import REPOSITORY
from infra.local.throwaway import Database
from tests.database.support.callers import connect_as_owner

_API_GATEWAY_SECONDS = 30
"""An HTTP API's integration is given up after this, which nobody can raise
(https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html)."""
_LIMIT = """
select substr(setting, strpos(setting, '=') + 1)::interval as statement_timeout
from pg_roles, unnest(rolconfig) setting
where rolname = 'llm_ingest' and setting like 'statement_timeout=%'
"""


def test_each_gives_up_before_its_caller(database: Database) -> None:
    """Else a caller goes away, and what it asked for is still done."""
    template = (REPOSITORY / "template.yaml").read_text()
    served = read_functions(REPOSITORY / "template.yaml")
    functions = [function.timeout_s for function in served]
    with connect_as_owner(database) as owner:
        (statement,) = owner.execute(_LIMIT).fetchall()
    assert functions
    assert 0 < statement["statement_timeout"].total_seconds() < min(functions)
    assert max(functions) < _API_GATEWAY_SECONDS
    integrations = re.findall(r"^ +TimeoutInMillis: (\d+)$", template, re.MULTILINE)
    assert all(int(milliseconds) <= _API_GATEWAY_SECONDS * 1000 for milliseconds in integrations)
