"""However a library spells a model and its provider, the price is that model's there, or none."""

from __future__ import annotations

from itertools import product

import pytest

from llm_observe.config import Settings
from llm_observe.cost.model_names import FORMS
from llm_observe.cost.pricing import load_prices
from llm_observe.dialects import read
from llm_observe.records import SpanRecord
from llm_observe.transcription import Transcriber
from tests.llm_observe.dialects.spans import make_span

BOOK = load_prices()

OPENAI = ("openai", "OpenAI", "openai.chat", "openai.responses", "ChatOpenAI", "OpenAIEmbeddings")
AZURE = (
    *("azure", "az.ai.openai", "azure.ai.openai", "AzureOpenAI", "azureopenai", "AzureChatOpenAI"),
    *("azure-openai.chat", "openai.azure", "azure_ai", "microsoft.foundry", "azure.ai.inference"),
)
ANTHROPIC = ("anthropic", "Anthropic", "anthropic.messages", "ChatAnthropic")
GEMINI = (
    *("gcp.gemini", "gemini", "google", "google_genai", "google.generative-ai", "google-gla"),
    *("GoogleGenerativeAI", "ChatGoogleGenerativeAI", "gcp.gen_ai"),
)
VERTEX = (
    *("vertex_ai", "google_vertexai", "gcp.vertex_ai", "google.vertex.chat", "google-vertex"),
    "ChatVertexAI",
)
CLAUDE_AT_VERTEX = ("google-vertex-anthropic", "vertex.anthropic.messages", "ChatAnthropicVertex")
BEDROCK = ("aws.bedrock", "amazon-bedrock", "bedrock_converse", "ChatBedrockConverse", "AWS")
GATEWAY = ("gateway", "vercel", "vercel_ai_gateway")

SONNET_ID = "anthropic.claude-sonnet-4-5-20250929-v1:0"
PROFILES = "arn:aws:bedrock:us-east-1:123456789012:"
GOVERNMENT = (
    *(f"us-gov.{SONNET_ID}", f"bedrock/us-gov.{SONNET_ID}", f"bedrock/us-gov-west-1/{SONNET_ID}"),
    "us-gov.anthropic.claude-3-haiku-20240307-v1:0",
    *("us-gov.amazon.nova-lite-v1:0", "bedrock/us-gov-east-1/amazon.nova-pro-v1:0"),
    "arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-lite-v1:0",
    f"arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/{SONNET_ID}",
    f"arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.{SONNET_ID}",
    f"arn:aws-cn:bedrock:cn-north-1::foundation-model/{SONNET_ID}",
)
ELSEWHERE = (
    *("eu.amazon.nova-lite-v1:0", "apac.amazon.nova-pro-v1:0", "eu.meta.llama3-2-1b-instruct-v1:0"),
    *("bedrock/eu-west-1/amazon.nova-lite-v1:0", "bedrock/eu.amazon.nova-lite-v1:0"),
    "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0",
    "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0",
    "global.anthropic.claude-3-haiku-20240307-v1:0",
)
REGIONS = tuple(
    f"projects/p/locations/{region}/publishers/anthropic/models/{model}"
    for region in ("us-east5", "europe-west1", "eu", "us")
    for model in ("claude-sonnet-4-5@20250929", "claude-opus-4-5", "claude-opus-5")
)
REGIONAL, GLOBAL = (f"aws/{where}.{SONNET_ID}" for where in ("regional", "global"))

