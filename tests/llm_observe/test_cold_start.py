"""What a function pays for that never calls a model: nothing heavy is loaded for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.keys import StackKeys

HEAVY = (
    "asyncio",
    "cryptography",
    "email",
    "google.protobuf",
    "http.client",
    "httpcore",
    "httpx",
    "importlib.metadata",
    "jwt",
    "opentelemetry",
    "postgrest",
    "pydantic",
    "ssl",
    "urllib.request",
    "wrapt",
)
"""Each takes 20 ms of processor time or more to import; all of them 0.7 s."""
START = """
import os, sys
import llm_observe
llm_observe.init()
"""
LOOK = """
print(sorted(name for name in sys.argv[1:] if name in sys.modules))
"""
LIGHT = {
    "init": "",
    "flush": "llm_observe.flush()",
    "stats": "assert llm_observe.stats()['emitted'] == 0",
    "shutdown": "llm_observe.shutdown()",
    "observe": "@llm_observe.observe('execute_tool')\ndef search(): ...",
    "lambda_handler": "llm_observe.lambda_handler(lambda event, context: None)({}, None)",
    "tenant": "with llm_observe.tenant('a'): pass",
    "session": "with llm_observe.session('a'): pass",
    "user": "with llm_observe.user('a'): pass",
    "customer": "with llm_observe.customer('a'): pass",
    "tag": "with llm_observe.tag(plan='pro'): pass",
    "a copy": "llm_observe._door._renew()",
    "a look for the client": "import importlib.util; importlib.util.find_spec('openai')",
}
FIRST_NEED = {
    "a client": "import openai",
    "a step": "with llm_observe.span('step'): pass",
    "a traced function": "llm_observe.observe()(lambda: None)()",
}


@pytest.fixture
def environment(keys: StackKeys) -> dict[str, str]:
    """A whole configuration, of a project that is not there."""
    return {
        "SUPABASE_URL": "http://127.0.0.1:1",
        "SUPABASE_PUBLISHABLE_KEY": keys.publishable_key,
        "SUPABASE_JWT_SIGNING_KEY": json.dumps(keys.signing_key),
        "LLM_OBSERVE_DIGEST_KEY": keys.master_secret,
        "LLM_OBSERVE_TENANT": "cold",
        "LLM_OBSERVE_EXPORT_TIMEOUT": "0.1",
    }


def run(code: str, environment: dict[str, str]) -> tuple[str, str]:
    """What a process of its own writes to both."""
    done = subprocess.run(
        [sys.executable, "-c", code, *HEAVY],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("way", sorted(LIGHT))
def test_nothing_heavy_is_loaded_without_a_client(way: str, environment: dict[str, str]) -> None:
    """Whatever of the library is used, a function without a client does not pay for tracing."""
    assert run(START + LIGHT[way] + LOOK, environment) == ("[]\n", "")


@pytest.mark.parametrize("way", sorted(FIRST_NEED))
def test_tracing_modules_are_loaded_at_first_need(way: str, environment: dict[str, str]) -> None:
    """The first client's import, or the first step, brings it: the look above can fail."""
    written, _ = run(START + FIRST_NEED[way] + LOOK, environment)

    assert {"'opentelemetry'", "'httpx'", "'postgrest'"} <= set(written.strip("[]\n").split(", "))


def test_an_ingest_token_needs_no_cryptography(environment: dict[str, str]) -> None:
    """It was signed elsewhere; only its look is checked."""
    claims = "eyJyb2xlIjoibGxtX2luZ2VzdCIsInRlbmFudF9pZCI6ImNvbGQiLCJleHAiOjk5OTk5OTk5OTl9"
    held = environment | {"LLM_OBSERVE_INGEST_TOKEN": f"e30.{claims}.c2ln"}
    del held["SUPABASE_JWT_SIGNING_KEY"]

    written, _ = run(START + "import openai" + LOOK, held)

    assert "'opentelemetry'" in written
    assert "'cryptography'" not in written


def test_every_public_function_is_tried() -> None:
    """A function that joins the library has to join this file."""
    import llm_observe  # noqa: PLC0415  # the others start processes of their own

    functions = {name for name in llm_observe.__all__ if name[0].islower()}

    assert functions - {"span"} <= LIGHT.keys()


def test_a_process_forked_before_first_need_traces(environment: dict[str, str]) -> None:
    """A child that is the first to need it builds for itself."""
    code = START + (
        "child = os.fork()\n"
        "if child == 0:\n"
        "    with llm_observe.span('step'): pass\n"
        "    os._exit(0 if llm_observe.stats()['emitted'] == 1 else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "print(llm_observe.stats()['emitted'])"
    )

    assert run(code, environment)[0] == "0\n"


def test_a_process_forked_while_it_builds_traces(environment: dict[str, str]) -> None:
    """The thread that was building is not there in the child, which begins anew."""
    code = START + (
        "import time\n"
        "from threading import Event, Thread\n"
        "from llm_observe._tracing.instance import Instance\n"
        "build, begun = Instance._try_building, Event()\n"
        "def build_slowly(instance):\n"
        "    begun.set()\n"
        "    time.sleep(1)\n"
        "    return build(instance)\n"
        "Instance._try_building = build_slowly\n"
        "Thread(target=llm_observe._door._build_pipeline).start()\n"
        "begun.wait()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    Instance._try_building = build\n"
        "    with llm_observe.span('step'): pass\n"
        "    os._exit(0 if llm_observe.stats()['emitted'] == 1 else 1)\n"
        "print(os.waitpid(child, 0)[1])"
    )

    assert run(code, environment)[0] == "0\n"


def test_many_threads_build_once(environment: dict[str, str]) -> None:
    """Sixteen first spans and an import at once make one provider, and none is lost."""
    code = START + (
        "from threading import Barrier, Thread\n"
        "import llm_observe._tracing.instance\n"
        "together, found = Barrier(17), set()\n"
        "def step():\n"
        "    together.wait()\n"
        "    with llm_observe.span('step'): found.add(id(llm_observe._door._build_pipeline()))\n"
        "def load():\n"
        "    together.wait()\n"
        "    import openai\n"
        "threads = [Thread(target=step) for _ in range(16)] + [Thread(target=load)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "print(len(found), llm_observe.stats()['emitted'])\n"
        "print(len(llm_observe._door._build_pipeline().instrumentation._active))"
    )

    assert run(code, environment)[0] == "1 16\n1\n"


def test_an_instrumentation_of_an_unknown_client_starts_at_once(
    environment: dict[str, str], tmp_path: Path
) -> None:
    """Nobody knows which import to wait for, so it is not waited for."""
    metadata = tmp_path / "opentelemetry_instrumentation_genai_other-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: opentelemetry-instrumentation-genai-other\nVersion: 1.0\n"
    )
    environment["PYTHONPATH"] = str(tmp_path)

    assert "'opentelemetry'" in run(START + LOOK, environment)[0]
