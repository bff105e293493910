"""From features to probabilities: logistic regressions, fitted and cross-validated."""
import random
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression

import features

warnings.filterwarnings("ignore", category=FutureWarning)
SWAPPED_WEIGHT, OFF_TOPIC_WEIGHT = 0.25, 3.0  # made-up pairs weigh less than written ones
LABEL = {"answer": "answer", "blank": "blank", "keywords": "keywords"}  # what else the guards say is off topic
STRENGTH = {"points": 0.1, "misconceptions": 0.1, "example": 0.3, "reason": 0.3, "topic": 0.1}
HIDDEN = {"misconceptions": 16}  # the heads with a layer in between, by its size; the others are linear
PARTS = ("claim", "explanation", "example")
LEXICAL = {"points": 26, "misconceptions": 26, "example": 14, "reason": 16, "topic": 9}
ROUNDS, RATE, DECAY, MEMBERS = 150, 0.01, 2e-3, 3  # a layer is fitted as three small ones, averaged


def names(head):
    """What each feature of a head is, in order; lexical ones are those of the lexical grader."""
    own = {"points": features.STATEMENT, "misconceptions": features.STATEMENT, "topic": features.ANSWER}
    parts = [f"points.{part}.{what}" for part in PARTS for what in ("best", "second", "sum")]
    return [f"lexical.{place}" for place in range(LEXICAL[head])] + own.get(head, parts)


def swapped(answers, questions):
    """Every answer put to one other question."""
    chance = random.Random(7)
    return [answer | {"question": chance.choice([q for q in questions if q != answer["question"]]),
                      "kind": "swapped"} for answer in answers if answer["kind"] == "answer"]


def fit(values, truth, strength, weights=None, hidden=0):
    """A head: standardisation, weights, bias, and a layer before them if it has `hidden` units."""
    values, truth = np.asarray(values, np.float64), np.asarray(truth, bool)
    mean, scale = values.mean(0), values.std(0)
    scale[scale < 1e-6] = 1.0
    even = (values - mean) / scale
    head = {"mean": mean, "scale": scale, "platt": [1.0, 0.0]}
    if hidden:
        return head | fit_layer(even, truth, hidden)
    model = LogisticRegression(C=strength, max_iter=3000).fit(even, truth, sample_weight=weights)
    return head | {"weights": model.coef_[0], "bias": float(model.intercept_[0])}


def fit_layer(even, truth, hidden):
    """Several small networks side by side: as one layer, with the mean of their outputs."""
    x, y = torch.tensor(even).float(), torch.tensor(truth).float()
    layers, outs, biases = [], [], []
    for member in range(MEMBERS):
        torch.manual_seed(member)
        layer, out = torch.nn.Linear(x.shape[1], hidden), torch.nn.Linear(hidden, 1)
        parameters = [*layer.parameters(), *out.parameters()]
        optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
        for _ in range(ROUNDS):
            guess = out(F.dropout(F.relu(layer(x)), 0.2))[:, 0]
            loss = F.binary_cross_entropy_with_logits(guess, y) + DECAY * layer.weight.square().sum()
            optimiser.zero_grad(), loss.backward(), optimiser.step()
        layers.append(layer), outs.append(out.weight[0] / MEMBERS), biases.append(out.bias[0] / MEMBERS)
    made = lambda parts: torch.cat(parts).detach().double().numpy()
    return {"hidden": {"weights": made([layer.weight for layer in layers]), "bias": made([layer.bias for layer in layers])},
            "weights": made(outs), "bias": float(sum(biases).detach())}


def logits(head, values):
    values = (np.asarray(values, np.float64) - head["mean"]) / head["scale"]
    if "hidden" in head:
        values = np.maximum(values @ head["hidden"]["weights"].T + head["hidden"]["bias"], 0)
    return values @ head["weights"] + head["bias"]


def chances(head, values):
    a, b = head["platt"]
    return 1 / (1 + np.exp(-(a * logits(head, values) + b)))


def said_by_part(parts, confidences):
    """How surely points of each part were said: the best, the second, the sum."""
    found = []
    for part in PARTS:
        own = sorted((c for p, c in zip(parts, confidences) if p == part), reverse=True)
        found += [*(own + [0.0, 0.0])[:2], sum(own)]
    return found


def table(answers, measured, field, label):
    """Rows of the statements of all true answers: values, truth, place of the answer."""
    rows = [(v, id in answer[label], place) for place, (answer, seen) in enumerate(zip(answers, measured))
            if answer["kind"] == "answer" for id, v in seen[field]]
    return tuple(np.array(column) for column in zip(*rows))


