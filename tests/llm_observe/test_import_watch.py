"""A module tells that it has been imported, and is otherwise imported as without us."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import zipfile
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from threading import Thread

import pytest

from llm_observe._tracing.import_watch import ImportWatch

NAMES = ("watched_one", "watched_two", "watched_package.inner")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names that were told, of modules in a folder and in a zip file."""
    with zipfile.ZipFile(tmp_path / "modules.zip", "w") as archive:
        archive.writestr("watched_two.py", "import unwatched\nanswer = 2\n")
        archive.writestr("unwatched.py", "")
    (tmp_path / "watched_one.py").write_text("answer = 1\n")
    (tmp_path / "watched_package").mkdir()
    (tmp_path / "watched_package" / "__init__.py").write_text("")
    (tmp_path / "watched_package" / "inner.py").write_text("answer = 3\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "modules.zip"), *sys.path])
    names: list[str] = []
    watch = ImportWatch(NAMES, names.append)
    watch.start()
    yield names
    watch.stop()
    for name in (*NAMES, "watched_package", "unwatched"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize(("name", "answer"), list(zip(NAMES, (1, 2, 3), strict=True)))
def test_an_import_is_told_once(told: list[str], name: str, answer: int) -> None:
    """From a folder, a zip file or a package, at the first import and not again."""
    module = importlib.import_module(name)
    importlib.import_module(name)
    importlib.reload(module)

    assert told == [name]
    assert module.answer == answer


def test_a_look_is_no_import(told: list[str]) -> None:
    """Applications ask whether a client is installed; the import after that is still told."""
    assert importlib.util.find_spec("watched_one") is not None
    assert told == []
    importlib.import_module("watched_one")

    assert told == ["watched_one"]


def test_the_loader_stays_as_it_is(told: list[str]) -> None:
    """``inspect`` and ``importlib.resources`` ask a module's loader for what it is made of."""
    module = importlib.import_module("watched_one")
    loader = module.__spec__.loader if module.__spec__ else None

    assert type(loader) is SourceFileLoader
    assert "exec_module" not in vars(loader)


def test_a_failed_import_may_be_tried_again(told: list[str], tmp_path: Path) -> None:
    """What raises is the module's own error; the import that works is told."""
    (tmp_path / "watched_one.py").write_text("raise LookupError('mine')\n")
    with pytest.raises(LookupError, match="mine"):
        importlib.import_module("watched_one")
    assert told == []
    (tmp_path / "watched_one.py").write_text("answer = 'second try'\n")
    importlib.invalidate_caches()
    importlib.import_module("watched_one")

    assert told == ["watched_one"]


def test_a_finder_that_asks_all_finders_ends(told: list[str]) -> None:
    """Others' hooks, as wrapt's, look for a module by asking everybody, us included."""

    class Asking:
        """Stands behind the watch."""

        asking = False

        def find_spec(self, fullname: str, path: object, target: object = None) -> object:
            if self.asking:
                return None
            self.asking = True
            try:
                return importlib.util.find_spec(fullname)
            finally:
                self.asking = False

    finder = Asking()
    sys.meta_path.insert(1, finder)  # type: ignore[arg-type]  # what a finder has to have
    try:
        importlib.import_module("watched_one")
    finally:
        sys.meta_path.remove(finder)  # type: ignore[arg-type]  # as above

    assert told == ["watched_one"]


def test_threads_that_import_at_once_are_told_once(told: list[str]) -> None:
    """The module is loaded once, and so is the news of it."""
    threads = [Thread(target=importlib.import_module, args=("watched_one",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == ["watched_one"]
