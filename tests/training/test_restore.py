"""Float weights from a model in 8 bits: what they answer, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

import torch
from transformers import AutoTokenizer

from tests.training.conftest import save_encoder, spread_heads
from tests.training.test_exits import TEXTS
from voxpop.errors import Terminal
from voxpop.training import restore
from voxpop.training.classifier import SentimentClassifier, load
from voxpop.training.examples import Examples, load_tokenizer, predict, tokenized
from voxpop.training.export import Export, export
from voxpop.training.prune import narrow

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]


def exported(
    base: Path, folder: Path, *, exits: tuple[int, ...] = (), pair: bool = False, ffn: int = 0, layers: int = 0
) -> tuple[Path, Path]:
    """An untrained network with heads far apart, and its export in 8 bits."""
    torch.manual_seed(3)
    model = SentimentClassifier.load_base(base, exits, layers=layers)
    if pair:
        model.pair(3)
    if ffn:
        narrow(model, [torch.rand(64)] * 2, ffn)
    with torch.no_grad():
        # An exporter keeps one of several equal constants, as those of an untrained network are.
        for weights in model.parameters():
            weights.add_(torch.randn_like(weights), alpha=0.02)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder / "network")
    table = spread_heads(model, folder / "network", TEXTS)
    if pair:
        lines = table.read_text().splitlines()
        table.write_text("\n".join(f"{'chair' if at else 'topic'}\t{line}" for at, line in enumerate(lines)) + "\n")
    export(Export(folder / "network", folder / "model", data=table, dev=table, exit_loss=0.1))
    return folder / "network", folder / "model"


def answers(directory: Path, topic: str = "") -> np.ndarray:
    ids = tokenized(load_tokenizer(directory), TEXTS, 64, [topic] * len(TEXTS))
    found: np.ndarray = predict(load(directory), Examples(ids, [0] * len(ids))).softmax(1).numpy()
    return found


@pytest.mark.parametrize(("exits", "pair", "ffn"), [((), False, 0), ((1,), False, 0), ((), True, 0), ((1,), False, 16)])
def test_the_weights_answer_as_those_they_were_rounded_from(
    exits: tuple[int, ...], pair: bool, ffn: int, base: Path, tmp_path: Path
) -> None:
    network, model = exported(base, tmp_path, exits=exits, pair=pair, ffn=ffn)
    restore.main(["--model", str(model), "--base", str(base), "--out", str(tmp_path / "restored")])
    assert load(tmp_path / "restored").config.intermediate_size == (ffn or 64)
    topic = "chair" if pair else ""
    assert np.abs(answers(tmp_path / "restored", topic) - answers(network, topic)).max() < 0.06


def test_an_export_that_ends_early_gives_the_layers_it_has_under_the_head_it_ends_with(
    base: Path, tmp_path: Path
) -> None:
    network, _ = exported(base, tmp_path, exits=(1,))
    table = network / "answers.tsv"
    export(Export(network, tmp_path / "short", data=table, dev=table, exit_at=((1, 0.0),)))
    restore.main(["--model", str(tmp_path / "short"), "--base", str(base), "--out", str(tmp_path / "restored")])
    assert load(tmp_path / "restored").config.num_hidden_layers == 1
    ids = tokenized(load_tokenizer(network), TEXTS, 64)
    mask = torch.tensor([[1] * len(ids[0])])
    with torch.inference_mode():
        early = load(network)(input_ids=torch.tensor([ids[0]]), attention_mask=mask).exit_logits[0].softmax(1).numpy()
    assert np.abs(answers(tmp_path / "restored")[0] - early[0]).max() < 0.06


def test_a_network_of_fewer_layers_than_its_base_keeps_its_own_last_head(tmp_path: Path) -> None:
    network, model = exported(save_encoder(tmp_path / "deep", "bert", layers=3), tmp_path, exits=(1,), layers=2)
    restore.main(["--model", str(model), "--base", str(tmp_path / "deep"), "--out", str(tmp_path / "restored")])
    assert load(tmp_path / "restored").config.num_hidden_layers == 2
    assert np.abs(answers(tmp_path / "restored") - answers(network)).max() < 0.06


def test_the_bundled_model_is_its_base_s_size_and_no_other(base: Path, tmp_path: Path) -> None:
    with pytest.raises(Terminal, match="give its own base"):
        restore.restore(Path(__file__).parents[2] / "src/voxpop/models/en-small", base, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_family_is_refused(tmp_path: Path, base: Path) -> None:
    _, model = exported(save_encoder(tmp_path / "roberta", "roberta"), tmp_path)
    with pytest.raises(Terminal, match="give its own base"):
        restore.restore(model, base, tmp_path / "out")