SPELLINGS: tuple[tuple[tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        OPENAI,
        (
            *("gpt-4o-mini", "GPT-4O-MINI", " gpt-4o-mini ", "gpt-4o-mini-2024-07-18"),
            *("openai/gpt-4o-mini", "openai:gpt-4o-mini", "OpenAI/gpt-4o-mini"),
        ),
        "openai/gpt-4o-mini",
    ),
    (
        AZURE,
        ("gpt-4o-mini", "azure/gpt-4o-mini", "openai/gpt-4o-mini", "azure_openai:gpt-4o-mini"),
        "openai/gpt-4o-mini",
    ),
    (
        ANTHROPIC,
        (
            *("claude-sonnet-4-5", "anthropic/claude-sonnet-4-5", "anthropic:claude-sonnet-4-5"),
            *("claude-sonnet-4-5-20250929", "claude-sonnet-4-5@20250929", "Claude-Sonnet-4-5"),
            *("claude-sonnet-4-5-latest", "claude-sonnet-4-5-20250929[1m]"),
        ),
        "anthropic/claude-sonnet-4-5",
    ),
    (
        (*GEMINI, *VERTEX),
        (
            *("gemini-2.5-flash", "models/gemini-2.5-flash", "google/gemini-2.5-flash"),
            *("gemini/gemini-2.5-flash", "vertex_ai/gemini-2.5-flash", "gemini-2.5-flash@default"),
            *("google_genai:gemini-2.5-flash", "publishers/google/models/gemini-2.5-flash"),
            "projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash",
        ),
        "google/gemini-2.5-flash",
    ),
    (
        (*VERTEX, *CLAUDE_AT_VERTEX),
        (
            *("claude-sonnet-4-5", "claude-sonnet-4-5@20250929", "anthropic/claude-sonnet-4-5"),
            *("vertex_ai/claude-sonnet-4-5@20250929", "claude-sonnet-4-5@default"),
            "publishers/anthropic/models/claude-sonnet-4-5",
            "projects/p/locations/global/publishers/anthropic/models/claude-sonnet-4-5@20250929",
        ),
        "google/claude-sonnet-4-5",
    ),
    (
        VERTEX,
        ("projects/p/locations/us-east5/publishers/anthropic/models/claude-opus-4-1@20250805",),
        "google/claude-4-opus",
    ),
    (
        (*BEDROCK, "anthropic", ""),
        (
            *(f"us.{SONNET_ID}", f"eu.{SONNET_ID}", f"apac.{SONNET_ID}", SONNET_ID),
            f"arn:aws:bedrock:us-east-1::foundation-model/{SONNET_ID}",
            f"{PROFILES}inference-profile/us.{SONNET_ID}",
        ),
        REGIONAL,
    ),
    (
        (*BEDROCK, ""),
        (
            *(f"bedrock/us.{SONNET_ID}", f"bedrock:us.{SONNET_ID}"),
            *(f"bedrock/converse/us.{SONNET_ID}", f"bedrock/us-east-1/{SONNET_ID}"),
        ),
        REGIONAL,
    ),
    ((*BEDROCK, "anthropic", ""), (f"global.{SONNET_ID}",), GLOBAL),
    (
        (*BEDROCK, ""),
        (
            *("amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0", "AMAZON.nova-lite-v1:0"),
            "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0",
            f"{PROFILES}inference-profile/us.amazon.nova-lite-v1:0",
            "bedrock/us-west-2/amazon.nova-lite-v1:0",
        ),
        "aws/amazon.nova-lite-v1:0",
    ),
    (
        (*BEDROCK, ""),
        (
            f"bedrock/eu-west-1/{SONNET_ID}",
            f"arn:aws:bedrock:eu-west-1::foundation-model/{SONNET_ID}",
            f"arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.{SONNET_ID}",
        ),
        REGIONAL,
    ),
    (
        BEDROCK,
        (
            "eu.anthropic.claude-3-haiku-20240307-v1:0",
            "apac.anthropic.claude-3-haiku-20240307-v1:0",
        ),
        "aws/regional.anthropic.claude-3-haiku-20240307-v1:0",
    ),
    (BEDROCK, ("eu.amazon.nova-2-lite-v1:0",), "aws/regional.amazon.nova-2-lite-v1:0"),
    (("groq", "groq.chat", "ChatGroq"), ("openai/gpt-oss-120b",), "groq/openai/gpt-oss-120b"),
    (("groq",), ("groq/openai/gpt-oss-120b",), "groq/openai/gpt-oss-120b"),
    (
        ("openrouter", "openrouter.chat"),
        ("openai/gpt-4o-mini", "openrouter/openai/gpt-4o-mini", "openrouter:openai/gpt-4o-mini"),
        "openrouter/openai/gpt-4o-mini",
    ),
    (GATEWAY, ("openai/gpt-4o-mini",), "openai/gpt-4o-mini"),
    (GATEWAY, ("anthropic/claude-sonnet-4.5",), "anthropic/claude-sonnet-4-5"),
    (GATEWAY, ("google/gemini-2.5-flash",), "google/gemini-2.5-flash"),
    (
        ("mistral.chat", "mistralai", "ChatMistralAI"),
        ("mistral-large-latest",),
        "mistral/mistral-large",
    ),
    (("xai.chat", "xai", "ChatXAI"), ("grok-4", "xai/grok-4"), "x-ai/grok-4-0709"),
    (
        ("cohere.chat", "ChatCohere"),
        ("command-a-03-2025", "cohere/command-a-03-2025"),
        "cohere/command-a",
    ),
    (
        ("fireworks", "fireworks_ai"),
        (
            "accounts/fireworks/models/deepseek-v3p2",
            "fireworks_ai/accounts/fireworks/models/deepseek-v3p2",
        ),
        "fireworks/deepseek-v3p2",
    ),
    (AZURE, ("o4-mini-deep-research",), "openai/o4-mini-deep-research"),
    (OPENAI, ("gpt-4o-mini-audio",), "openai/gpt-4o-mini-audio-preview"),
    (("openai",), ("ft:gpt-4o-mini-2024-07-18:me::id",), "openai/ft:gpt-4o-mini"),
    (("",), ("openai:gpt-4o-mini", "azure/gpt-4o-mini", "gpt-4o-mini "), "openai/gpt-4o-mini"),
    (("",), ("models/gemini-2.5-flash", "vertex_ai/gemini-2.5-flash"), "google/gemini-2.5-flash"),
)
MATRIX = [
    (provider, model, price)
    for providers, models, price in SPELLINGS
    for provider, model in product(providers, models)
]

