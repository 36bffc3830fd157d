"""The server's routes and what all of them share: keys, limits, faults and headers."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.local.offline_openai.catalogue import MODELS, Kind, Model
from infra.local.offline_openai.chat import STREAM_END, Completion, read_chat
from infra.local.offline_openai.delivery import (
    Pace,
    deliver_object,
    deliver_stream,
    wait_for_client,
)
from infra.local.offline_openai.embeddings import read_inputs, write_embeddings
from infra.local.offline_openai.errors import ApiError, miss_model, refuse
from infra.local.offline_openai.faults import Fault, find_fault
from infra.local.offline_openai.generation import generate
from infra.local.offline_openai.prefix_cache import PrefixCache
from infra.local.offline_openai.rate_limits import RateLimits
from infra.local.offline_openai.requests import (
    ChatRequest,
    EmbeddingsRequest,
    JsonObject,
    ResponsesRequest,
    parse_request,
    tell_tier,
)
from infra.local.offline_openai.response_events import stream_answer
from infra.local.offline_openai.responses import Answer, Memory, read_response_request

_LARGEST_BODY = 32 * 1024 * 1024
# When the models were "made": OpenAI's field is a Unix time, ours is one for all.
_MODELS_CREATED = 1_700_000_000


@dataclass
class Options:
    """How the server behaves: its pace, and limits that the defaults never reach."""

    pace: Pace = field(default_factory=Pace)
    limits: RateLimits = field(default_factory=RateLimits)


@dataclass(frozen=True)
class _Call:
    """A request past its checks: its body, who asks, and the fault they asked for."""

    body: JsonObject
    scope: str
    fault: Fault | None


class _Server:
    def __init__(self, options: Options) -> None:
        self._pace = options.pace
        self._limits = options.limits
        self._cache = PrefixCache()
        self._memory = Memory()

    async def complete_chat(self, request: Request) -> Response:
        call = await _admit(request)
        asked = parse_request(ChatRequest, call.body)
        model = _find_model(asked.model, call.fault, "chat")
        conversation = read_chat(asked, model)
        tokens = conversation.flatten()
        headers = self._limits.charge(call.scope, model.name, len(tokens))
        limit = asked.max_completion_tokens or asked.max_tokens
        stops = (asked.stop,) if isinstance(asked.stop, str) else tuple(asked.stop or ())
        choices = [
            generate(conversation, limit=limit, stops=stops, index=index)
            for index in range(asked.n or 1)
        ]
        cached = self._cache.measure(f"{call.scope}:{model.dated}", tokens)
        completion = Completion(model, choices, len(tokens), cached, tell_tier(asked.service_tier))
        await self._pace.think(len(tokens), choices[0].reasoning_tokens)
        options = asked.stream_options
        if asked.stream:
            events = completion.chunks(
                include_usage=bool(options and options.include_usage),
                obfuscate=options is None or options.include_obfuscation is not False,
            )
            return _add(headers, deliver_stream(events, self._pace, call.fault, STREAM_END))
        await self._pace.write(max(len(choice.pieces) for choice in choices))
        return _add(headers, deliver_object(completion.whole(), call.fault))

    async def create_response(self, request: Request) -> Response:
        call = await _admit(request)
        asked = parse_request(ResponsesRequest, call.body)
        model = _find_model(asked.model, call.fault, "chat")
        earlier = self._memory.recall(asked.previous_response_id)
        conversation = read_response_request(asked, model, earlier)
        tokens = conversation.flatten()
        headers = self._limits.charge(call.scope, model.name, len(tokens))
        generation = generate(conversation, limit=asked.max_output_tokens)
        cached = self._cache.measure(f"{call.scope}:{model.dated}", tokens)
        answer = Answer(asked, model, generation, len(tokens), cached)
        if asked.store is not False:
            told = [turn for turn in conversation.turns if turn.role != "system"]
            self._memory.keep(answer.id, (*told, *answer.turns))
        await self._pace.think(len(tokens), generation.reasoning_tokens)
        options = asked.stream_options
        if asked.stream:
            obfuscate = options is None or options.include_obfuscation is not False
            events = stream_answer(answer, obfuscate=obfuscate)
            return _add(headers, deliver_stream(events, self._pace, call.fault))
        await self._pace.write(len(generation.pieces))
        return _add(headers, deliver_object(answer.whole(), call.fault))

    async def create_embeddings(self, request: Request) -> Response:
        call = await _admit(request)
        asked = parse_request(EmbeddingsRequest, call.body)
        model = _find_model(asked.model, call.fault, "embedding")
        inputs = read_inputs(asked, model)
        count = sum(len(tokens) for tokens in inputs)
        headers = self._limits.charge(call.scope, model.name, count)
        await self._pace.think(count, 0)
        return _add(headers, deliver_object(write_embeddings(asked, model, inputs), call.fault))

    async def list_models(self, _: Request) -> Response:
        # Without a key, unlike OpenAI: this is what the local stack asks to see the server is up.
        data = [_describe(model) for model in MODELS.values()]
        return JSONResponse({"object": "list", "data": data})

    async def show_model(self, request: Request) -> Response:
        name = request.path_params["model"]
        if name not in MODELS:
            raise miss_model(name)
        return JSONResponse(_describe(MODELS[name]))


def create_app(options: Options | None = None) -> Starlette:
    """Build the ASGI application with state of its own."""
    server = _Server(options or Options())
    return Starlette(
        routes=[
            Route("/v1/chat/completions", server.complete_chat, methods=["POST"]),
            Route("/v1/responses", server.create_response, methods=["POST"]),
            Route("/v1/embeddings", server.create_embeddings, methods=["POST"]),
            Route("/v1/models", server.list_models),
            Route("/v1/models/{model}", server.show_model),
        ],
        middleware=[Middleware(_OpenAiHeaders)],
        exception_handlers={ApiError: _respond_error, HTTPException: _respond_unrouted},
    )


def _respond_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return error.respond()


def _respond_unrouted(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return ApiError(status, f"Invalid URL ({request.method} {request.url.path})").respond()


async def _admit(request: Request) -> _Call:
    scope = _identify(request)
    body = await _read_body(request)
    fault = find_fault(request.headers, body.get("model"))
    if fault is not None:
        fault.raise_refusal()
    if fault is not None and fault.name == "timeout":
        await wait_for_client(request)
    return _Call(body, scope, fault)


def _identify(request: Request) -> str:
    """Return a digest of the caller's key: any key will do, but OpenAI wants one."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ApiError(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization "
            "header using Bearer auth (the offline server takes any key).",
        )
    return hashlib.sha256(key.strip().encode()).hexdigest()[:16]


