"""Fits the heads, and says how well the whole chain does."""
import hashlib

import numpy as np

import data
import heads
import policy

INTRODUCTION = """# How well answers are understood

Written by `train.py`.

Every figure is of answers that neither the encoder nor the heads nor the thresholds saw: the encoder was tuned
without them, heads come from the other folds. The trap goes through the whole policy, with everything
predicted; ± is the 95 % interval by chance of the sample alone. `Encoder alone` leaves word features out of points
and misconceptions only. Where the recipe (steps, strengths, features) was chosen by looking at a part of these
answers, expect a little less elsewhere."""
SECTIONS = [("known", "answer", "Known questions (tuned on their phrasings and on other answers to them)"),
            ("new", "question", "New questions (the encoder never saw them), all phrasings"),
            ("thin", "question", "New questions with three phrasings and two near misses a statement"),
            ("bare", "question", "New questions with the sentence of each statement alone, as an imported list has them")]
PARTS = {  # of the answers of a section
    "the shared answers": lambda question, answer: answer["origin"].startswith("shared"),
    "texts of every kind": lambda question, answer: answer["origin"].startswith("kinds"),
    "misconceptions voiced and denied in the same words": lambda question, answer: answer["origin"] == "denied",
    "our own, written to be hard": lambda question, answer: (
        question["track"] == data.SHIPPED and answer["origin"] != "denied"
        and not answer["origin"].startswith(("kinds", "shared"))),
    "other fields": lambda question, answer: question["track"] != data.SHIPPED,
}
HEAD_FOLDS = 5
WRONG_SAID_MAX = 0.03  # of the points that are shown as said


def fold_of(text):
    return int(hashlib.sha256(("head " + text).encode()).hexdigest(), 16) % HEAD_FOLDS


def only(measured, columns):
    """Statements with some of their features alone."""
    cut = lambda pairs: [(id, values[columns]) for id, values in pairs]
    return [seen | {field: cut(seen[field]) for field in ("points", "misconceptions")} for seen in measured]


def reliability(answers, predictions, field, place):
    """Rows (from, count, mean confidence, share true) and the expected calibration error."""
    pairs = [(c, id in answer[field]) for answer, p in zip(answers, predictions) if p[0] == answer["kind"] == "answer"
             for id, c in p[place].items()]
    confidence, truth = np.array([c for c, _ in pairs]), np.array([t for _, t in pairs], float)
    rows, error = [], 0.0
    for low in np.arange(0, 1, 0.1):
        inside = (confidence >= low) & ((confidence < low + 0.1) | (low > 0.85))
        if inside.any():
            rows.append((low, int(inside.sum()), confidence[inside].mean(), truth[inside].mean()))
            error += inside.mean() * abs(confidence[inside].mean() - truth[inside].mean())
    return rows, error


def row(name, f):
    p, m = f["points"], f["misconceptions"]
    bound = 1.96 * (f["trap"] * (1 - f["trap"]) / max(1, f["answers"])) ** 0.5
    return (f"| {name} | {f['answers']} | {f['trap']:.3f} ± {bound:.3f} | {p['f1']:.3f} | {m['precision']:.3f} / "
            f"{m['recall']:.3f} / {m['f1']:.3f} | {f['kind']:.3f} | {f['example']:.3f} | {f['reason']:.3f} |")


HEAD = ["| features | answers | trap | points F1 | misconceptions P / R / F1 | kind | example | reason |",
        "|---|---|---|---|---|---|---|---|"]