UNKNOWN = (
    ("openai", "gpt-4o-mini-sound", "another model whose name begins alike"),
    ("azure", "o4-mini-high-quality", "a name that holds another model's"),
    ("azure", "my-o4-mini-experiment", "a deployment's name"),
    ("azure", "azure/prod-chat", "a deployment's name"),
    ("azure", "azure/eu/gpt-4o", "a region with prices of its own"),
    ("azure", "openai/gpt-oss-120b", "open weights, which Azure sells at its own price"),
    ("openai", "openai/gpt-oss-120b", "another host behind OpenAI's client"),
    ("openai", "gpt-oss-120b", "another host behind OpenAI's client"),
    ("", "openai/gpt-oss-120b", "open weights anywhere"),
    ("", "openai/gpt-4o-mini", "OpenAI's name at any gateway"),
    ("openai", "anthropic/claude-sonnet-4-5", "another provider's model behind a proxy"),
    ("openai", "groq/llama-3.3-70b-versatile", "another provider's model behind a proxy"),
    ("openai", f"us.{SONNET_ID}", "another maker's model behind a proxy"),
    ("google", "azure/claude-haiku-4-5", "two providers that disagree"),
    ("anthropic", "claude-opus-4-6-fast", "a mode with prices of its own"),
    ("anthropic", "claude-opus-4-10", "a later version"),
    ("openai", "ft:gpt-4.1-mini-2025-04-14:me::id", "a tuned model that nobody prices"),
    ("google", "tunedModels/gemini-1.5-flash-mine", "a tuned model"),
    ("google", "projects/p/locations/l/endpoints/123", "an endpoint"),
    ("google", "gemini-1.5-flash-8b", "a smaller model"),
    ("deepseek", "deepseek-r1-distill-llama-70b", "a distilled model"),
    *(("aws", name, "GovCloud, at prices of its own") for name in GOVERNMENT),
    ("anthropic", f"us-gov.{SONNET_ID}", "GovCloud, at prices of its own"),
    *(("aws", name, "a region with prices of its own") for name in ELSEWHERE),
    *(("google", name, "a region of Vertex AI, a tenth dearer") for name in REGIONS),
    ("aws", f"{PROFILES}application-inference-profile/abc123", "an application's profile"),
    ("aws", f"{PROFILES}provisioned-model/abc123", "a model by the hour"),
    ("aws", f"{PROFILES}custom-model/anthropic.claude-3-haiku-20240307-v1:0/abc", "a tuned model"),
    ("aws", f"{PROFILES}default-prompt-router/anthropic.claude:1", "a router"),
    ("aws", "bedrock/us-east-1/1-month-commitment/anthropic.claude-v2", "by the month"),
    ("OpenAI-compatible", "gpt-4o-mini", "anybody"),
    ("litellm_proxy", "gpt-4o-mini", "an alias of a proxy"),
    ("gateway", "gpt-4o-mini", "no maker"),
    ("gateway", "openai/gpt-oss-120b", "open weights at a host of the gateway's choice"),
    ("openrouter.chat", "openai/gpt-4o-mini:online", "a variant with other prices"),
    ("ollama", "mistral:7b-instruct", "one's own machine"),
    ("", "mistral:7b-instruct", "one's own machine"),
    ("", "gpt-neo-2.7b", "open weights"),
)


