"""From a model's name, as libraries and platforms spell it, to the names that prices are listed by.

A name may hold a path, a provider, a region or a blank. Each form that is known stands in a table
with its reason. A form is taken off only where it says the same provider as the span does, or none:
``openai/gpt-oss-120b`` at Groq is a name of Groq's, and at OpenAI it is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from llm_observe.cost.provider_names import find_provider, name_source_provider

_LONGEST_NAME: Final = 256
_DEEPEST: Final = 4
"""Forms within each other: ``bedrock/converse/us-east-1/…``."""
_AWS: Final = "aws"
_GOOGLE: Final = "google"
_GATEWAY: Final = "vercel_ai_gateway"

_MAKERS_AT_AWS: Final = (
    *("ai21", "amazon", "anthropic", "cohere", "deepseek", "google", "luma", "meta", "minimax"),
    *("mistral", "moonshot", "moonshotai", "nvidia", "openai", "qwen", "stability", "twelvelabs"),
    *("writer", "zai"),
)
"""How ids of Bedrock's models begin,
https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html"""
_CUT_OFF: Final = (
    *("ai21.", "amazon.", "cohere.", "deepseek.", "google.", "meta.", "mistral.", "nvidia."),
    *("openai.", "qwen.", "writer."),
)
"""Beginnings that OpenLLMetry cuts off; the source knows Claude without."""


class Form(NamedTuple):
    """A form of names: ``name`` is what stands in it; without that group no price can be known.

    ``seller`` is the source's id of the only provider that has the form, None where any may.
    """

    pattern: re.Pattern[str]
    seller: str | None
    why: str


def _form(pattern: str, seller: str | None, why: str) -> Form:
    return Form(re.compile(pattern, re.ASCII | re.VERBOSE), seller, why)


FORMS: Final = (
    _form(
        r"arn:aws-.*|arn:aws:bedrock:us-gov-.*|us-gov\..*|us-gov-[a-z]+-[0-9]/.*",
        _AWS,
        "GovCloud is dearer, and so may other partitions be: the list has AWS's commercial prices.",
    ),
    _form(
        r"""arn:aws:bedrock:(?=us-|:|.*[/.]anthropic\.)[a-z0-9-]*:[0-9]*:
        (?:foundation-model|inference-profile)/(?P<name>[^/]+)""",
        _AWS,
        "AWS's own models and profiles have their id in their ARN; Claude costs the same anywhere.",
    ),
    _form(
        "arn:.*",
        _AWS,
        "An application's profile, a tuned or a provisioned model: its id tells no price. A model"
        " in a region outside of the US has another price than the list's.",
    ),
    _form(
        """(?:projects/[^/]+/locations/[^/]+/)?publishers/anthropic/models/
        (?P<name>claude-(?:3-|(?:opus|sonnet)-4(?:-1)?(?=@|$))[^/]*)""",
        _GOOGLE,
        "The first Claudes have one price at Vertex AI, wherever they are served.",
    ),
    _form(
        "projects/[^/]+/locations/(?!global/)[^/]+/publishers/anthropic/.*",
        _GOOGLE,
        "Later ones are a tenth dearer in a region than the list has them for the global endpoint.",
    ),
    _form(
        "(?:projects/[^/]+/locations/[^/]+/)?publishers/[^/]+/models/(?P<name>[^/]+)",
        _GOOGLE,
        "Vertex AI's resource name of a model that a publisher sells there.",
    ),
    _form(
        "(?:projects/[^/]+/locations/[^/]+/)?(?:endpoints|tunedmodels)/.*|projects/.*",
        _GOOGLE,
        "A model of one's own at Google, under a number or a name that one gave it.",
    ),
    _form(
        "models/(?P<name>[^/]+)",
        _GOOGLE,
        "The Gemini API's resource name, which LangChain and Google's clients send.",
    ),
    _form(
        "(?:converse|invoke)/(?P<name>.+)",
        _AWS,
        "LiteLLM's route to one of Bedrock's two interfaces.",
    ),
    _form(
        r"(?:us-[a-z]+-[0-9]|[a-z]{2}-[a-z]+-[0-9](?=/(?:[a-z]+\.)?anthropic\.))/(?P<name>.+)",
        _AWS,
        "LiteLLM's route to a region of Bedrock, at the price of the id behind it: outside of the"
        " US only Claude's.",
    ),
    _form(
        "(?P<name>[^/:@]+)@(?:default|latest)",
        _GOOGLE,
        "Vertex AI's name of a model's default version.",
    ),
)
"""In the order in which they are tried. A name that none takes may begin with a provider's name,
before ``/`` (LiteLLM, gateways, Vertex AI) or ``:`` (LangChain, Pydantic AI, the AI SDK)."""

_BEDROCK_ID: Final = re.compile(
    rf"(?:[a-z]{{2,6}}(?:-gov)?\.)?(?P<maker>{'|'.join(_MAKERS_AT_AWS)})\.[a-z]", re.ASCII
)
_PLACED: Final = re.compile(
    rf"""(?:[a-z_]+[/:])* (?:
        arn: | us-gov[.-] | [a-z]{{2}}-[a-z]+-[0-9]/
        | (?:[a-z]{{2,6}}\.)? (?:{"|".join(_MAKERS_AT_AWS)})\.[a-z]
        | projects/[^/]+/locations/[^/]+/ (?:endpoints | tunedmodels | publishers/anthropic)/
        | tunedmodels/ | ft: ).*""",
    re.ASCII | re.VERBOSE | re.DOTALL,
)
"""Names that tell where a model is served, or that it is one's own: answers do not repeat it."""
_OWN: Final = re.compile(
    r"""(?:[a-z_]+[/:])* (?:
        arn:[^/]*:(?:provisioned|custom|imported)-model[a-z-]*/
        | projects/[^/]+/locations/[^/]+/(?:endpoints | tunedmodels)/
        | tunedmodels/ | ft: ).*""",
    re.ASCII | re.VERBOSE | re.DOTALL,
)
"""Names of a model of one's own, or rented by the hour, whose price no other name tells."""
_OPEN_WEIGHTS: Final = re.compile(r"gpt-oss")
_SELLERS_OF_OTHERS: Final = frozenset({"openai", "azure"})
"""OpenAI's interface does not serve its open weights: a client of its speaks to some other host,
and each has a price of its own."""
_CLOSED: Final = re.compile(r"(?!gpt-oss)(?:gpt-|o[134]\b|claude-|gemini-|grok-|text-embedding-)")
"""Models that a gateway passes on at their maker's price: of open weights it chooses the host,
https://vercel.com/docs/ai-gateway/pricing"""
_PREFIX: Final = re.compile(r"(?P<who>[a-z][a-z0-9_-]*)(?P<mark>[/:])(?P<name>.+)", re.ASCII)
_OLLAMA: Final = re.compile(r"mistral:(?![a-z]+tral-)", re.ASCII)
"""Ollama's name of a model and a tag, where others have a provider and a model."""
_PLATFORMS: Final = frozenset(
    {
        *("azure", "azure_ai", "bedrock", "bedrock_converse", "cerebras", "databricks"),
        *("fireworks_ai", "gemini", "github_copilot", "groq", "openrouter", "together_ai"),
        "vertex_ai",
    }
)
"""Beginnings that LiteLLM alone writes before ``/``; makers' names stand there at gateways, too."""


