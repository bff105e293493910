"""From features to probabilities: logistic regressions, fitted and cross-validated."""
import random
import warnings

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression

import encoder as encoders
import features

warnings.filterwarnings("ignore", category=FutureWarning)
SWAPPED_WEIGHT, WRITTEN_WEIGHT = 0.1, 2.0  # made-up pairs weigh less than written texts that are no answers
SHARED_WEIGHT = 6.0  # as in the tuning, and more: here are few numbers to fit
ANSWER_OFFSET = -0.5  # added to the logit of an answer: a follow-up to what is none is worse than to ask once more
DIRECTIONS = {"stated": 0.045, "whole": 0.03}  # how freely the reason uses each number of a direction, against 1
CONVENTION = 0.3  # how freely the shared answers may differ from the others in what counts as a reason
STATED = 0.9  # a text that states something of the question as surely as this is not about something else
GUARDS = ["answer", "blank", "off_topic", "keywords", "gibberish", "instructions", "echo"]
KINDS = ["answer", "blank", "keywords", "off_topic"]
STRENGTH = {"points": 0.1, "misconceptions": 0.1, "example": 0.3, "reason": 0.3, "kind": 0.02}
HIDDEN = {"misconceptions": 16}  # the heads with a layer in between, by its size; the others are linear
PARTS = ("claim", "explanation", "example")
LEXICAL = {"points": 26, "misconceptions": 26, "example": 14, "reason": 16, "kind": 34}
ROUNDS, RATE, DECAY, MEMBERS = 150, 0.01, 2e-3, 3  # a layer is fitted as three small ones, averaged


def names(head):
    """What each feature of a head is, in order; lexical ones are those of the lexical grader."""
    whole = [f"whole.{place}" for place in range(encoders.WIDTH)]
    own = {"points": features.STATEMENT, "misconceptions": features.STATEMENT,
           "kind": [*features.ANSWER, *features.KIND, *whole]}
    parts = [f"probe.{what}" for what in features.PROBE]
    parts += [f"points.{part}.{what}" for part in PARTS for what in ("best", "second", "sum")]
    reason = [f"{what}.{place}" for what in DIRECTIONS for place in range(encoders.WIDTH)] if head == "reason" else []
    return [f"lexical.{place}" for place in range(LEXICAL[head])] + own.get(head, parts) + reason


def swapped(answers, questions):
    """Every answer put to one other question of its field."""
    chance, fields = random.Random(7), {}
    for q, question in questions.items():
        fields.setdefault(question["track"], []).append(q)
    found = []
    for answer in answers:
        others = [q for q in fields[questions[answer["question"]]["track"]] if q != answer["question"]]
        if answer["kind"] == "answer" and others:
            found.append(answer | {"question": chance.choice(others), "kind": "swapped"})
    return found


def fit(values, truth, strength, weights=None, hidden=0):
    """A head: standardisation, weights, bias, and a layer before them if it has `hidden` units."""
    values, truth = np.asarray(values, np.float64), np.asarray(truth, bool)
    mean, scale = values.mean(0), values.std(0)
    scale[scale < 1e-6] = 1.0
    even = (values - mean) / scale
    head = {"mean": mean, "scale": scale}
    if hidden:
        return head | fit_layer(even, truth, hidden)
    model = LogisticRegression(C=strength, max_iter=3000).fit(even, truth, sample_weight=weights)
    return head | {"weights": model.coef_[0], "bias": float(model.intercept_[0])}