async def _read_body(request: Request) -> JsonObject:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _LARGEST_BODY:
            raise ApiError(413, "The request body is too large.")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise refuse("We could not parse the JSON body of your request.") from error
    if not isinstance(body, dict):
        raise refuse("The JSON body of your request must be an object.")
    return body


def _find_model(name: str, fault: Fault | None, kind: Kind) -> Model:
    if fault is not None and name.startswith("offline-"):
        name = "gpt-4o-mini" if kind == "chat" else "text-embedding-3-small"
    model = MODELS.get(name)
    if model is None:
        raise miss_model(name)
    if model.kind != kind:
        raise refuse(f"The model `{name}` is not offered at this URL.", param="model")
    return model


def _describe(model: Model) -> JsonObject:
    created = _MODELS_CREATED
    return {"id": model.name, "object": "model", "created": created, "owned_by": "offline"}


_AnyResponse = TypeVar("_AnyResponse", bound=Response)


def _add(headers: dict[str, str], response: _AnyResponse) -> _AnyResponse:
    response.headers.update(headers)
    return response


class _OpenAiHeaders:
    """Puts OpenAI's response headers on every answer, errors included."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = self._clock()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = f"req_offline{secrets.token_hex(12)}"
                headers["openai-processing-ms"] = str(round((self._clock() - started) * 1000))
                headers["openai-version"] = "2020-10-01"
                headers["openai-organization"] = "offline"
            await send(message)

        await self._app(scope, receive, send_with_headers)
