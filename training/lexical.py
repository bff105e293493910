#!/usr/bin/env python3
"""Fit the weights of the lexical grader and write src/core/grading/lexical/weights.rs.

usage: lexical.py --bank DIR --general TOML --answers train.jsonl [--write weights.rs]

Needs scikit-learn, and `cargo build --example lexical_features` first: the features come from the
code that ships. Every regression is fitted three times, for statements with many phrasings, with
three, and with the one sentence alone, since scores of thin statements sit on another scale. Prints
figures cross-validated by question, so that no question is scored by weights that saw it.
"""
import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import tomllib

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

DEPTHS = {"rich": None, "few": (3, 2), "bare": (0, 0)}  # also and unlike kept per statement
FOLDS = 7
SWAPPED_WEIGHT, OFF_TOPIC_WEIGHT = 0.25, 3.0  # made-up pairs weigh less than written ones


def load_bank(folder, general):
    questions = []
    for file in sorted(pathlib.Path(folder).glob("*.toml")):
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        for question in data["questions"]:
            for field in ("points", "misconceptions", "traps", "samples"):
                question.setdefault(field, [])
            questions.append(question | {"track": "python", "topic": data["topic"], "level": None})
    general = tomllib.loads(pathlib.Path(general).read_text(encoding="utf-8"))
    return {"questions": questions, "general": {key: general[key] for key in ("traps", "recovery")}}


def thinned(bank, kept):
    bank = json.loads(json.dumps(bank))
    for question in bank["questions"] if kept else []:
        for statement in question["points"] + question["misconceptions"]:
            statement["also"] = statement.get("also", [])[: kept[0]]
            statement["unlike"] = statement.get("unlike", [])[: kept[1]]
    return bank


def dump(tool, bank, answers):
    with tempfile.TemporaryDirectory() as folder:
        bank_file, answers_file = pathlib.Path(folder, "bank.json"), pathlib.Path(folder, "answers.jsonl")
        bank_file.write_text(json.dumps(bank))
        answers_file.write_text("".join(json.dumps(answer) + "\n" for answer in answers))
        out = subprocess.run([tool, bank_file, answers_file], capture_output=True, text=True, check=True).stdout
    lines = map(json.loads, out.splitlines())
    return {(line["id"], line["question"]): line["features"] for line in lines}


def swapped(answers, questions):
    """Every answer put to two other questions."""
    chance = random.Random(7)
    for answer in answers:
        if answer["kind"] == "answer":
            for other in chance.sample([q for q in questions if q != answer["question"]], 2):
                yield answer | {"question": other, "kind": "swapped"}


def tables(features, answers):
    """Rows (features, truth, group, weight) for each regression."""
    rows = {name: [] for name in ("POINTS", "MISCONCEPTIONS", "EXAMPLE", "REASON", "TOPIC")}
    for answer in answers:
        seen, group = features[answer["id"], answer["question"]], answer["question"]
        if answer["kind"] == "answer":
            for field, name, label in (("points", "POINTS", "says"), ("misconceptions", "MISCONCEPTIONS", "believes")):
                rows[name] += [(values, id in answer[label], group, 1.0) for id, values in seen[field]]
            for field in ("example", "reason"):
                rows[field.upper()].append((seen[field], answer[field], group, 1.0))
        if seen["kind"] == "answer" and answer["kind"] in ("answer", "off_topic", "swapped"):
            weight = {"answer": 1.0, "off_topic": OFF_TOPIC_WEIGHT, "swapped": SWAPPED_WEIGHT}[answer["kind"]]
            rows["TOPIC"].append((seen["topic"], answer["kind"] != "answer", group, weight))
    return rows


def fit(values, truth, weights):
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=5000))
    return model.fit(values, truth, logisticregression__sample_weight=weights)


def cross_validated(values, truth, groups, weights):
    names = sorted(set(groups))
    folds = np.array([names.index(group) % FOLDS for group in groups])
    result = np.zeros(len(truth))
    for fold in range(FOLDS):
        inside = folds == fold
        model = fit(values[~inside], truth[~inside], weights[~inside])
        result[inside] = model.predict_proba(values[inside])[:, 1]
    return result


def raw_weights(model):
    """The standardisation folded into the weights."""
    scaler, regression = model[0], model[-1]
    weights = regression.coef_[0] / scaler.scale_
    return regression.intercept_[0] - (weights * scaler.mean_).sum(), weights


def rust(fitted):
    text = pathlib.Path(__file__).with_name("lexical_weights.rs.in").read_text(encoding="utf-8")
    size = {"POINTS": "FEATURES", "MISCONCEPTIONS": "FEATURES", "EXAMPLE": "EXAMPLE_FEATURES",
            "REASON": "REASON_FEATURES", "TOPIC": "TOPIC_FEATURES"}
    meaning = {"POINTS": "A point is said.", "MISCONCEPTIONS": "A misconception is voiced as one's own view.",
               "EXAMPLE": "The answer gives a concrete case.", "REASON": "The answer says why.",
               "TOPIC": "The answer is about something else."}
    for name, by_depth in fitted.items():
        text += f"\n/// {meaning[name]}\npub(crate) const {name}: ByDepth<{size[name]}> = ByDepth {{\n"
        for depth, (bias, weights) in by_depth.items():
            text += f"    {depth}: Logit {{\n        bias: {bias:.4f},\n        weights: [\n"
            for start in range(0, len(weights), 8):
                text += "            " + ", ".join(f"{weight:.4f}" for weight in weights[start : start + 8]) + ",\n"
            text += "        ],\n    },\n"
        text += "};\n"
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bank", required=True)
    parser.add_argument("--general", required=True)
    parser.add_argument("--answers", required=True)
    parser.add_argument("--tool", default="target/debug/examples/lexical_features")
    parser.add_argument("--write")
    args = parser.parse_args()
    bank = load_bank(args.bank, args.general)
    answers = [json.loads(line) for line in open(args.answers, encoding="utf-8") if line.strip()]
    answers += list(swapped(answers, [question["id"] for question in bank["questions"]]))
    fitted = {}
    for depth, kept in DEPTHS.items():
        features = dump(args.tool, thinned(bank, kept), answers)
        for name, rows in tables(features, answers).items():
            values, truth, groups, weights = (np.array(column) for column in zip(*rows))
            chances = cross_validated(values, truth, groups, weights)
            print(f"{depth:5} {name:15} AUC {roc_auc_score(truth, chances):.3f} F1 {f1_score(truth, chances >= 0.5):.3f}"
                  f" accuracy {(truth == (chances >= 0.5)).mean():.3f} log loss {log_loss(truth, chances):.3f}",
                  file=sys.stderr)
            fitted.setdefault(name, {})[depth] = raw_weights(fit(values, truth, weights))
    if args.write:
        pathlib.Path(args.write).write_text(rust(fitted), encoding="utf-8")


if __name__ == "__main__":
    main()