def fit_reason(values, truth, shared, weights, known):
    """The head of the reason, by the convention of the shared answers.

    What counts as a reason is a convention, so the shared answers may weigh everything but the directions a little
    otherwise than all answers together. Which statements are reasons, the directions tell, of `known` questions only.
    """
    values, shared = np.asarray(values, np.float64), np.asarray(shared, np.float64)[:, None]
    plain = values.shape[1] - len(DIRECTIONS) * encoders.WIDTH
    if not known:
        head = fit(values[:, :plain], truth, STRENGTH["reason"], weights)
        rest = values.shape[1] - plain
        return head | {"mean": np.append(head["mean"], np.zeros(rest)), "scale": np.append(head["scale"], np.ones(rest)),
                       "weights": np.append(head["weights"], np.zeros(rest))}
    mean, scale = values.mean(0), values.std(0)
    scale[scale < 1e-6] = 1.0
    free = np.concatenate([np.ones(plain), *(np.full(encoders.WIDTH, share) for share in DIRECTIONS.values())])
    even = (values - mean) / scale * free
    own = np.hstack([even[:, :plain] * shared * CONVENTION, shared])
    model = LogisticRegression(C=STRENGTH["reason"], max_iter=3000).fit(np.hstack([even, own]), truth, sample_weight=weights)
    found = model.coef_[0]
    found, theirs, offset = found[: len(free)] * free, found[len(free):-1] * CONVENTION, found[-1]
    found[:plain] += theirs
    return {"mean": mean, "scale": scale, "weights": found, "bias": float(model.intercept_[0] + offset)}


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
    return 1 / (1 + np.exp(-logits(head, values)))


def said_by_part(parts, confidences):
    """How surely points of each part were said: the best, the second, the sum."""
    found = []
    for part in PARTS:
        own = sorted((c for p, c in zip(parts, confidences) if p == part), reverse=True)
        found += [*(own + [0.0, 0.0])[:2], sum(own)]
    return found


def reason_row(seen, confidences):
    """What the head of the reason sees beside what the head of the example does: where it points, by DIRECTIONS."""
    return [*seen["reason"], *said_by_part(seen["parts"], confidences), *(np.asarray(confidences) @ seen["directions"]),
            *seen["kind"][-encoders.WIDTH:]]


def table(answers, measured, field, label):
    """Rows of the statements of all true answers: values, truth, place of the answer."""
    rows = [(v, id in answer[label], place) for place, (answer, seen) in enumerate(zip(answers, measured))
            if answer["kind"] == "answer" for id, v in seen[field]]
    return tuple(np.array(column) for column in zip(*rows))


def fit_all(answers, measured, more=((), ()), known=True):
    """All heads. The heads of example and reason see point confidences as a head gives them to strangers.

    `more` are answers and features for the head of the kind alone; `known` is whether the encoder was tuned on the
    questions.
    """
    points, truth, place = table(answers, measured, "points", "says")
    found = {"points": fit(points, truth, STRENGTH["points"])}
    wrong, believed, _ = table(answers, measured, "misconceptions", "believes")
    found["misconceptions"] = fit(wrong, believed, STRENGTH["misconceptions"], hidden=HIDDEN["misconceptions"])
    strange = np.zeros(len(truth))
    for fold in range(5):
        inside = place % 5 == fold
        strange[inside] = chances(fit(points[~inside], truth[~inside], STRENGTH["points"]), points[inside])
    real = sorted(set(place.tolist()))
    shared = [answers[p]["origin"].startswith("shared") for p in real]
    weights = np.where(shared, SHARED_WEIGHT, 1.0)
    rows = [[*measured[p]["example"], *said_by_part(measured[p]["parts"], strange[place == p])] for p in real]
    found["example"] = fit(rows, [answers[p]["example"] for p in real], STRENGTH["example"], weights)
    rows = [reason_row(measured[p], strange[place == p]) for p in real]
    found["reason"] = fit_reason(rows, [answers[p]["reason"] for p in real], shared, weights, known)
    found["kind"] = fit_kind([*answers, *more[0]], [*measured, *more[1]])
    return found


