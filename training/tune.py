"""Tunes the encoder: what states the same comes together, what only sounds alike is pushed away.

Two things are learned in every step, from a few questions:

- *Phrasings* of one statement together, near misses a margin away, other statements further.
- *Answers*, read whole. Nobody marked the clause that supports a label, so each statement is scored in
  every window and the best windows have to give the label (learning from bags). The score of a window
  weighs how near it is to phrasings and to near misses and, for misconceptions, its *stance*: whether
  it speaks for itself or denies, quotes, corrects. Example and reason are read off windows likewise.
"""
import random
import time

import numpy as np
import torch
import torch.nn.functional as F

import data
from features import SHARP, TEMPERATURE

MARGIN = 0.25
SAYS, NEAR = 3, 2  # drawn a statement and step; the sentence itself is drawn like any other
ANSWERS, MADE = 8, 3  # a question and step: of the answers, and of what frames make
RATE, WARM_UP, PROBE_RATE, SCORER_RATE = 2e-4, 20, 2e-3, 1e-2
ANSWER_WEIGHT, PROBE_WEIGHT = 4.0, 1.5
DENIED_WEIGHT, BELIEVED_WEIGHT = 2.0, 2.0
SHARED_WEIGHT = 3.0  # what counts as an example or a reason is a convention; that of the shared answers is the measure
SHIPPED_SHARE = 0.7  # of the questions drawn


def soft(near, rows):
    """How near windows are to a set of texts: like the maximum, but every member counts a little."""
    return torch.logsumexp(near[:, rows] / TEMPERATURE, 1) - np.log(len(rows))


def contrast(vectors, numbers, roles):
    """The loss of phrasings: `numbers` names their statements, `roles` is 1 for near misses."""
    same = numbers[:, None] == numbers[None, :]
    says = roles == 0
    positive = same & says[:, None] & says[None, :] & ~torch.eye(len(numbers), dtype=torch.bool)
    own_near = same & says[:, None] & (roles == 1)[None, :]
    other = ~same & says[:, None] & says[None, :]
    logits = vectors @ vectors.T / TEMPERATURE + own_near * (MARGIN / TEMPERATURE)
    total = torch.logsumexp(logits.masked_fill(~(positive | own_near | other), -1e9), 1, keepdim=True)
    anchors = positive.any(1)
    each = ((total - logits) * positive).sum(1)[anchors] / positive.sum(1)[anchors]
    return each.mean()


def best_of(logits):
    """One logit a bag from those of its members (members × bags)."""
    return torch.logsumexp(SHARP * logits, 0) / SHARP


class Drawer:
    """Draws what a step learns from."""

    def __init__(self, world, wanted, questions, seed):
        self.world, self.chance = world, random.Random(seed)
        self.pools = {q: [(point, id, world.rows(says), world.rows(near))
                          for point, id, says, near in data.statements(world.questions[q])] for q in questions}
        self.answers, self.made = {q: [] for q in questions}, {q: [] for q in questions}
        for place in wanted:
            answer = world.answers[place]
            if answer["kind"] == "answer" and answer["question"] in self.answers and world.layouts[place]["windows"]:
                self.answers[answer["question"]].append(place)
        for place, answer in enumerate(world.made, len(world.answers)):
            if answer["question"] in self.made:
                self.made[answer["question"]].append(place)
        self.shipped = [q for q in sorted(questions) if world.questions[q]["track"] == data.SHIPPED]
        self.others = [q for q in sorted(questions) if world.questions[q]["track"] != data.SHIPPED]
        self.left = {}

    def question(self, taken):
        wanted = self.shipped if not self.others or self.chance.random() < SHIPPED_SHARE else self.others
        return self.chance.choice([q for q in wanted if q not in taken])

    def some(self, pool, question, count):
        """Every member of a question's pool comes once before any comes again."""
        left = self.left.setdefault((id(pool), question), [])
        if len(left) < count:
            more = list(pool[question])
            self.chance.shuffle(more)
            left += more
        drawn, left[:] = left[:count], left[count:]
        return drawn

    def step(self, count=2):
        """[(question, [(statement, is it a point, says, near)], [answers])]"""
        found, chance = [], self.chance
        for _ in range(count):
            q = self.question([one[0] for one in found])
            statements = [(id, point, chance.sample(says, min(SAYS, len(says))), chance.sample(near, min(NEAR, len(near))))
                          for point, id, says, near in self.pools[q]]
            found.append((q, statements, self.some(self.answers, q, ANSWERS) + self.some(self.made, q, MADE)))
        return found


