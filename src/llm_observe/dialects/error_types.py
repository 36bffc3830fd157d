"""One taxonomy of what goes wrong with a model call, whoever names it.

Providers' clients name classes (``openai.RateLimitError``), their protocols codes
(``rate_limit_error``), HTTP statuses. Where one of these is known, it becomes a word that is the
same for all; any other exception keeps the name of its class, without its module.

Sources: the ``type`` of errors in https://docs.anthropic.com/en/api/errors and
https://platform.openai.com/docs/guides/error-codes, both clients' exception classes, and Google's
``google.rpc.Code``; those of Agno, DSPy, LangChain and Strands, which wrap them under longer names.
"""

from __future__ import annotations

import re
from typing import Final

from llm_observe import semconv
from llm_observe._tokens import is_token
from llm_observe.dialects.source import SourceSpan
from llm_observe.dialects.values import read_text

_WORDS: Final = {
    "timeout": semconv.TIMEOUT,
    "apitimeout": semconv.TIMEOUT,
    "readtimeout": semconv.TIMEOUT,
    "408": semconv.TIMEOUT,
    "504": semconv.TIMEOUT,
    "deadlineexceeded": semconv.TIMEOUT,
    "abandoned": semconv.ABANDONED,
    "cancelled": "cancelled",
    "generatorexit": "cancelled",
    "ratelimit": "rate_limit",
    "ratelimitexceeded": "rate_limit",
    "toomanyrequests": "rate_limit",
    "resourceexhausted": "rate_limit",
    "throttlingexception": "rate_limit",
    "throttledexception": "rate_limit",
    "429": "rate_limit",
    "insufficientquota": "quota",
    "billing": "quota",
    "402": "quota",
    "authentication": "authentication",
    "invalidapikey": "authentication",
    "auth": "authentication",
    "unauthenticated": "authentication",
    "401": "authentication",
    "permission": "permission",
    "permissiondenied": "permission",
    "accessdeniedexception": "permission",
    "403": "permission",
    "notfound": "not_found",
    "404": "not_found",
    "badrequest": "invalid_request",
    "invalidrequest": "invalid_request",
    "unprocessableentity": "invalid_request",
    "requesttoolarge": "invalid_request",
    "validationexception": "invalid_request",
    "invalidargument": "invalid_request",
    "failedprecondition": "invalid_request",
    "400": "invalid_request",
    "413": "invalid_request",
    "422": "invalid_request",
    "contentfilter": "content_filter",
    "contentfilterfinishreason": "content_filter",
    "contextlengthexceeded": "context_length",
    "contextwindowexceeded": "context_length",
    "contextoverflow": "context_length",
    "apiconnection": "connection",
    "connection": "connection",
    "connect": "connection",
    "transport": "connection",
    "remoteprotocol": "connection",
    "internalserver": "server_error",
    "server": "server_error",
    "api": "server_error",
    "overloaded": "server_error",
    "serviceunavailable": "server_error",
    "unavailable": "server_error",
    "internal": "server_error",
    "500": "server_error",
    "502": "server_error",
    "503": "server_error",
    "529": "server_error",
}
"""By the last part of the name, in lower case, without ``_`` and without ``error`` at its end."""
_WRAPPERS: Final = ("openai", "lm", "model")
"""Prefixes that frameworks put before the name of an error that they wrap."""
_CLASS: Final = re.compile(
    r"<class '(?P<shown>[\w.]{1,256})'>\Z"
    r"|(?P<told>[A-Za-z_][\w.]{0,128}(?:Error|Exception|Exit|Interrupt))(?=:)",
    re.ASCII,
)
"""A class as Python shows it, or before the text of its exception."""
_JOINTS: Final = re.compile("[.:/]")
_HTTP_ERROR: Final = re.compile(r"(?:[^\n]{0,100}\{'error': ')?Error code: (\d{3})\b", re.ASCII)
"""How errors of OpenAI's and Anthropic's clients begin, also where an agent's error holds one."""
_VAGUE: Final = ("APIError", "ClientError", "SDKError", "ServerError")
"""Classes that stand for any refusal of Google's, AWS's and Mistral's clients."""
_TOLD: Final = re.compile(
    r"""(?:\w{1,64}(?:\.\w{1,64}){0,8}:\ )?(?:
    (?P<google>\d{3})\ [A-Z_]{2,64}\.
    |An\ error\ occurred\ \((?P<aws>\w{1,64})\)\ when\ calling
    |API\ error\ occurred:\ Status\ (?P<mistral>\d{3})\b
    )""",
    re.ASCII | re.VERBOSE,
)
"""How their messages begin, which tell the kind that the class does not."""


def classify_error(error_type: str | None) -> str | None:
    """Give the taxonomy's word for an error, or its class's own name; None where none is known.

    An exception's text, which is no name, becomes ``_OTHER``: providers quote prompts in it.
    """
    if not error_type:
        return None
    if not is_token(error_type):
        found = _CLASS.match(error_type)
        if not found:
            return semconv.OTHER_ERROR
        error_type = found[found.lastgroup or 0]
    name = _JOINTS.split(error_type.strip("'"))[-1] or error_type
    plain = name.lower().replace("_", "").removesuffix("error")
    if plain in _WORDS:
        return _WORDS[plain]
    wrapped = next((each for each in _WRAPPERS if plain.startswith(each)), "")
    return _WORDS.get(plain.removeprefix(wrapped), name)


def find_error(span: SourceSpan) -> str | None:
    """Find the error in the span, its exception, or the HTTP status in its description."""
    said = read_text(span.attributes, semconv.ERROR_TYPE)
    if said is None and span.status != "error":
        return None
    exception = span.find_event("exception")
    if said is None and exception is not None:
        said = read_text(exception.attributes, semconv.EXCEPTION_TYPE)
    if said is not None and said.endswith(_VAGUE):
        message = read_text(exception.attributes, semconv.EXCEPTION_MESSAGE) if exception else None
        found = _TOLD.match(message or "") or _TOLD.match(span.description or "")
        return found[found.lastgroup or 0] if found else said
    if said is not None or span.status != "error":
        return said
    told = _HTTP_ERROR.match(span.description or "")
    return told[1] if told else None
