"""All texts in one place: every text is tokenised once and embedded once an encoder."""
import numpy as np
import torch

import data
import features
import heads
import tune

ALSO_THIN, UNLIKE_THIN = 3, 2  # a bank that nobody worked on for long


class World:
    def __init__(self, answers=None):
        self.questions, self.general = data.load_bank()
        self.thin = data.thinned(self.questions, ALSO_THIN, UNLIKE_THIN)
        self.answers = data.load_answers() if answers is None else answers
        self.texts, self.place = [], {}
        for question in self.questions.values():
            for text in data.texts(question):
                self.take(text)
        self.windows = []
        for found in data.windows([answer["answer"] for answer in self.answers]):
            self.windows.append([{"place": place, "size": size, "text": self.take(text),
                                  "cues": features.cue_count(text)} for place, size, text in found])
        self.swaps = heads.swapped(self.answers, list(self.questions))
        self.where = {answer["id"]: place for place, answer in enumerate(self.answers)}
        both = self.answers + self.swaps
        self.lexical = data.lexical(self.questions, self.general, both)
        self.lexical_thin = data.lexical(self.thin, self.general, both)

    def take(self, text):
        if text not in self.place:
            self.place[text] = len(self.texts)
            self.texts.append(text)
        return self.place[text]

    def tokenise(self, tokeniser):
        self.tokens = [tokeniser(text) for text in self.texts]
        for found in self.windows:
            for window in found:
                window["tokens"] = self.tokens[window["text"]]

    def embed(self, encoder, wanted=None, exact=False, more=(), pairs=True, known=None, questions=None):
        """A row for every text; only those of the wanted answers, of the bank, and `more` are computed.

        `known` has vectors by text; these are taken over. With `questions`, no others of the bank.
        """
        chosen = set(range(len(self.texts)))
        wanted = range(len(self.windows)) if wanted is None else wanted
        inside = {w["text"] for place in wanted for w in self.windows[place] if pairs or w["size"] == 1}
        outside = {w["text"] for found in self.windows for w in found}
        bank = chosen - outside
        if questions is not None:
            bank = {self.place[text] for q in questions for text in data.texts(self.questions[q])}
        chosen = bank | inside | set(more)
        found = np.zeros((len(self.texts), 384), np.float32)
        for place in chosen:
            if self.texts[place] in (known or {}):
                found[place] = known[self.texts[place]]
        chosen = sorted(place for place in chosen if self.texts[place] not in (known or {}))
        if not chosen:
            return found
        with torch.autocast("cpu", torch.bfloat16, enabled=encoder.half and not exact):
            found[chosen] = encoder.embed([self.tokens[place] for place in chosen])
        return found

    def bank_tokens(self, wanted=None):
        """(question, statement) -> (says, near) as tokens."""
        rows = lambda texts: [self.tokens[self.place[text]] for text in texts]
        return {(q, id): (rows(says), rows(near)) for q, question in self.questions.items()
                if wanted is None or q in wanted for _, id, says, near in data.statements(question)}

    def prepared(self, vectors, thin=False):
        """The questions as vectors."""
        found = {}
        for q, question in (self.thin if thin else self.questions).items():
            entries = []
            for point, id, says, near in data.statements(question):
                rows = [[self.place[text] for text in texts] for texts in (says, near)]
                entries.append((id, point, *(vectors[r] if r else np.zeros((0, 384), np.float32) for r in rows)))
            found[q] = features.Prepared(entries)
        return found

    def scores(self, vectors, wanted):
        """For each wanted answer: statement -> one score a window."""
        prepared, found = self.prepared(vectors), {}
        for place in wanted:
            if self.windows[place]:
                one = prepared[self.answers[place]["question"]]
                rows = vectors[[w["text"] for w in self.windows[place]]]
                found[place] = dict(zip(one.ids, features.views(one, rows)[2]))
        return found

    def pools(self, vectors, wanted, questions=None):
        scores = self.scores(vectors, wanted)
        answers = [self.answers[place] for place in wanted]
        found = tune.pools(self.bank_tokens(questions), answers, [self.windows[place] for place in wanted],
                           [scores.get(place) for place in wanted])
        labels = [{(a["question"], id) for id in a["says"] + a["believes"]} for a in answers]
        return found, labels

    def measured(self, vectors, answers, thin=False, use_encoder=True, use_lexical=True):
        """The features of these answers (true or swapped ones)."""
        prepared, lexical = self.prepared(vectors, thin), self.lexical_thin if thin else self.lexical
        found = []
        for answer in answers:
            q = answer["question"]
            windows = [window | {"vector": vectors[window["text"]]} for window in self.windows[self.where[answer["id"]]]]
            question = self.questions[q]
            vectors_of = {"windows": windows, "ask": vectors[self.place[question["ask"]]],
                          "claim": vectors[self.place[question["model"]["claim"]]]}
            found.append(heads.join(question, lexical[answer["id"], q], prepared[q], vectors_of, use_encoder, use_lexical))
        return found
