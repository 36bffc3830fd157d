"""An ordinary application: a shop that asks a model now and then. It imports only ``openai``."""

from openai import AsyncOpenAI, OpenAI, OpenAIError


async def open_shop(client: OpenAI, async_client: AsyncOpenAI) -> list[tuple[str, str, str]]:
    """Serve a morning's customers; give (API, model, outcome) of every call."""
    return [
        ("chat", "gpt-4o-mini", greet(client)),
        ("chat, streamed", "gpt-4o-mini", advertise(client)),
        ("chat, tools", "gpt-4o", look_up_order(client)),
        ("embeddings", "text-embedding-3-small", index_catalogue(client)),
        ("responses", "gpt-5-mini", plan_shelf(client)),
        ("chat, async", "gpt-4o-mini", await answer_mail(async_client)),
        ("chat, failing", "no-such-model", fail(client)),
    ]


def greet(client: OpenAI) -> str:
    """Greet a customer."""
    reply = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Greet a customer briefly."}]
    )
    return reply.choices[0].finish_reason


def advertise(client: OpenAI) -> str:
    """Write an advertisement, word by word."""
    stream = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Advertise wool socks in one sentence."}],
        stream=True,
    )
    pieces = [chunk.choices[0].delta.content or "" for chunk in stream]
    return f"{sum(map(bool, pieces))} pieces"


def look_up_order(client: OpenAI) -> str:
    """Let the model ask for an order's state."""
    reply = client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Where is order 1042?"}],
        tools=[
            {
                "type": "function",
                "function": {
                    "name": "find_order",
                    "description": "Finds an order by its number.",
                    "parameters": {
                        "type": "object",
                        "properties": {"number": {"type": "string"}},
                        "required": ["number"],
                    },
                },
            }
        ],
    )
    return reply.choices[0].finish_reason


def index_catalogue(client: OpenAI) -> str:
    """Index what is for sale."""
    reply = client.embeddings.create(
        model="text-embedding-3-small", input=["wool socks", "rain coat", "straw hat"]
    )
    return f"{len(reply.data)} vectors"


def plan_shelf(client: OpenAI) -> str:
    """Have the shelf planned by a model that thinks first."""
    reply = client.responses.create(model="gpt-5-mini", input="Order socks, coats, hats by season.")
    return reply.status or "unknown"


async def answer_mail(client: AsyncOpenAI) -> str:
    """Answer a mail."""
    reply = await client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": "Say kindly that the hat is sold out."}],
    )
    return reply.choices[0].finish_reason


def fail(client: OpenAI) -> str:
    """Ask for a model that does not exist, as applications do."""
    try:
        client.chat.completions.create(
            model="no-such-model", messages=[{"role": "user", "content": "Hello?"}]
        )
    except OpenAIError as error:
        return type(error).__name__
    return "answered"
