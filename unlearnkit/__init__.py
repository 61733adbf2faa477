"""unlearnkit: from a person's erasure request to a model that has forgotten, with proof."""

from importlib.metadata import version

__version__ = version("unlearnkit")
