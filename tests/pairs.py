"""A tiny real model that reads a post beside a topic, with random weights."""

from __future__ import annotations

from pathlib import Path


def save_pair_model(folder: Path) -> Path:
    """Train nothing, export for English, in float: what it answers depends on text and topic, and means nothing."""
    import torch
    from transformers import AutoTokenizer

    from tests.training.conftest import save_encoder
    from voxpop.checkpoints.adoption import Adoption
    from voxpop.training.classifier import SentimentClassifier
    from voxpop.training.export import Export, export

    base = save_encoder(folder / "base", "bert")
    torch.manual_seed(3)
    model = SentimentClassifier.load_base(base)
    model.pair(3)
    with torch.no_grad():
        model.classifier.weight.mul_(20)
    model.save_pretrained(folder / "network")
    AutoTokenizer.from_pretrained(base).save_pretrained(folder / "network")
    how = Adoption(Path(), {}, ("en",))
    export(Export(folder / "network", folder / "tiny-pairs", precision="float", name="tiny-pairs", how=how))
    return folder / "tiny-pairs"
