#!/usr/bin/env python3
"""Trains what understands answers: the sentence encoder and the heads, and says how well it does.

usage: train.py [--reuse] [--steps N] [--folds N] [--only PART] [--version N]

Writes model/riposte-N.safetensors, tests/fixtures/encoder.json and training/REPORT.md. Needs the two
examples first: cargo build --release --example clauses --example lexical_features. With --reuse,
what an earlier run left in target/training is taken instead of being computed again.
"""
import argparse
import concurrent.futures
import hashlib
import os
import pickle
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch

import data
import encoder as encoders
import export
import report
import tune
import world as worlds

WORDS, SEED = 11000, 11
FOLDS, STEPS = 3, 400
QUESTIONS_LEFT_OUT = 9  # of the shipped questions, every ninth is left out of a fold
FINAL, FROZEN = "final", "frozen"
CACHE = data.ROOT / "target/training"
WORKERS = 2  # one thread each: two encoders side by side are faster than one with two threads


def fold_of(text, count):
    """The same fold for the same text, whatever else there is."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % count


def kept(name, reuse, make):
    """What `make` gives, or what it gave in an earlier run."""
    file = CACHE / f"{name}.pickle"
    if reuse and file.exists():
        return pickle.loads(file.read_bytes())
    made = make()
    file.write_bytes(pickle.dumps(made))
    return made


def left_out(world, fold):
    """The questions that the encoder of a fold never sees: a third of the other fields', a ninth of the shipped."""
    shipped = sorted(q for q, question in world.questions.items() if question["track"] == data.SHIPPED)
    others = sorted(q for q, question in world.questions.items() if question["track"] != data.SHIPPED)
    return {q for place, q in enumerate(shipped) if place % QUESTIONS_LEFT_OUT == fold} | {
        q for place, q in enumerate(others) if place % FOLDS == fold}


def parts(world, fold):
    """(answers to learn from, questions to learn from, answers left out) of a fold."""
    strange = left_out(world, fold)
    learned, unseen = [], []
    for place, answer in enumerate(world.answers):
        new = answer["question"] in strange
        shipped = world.questions[answer["question"]]["track"] == data.SHIPPED
        outside = new or (shipped and fold_of(answer["id"], FOLDS) == fold)
        (unseen if outside else learned).append(place)
    return learned, [q for q in world.questions if q not in strange], unseen


def tuned(world, fold, steps, reuse, say):
    """The encoder of a fold, or the final one of everything, rounded as it will be shipped."""
    encoder = encoders.Encoder(*world.vocabulary)
    name = fold if fold == FINAL else f"fold{fold}"
    file = CACHE / f"{name}.pt"
    if reuse and file.exists():
        encoder.load_state_dict(torch.load(file))
    else:
        learned, questions, _ = parts(world, fold) if fold != FINAL else (
            range(len(world.answers)), list(world.questions), None)
        tune.tune(encoder, world, learned, questions, steps, SEED + (99 if fold == FINAL else fold),
                  say=lambda text: say(f"{name} {text}"))
        torch.save(encoder.state_dict(), file)
    return encoders.quantise(encoder)


def measured(world, fold, encoder):
    """What an encoder makes of the answers left out of a fold, to known questions and to new ones at each depth."""
    return of_fold(world, fold, world.read(encoder, parts(world, fold)[2]))


def of_fold(world, fold, seen):
    strange, inside = left_out(world, fold), set(parts(world, fold)[2])
    found = {"known": {}, **{depth: {} for depth in worlds.DEPTHS}}
    rows = [a for a in world.answers + world.swaps if world.where[a["id"]] in inside]
    known = [a for a in rows if a["question"] not in strange and not world.is_new(a, strange)]
    new = [a for a in rows if a["question"] in strange and world.is_new(a, strange)]
    for name, part, depth in (("known", known, "new"), *((depth, new, depth) for depth in worlds.DEPTHS)):
        for answer, one in zip(part, world.measured(seen, part, depth)):
            found[name][answer["id"], answer["question"]] = one
    return found


def frozen(world):
    """What the encoder as it came makes of the same answers, for comparison; by fold."""
    seen = world.read(encoders.quantise(encoders.Encoder(*world.vocabulary)))
    return [of_fold(world, fold, seen) for fold in range(FOLDS)]


def job(arguments):
    """A fold, the final encoder, or what is compared with them, in a process of its own."""
    part, steps, reuse, start = arguments
    torch.set_num_threads(1)
    world = pickle.loads((CACHE / "world.pickle").read_bytes())
    say = lambda text: print(f"{time.time() - start:6.0f} s  {text}", flush=True)
    if part == FINAL:
        tuned(world, part, steps, reuse, say)
    elif part == FROZEN:
        kept(part, reuse, lambda: frozen(world))
        say("measured without tuning")
    else:
        kept(f"measured{part}", reuse, lambda: measured(world, part, tuned(world, part, steps, reuse, say)))
        say(f"fold{part} measured")


def merged(found):
    """What the folds found, together."""
    return {name: {key: one for part in found for key, one in part[name].items()} for name in found[0]}


def make_world(reuse):
    world = worlds.World()
    texts = world.texts + [answer["answer"] for answer in world.answers]
    world.vocabulary = kept("vocabulary", reuse, lambda: encoders.pruned_vocabulary(texts, WORDS))
    world.tokenise(encoders.Tokeniser(world.vocabulary[1]))
    return world


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reuse", action="store_true")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--folds", type=int, default=FOLDS, help="how many thirds of the answers to measure")
    parser.add_argument("--version", default="1")
    parser.add_argument("--only", help="prepare, 0, 1, 2, final or frozen: one part alone, for --reuse later")
    args = parser.parse_args()
    start = time.time()
    CACHE.mkdir(parents=True, exist_ok=True)
    world = kept("world", args.reuse, lambda: make_world(args.reuse))
    print(f"{len(world.answers)} answers, {len(world.texts)} texts, {len(world.questions)} questions", flush=True)
    if args.only:
        part = int(args.only) if args.only.isdigit() else args.only
        return part == "prepare" or job((part, args.steps, args.reuse, start))
    with concurrent.futures.ProcessPoolExecutor(WORKERS) as pool:
        list(pool.map(job, [(part, args.steps, args.reuse, start) for part in (FINAL, *range(args.folds), FROZEN)]))
    found = merged([kept(f"measured{fold}", True, None) for fold in range(args.folds)])
    fitted, lines = report.fit_and_report(world, found, merged(kept(FROZEN, True, None)[: args.folds]))
    encoder = tuned(world, FINAL, args.steps, True, print)
    samples = worlds.World(list(data.samples(world.questions, world.general)))
    samples.tokenise(encoder.tokeniser)
    lines += report.of_samples(samples, samples.measured(samples.read(encoder), samples.answers), fitted)
    lines += export.write(world, encoder, fitted, args.version)
    lines.append(f"{args.folds} of {FOLDS} folds were measured. The run took {(time.time() - start) / 60:.0f} minutes"
                 + (", with parts of an earlier one reused." if args.reuse else "."))
    (data.HERE / "REPORT.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
