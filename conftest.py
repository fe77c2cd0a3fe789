"""Leaves the doctests of `voxpop.training` out where PyTorch is not installed; its tests say so themselves."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["src/voxpop/training/*"]
