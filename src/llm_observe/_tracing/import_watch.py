"""Tells when a module has been imported, whoever imports it.

``wrapt`` can do that, too, but takes 0.1 s of processor time to import, which every function would
pay at its start, whether or not it ever calls a model.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import ModuleSpec
from threading import local
from types import ModuleType
from typing import Any


class ImportWatch:
    """Stands before all finders, finds nothing itself, and calls back after an import.

    The module is loaded by its own loader, which stays as it is but for the time of the loading.
    """

    def __init__(self, names: Iterable[str], react: Callable[[str], None]) -> None:
        self._waiting = set(names)
        self._react = react
        self._asking = local()

    def start(self) -> None:
        """React to what is imported by now, and from now on to the rest."""
        sys.meta_path.insert(0, self)
        for name in sorted(self._waiting & sys.modules.keys()):
            self._waiting.discard(name)
            self._react(name)

    def stop(self) -> None:
        """React to nothing more."""
        self._waiting.clear()
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Give what the other finders find, with a loader that tells when it is done."""
        # One of the others may ask all finders itself, and so come back here.
        if fullname not in self._waiting or getattr(self._asking, "now", False):
            return None
        self._asking.now = True
        try:
            spec = _ask_others(self, fullname, path, target)
        finally:
            self._asking.now = False
        if spec is not None:
            self._tell_when_loaded(fullname, spec.loader)
        return spec

    def _tell_when_loaded(self, name: str, loader: Any) -> None:
        # Loaders of frozen and built-in modules are classes, which all such modules share.
        if loader is None or isinstance(loader, type) or not hasattr(loader, "exec_module"):
            return
        load = loader.exec_module

        def load_and_tell(module: ModuleType) -> None:
            load(module)
            # A zip file's loader loads many modules.
            if module.__name__ == name and name in self._waiting:
                vars(loader).pop("exec_module", None)
                self._waiting.discard(name)
                self._react(name)

        if hasattr(loader, "__dict__"):
            loader.exec_module = load_and_tell


def _ask_others(
    own: ImportWatch, fullname: str, path: Sequence[str] | None, target: ModuleType | None
) -> ModuleSpec | None:
    for finder in list(sys.meta_path):
        find_spec = getattr(finder, "find_spec", None)
        if finder is own or find_spec is None:
            continue
        spec: ModuleSpec | None = find_spec(fullname, path, target)
        if spec is not None:
            return spec
    return None
