"""Writes the model file, and the fixture by which the Rust code is held to the same numbers."""
import json

import numpy as np
import torch
from safetensors.torch import load_file, save_file

import data
import encoder as encoders
import features
import heads
import world as worlds

BYTES_MAX = 16_000_000
ODD = [
    "", "   ", "\n\t\n", "a", "A list can be changed, a tuple cannot.", "`x is y` uses `==`, not +=",
    "def f(a, b=[]):\n    b.append(a)\n    return b", "```python\nprint('héllo')\n```", "Café au lait, naïve façade, Ünïcödé",
    "🙂🙂🙂", "tuples are 🔥 but lists aren't", "It's CPython's GIL — only one thread runs bytecode…",
    "don’t “quote” me on that", "supercalifragilisticexpialidocious __init__ self.total_price",
    "x" * 101, "word " * 90, "日本語 and English", "Straße, İstanbul, ﬁne", "a\u0301 combining", "zero\u200bwidth\u00a0space",
    "100_000 == 1e5, 0xFF, 3.14", "isn't", "NOT HASHABLE!!!", "->, =>, :=, **kwargs, *args", "<b>html</b> &amp; entities",
    "Привет, мир", "e.g. `{1: 'a'}[1]` gives 'a'", "the the the the", "\u0000null\ufffd", "so um yeah, I think it's like a, you know, list",
]


def plain(value):
    """Numbers for JSON, not longer than f32 is exact."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.6g}")
    return value


def chosen(answers):
    """The answers of the fixture: some of real style, and the longest."""
    found = [answer for answer in answers if answer["origin"] == "shared-dev"][::23][:10]
    longest = max(answers, key=lambda answer: len(answer["answer"]))
    return found + ([longest] if longest not in found else [])


def fixture(answers, encoder, fitted):
    """Texts with tokens and vectors, and answers with windows, features and confidences, from the rounded weights.

    The questions are those of the answers and stand in it, so that the shipped bank can change. Windows are not
    rounded yet, since a component may be rounded either way.
    """
    tokens = [encoder.tokeniser(text) for text in ODD]
    vectors = encoder.embed(tokens)
    texts = [{"text": text, "tokens": row, "first": vector[:16], "norm": float(np.linalg.norm(vector))}
             for text, row, vector in zip(ODD, tokens, vectors)]
    world = worlds.World(answers, {answer["question"] for answer in answers})
    world.tokenise(encoder.tokeniser)
    seen, cases = world.read(encoder), []
    for place, (answer, measured) in enumerate(zip(answers, world.measured(seen, answers))):
        kind, says, believes, example, reason = heads.settled(heads.confidences(fitted["known"], measured))
        with torch.inference_mode():
            windows = [part.numpy() for part in encoder.read([world.layouts[place]])]
        cases.append({
            "question": answer["question"], "answer": answer["answer"], "clauses": world.ranges[place],
            "windows": [{"first": vector[:8], "probes": probe} for vector, probe in zip(*windows)],
            "features": {name: dict(value) if name in ("points", "misconceptions") else value
                         for name, value in measured.items() if name not in ("parts", "guard", "clauses", "directions")},
            "confidences": {"kind": kind, "says": says, "believes": believes, "example": example, "reason": reason}})
    return {"questions": list(world.questions.values()), "general": world.general, "texts": texts, "answers": cases}


def write(world, encoder, fitted, version):
    """The model file and the fixture; returns lines for the report."""
    meta = {"version": version, "known": {q: sorted(id for _, id, _, _ in data.statements(question))
                                           for q, question in world.questions.items() if question["track"] == data.SHIPPED},
            "cues": features.CUES,
            "sharpness": features.SHARPNESS, "temperature": features.TEMPERATURE, "sharp": features.SHARP,
            "score": encoder.scorer.tolist(), "probes": list(encoders.PROBES), "features": {name: heads.names(name) for name in heads.LEXICAL},
            "tokens_max": encoders.TOKENS_MAX, "segment_max": encoders.SEGMENT_MAX, "gap_max": encoders.GAP_MAX, "heads": fitted}
    out = data.ROOT / f"model/riposte-{version}.safetensors"
    out.parent.mkdir(exist_ok=True)
    tensors = encoders.file_tensors(encoder)
    save_file(tensors, str(out), metadata=encoders.saved_heads(plain(meta)))
    out.chmod(0o644)
    size = out.stat().st_size
    assert size <= BYTES_MAX, f"the model file has {size} bytes"
    again = load_file(str(out))
    same = all((again[name] == value).all() for name, value in tensors.items())
    place = data.ROOT / "tests/fixtures/encoder.json"
    place.write_text(json.dumps(plain(fixture(chosen(world.answers), encoder, fitted)), ensure_ascii=False) + "\n", encoding="utf-8")
    return ["", "## The file", "",
            f"`{out.name}`: {size / 1e6:.2f} MB, {len(encoder.tokeniser.pieces)} word pieces; read back, its tensors are "
            + ("the same." if same else "NOT the same."), ""]
