"""unlearnkit: from a person's erasure request to a model that has forgotten, with proof."""

import importlib
from importlib.metadata import version

# Two stages have the name of a function: what is imported first takes the name, so they come first.
for _stage in ("audit", "locate"):
    importlib.import_module(f"unlearnkit.{_stage}")

from unlearnkit.api import audit, locate, process, unlearn, verify  # noqa: E402
from unlearnkit.unlearning.settings import Settings  # noqa: E402

__all__ = ["Settings", "__version__", "audit", "locate", "process", "unlearn", "verify"]
__version__ = version("unlearnkit")