def section(world, found, by, variants, known=None, frozen=None):
    """One evaluation: heads fitted on everything, the lines, and the predictions with all features.

    What tells a kind is much the same whatever the question, so the answers to `known` questions help there.
    `frozen` is what the encoder as it came, never tuned, makes of the same answers.
    """
    everyone = {(a["id"], a["question"]): a for a in world.answers + world.swaps}
    answers, measured = [everyone[key] for key in found], list(found.values())
    more = ([everyone[key] for key in known], list(known.values())) if known else ((), ())
    folds = [fold_of(answer["id" if by == "answer" else "question"]) for answer in answers]
    lines, true = list(HEAD), [p for p, answer in enumerate(answers) if answer["kind"] != "swapped"]
    real = [answers[p] for p in true]
    for name, columns in variants:
        guesses = heads.cross_predict(answers, only(measured, columns), folds, more, not known)
        predictions = [heads.settled(guesses[p]) for p in true]
        lines.append(row(name, policy.figures(world.questions, world.general, real, predictions)))
    if frozen:
        guesses = heads.cross_predict(answers, [frozen[a["id"], a["question"]] for a in answers], folds, known=not known)
        untuned = [heads.settled(guesses[p]) for p in true]
        lines.append(row("both, the encoder never tuned", policy.figures(world.questions, world.general, real, untuned)))
    for name, wanted in PARTS.items():
        part = [p for p in range(len(real)) if wanted(world.questions[real[p]["question"]], real[p])]
        if part and len(part) < len(real):
            figures = policy.figures(world.questions, world.general, [real[p] for p in part], [predictions[p] for p in part])
            lines.append(row(f"of these, {name}", figures))
    return heads.fit_all(answers, measured, more, not known), lines, real, predictions


def calibration(real, predictions):
    """Reliability diagrams, and where a statement may be shown as said."""
    lines = []
    for name, field, place in (("points", "says", 1), ("misconceptions", "believes", 2)):
        rows, error = reliability(real, predictions, field, place)
        lines += ["", f"Reliability of {name} (expected calibration error {error:.3f}):", "",
                  "| confidence from | statements | mean confidence | true |", "|---|---|---|---|"]
        lines += [f"| {low:.1f} | {count} | {mean:.2f} | {true:.2f} |" for low, count, mean, true in rows]
    pairs = sorted(((c, id in answer["says"]) for answer, p in zip(real, predictions) if p[0] == answer["kind"] == "answer"
                    for id, c in p[1].items()), reverse=True)
    hits = np.cumsum([true for _, true in pairs])
    enough = [place for place in range(len(pairs)) if hits[place] >= (1 - WRONG_SAID_MAX) * (place + 1)]
    lowest = pairs[max(enough)][0]
    held = hits[max(enough)] / hits[-1]
    return [*lines, "", f"At most {WRONG_SAID_MAX:.0%} of the points shown as said are wrong from a confidence of "
            f"{lowest:.2f} on; {held:.0%} of all points that were said are shown so, the rest as unsure or missing."]


def by_question(world, real, predictions):
    """The worst questions, for whoever writes the next phrasings."""
    rows = []
    for q in sorted({answer["question"] for answer in real}):
        part = [p for p in range(len(real)) if real[p]["question"] == q]
        figures = policy.figures(world.questions, world.general, [real[p] for p in part], [predictions[p] for p in part])
        rows.append((figures["trap"], f"| {q} | {len(part)} | {figures['trap']:.2f} | {figures['points']['f1']:.2f} | "
                     f"{figures['misconceptions']['f1']:.2f} |"))
    return ["", "By question, the worst first:", "", "| question | answers | trap | points F1 | misconceptions F1 |",
            "|---|---|---|---|---|", *(line for _, line in sorted(rows))]


def fit_and_report(world, found, frozen):
    """The heads for each kind of question, and the report so far."""
    words = slice(0, heads.LEXICAL["points"])
    variants = [("words alone", words), ("encoder alone", slice(words.stop, None)), ("both", slice(None))]
    fitted, lines = {}, INTRODUCTION.splitlines()
    for name, by, title in SECTIONS:
        chosen = variants if name == "known" else [variants[0], variants[2]]
        known, untuned = (None, None) if name == "known" else (found["known"], frozen[name])
        fitted[name], more, real, predictions = section(world, found[name], by, chosen, known, untuned)
        lines += ["", f"## {title}", "", *more]
        if name != "new":
            lines += calibration(real, predictions)
        if name == "known":
            lines += by_question(world, real, predictions)
    return fitted, lines


def of_samples(world, measured, fitted):
    """The bank's own tests, which nothing was trained or tuned on, read by the finished model."""
    found = [heads.settled(heads.confidences(fitted["known"], seen)) for seen in measured]
    line = row("both", policy.figures(world.questions, world.general, world.answers, found))
    return ["", "## The samples of the bank, by the finished model", "",
            "Kind, example and reason are not labelled there; they are guessed from the trap, so their columns mean little.", "", *HEAD, line]