def write(provider: str, model: str) -> SpanRecord:
    told = {"gen_ai.provider.name": provider} if provider else {}
    said = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 1000,
    }
    transcriber = Transcriber("t", None, BOOK, Settings())
    draft = transcriber.read(make_span("hand", told | said))
    return transcriber.write(transcriber.protect(draft))


@pytest.mark.parametrize(("provider", "model", "price"), MATRIX)
def test_a_spelling_has_the_price_of_its_model(provider: str, model: str, price: str) -> None:
    """Where provider and name together leave no doubt, the cost is known."""
    record = write(provider, model)
    assert f"{record.price_provider}/{record.price_model}" == price
    assert record.cost_usd is not None
    assert record.request_model == model.strip() or record.request_model == model


@pytest.mark.parametrize(("provider", "model", "why"), UNKNOWN)
def test_a_doubt_is_no_price(provider: str, model: str, why: str) -> None:
    """Never another model's price, and never another seller's."""
    record = write(provider, model)
    assert record.cost_usd is None, why
    assert record.price_model is None, why


def test_the_matrix_is_wide() -> None:
    """The table of spellings covers makers, clients and platforms."""
    assert len(MATRIX) >= 250


@pytest.mark.parametrize(
    ("provider", "model", "name"),
    [
        ("azure", "azure/prod-chat", "prod-chat"),
        ("azure", " Prod-Chat ", "Prod-Chat"),
        ("google", "models/my-model", "my-model"),
        ("groq", "openai/new", "openai/new"),
        ("gateway", "openai/new", "openai/new"),
        (
            "aws",
            f"{PROFILES}application-inference-profile/abc",
            f"{PROFILES}application-inference-profile/abc",
        ),
    ],
)
def test_an_unpriced_model_has_one_name(provider: str, model: str, name: str) -> None:
    """A model that no price is known of is listed under its own name, however it is spelled."""
    assert write(provider, model).canonical_model == name


def test_each_form_has_a_reason() -> None:
    """No form is taken off a name without a reason that stands beside it."""
    assert all(form.why.endswith(".") for form in FORMS)


@pytest.mark.parametrize("letter", "a-./:@20")
def test_a_name_of_any_length_is_no_work(letter: str) -> None:
    """A name that repeats one sign to any length is read in no time, and means nothing."""
    for name in (letter * 100_000, "claude-sonnet-4-5" + letter * 235, letter * 256):
        assert read(make_span("hand", {"gen_ai.operation.name": "chat"})).provider is None
        assert BOOK.resolve(name, name) is None
