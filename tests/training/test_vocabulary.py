"""A cut vocabulary, on a small real Unigram tokenizer and a tiny real BERT made on the spot."""

import gzip
import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("transformers", reason="needs PyTorch: make training")

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, BertConfig, BertModel, PreTrainedTokenizerFast

from voxpop.errors import Terminal
from voxpop.training import vocabulary
from voxpop.training.vocabulary import SPACE

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]

ENGLISH = "the bus was late again today nobody said why lovely bread from our bakery stays fresh".split()
GERMAN = "der Bus kommt heute wieder zu spät niemand sagt warum gutes Brot vom Bäcker bleibt frisch".split()
RUSSIAN = "автобус сегодня снова опоздал никто сказал почему хороший хлеб пекарни остаётся свежим".split()
ARABIC = "الحافلة تأخرت اليوم مرة أخرى ولم يقل أحد لماذا خبز جيد من المخبز يبقى طازجا".split()
SIGNS = "0 1 % : ) ! 😂 \u0308 \ue00e".split()
NAMES = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "mask_token": "<mask>"}


def xlmr() -> Tokenizer:
    """Return a tokenizer built like XLM-R's: four languages by word, part of a word and character, `<mask>` last."""
    words = [*ENGLISH, *GERMAN, *RUSSIAN, *ARABIC]
    scores = {SPACE: -3.0} | {SPACE + word: -5.0 - at / 100 for at, word in enumerate(words)}
    scores |= {part: -8.0 for word in words for part in (word[: len(word) // 2], word[len(word) // 2 :])}
    scores |= {character: -10.0 for word in [*words, *SIGNS] for character in word}
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = [*((name, 0.0) for name in special), *scores.items(), ("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in (*special, "<mask>")])
    return tokenizer


FULL = xlmr()
PIECES = vocabulary.pieces_of(FULL)
TABLES = [vocabulary.count(FULL, words) for words in (ENGLISH, GERMAN)]
SIZE = 100
KEPT = vocabulary.choose(PIECES, TABLES, ["LATIN"], SIZE)
SMALL = vocabulary.cut_tokenizer(FULL, KEPT)


def test_what_stays_is_special_or_readable() -> None:
    names = [PIECES[at][0] for at in KEPT]
    assert len(names) == SIZE < len(PIECES)
    assert names[:4] == ["<s>", "<pad>", "</s>", "<unk>"] and names[-1] == "<mask>"
    assert {vocabulary.script(name.removeprefix(SPACE)) for name in names[4:-1]} == {"LATIN", ""}


def test_a_character_stays_however_rare_it_is() -> None:
    names = {PIECES[at][0] for at in KEPT}
    assert {*"".join([*ENGLISH, *GERMAN]), "😂", "%", "\u0308", SPACE} <= names
    assert "\ue00e" not in names and "х" not in names


def test_special_tokens_keep_their_roles() -> None:
    assert SMALL.encode("bus<mask>").ids[0] == 0 and SMALL.encode("bus<mask>").ids[-2:] == [SIZE - 1, 2]
    assert 3 in SMALL.encode("хлеб").ids, "what can be read no more is unknown"
    turned = vocabulary.cut_tokenizer(FULL, KEPT[::-1])
    assert turned.encode("bus<mask>").ids == [SIZE - 1 - at for at in SMALL.encode("bus<mask>").ids]


TEXTS = st.lists(st.sampled_from([*ENGLISH, *GERMAN, "today!", "100%", "spätere", "😂"]), max_size=8).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_a_text_whose_pieces_all_stay_is_cut_as_before(text: str) -> None:
    before, after = FULL.encode(text), SMALL.encode(text)
    assert "".join(after.tokens) == "".join(before.tokens) and 3 not in after.ids
    if set(before.ids) <= set(KEPT):
        assert [KEPT[at] for at in after.ids] == before.ids


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_cut(text: str) -> None:
    ids = SMALL.encode(text).ids
    assert ids[0] == 0 and ids[-1] == 2 and max(ids) < SIZE


def test_the_language_with_the_most_texts_does_not_decide() -> None:
    many = vocabulary.count(FULL, ENGLISH * 1000)
    assert vocabulary.choose(PIECES, [many, TABLES[1]], ["LATIN"], SIZE) == KEPT


def test_a_script_without_texts_keeps_words_by_the_prior() -> None:
    table = vocabulary.count(FULL, [*ENGLISH, *GERMAN, *["bus"] * 50])

    def words(prior: float) -> int:
        kept = vocabulary.choose(PIECES, [table], ["LATIN", "CYRILLIC"], 90, prior)
        return sum(PIECES[at][0].removeprefix(SPACE) in RUSSIAN for at in kept)

    assert words(0.0) == 0 < words(1.0)


def test_too_small_a_size_is_refused() -> None:
    with pytest.raises(ValueError, match="raise the size"):
        vocabulary.choose(PIECES, TABLES, ["LATIN"], 20)


def test_a_special_token_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="<mask> must be kept"):
        vocabulary.cut_tokenizer(FULL, KEPT[:-1])


def test_a_vocabulary_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="WordPiece"):
        vocabulary.pieces_of(Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]")))


def test_the_comparison_counts_tokens_unknown_ones_and_texts_that_changed() -> None:
    figures = vocabulary.compare(FULL, SMALL, ["the bus", "автобус"])
    assert figures["texts"] == 2 and figures["unchanged"] == 0.5
    assert figures["unknown_before"] == 0 < figures["unknown_after"]
    assert figures["tokens_before"] == 1.5 and figures["tokens_after"] >= 1.5


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    PreTrainedTokenizerFast(tokenizer_object=FULL, model_max_length=64, **NAMES).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(PIECES) + 7, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64, pad_token_id=1,
    )  # fmt: skip
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder


def test_the_encoder_sees_no_difference_in_a_text_whose_pieces_stay(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table, lines, out = tmp_path / "de.tsv", tmp_path / "en.txt.gz", tmp_path / "cut"
    table.write_text("label\ttext\n" + "".join(f"neutral\t{word}\n" for word in GERMAN), encoding="utf-8")
    lines.write_bytes(gzip.compress("\n".join(ENGLISH).encode()))
    options = ["--base", base, "--out", out, "--texts", lines, table, "--held-out", table, "--size", SIZE]
    vocabulary.main(list(map(str, options)))
    figures = json.loads(capsys.readouterr().out)
    assert figures["pieces"] == SIZE and figures["held_out"]["de"]["texts"] == len(GERMAN)

    states = []
    for folder in (base, out):
        tokenizer, encoder = AutoTokenizer.from_pretrained(folder), BertModel.from_pretrained(folder).eval()
        assert tokenizer.pad_token_id == encoder.config.pad_token_id == 1
        encoded = tokenizer(["the bus", "der Bus kommt heute"], padding=True, return_tensors="pt")
        with torch.inference_mode():
            states.append(encoder(encoded["input_ids"], encoded["attention_mask"]).last_hidden_state)
    assert encoder.config.vocab_size == len(encoder.get_input_embeddings().weight) == SIZE
    assert torch.equal(*states)
    assert figures["parameters"] == encoder.num_parameters() - sum(part.numel() for part in encoder.pooler.parameters())


def test_texts_come_evenly_from_tables_and_lines(tmp_path: Path) -> None:
    lines = tmp_path / "some.txt"
    lines.write_text("\n".join(f"@ana {at}" for at in range(10)), encoding="utf-8")
    assert vocabulary.read_texts(lines, 5) == [f"@user {at}" for at in range(0, 10, 2)]
    assert len(vocabulary.read_texts(lines, 20)) == 10
    with pytest.raises(Terminal, match=r"there is no file"):
        vocabulary.read_texts(tmp_path / "none.tsv", 5)
