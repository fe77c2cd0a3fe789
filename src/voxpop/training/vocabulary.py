"""Cut a multilingual encoder to the pieces that its languages need: `python -m voxpop.training.vocabulary --help`.

Of the 118 million parameters of multilingual-e5-small 96 million are word embeddings, most of them for scripts that a
model of a few languages never reads. The layers stay as they are, so a text whose pieces all stay is encoded as before.
"""

import argparse
import gzip
import json
import math
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from tokenizers import Tokenizer
from tqdm import tqdm
from transformers import AutoTokenizer, BertModel, PreTrainedTokenizerFast

from voxpop.labelled import read_labelled
from voxpop.text import prepare

SPACE: Final = "\u2581"
"""SentencePiece's sign for a space, which begins a word."""

_SHARED: Final = frozenset({"COMBINING", "MODIFIER", "VARIATION"})

Pieces = Sequence[tuple[str, float]]
"""A Unigram vocabulary: by id, a piece and the natural logarithm of its probability; special tokens have 0.0."""


@dataclass(frozen=True)
class Cut:
    """What to cut: `texts` tell which pieces are in use, `held_out` what their choice costs on texts it has not seen.

    `scripts` are the first words of Unicode names of letters; of each file at most `sample` texts are read.
    """

    base: Path
    out: Path
    texts: list[Path]
    held_out: list[Path]
    scripts: list[str]
    size: int = 30_000
    prior: float = 0.25
    sample: int = 40_000


def read_texts(path: Path, most: int) -> list[str]:
    """Return at most `most` prepared texts, evenly drawn: of a labelled table, or the lines of a .txt or .txt.gz.

    Raises `Terminal` for a table that cannot be used and `OSError` for lines that cannot be read.
    """
    if path.name.endswith(".txt.gz"):
        texts = gzip.decompress(path.read_bytes()).decode("utf-8").splitlines()
    elif path.suffix == ".txt":
        texts = path.read_text(encoding="utf-8").splitlines()
    else:
        texts = read_labelled(path).texts
    return [prepare(text) for text in texts[:: max(1, math.ceil(len(texts) / most))]]


def pieces_of(tokenizer: Tokenizer) -> list[tuple[str, float]]:
    """Return the tokenizer's pieces by id. Raises `ValueError` for another model than Unigram."""
    model = json.loads(tokenizer.to_str())["model"]
    if model["type"] != "Unigram":
        raise ValueError(f"only a Unigram vocabulary can lose pieces, this one is {model['type']}: give another base")
    return [(piece, score) for piece, score in model["vocab"]]