def fit_all(answers, measured):
    """All heads. The heads of example and reason see point confidences as a head gives them to strangers."""
    points, truth, place = table(answers, measured, "points", "says")
    found = {"points": fit(points, truth, STRENGTH["points"])}
    wrong, believed, _ = table(answers, measured, "misconceptions", "believes")
    found["misconceptions"] = fit(wrong, believed, STRENGTH["misconceptions"], hidden=HIDDEN["misconceptions"])
    strange = np.zeros(len(truth))
    for fold in range(5):
        inside = place % 5 == fold
        strange[inside] = chances(fit(points[~inside], truth[~inside], STRENGTH["points"]), points[inside])
    real = sorted(set(place.tolist()))
    for field in ("example", "reason"):
        rows = [[*measured[p][field], *said_by_part(measured[p]["parts"], strange[place == p])] for p in real]
        found[field] = fit(rows, [answers[p][field] for p in real], STRENGTH[field])
    weight = {"answer": 1.0, "off_topic": OFF_TOPIC_WEIGHT, "swapped": SWAPPED_WEIGHT}
    rows = [(seen["topic"], answer["kind"] != "answer", weight[answer["kind"]])
            for answer, seen in zip(answers, measured) if seen["guard"] == "answer" and answer["kind"] in weight]
    found["topic"] = fit(*(np.array(c) for c in list(zip(*rows))[:2]), STRENGTH["topic"], np.array([r[2] for r in rows]))
    return found


def confidences(heads, seen):
    """Everything the heads say of one answer; the kind is the guards', the topic is yet to be weighed."""
    def one(name, values):
        return float(chances(heads[name], np.asarray(values)[None])[0])

    found = {"guard": LABEL.get(seen["guard"], "off_topic"), "topic": one("topic", seen["topic"])}
    for field in ("points", "misconceptions"):
        ids = [id for id, _ in seen[field]]
        found[field] = dict(zip(ids, chances(heads[field], [v for _, v in seen[field]]).tolist())) if ids else {}
    # The heads of example and reason see the points as they are before the shift of the points' own head.
    plain = heads["points"] | {"platt": [1.0, 0.0]}
    sure = chances(plain, [v for _, v in seen["points"]]) if seen["points"] else []
    parts = said_by_part(seen["parts"], sure)
    return found | {field: one(field, [*seen[field], *parts]) for field in ("example", "reason")}


def settled(found, shift=None):
    """(kind, says, believes, example, reason), with the logits moved by `shift`, by head."""
    def moved(name, chance):
        odds = np.log(max(chance, 1e-9) / max(1 - chance, 1e-9)) + (shift or {}).get(name, 0.0)
        return float(1 / (1 + np.exp(-odds)))

    off = found["guard"] == "answer" and moved("topic", found["topic"]) >= 0.5
    says, believes = ({id: moved(field, c) for id, c in found[field].items()} for field in ("points", "misconceptions"))
    return "off_topic" if off else found["guard"], says, believes, found["example"], found["reason"]


def cross_predict(answers, measured, folds):
    """What heads fitted on the other folds say of every true answer."""
    found = [None] * len(answers)
    for fold in sorted(set(folds)):
        outside = [p for p in range(len(answers)) if folds[p] != fold]
        heads = fit_all([answers[p] for p in outside], [measured[p] for p in outside])
        for place in range(len(answers)):
            if folds[place] == fold and answers[place]["kind"] != "swapped":
                found[place] = confidences(heads, measured[place])
    return found


def join(question, seen, prepared, vectors_of, use_encoder=True, use_lexical=True):
    """Lexical features and encoder features of one answer, together.

    `vectors_of`: {"windows", "ask", "claim"}.
    """
    rows = features.measure(prepared, vectors_of["windows"])
    place = {id: p for p, id in enumerate(prepared.ids)}
    extra = features.measure_answer(prepared, vectors_of["windows"], vectors_of["ask"], vectors_of["claim"])

    def both(lexical, encoder):
        parts = [lexical if use_lexical else [], encoder if use_encoder else []]
        return np.concatenate(parts).astype(np.float32)

    found = {"guard": seen["kind"], "parts": [point["part"] for point in question["points"]],
             "example": np.array(seen["example"]), "reason": np.array(seen["reason"])}
    for field in ("points", "misconceptions"):
        found[field] = [(id, both(values, rows[place[id]])) for id, values in seen[field]]
    found["topic"] = both(seen["topic"], extra)
    return found