def fit_kind(answers, measured):
    """One logit a kind. A swapped answer is off topic."""
    rows = [(seen["kind"], "off_topic" if answer["kind"] == "swapped" else answer["kind"],
             {"answer": 1.0, "swapped": SWAPPED_WEIGHT}.get(answer["kind"], WRITTEN_WEIGHT))
            for answer, seen in zip(answers, measured) if len(seen["clauses"])]
    values, kinds, weights = (np.array(column) for column in zip(*rows))
    mean, scale = values.mean(0), values.std(0)
    scale[scale < 1e-6] = 1.0
    model = LogisticRegression(C=STRENGTH["kind"], max_iter=3000)
    model.fit((values - mean) / scale, kinds, sample_weight=weights)
    order = [list(model.classes_).index(kind) for kind in KINDS if kind in model.classes_]
    bias = model.intercept_[order] + np.array([ANSWER_OFFSET, 0.0, 0.0, 0.0])[: len(order)]
    return {"mean": mean, "scale": scale, "weights": model.coef_[order], "bias": bias}


def kind_of(head, seen):
    """The kind of an answer; without any clause the guards decide alone."""
    if not len(seen["clauses"]):
        return seen["guard"] if seen["guard"] in KINDS else "off_topic"
    logits = head["weights"] @ ((np.asarray(seen["kind"], np.float64) - head["mean"]) / head["scale"]) + head["bias"]
    return KINDS[int(np.argmax(logits))]


def confidences(heads, seen):
    """Everything the heads say of one answer."""
    def one(name, values):
        return float(chances(heads[name], np.asarray(values)[None])[0])

    found = {"kind": kind_of(heads["kind"], seen)}
    for field in ("points", "misconceptions"):
        ids = [id for id, _ in seen[field]]
        found[field] = dict(zip(ids, chances(heads[field], [v for _, v in seen[field]]).tolist())) if ids else {}
    surest = max([*found["points"].values(), *found["misconceptions"].values()], default=0.0)
    if found["kind"] == "off_topic" and seen["guard"] == "answer" and surest >= STATED:
        found["kind"] = "answer"
    said = list(found["points"].values())
    return found | {"example": one("example", [*seen["example"], *said_by_part(seen["parts"], said)]),
                    "reason": one("reason", reason_row(seen, said))}


def settled(found):
    """(kind, says, believes, example, reason)."""
    return found["kind"], found["points"], found["misconceptions"], found["example"], found["reason"]


def cross_predict(answers, measured, folds, more=((), ()), known=True):
    """What heads fitted on the other folds say of every true answer."""
    found = [None] * len(answers)
    for fold in sorted(set(folds)):
        outside = [p for p in range(len(answers)) if folds[p] != fold]
        heads = fit_all([answers[p] for p in outside], [measured[p] for p in outside], more, known)
        for place in range(len(answers)):
            if folds[place] == fold and answers[place]["kind"] != "swapped":
                found[place] = confidences(heads, measured[place])
    return found


def join(question, seen, prepared, vectors_of):
    """Lexical features and encoder features of one answer, together.

    `vectors_of`: {"windows", "ask", "claim"}.
    """
    rows = features.measure(prepared, vectors_of["windows"])
    place = {id: p for p, id in enumerate(prepared.ids)}
    extra = features.measure_answer(prepared, vectors_of["windows"], vectors_of["ask"], vectors_of["claim"])

    def both(lexical, encoder):
        return np.concatenate([lexical, encoder]).astype(np.float32)

    windows = vectors_of["windows"]
    found = {"guard": seen["kind"], "clauses": windows.cues, "directions": prepared.directions, "parts": [point["part"] for point in question["points"]]}
    for probe, field in ((1, "example"), (2, "reason")):
        found[field] = both(seen[field], features.measure_probe(windows, probe))
    for field in ("points", "misconceptions"):
        found[field] = [(id, both(values, rows[place[id]])) for id, values in seen[field]]
    guard = [float(seen["kind"] == kind) for kind in GUARDS]
    found["kind"] = both([*guard, *seen["topic"], *seen["form"]], np.concatenate([extra, features.measure_kind(prepared, windows)]))
    return found