class Spelling(NamedTuple):
    """The seller whose price a model has, and the names to look it up by, the whole one first."""

    seller: str
    names: Sequence[str]
    is_resold: bool = False


def spell(source_provider: str, model: str, resells: Collection[str] = ()) -> Spelling:
    """Give the names to look a model up by at a provider; none where no price can be known.

    ``resells`` are providers whose models are sold there under their own names.
    """
    name = model.strip().lower()
    if not name or len(name) > _LONGEST_NAME:
        return Spelling(source_provider, ())
    if source_provider == _GATEWAY:
        return _spell_at_gateway(name)
    seller, names = _unwrap(source_provider, name, resells)
    if names and seller in _SELLERS_OF_OTHERS and _OPEN_WEIGHTS.match(names[-1]):
        return Spelling(seller, ())
    if seller == _AWS and names and "." not in names[-1]:
        names += [maker + names[-1] for maker in _CUT_OFF]
    return Spelling(seller, names)


def strip_forms(source_provider: str, model: str, resells: Collection[str] = ()) -> str:
    """Give a model's own name, without what only says where it is served."""
    if len(model) > _LONGEST_NAME:
        return model
    name = model.strip()
    _, names = _unwrap(source_provider, name.lower(), resells)
    return name[-len(names[-1]) :] if names and name.lower().endswith(names[-1]) else name


