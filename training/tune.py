"""Tunes the encoder: what states the same comes together, what only sounds alike is pushed away.

Every statement has its phrasings and near misses from the bank and, from labelled answers, the window
that supports it (a phrasing more) or, where it is not said, the window nearest to it (a near miss more:
denials and quotations of a misconception are the hardest and the most useful of them).
"""
import random
import time

import numpy as np
import torch
import torch.nn.functional as F

TEMPERATURE, MARGIN = 0.07, 0.25
SAYS, NEAR, SUPPORTS, NEAREST = 3, 1, 4, 4  # drawn a statement and step
QUESTIONS = 2  # a step
CLAUSE_WEIGHT = 2.0
RATE, WARM_UP = 5e-5, 10
DENIAL_WEIGHT = 4.0  # windows of answers that deny a misconception are drawn more often
WITH_NEIGHBOUR = {"supports": 0.3, "nearest": 0.4, "denied": 0.7}  # a denial often stands in the next clause


def pools(bank, answers, windows, scores):
    """What can be drawn, by question and statement: says, near, supports, nearest.

    `bank` holds (question, statement) -> (says, near) as tokens; `scores[answer]` maps statements to one
    score a window; supports and nearest are (answer place, tokens of the clause
    and of its pairs, weight, how often a pair is taken).
    """
    found = {}
    for (question, statement), (says, near) in bank.items():
        found.setdefault(question, {})[statement] = {"says": says, "near": near, "supports": [], "nearest": []}
    for place, answer in enumerate(answers):
        if answer["kind"] != "answer" or answer["question"] not in found or not windows[place]:
            continue
        labels = set(answer["says"]) | set(answer["believes"])
        denied = set(answer.get("notes", {}).get("denies", ()))
        for statement, pool in found[answer["question"]].items():
            values = scores[place][statement]
            best = int(max(range(len(values)), key=lambda p: values[p] if windows[place][p]["size"] == 1 else -9))
            tokens = [windows[place][best]["tokens"]]
            tokens += [w["tokens"] for w in windows[place] if w["size"] == 2 and best - w["place"] in (0, 1)]
            if statement in labels:
                pool["supports"].append((place, tokens, 1.0, WITH_NEIGHBOUR["supports"]))
            else:
                share, weight = ("denied", DENIAL_WEIGHT) if statement in denied else ("nearest", 1.0)
                weight *= float(np.exp(6 * values[best]))
                pool["nearest"].append((place, tokens, weight, WITH_NEIGHBOUR[share]))
    return found


def draw(chance, pool, count):
    if len(pool) <= count:
        return list(pool)
    keyed = [(chance.random() ** (1 / max(entry[2], 1e-9)), place) for place, entry in enumerate(pool)]
    return [pool[place] for _, place in sorted(keyed, reverse=True)[:count]]


def batch(chance, pools, labels, with_answers):
    """Tokens, and for each: statement number, role (0 says, 1 near miss), labels of its answer or None."""
    rows, number = [], 0
    for question in chance.sample(sorted(pools), min(QUESTIONS, len(pools))):
        for statement, pool in pools[question].items():
            key = (question, statement)
            extra = 0 if with_answers else 1  # room for one more
            for tokens in chance.sample(pool["says"], min(SAYS + extra, len(pool["says"]))):
                rows.append((tokens, number, 0, key, None))
            for tokens in chance.sample(pool["near"], min(NEAR + extra, len(pool["near"]))):
                rows.append((tokens, number, 1, key, None))
            if with_answers:
                for role, part, size in ((0, "supports", SUPPORTS), (1, "nearest", NEAREST)):
                    for place, (single, *pairs), _, share in draw(chance, pool[part], size):
                        tokens = chance.choice(pairs) if pairs and chance.random() < share else single
                        rows.append((tokens, number, role, key, labels[place]))
            number += 1
    return rows


def clause_loss(vectors, rows, scale):
    """Whether each clause of an answer states its statement, by the phrasings in the batch."""
    numbers = torch.tensor([row[1] for row in rows])
    phrasing = torch.tensor([row[4] is None and row[2] == 0 for row in rows])
    clause = torch.tensor([row[4] is not None for row in rows])
    truth = torch.tensor([float(row[2] == 0) for row in rows])[clause]
    own = (numbers[:, None] == numbers[None, :])[clause][:, phrasing]
    alike = (vectors[clause] @ vectors[phrasing].T / TEMPERATURE).masked_fill(~own, -1e9)
    alike = torch.logsumexp(alike, 1) - own.sum(1).float().log()
    return F.binary_cross_entropy_with_logits(scale[0] * alike + scale[1], truth)


def loss_of(vectors, rows):
    numbers = torch.tensor([row[1] for row in rows])
    roles = torch.tensor([row[2] for row in rows])
    same = numbers[:, None] == numbers[None, :]
    says = roles == 0
    count = len(rows)
    positive = same & says[:, None] & says[None, :] & ~torch.eye(count, dtype=torch.bool)
    own_near = same & says[:, None] & (roles == 1)[None, :]
    other = ~same & says[:, None] & says[None, :]
    # A clause of an answer that says the anchor's statement too must not count against it.
    for place, (_, _, _, _, labels) in enumerate(rows):
        if labels:
            for anchor, row in enumerate(rows):
                if other[anchor, place] and row[3] in labels:
                    other[anchor, place] = other[place, anchor] = False
    logits = vectors @ vectors.T / TEMPERATURE + own_near * (MARGIN / TEMPERATURE)
    in_sum = positive | own_near | other
    total = torch.logsumexp(logits.masked_fill(~in_sum, -1e9), 1, keepdim=True)
    anchors = positive.any(1)
    each = ((total - logits) * positive).sum(1)[anchors] / positive.sum(1)[anchors]
    return each.mean()


def tune(encoder, pools, labels, steps, seed, with_answers=True, say=print, rate=RATE, fixed=0):
    """Trains the encoder in place, but for its `fixed` lowest layers."""
    encoder.fix(fixed)
    chance = random.Random(seed)
    torch.manual_seed(seed)
    trained = [p for p in encoder.parameters() if p.requires_grad]
    scale = torch.nn.Parameter(torch.tensor([0.6, -4.0]))
    optimiser = torch.optim.AdamW([*trained, scale], lr=rate, weight_decay=0.01)
    start, recent = time.time(), []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min((step + 1) / WARM_UP, max(0.05, 1 - step / steps))
        rows = batch(chance, pools, labels, with_answers)
        encoder.train()
        places = sorted(range(len(rows)), key=lambda place: len(rows[place][0]))
        parts = []
        for first in range(0, len(places), 48):  # by length, so that little is computed for padding
            part = places[first : first + 48]
            with torch.autocast("cpu", torch.bfloat16, enabled=encoder.half):
                parts.append(encoder(*encoder.batch([rows[place][0] for place in part])).float())
        vectors = torch.cat(parts)[torch.argsort(torch.tensor(places))]
        loss = loss_of(vectors, rows)
        if with_answers:
            loss = loss + CLAUSE_WEIGHT * clause_loss(vectors, rows, scale)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        recent.append(loss.item())
        if step % 20 == 19:
            say(f"  step {step + 1} of {steps}, loss {np.mean(recent[-20:]):.3f}, "
                f"scale {scale[0].item():.2f} {scale[1].item():.2f}, {time.time() - start:.0f} s")
    return encoder
