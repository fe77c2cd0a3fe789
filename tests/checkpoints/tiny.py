"""Tiny real checkpoints with random weights, as `save_pretrained` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast

from voxpop.text import prepare

SPECIAL = ["<s>", "[PAD]", "[UNK]", "</s>", "[MASK]"]
WORDS = [*"abcdefghijklmnopqrstuvwxyz", *(f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
TEXTS = ["i love it", "never again", "the bus leaves at five and it is late", "ok", "so good " * 40]
FIVE = ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]
THREE = ["negative", "neutral", "positive"]
KINDS: dict[str, dict[str, Any]] = {
    "bert": {},
    "distilbert": {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64},
    "roberta": {},
    "xlm-roberta": {},
    "mpnet": {},
    "electra": {"embedding_size": 32},
    "modernbert": {"local_attention": 8, "global_attn_every_n_layers": 2, "cls_token_id": 0, "sep_token_id": 3},
}


def tokenizer() -> PreTrainedTokenizerFast:
    made = Tokenizer(models.WordPiece({word: at for at, word in enumerate([*SPECIAL, *WORDS])}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 3)])
    return PreTrainedTokenizerFast(
        tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", cls_token="<s>", sep_token="</s>",
        model_max_length=64,
    )  # fmt: skip


def checkpoint(directory: Path, kind: str = "bert", labels: Sequence[str] = THREE) -> Path:
    """Write a checkpoint of an architecture with these labels."""
    torch.manual_seed(5)
    common = {
        "vocab_size": len(SPECIAL) + len(WORDS), "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 64, "max_position_embeddings": 66, "pad_token_id": 1, "bos_token_id": 0,
        "eos_token_id": 3,
    }  # fmt: skip
    if kind == "distilbert":
        common = {name: common[name] for name in ("vocab_size", "max_position_embeddings", "pad_token_id")}
    names = dict(enumerate(labels))
    config = AutoConfig.for_model(
        kind, **{**common, **KINDS[kind]}, initializer_range=0.3, num_labels=len(labels), id2label=names,
        label2id={label: at for at, label in names.items()},
    )  # fmt: skip
    AutoModelForSequenceClassification.from_config(config).save_pretrained(directory)
    tokenizer().save_pretrained(directory)
    return directory


def probabilities(directory: Path, texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """PyTorch's own answer, a text at a time."""
    read = transformers.AutoTokenizer.from_pretrained(directory)
    model = AutoModelForSequenceClassification.from_pretrained(directory).eval()
    rows = []
    for text in texts:
        encoded = read(prepare(text), return_tensors="pt", truncation=True, max_length=64)
        encoded.pop("token_type_ids", None)
        with torch.inference_mode():
            rows.append(model(**encoded).logits.double().softmax(-1).numpy()[0])
    return np.array(rows)
