#!/usr/bin/env python3
"""Trains what understands answers: the sentence encoder and the heads, and says how well it does.

usage: train.py [--reuse] [--version N] [--folds N] [--question-folds N]

Writes model/riposte-N.safetensors, tests/fixtures/encoder.json and training/REPORT.md. Needs the two
examples first: cargo build --release --example clauses --example lexical_features. With --reuse,
encoders tuned by an earlier run are taken from target/training instead of being tuned again.
"""
import argparse
import hashlib
import os
import pickle
import time

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch

import data
import encoder as encoders
import export
import heads
import report
import tune
import world as worlds

WORDS, SEED = 8000, 11
FOLDS, QUESTION_FOLDS = 3, 2
FIRST_STEPS, STEPS, NEW_STEPS = 100, 240, 70
FIRST_RATE, RATE = 5e-5, 1e-4
FIXED = 2  # lowest layers that labelled answers do not change
CACHE = data.ROOT / "target/training"


def fold_of(text, count):
    """The same fold for the same text, whatever else there is."""
    return int(hashlib.sha256(text.encode()).hexdigest(), 16) % count


class Run:
    def __init__(self, args):
        self.start, self.reuse, self.args = time.time(), args.reuse, args
        CACHE.mkdir(parents=True, exist_ok=True)
        self.world = worlds.World()
        self.world.vocabulary = self.kept("vocabulary", lambda: encoders.pruned_vocabulary(self.world.texts, WORDS))
        self.world.tokenise(encoders.Tokeniser(self.world.vocabulary[1]))
        self.say(f"{len(self.world.answers)} answers, {len(self.world.texts)} texts")

    def say(self, text):
        print(f"{time.time() - self.start:6.0f} s  {text}", flush=True)

    def kept(self, name, make):
        """What `make` gives, or what it gave in an earlier run."""
        file = CACHE / f"{name}.pickle"
        if self.reuse and file.exists():
            return pickle.loads(file.read_bytes())
        made = make()
        file.write_bytes(pickle.dumps(made))
        return made

    def encoder(self, name, make, base=None):
        """A fresh encoder (or one that goes on from `base`), tuned by `make` unless it was before."""
        encoder = encoders.Encoder(*self.world.vocabulary)
        file = CACHE / f"{name}.pt"
        if self.reuse and file.exists():
            encoder.load_state_dict(torch.load(file))
        else:
            self.say(f"tuning {name}")
            if base is not None:
                encoder.load_state_dict(base.state_dict())
            make(encoder)
            torch.save(encoder.state_dict(), file)
        return encoder

    def vectors(self, name, encoder, wanted=None, **how):
        """A row for every wanted text; what an earlier run computed is not computed again."""
        file = CACHE / f"{name}.vectors.pickle"
        known = pickle.loads(file.read_bytes()) if self.reuse and file.exists() else {}
        found = self.world.embed(encoder, wanted, known=known, **how)
        chosen = np.abs(found).sum(1) > 0
        file.write_bytes(pickle.dumps({text: found[p] for p, text in enumerate(self.world.texts) if chosen[p]}))
        return found

    def tune(self, encoder, vectors, wanted, steps, seed, questions=None):
        pools, labels = self.world.pools(vectors, wanted, questions)
        tune.tune(encoder, pools, labels, steps, SEED + seed, say=self.say, rate=RATE, fixed=FIXED)

    def first(self):
        """The encoder tuned on the bank alone, and its vectors of single clauses: who supports what."""
        def make(encoder):
            pools = {}
            for (question, id), (says, near) in self.world.bank_tokens().items():
                pools.setdefault(question, {})[id] = {"says": says, "near": near}
            tune.tune(encoder, pools, [], FIRST_STEPS, SEED, with_answers=False, say=self.say, rate=FIRST_RATE)

        encoder = self.encoder("first", make)
        return encoder, self.vectors("first", encoder, pairs=False)

    def known(self, first, clauses):
        """Every answer measured by an encoder that was tuned on the others."""
        world, found = self.world, {}
        for fold in range(self.args.folds):
            inside = [p for p, a in enumerate(world.answers) if fold_of(a["id"], FOLDS) == fold]
            outside = [p for p, a in enumerate(world.answers) if fold_of(a["id"], FOLDS) != fold]
            make = lambda encoder: self.tune(encoder, clauses, outside, STEPS, fold)
            encoder = encoders.quantise(self.encoder(f"a{fold}", make, first))
            vectors = self.vectors(f"a{fold}", encoder, inside)
            rows = [a for a in world.answers + world.swaps if fold_of(a["id"], FOLDS) == fold]
            for answer, seen in zip(rows, world.measured(vectors, rows)):
                found[answer["id"], answer["question"]] = seen
            self.say(f"fold {fold} measured")
        return found

    def new(self, clauses):
        """Answers to questions that the encoder was not tuned on, with all phrasings and with few."""
        world, rich, thin = self.world, {}, {}
        order = sorted(world.questions)
        for fold in range(self.args.question_folds):
            others = [q for place, q in enumerate(order) if place % QUESTION_FOLDS != fold]
            outside = [p for p, a in enumerate(world.answers) if a["question"] in others]
            inside = [p for p, a in enumerate(world.answers) if a["question"] not in others]
            make = lambda encoder: self.tune(encoder, clauses, outside, NEW_STEPS, fold, others)
            encoder = encoders.quantise(self.encoder(f"q{fold}", make))
            vectors = self.vectors(f"q{fold}", encoder, inside)
            rows = [a for a in world.answers if a["question"] not in others]
            # Swapped answers only among the questions left out: the rest has no vectors.
            rows += [a for a in world.swaps if a["question"] not in others
                     and world.answers[world.where[a["id"]]]["question"] not in others]
            for few, place in ((False, rich), (True, thin)):
                for answer, seen in zip(rows, world.measured(vectors, rows, thin=few)):
                    place[answer["id"], answer["question"]] = seen
            self.say(f"questions {fold} measured")
        return rich, thin

    def samples(self, encoder, fitted):
        world = worlds.World(list(data.samples(self.world.questions, self.world.general)))
        world.tokenise(encoder.tokeniser)
        return report.of_samples(world, world.measured(world.embed(encoder), world.answers), fitted)

    def final(self, first, clauses):
        make = lambda encoder: self.tune(encoder, clauses, list(range(len(self.world.answers))), STEPS, 99)
        return encoders.quantise(self.encoder("final", make, first))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reuse", action="store_true")
    parser.add_argument("--folds", type=int, default=FOLDS, help="how many thirds of the answers to measure")
    parser.add_argument("--question-folds", type=int, default=QUESTION_FOLDS, help="how many halves of the questions")
    parser.add_argument("--version", default="1")
    args = parser.parse_args()
    torch.set_num_threads(int(os.environ.get("THREADS", "2")))
    run = Run(args)
    first, clauses = run.first()
    known = run.known(first, clauses)
    rich, thin = run.new(clauses)
    fitted, lines = report.fit_and_report(run.world, known, rich, thin)
    encoder = run.final(first, clauses)
    lines += run.samples(encoder, fitted)
    lines += export.write(run.world, encoder, fitted, args.version)
    run.say("all done")
    lines.append(f"The run took {(time.time() - run.start) / 60:.0f} minutes" + (" with encoders reused." if args.reuse else "."))
    (data.HERE / "REPORT.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