def loss_of(encoder, world, drawn):
    """The losses of phrasings, of answers and of probes."""
    places, numbers, roles, spans = [], [], [], {}
    for q, statements, _ in drawn:
        for id, _, says, near in statements:
            first = len(places)
            places += says + near
            numbers += [len(spans)] * (len(says) + len(near))
            roles += [0] * len(says) + [1] * len(near)
            spans[q, id] = (list(range(first, first + len(says))), list(range(first + len(says), len(places))))
    order = sorted(range(len(places)), key=lambda at: len(world.tokens[places[at]]))
    parts = [encoder.pooled([world.tokens[places[at]] for at in order[first : first + 32]])
             for first in range(0, len(order), 32)]
    phrasings = torch.cat(parts)[torch.argsort(torch.tensor(order))]
    phrasing_loss = contrast(phrasings, torch.tensor(numbers), torch.tensor(roles))

    answers = sorted((place for _, _, found in drawn for place in found),
                     key=lambda place: max(map(len, world.layouts[place]["segments"])))
    read = {}
    for first in range(0, len(answers), 4):
        part = answers[first : first + 4]
        vectors, probes = encoder.read([world.layouts[place] for place in part])
        sizes = [len(world.layouts[place]["windows"]) for place in part]
        read.update(zip(part, zip(vectors.split(sizes), probes.split(sizes))))

    scale, bias, against, stance_share, point_bias = encoder.scorer
    logits, truth, weights, probe_logits, probe_truth, probe_weights = [], [], [], [], [], []
    everything = world.answers + world.made
    for q, statements, found in drawn:
        for place in found:
            answer, (vectors, probes) = everything[place], read[place]
            labels, denied = {*answer["says"], *answer["believes"]}, answer.get("notes", {}).get("denies", ())
            near = vectors @ phrasings.T
            for id, point, _, _ in statements:
                says, misses = spans[q, id]
                score = scale * soft(near, says) + (point_bias if point else bias)
                if misses:
                    score = score - against * F.softplus(soft(near, misses) - soft(near, says))
                if not point:
                    score = score + stance_share * probes[:, 0]
                logits.append(best_of(score))
                truth.append(float(id in labels))
                weights.append(DENIED_WEIGHT if id in denied and id not in labels
                               else BELIEVED_WEIGHT if not point and id in labels else 1.0)
            if answer["origin"] != "made":
                probe_logits.append(best_of(probes[:, 1:]))
                probe_truth.append([float(answer["example"]), float(answer["reason"])])
                probe_weights.append([SHARED_WEIGHT if answer["origin"].startswith("shared") else 1.0])
    answer_loss = F.binary_cross_entropy_with_logits(torch.stack(logits), torch.tensor(truth), torch.tensor(weights))
    probe_loss = F.binary_cross_entropy_with_logits(
        torch.stack(probe_logits), torch.tensor(probe_truth), torch.tensor(probe_weights))
    return phrasing_loss, answer_loss, probe_loss


def tune(encoder, world, wanted, questions, steps, seed, say=print, fixed=2):
    """Trains the encoder in place, but for its `fixed` lowest layers."""
    encoder.fix(fixed)
    torch.manual_seed(seed)
    drawer = Drawer(world, wanted, questions, seed)
    probes = [encoder.probes_weight, encoder.probes_bias]
    trained = [p for p in encoder.parameters() if p.requires_grad and all(p is not one for one in [*probes, encoder.scorer])]
    groups = [{"params": part, "lr": rate, "top": rate}
              for part, rate in ((trained, RATE), (probes, PROBE_RATE), ([encoder.scorer], SCORER_RATE))]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    start, recent = time.time(), []
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = group["top"] * min((step + 1) / WARM_UP, max(0.02, 1 - step / steps))
        encoder.train()
        losses = loss_of(encoder, world, drawer.step())
        loss = losses[0] + ANSWER_WEIGHT * losses[1] + PROBE_WEIGHT * losses[2]
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        recent.append([one.item() for one in losses])
        if step % 20 == 19:
            means = " ".join(f"{value:.3f}" for value in np.mean(recent[-20:], 0))
            say(f"  step {step + 1} of {steps}, losses {means}, scorer "
                f"{' '.join(f'{v:.2f}' for v in encoder.scorer.tolist())}, {time.time() - start:.0f} s")
    return encoder