def choose_names(response: str | None, request: str | None) -> tuple[str, ...]:
    """Give the names that tell a call's price, the surer one first: that of the answer.

    A request that tells a place, or a model of one's own, is surer: ``global.anthropic.…`` and a
    provisioned model answer alike, as ``claude-haiku-4-5-20251001``, at another price.
    """
    if request and _is_placed(request):
        own = _OWN.fullmatch(request.strip().lower()) is not None
        surer = response and not own and _is_placed(response)
        return (request, response) if response and surer else (request,)
    return tuple(name for name in (response, request) if name)


def _is_placed(model: str) -> bool:
    return len(model) <= _LONGEST_NAME and bool(_PLACED.fullmatch(model.strip().lower()))


def has_maker(name: str) -> bool:
    """Say whether a name in lower case begins as ids of Bedrock's do."""
    return _BEDROCK_ID.match(name) is not None


def infer_seller(model: str) -> str | None:
    """Tell who serves a model where the form of its name leaves no doubt, in our name for it."""
    name = model.strip().lower()
    if len(name) > _LONGEST_NAME:
        return None
    if _BEDROCK_ID.match(name) or name.startswith("arn:aws"):
        return "aws.bedrock"
    if name.startswith(("publishers/", "projects/")):
        return "gcp.vertex_ai"
    found = _PREFIX.fullmatch(name)
    by_colon = found and found["mark"] == ":" and not _OLLAMA.match(name)
    if found and (by_colon or found["who"] in _PLATFORMS):
        return find_provider(found["who"])
    return None


def _unwrap(source_provider: str, name: str, resells: Collection[str]) -> tuple[str, list[str]]:
    """Take one form after the other off; the names are those on the way, the whole one first."""
    seller, names = _find_seller(source_provider, name), [name]
    for _ in range(_DEEPEST):
        inner = _take_form(seller, names[-1], resells)
        if inner == "":
            return seller, []
        if inner is None:
            break
        names.append(inner.strip())
    return seller, names


def _take_form(seller: str, name: str, resells: Collection[str]) -> str | None:
    """Give what stands in a form: nothing where that tells no price, None where there is none."""
    for form in FORMS:
        if form.seller in {seller, None} and (found := form.pattern.fullmatch(name)):
            return found.groupdict().get("name") or ""
    found = _PREFIX.fullmatch(name)
    if found is None or (provider := find_provider(found["who"])) is None:
        return None
    told = name_source_provider(provider)
    return found["name"] if told == seller or told in resells else None


def _find_seller(source_provider: str, name: str) -> str:
    """A maker's model under an id that only Bedrock has is sold by AWS, whoever tells the maker."""
    inner = name.rpartition("/")[2] if name.startswith("arn:aws") else name
    found = _BEDROCK_ID.match(inner)
    if found and found["maker"] == source_provider:
        return _AWS
    return source_provider


def _spell_at_gateway(name: str) -> Spelling:
    found = _PREFIX.fullmatch(name)
    provider = find_provider(found["who"]) if found else None
    if found is None or provider is None or not _CLOSED.match(found["name"]):
        return Spelling(_GATEWAY, ())
    return Spelling(name_source_provider(provider), (found["name"],), is_resold=True)