def count(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[int]:
    """Return how often each piece stands in the texts, by id, special tokens aside."""
    encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    return Counter(piece for encoding in encodings for piece in encoding.ids)


def script(piece: str) -> str | None:
    """Return the first word of the Unicode names of a piece's letters, which tells their script.

    "" is for what every script uses: digits, punctuation, emoji, combining marks. None is for letters of two scripts
    and for control, private and unassigned codes.

    >>> [script(piece) for piece in ("Straße", "\u0634", "7!", "\N{FACE WITH TEARS OF JOY}", "aя", "\ue00e")]
    ['LATIN', 'ARABIC', '', '', None, None]
    """
    if any(unicodedata.category(character)[0] == "C" for character in piece):
        return None
    letters = (character for character in piece if unicodedata.category(character)[0] in "LM")
    names = {unicodedata.name(letter, "").split(" ")[0] for letter in letters} - _SHARED
    return None if len(names) > 1 else min(names, default="")


def choose(
    pieces: Pieces, tables: Iterable[Mapping[int, int]], scripts: Collection[str], size: int, prior: float = 0.25
) -> list[int]:
    """Return the ids of the `size` pieces to keep, ascending.

    Special tokens stay, and every single character of `scripts`, so that no word in them becomes unknown. The other
    places go to the pieces with the largest sum of two shares: the largest that a piece has in any one of the tables
    (ids and counts, such as one a language), and `prior` times its probability among the pieces of its script. So
    neither the language with the most texts decides, nor what a few texts happen to hold, and a script that the tables
    lack is not left with its letters alone.

    Raises `ValueError` where `size` has no room for the special tokens and single characters.
    """
    wanted = {*scripts, ""}
    found = {at: name for at, (piece, _) in enumerate(pieces) if (name := script(piece)) in wanted and name is not None}
    special = {at for at, (_, score) in enumerate(pieces) if score == 0.0}
    first = special | {at for at in found if len(pieces[at][0].removeprefix(SPACE)) <= 1}
    if len(first) > size:
        raise ValueError(f"{size} pieces have no room for {len(first)} special tokens and characters: raise the size")
    worth: defaultdict[int, float] = defaultdict(float)
    for table in tables:
        total = sum(table.values())
        for at, times in table.items():
            worth[at] = max(worth[at], times / total)
    mass: defaultdict[str, float] = defaultdict(float)
    others = found.keys() - first
    for at in others:
        mass[found[at]] += math.exp(pieces[at][1])
    for at in others:
        worth[at] += prior * math.exp(pieces[at][1]) / mass[found[at]]
    ranked = sorted(others, key=lambda at: (-worth[at], at))
    return sorted([*first, *ranked[: size - len(first)]])


def cut_tokenizer(tokenizer: Tokenizer, kept: Sequence[int]) -> Tokenizer:
    """Return a tokenizer whose piece `n` is the old piece `kept[n]`; the old one stays as it is.

    A text whose pieces are all kept is cut as before, for the best path stays the best of fewer. Raises `ValueError`
    for a special token that is not kept and for a post-processor other than a template.
    """
    state = json.loads(tokenizer.to_str())
    new = {old: at for at, old in enumerate(kept)}
    model, template = state["model"], state["post_processor"]
    if template is not None and template["type"] != "TemplateProcessing":
        raise ValueError(f"the post-processor is a {template['type']}, not a template: give another base")
    special = [model["unk_id"], *(token["id"] for token in state["added_tokens"])]
    if lost := [model["vocab"][old][0] for old in special if old not in new]:
        raise ValueError(f"the special tokens {', '.join(lost)} must be kept")
    model["vocab"] = [model["vocab"][old] for old in kept]
    model["unk_id"] = new[model["unk_id"]]
    for token in state["added_tokens"]:
        token["id"] = new[token["id"]]
    for token in template["special_tokens"].values() if template else ():
        token["ids"] = [new[old] for old in token["ids"]]
    return Tokenizer.from_str(json.dumps(state))


def cut_encoder(encoder: BertModel, kept: Sequence[int], pad: int) -> None:
    """Keep of the encoder's word embeddings the rows `kept`, in that order; `pad` is the new id of the padding."""
    rows = encoder.get_input_embeddings().weight.detach()[torch.tensor(kept)].clone()
    encoder.set_input_embeddings(torch.nn.Embedding.from_pretrained(rows, freeze=False, padding_idx=pad))
    encoder.config.vocab_size, encoder.config.pad_token_id = len(kept), pad


def compare(before: Tokenizer, after: Tokenizer, texts: Sequence[str]) -> dict[str, float]:
    """Return what a cut did to texts: tokens a text and the share of unknown ones, before and after; `unchanged`.

    `unchanged` is the share of texts that are cut into the same pieces as before. Raises `ValueError` without texts.
    """
    if not texts:
        raise ValueError("there are no texts to compare on: give a file that holds some")
    figures: dict[str, float] = {"texts": len(texts)}
    pieces = []
    for name, tokenizer in (("before", before), ("after", after)):
        encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        unknown = json.loads(tokenizer.to_str())["model"]["unk_id"]
        tokens = sum(len(encoding.ids) for encoding in encodings)
        figures[f"tokens_{name}"] = round(tokens / len(texts), 2)
        figures[f"unknown_{name}"] = round(sum(encoding.ids.count(unknown) for encoding in encodings) / tokens, 5)
        pieces.append([encoding.tokens for encoding in encodings])
    figures["unchanged"] = round(sum(map(list.__eq__, *pieces)) / len(texts), 4)
    return figures


def cut(wanted: Cut) -> dict[str, Any]:
    """Write the smaller encoder and its tokenizer to `wanted.out`; return its size and what changed, file by file."""
    loaded = AutoTokenizer.from_pretrained(wanted.base)
    before = loaded.backend_tokenizer
    pieces = pieces_of(before)
    tables = [count(before, read_texts(path, wanted.sample)) for path in tqdm(wanted.texts, desc="count")]
    kept = choose(pieces, tables, wanted.scripts, wanted.size, wanted.prior)
    after = cut_tokenizer(before, kept)
    encoder = BertModel.from_pretrained(wanted.base, add_pooling_layer=False)
    cut_encoder(encoder, kept, kept.index(loaded.pad_token_id))
    encoder.save_pretrained(wanted.out)
    names = loaded.special_tokens_map
    PreTrainedTokenizerFast(tokenizer_object=after, model_max_length=loaded.model_max_length, **names).save_pretrained(
        wanted.out
    )
    return {
        "pieces_before": len(pieces),
        "pieces": len(kept),
        "parameters": encoder.num_parameters(),
        "in_use": len(set().union(*tables)),
        "held_out": {
            path.stem: compare(before, after, read_texts(path, wanted.sample))
            for path in tqdm(wanted.held_out, desc="compare")
        },
    }


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    options = argparse.ArgumentParser(prog="python -m voxpop.training.vocabulary", description=__doc__)
    options.add_argument("--base", type=Path, required=True, help="a folder: BERT encoder and Unigram tokenizer")
    options.add_argument("--out", type=Path, required=True, help="where the smaller encoder and its tokenizer go")
    options.add_argument("--texts", type=Path, nargs="+", required=True, help="labelled tables, .txt or .txt.gz")
    options.add_argument("--held-out", type=Path, nargs="*", default=[], help="texts to measure on, not to choose by")
    options.add_argument("--scripts", nargs="+", default=["LATIN"], help="such as LATIN ARABIC DEVANAGARI")
    options.add_argument("--size", type=int, default=Cut.size, help="how many pieces stay")
    options.add_argument("--prior", type=float, default=Cut.prior, help="weight of the vocabulary's own probabilities")
    options.add_argument("--sample", type=int, default=Cut.sample, help="how many texts of each file are read")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Cut, then print the figures as one line of JSON."""
    figures = cut(Cut(**vars(parser().parse_args(arguments))))
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
