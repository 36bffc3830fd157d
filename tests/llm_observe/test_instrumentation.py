"""When a provider's client is instrumented: as soon as it is imported, and never by force."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_START = """
import sys, llm_observe
llm_observe.init(llm_observe.Settings(exporters=("console",), tenant="any", digest_key="any"))
assert "openai" not in sys.modules
"""
_LEFT_ALONE = """
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
assert not OpenAIInstrumentor().is_instrumented_by_opentelemetry
"""
_CALL = """
from openai import OpenAI
client = OpenAI(base_url=sys.argv[1], api_key="any", max_retries=0)
client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}])
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A process of its own: here the client has long been imported."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )


@pytest.mark.parametrize(
    "code",
    [_START + _CALL, "import sys, openai\nimport llm_observe\n" + _START.splitlines()[2] + _CALL],
    ids=["imported after init", "imported before init"],
)
def test_calls_are_traced_whenever_the_client_is_imported(code: str, openai_server: str) -> None:
    """The order of the application's imports makes no difference."""
    done = run(code, openai_server)

    assert done.stdout.count('"name": "chat gpt-4o-mini"') == 1, done.stdout + done.stderr


def test_init_imports_no_client() -> None:
    """An application that calls no model does not pay for a client's import."""
    assert run(_START).stderr == ""


def test_client_imported_after_shutdown_stays_as_it_is(openai_server: str) -> None:
    """What was switched off does not come back with a late import."""
    done = run(_START + "llm_observe.shutdown()\n" + _CALL + _LEFT_ALONE, openai_server)

    assert done.stdout == ""


def test_client_that_cannot_be_instrumented_is_left_alone(tmp_path: Path) -> None:
    """An unknown client can be imported; one line of log says that it is not traced."""
    (tmp_path / "openai.py").write_text("answer = 42\n")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{_START}"
    done = run(code + "import openai; print(openai.answer)")

    assert done.stdout == "42\n"
    assert done.stderr == "llm_observe: openai is not traced: ModuleNotFoundError: openai.types\n"
