"""What is measured of one answer about each statement of its question, by vectors."""
import re

import numpy as np

STATEMENT = [
    "clause.alike", "window.alike", "window.top3", "window.mean", "window.idea", "window.miss",
    "best.margin_miss", "best.margin_other", "window.signed", "single.margin_miss", "single.margin_other",
    "second.top3", "before.top3", "after.top3", "before.margin_miss", "after.margin_miss",
    "cue.here", "cue.before", "cue.after", "whole.mean", "rank", "share", "rivals", "clauses",
    "pair_before.top3", "pair_after.top3", "pair_before.margin_miss", "pair_after.margin_miss",
    "pair_before.margin_other", "pair_after.margin_other",
    "score.best", "score.clause", "score.sum", "score.second", "stance.own", "stance.clause", "stance.pair_before",
    "stance.pair_after", "stance.least",
]
SHARPNESS = 12.0
TEMPERATURE, SHARP = 0.07, 2.0  # of the tuning too: of cosines; how much the best window of an answer decides
NO_SECOND = -9.0  # a score where there is no second one
CUES = [
    "myth", "wrong", "false", "nope", "untrue", "misconception", "mistake", "people", "folks", "claim",
    "claims", "supposedly", "believe", "believes", "expect", "rumour", "rumor", "heard", "beginners",
    "tempting", "incorrect", "misleading", "nonsense", "mistaken", "wrongly", "contrary", "colleague",
    "somebody", "someone", "everyone", "not true", "not so", "not really", "not quite", "used to",
    "not because", "not mean", "often hear", "some say", "they say", "many think", "thought", "wait", "no",
    "actually", "never", "isn't", "doesn't", "don't", "not", "told", "says", "said", "they", "tutorial",
    "blog", "reading", "read", "once", "first", "rather", "instead", "but",
]


def words_of(text):
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower().replace("’", "'"))


def cue_count(text):
    """How many cues of denial, quotation or change of mind a clause has."""
    words = words_of(text)
    spoken = " " + " ".join(words) + " "
    return float(sum(spoken.count(f" {cue} ") for cue in CUES))


class Windows:
    """An answer as the encoder read it: clauses, then pairs of neighbours."""

    def __init__(self, single, vectors, probes, cues):
        """`single`: how many are clauses; `probes`: stance, example, reason of each; `cues` of the clauses."""
        self.single, self.vectors, self.probes, self.cues = single, vectors, probes, cues


class Prepared:
    """The vectors of one question: all phrasings in one matrix, with the rows of each statement."""

    def __init__(self, entries, score):
        """`entries`: (statement id, is it a point, says vectors, near-miss vectors); says[0] is the sentence.

        `score`: how the encoder weighs phrasings, bias, near misses, stance, bias of points.
        """
        self.score = score
        rows, self.ids, self.points, self.says, self.near = [], [], [], [], []
        for id, point, says, near in entries:
            self.ids.append(id)
            self.points.append(point)
            for part, place in ((says, self.says), (near, self.near)):
                place.append(np.arange(len(rows), len(rows) + len(part)))
                rows.extend(part)
        self.matrix = np.array(rows, dtype=np.float32)
        self.directions = np.array([direction(self.matrix[says]) for says, point in zip(self.says, self.points) if point])


def direction(vectors):
    """The direction of the mean of vectors."""
    mean = vectors.mean(0)
    return mean / max(np.linalg.norm(mean), 1e-9)


def top(values, count):
    """The mean of the greatest few in each row."""
    return -np.sort(-values, axis=1)[:, :count].mean(1)


def views(prepared, vectors):
    """The cosines with all phrasings, and for every statement and window: alike, top3, mean, idea, miss."""
    near = vectors @ prepared.matrix.T
    shape = (len(prepared.ids), len(vectors))
    alike, top3, mean, idea = (np.zeros(shape, np.float32) for _ in range(4))
    miss = np.full(shape, -1.0, np.float32)
    for s, (says, misses) in enumerate(zip(prepared.says, prepared.near)):
        alike[s], top3[s] = near[:, says].max(1), top(near[:, says], 3)
        mean[s], idea[s] = near[:, says].mean(1), near[:, says[0]]
        if len(misses):
            miss[s] = near[:, misses].max(1)
    return near, alike, top3, mean, idea, miss


def soft(near, rows):
    """How near windows are to a set of texts: like the maximum, but every member counts a little."""
    values = near[:, rows] / TEMPERATURE
    most = values.max(1)
    return most + np.log(np.exp(values - most[:, None]).mean(1))


def scores(prepared, windows, near):
    """For every statement and window the logit with which the encoder was tuned."""
    scale, bias, against, stance_share, point_bias = prepared.score
    found = np.zeros((len(prepared.ids), len(near)), np.float32)
    for s, (says, misses) in enumerate(zip(prepared.says, prepared.near)):
        said = soft(near, says)
        found[s] = scale * said + (point_bias if prepared.points[s] else bias)
        if len(misses):
            found[s] -= against * np.logaddexp(0, soft(near, misses) - said)
        if not prepared.points[s]:
            found[s] += stance_share * windows.probes[:, 0]
    return found


