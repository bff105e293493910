"""All texts in one place: every text is tokenised once and read once an encoder."""
import numpy as np
import torch

import data
import encoder as encoders
import features
import frames
import heads

DEPTHS = {"new": (99, 99), "thin": (3, 2), "bare": (0, 0)}  # phrasings and near misses a statement that are left


class World:
    def __init__(self, answers=None, only=None):
        """All answers, or these; all questions, or the named ones."""
        self.questions, self.general = data.load_bank()
        if only is not None:
            self.questions = {q: question for q, question in self.questions.items() if q in only}
        self.at_depth = {name: data.thinned(self.questions, *most) for name, most in DEPTHS.items()}
        self.answers = data.load_answers() if answers is None else answers
        self.answers = [answer for answer in self.answers if answer["question"] in self.questions]
        self.texts, self.place = [], {}
        for question in self.questions.values():
            for text in data.texts(question):
                if text not in self.place:
                    self.place[text] = len(self.texts)
                    self.texts.append(text)
        self.made = frames.made(self.questions) if answers is None else []  # for tuning alone, after the others
        self.ranges = data.clauses([answer["answer"] for answer in self.answers + self.made])
        self.cues = []
        for answer, ranges in zip(self.answers, self.ranges):
            raw = answer["answer"].encode()
            self.cues.append([features.cue_count(raw[a:b].decode()) for a, b in ranges])
        self.swaps = heads.swapped(self.answers, self.questions)
        self.where = {answer["id"]: place for place, answer in enumerate(self.answers)}
        both = self.answers + self.swaps
        self.lexical = {name: data.lexical(bank, self.general, both) for name, bank in self.at_depth.items()}

    def tokenise(self, tokeniser):
        self.tokens = [tokeniser(text) for text in self.texts]
        self.layouts = [encoders.layout(tokeniser, answer["answer"], ranges)
                        for answer, ranges in zip(self.answers + self.made, self.ranges)]

    def is_new(self, answer, strange):
        """Whether the answer was written to one of these questions (a swapped one is put to another)."""
        return self.answers[self.where[answer["id"]]]["question"] in strange

    def rows(self, texts):
        """The places of these texts."""
        return [self.place[text] for text in texts]

    def read(self, encoder, wanted=None):
        """What an encoder makes of the bank and of the wanted answers."""
        wanted = range(len(self.answers)) if wanted is None else wanted
        texts = encoder.embed(self.tokens)
        windows = dict(zip(wanted, encoder.read_all([self.layouts[place] for place in wanted])))
        return {"texts": texts, "windows": windows, "score": encoder.scorer.detach().numpy().tolist()}

    def prepared(self, seen, depth="new", only=None):
        """The questions as vectors."""
        found = {}
        for q, question in self.at_depth[depth].items():
            if only is None or q in only:
                entries = []
                for point, id, says, near in data.statements(question):
                    rows = [seen["texts"][self.rows(texts)] if texts else np.zeros((0, encoders.WIDTH), np.float32)
                            for texts in (says, near)]
                    entries.append((id, point, *rows))
                found[q] = features.Prepared(entries, seen["score"])
        return found

    def measured(self, seen, answers, depth="new"):
        """The features of these answers (true or swapped ones)."""
        prepared = self.prepared(seen, depth, {answer["question"] for answer in answers})
        lexical, found = self.lexical[depth], []
        for answer in answers:
            q, place = answer["question"], self.where[answer["id"]]
            vectors, probes = seen["windows"][place]
            question = self.questions[q]
            windows = features.Windows(len(self.ranges[place]), vectors, probes, self.cues[place])
            vectors_of = {"windows": windows, "ask": seen["texts"][self.place[question["ask"]]],
                          "claim": seen["texts"][self.place[question["model"]["claim"]]]}
            found.append(heads.join(question, lexical[answer["id"], q], prepared[q], vectors_of))
        return found
