"""Tiny real encoders with tiny tokenizers, made on the spot, and a table that they can learn."""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

WORDS = ["good", "lovely", "bad", "awful", "table", "chair", "the", "is", "a", "very", "today", "http", "@", "user"]
ROWS = [("positive", "good"), ("positive", "lovely"), ("negative", "bad"), ("negative", "awful")] + [
    ("neutral", "table"), ("neutral", "chair")
]  # fmt: skip
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def save_tokenizer(folder: Path) -> int:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {word: at for at, word in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    pair = "[CLS] $A [SEP] $B:1 [SEP]:1"
    tokenizer.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", pair=pair, special_tokens=ends)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return len(vocabulary)


def save_encoder(folder: Path, family: str, layers: int = 2) -> Path:
    """Write an untrained encoder of a few layers of width 32."""
    import torch
    from transformers import AutoConfig, AutoModel

    shape = {"hidden_size": 32, "num_hidden_layers": layers, "num_attention_heads": 2, "intermediate_size": 64}
    more: dict[str, dict[str, Any]] = {
        "bert": {"max_position_embeddings": 64},
        "distilbert": {"dim": 32, "n_layers": layers, "n_heads": 2, "hidden_dim": 64, "max_position_embeddings": 64},
        "modernbert": {"local_attention": 8, "global_attn_every_n_layers": 2, "cls_token_id": 2, "sep_token_id": 3},
    }
    given = {"max_position_embeddings": 66, **(shape if family != "distilbert" else {}), **more.get(family, {})}
    size = save_tokenizer(folder)
    torch.manual_seed(0)
    config = AutoConfig.for_model(family, vocab_size=size, pad_token_id=0, **given)
    AutoModel.from_config(config, attn_implementation="eager").save_pretrained(folder)
    return folder


def write_table(path: Path, times: int = 20) -> Path:
    lines = [f"{at}\t{label}\tthe {word} is {word} today" for at, (label, word) in enumerate(ROWS * times)]
    path.write_text("\n".join(["id\tlabel\ttext", *lines]) + "\n", encoding="utf-8")
    return path


def write_pairs(path: Path, times: int = 20) -> Path:
    """Posts that say something of a table, and nothing of a chair: what is right depends on the topic."""
    said = [(label, word) for label, word in ROWS if label != "neutral"]
    rows = [(label, "table", word) for label, word in said] + [("neutral", "chair", word) for _, word in said]
    lines = [f"{label}\t{topic}\tit is {word} very {word} today" for label, topic, word in rows * times]
    path.write_text("\n".join(["label\ttopic\ttext", *lines]) + "\n", encoding="utf-8")
    return path


def spread_heads(model: Any, folder: Path, texts: Sequence[str]) -> Path:
    """Save an untrained network whose heads differ by row, with a table of what its last layer answers to `texts`."""
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    rows = [tokenizer([text], return_tensors="pt", truncation=True, max_length=64) for text in texts]
    model.eval()
    with torch.no_grad():
        for head in (model.classifier, *model.exit_classifiers):
            head.weight.mul_(60)
        found = [model(input_ids=row["input_ids"], attention_mask=row["attention_mask"]) for row in rows]
        model.classifier.bias.sub_(torch.cat([each.logits for each in found]).mean(0))
        for at, head in enumerate(model.exit_classifiers):
            head.bias.sub_(torch.cat([each.exit_logits[at] for each in found]).mean(0))
        found = [model(input_ids=row["input_ids"], attention_mask=row["attention_mask"]) for row in rows]
    model.save_pretrained(folder)
    labels = [("negative", "neutral", "positive")[int(each.logits.argmax())] for each in found]
    lines = [f"{label}\t{text}" for label, text in zip(labels, texts, strict=True)]
    table = folder / "answers.tsv"
    table.write_text("\n".join(["label\ttext", *lines]) + "\n", encoding="utf-8")
    return table


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    # More threads cost tiny networks time, and the sums of a run must not depend on the machine.
    if find_spec("torch") is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_encoder(tmp_path_factory.mktemp("base"), "bert")


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_table(tmp_path_factory.mktemp("data") / "rows.tsv")