def together(logits):
    """One logit of an answer from those of its windows."""
    most = logits.max()
    return float(most + np.log(np.exp(SHARP * (logits - most)).sum()) / SHARP)


def measure(prepared, windows):
    """One row of STATEMENT a statement."""
    total = len(prepared.ids)
    if not len(windows.vectors):
        return np.zeros((total, len(STATEMENT)), np.float32)
    vectors, single, cues = windows.vectors, windows.single, windows.cues
    near, alike, top3, mean, idea, miss = views(prepared, vectors)
    score, stance = scores(prepared, windows, near), windows.probes[:, 0]
    weight = np.exp(SHARPNESS * near)
    whole = vectors[:single].mean(0)
    whole = prepared.matrix @ (whole / max(np.linalg.norm(whole), 1e-9))
    best_of = top3.argmax(1)
    rows = []
    for s in range(total):
        others = np.delete(alike, s, 0)
        other = others.max(0) if total > 1 else np.full(len(vectors), -1.0)
        own = best_of[s]
        clause = int(top3[s, :single].argmax())
        around = lambda values, place, none: float(values[place]) if 0 <= place < single else none
        signed = alike[s] - np.maximum(miss[s] - 0.1, 0) - np.maximum(other - alike[s], 0)
        second = np.sort(top3[s, :single])[-2] if single > 1 else 0.0
        margin = alike[s] - miss[s]
        # The best clause read together with the one before and the one after it.
        before = single + clause - 1 if clause > 0 else clause
        after = single + clause if clause + 1 < single else clause
        rows.append([
            alike[s, :single].max(), alike[s].max(), top3[s].max(), mean[s].max(), idea[s].max(), miss[s].max(),
            margin[own], alike[s, own] - other[own], signed.max(), margin[clause],
            alike[s, clause] - other[clause], second,
            around(top3[s], clause - 1, 0.0), around(top3[s], clause + 1, 0.0),
            around(margin, clause - 1, 0.0), around(margin, clause + 1, 0.0),
            cues[clause], around(cues, clause - 1, 0.0), around(cues, clause + 1, 0.0),
            whole[prepared.says[s]].mean(), float((top3[:, own] > top3[s, own]).sum()),
            weight[:, prepared.says[s]].sum(1)[own] / weight[own].sum(),
            float((best_of == own).sum()), np.log1p(single),
            top3[s, before], top3[s, after], margin[before], margin[after],
            alike[s, before] - other[before], alike[s, after] - other[after],
            score[s].max(), score[s, :single].max(), together(score[s]),
            np.sort(score[s, :single])[-2] if single > 1 else NO_SECOND,
            stance[own], stance[clause], stance[before], stance[after], stance[:single].min(),
        ])
    return np.array(rows, np.float32)


ANSWER = ["ask", "claim", "best", "mean_best", "second_best", "mean_whole"]
PROBE = ["best", "second", "sum"]
KIND = ["clauses", "score.best", "score.second", "score.mean", "probe.example", "probe.reason"]


def measure_kind(prepared, windows):
    """KIND, and the direction of the whole answer: what tells an attempt to answer from anything else."""
    if not len(windows.vectors):
        return np.zeros(len(KIND) + len(prepared.matrix[0]), np.float32)
    singles = windows.vectors[: windows.single]
    whole = singles.mean(0)
    best = scores(prepared, windows, windows.vectors @ prepared.matrix.T).max(1)
    ordered = np.sort(best)
    numbers = [np.log1p(windows.single), ordered[-1], ordered[-2] if len(ordered) > 1 else NO_SECOND, best.mean(),
               windows.probes[:, 1].max(), windows.probes[:, 2].max()]
    return np.concatenate([numbers, whole / max(np.linalg.norm(whole), 1e-9)]).astype(np.float32)


def measure_probe(windows, place):
    """PROBE: the logits of a probe over the windows of an answer."""
    if not len(windows.vectors):
        return np.array([-5.0, -5.0, -5.0], np.float32)
    logits = np.sort(windows.probes[:, place])
    return np.array([logits[-1], logits[-2] if len(logits) > 1 else -5.0, together(logits)], np.float32)


def measure_answer(prepared, windows, ask, claim):
    """ANSWER: how the answer as a whole compares with the question."""
    vectors = windows.vectors[: windows.single]
    if not len(vectors):
        return np.zeros(len(ANSWER), np.float32)
    whole = vectors.mean(0)
    unit = whole / max(np.linalg.norm(whole), 1e-9)
    alike = views(prepared, vectors)[1]
    best = np.sort(alike.max(0))
    return np.array([unit @ ask, unit @ claim, best[-1], alike.max(1).mean(), best[-2] if len(best) > 1 else 0.0,
                     (prepared.matrix @ unit).mean()], np.float32)
