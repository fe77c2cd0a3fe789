"""Fine-tuning, export and scoring end to end, on a tiny real BERT made on the spot."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("transformers", reason="needs PyTorch: make training")
pytest.importorskip("onnx", reason="needs PyTorch: make training")

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from voxpop.scorers.onnx import OnnxScorer
from voxpop.training import export, finetune

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]

WORDS = ["good", "lovely", "bad", "awful", "table", "chair", "the", "is", "a", "very", "today", "http", "@", "user"]
ROWS = [("positive", "good"), ("positive", "lovely"), ("negative", "bad"), ("negative", "awful")] + [
    ("neutral", "table"), ("neutral", "chair")
]  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: at for at, word in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=ends)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "rows.tsv"
    lines = [f"{at}\t{label}\tthe {word} is {word} today" for at, (label, word) in enumerate(ROWS * 20)]
    path.write_text("\n".join(["id\tlabel\ttext", *lines]) + "\n", encoding="utf-8")
    return path


def options(base: Path, table: Path, out: Path, epochs: int) -> list[str]:
    given = {"train": table, "dev": table, "base": base, "out": out, "epochs": epochs, "rate": 0.005, "batch": 8}
    return [part for name, value in given.items() for part in (f"--{name}", str(value))]


@pytest.fixture(scope="module")
def trained(base: Path, table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    finetune.main(options(base, table, out, 3))
    return out


def test_a_tiny_model_learns_what_words_mean(trained: Path, table: Path) -> None:
    exported = trained.parent / "exported"
    figures = export.export(export.Export(trained / "best", exported, data=table, dev=table))
    assert figures["dev_macro_recall"] == 1
    assert sorted(path.name for path in exported.iterdir()) == ["CARD.md", "model.json", "model.onnx", "tokenizer.json"]
    scorer = OnnxScorer.open(exported)
    scored = scorer(pa.record_batch([["the chair is lovely", "awful bad", "a table", None]], names=["text"]))
    assert scored["label"].to_pylist()[1:] == ["negative", "neutral", "unscored"]


def test_a_run_that_was_stopped_resumes_to_the_same_result(
    trained: Path, base: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(trained / "epoch-1", tmp_path / "epoch-1")
    finetune.main(options(base, table, tmp_path, 3))
    assert json.loads(capsys.readouterr().out.strip().splitlines()[-1])["best"]["dev_macro_recall"] == 1
    for name in ("epoch-2", "epoch-3"):
        resumed, straight = ((folder / name / "model.safetensors").read_bytes() for folder in (tmp_path, trained))
        assert resumed == straight


def test_another_recipe_does_not_resume(trained: Path, base: Path, table: Path) -> None:
    with pytest.raises(ValueError, match="another recipe"):
        finetune.main(options(base, table, trained, 4))
