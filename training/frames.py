"""Misconceptions in the very words of the bank, voiced and denied: what stance is learned from besides the answers.

Whoever denies a belief mostly repeats it first. The frames below put one phrasing into the mouth of a speaker who
holds it or does not; cues of denial stand on both sides, so that no word alone decides. They are for tuning only:
nothing is measured or fitted on them.
"""
import random

import data

DENIED = [
    "It is not true that {}.", "It's a myth that {}.", "Some people think {}, which is wrong.", "{}? No.",
    "{} - that's a myth.", "I used to think {}, but that was wrong.", "People say {}. Not so.", "Many believe {}. It isn't the case.",
    "The usual misconception is that {}.", "I don't believe {}.", "{}, or so I thought; then I tried it and no.",
    "A common mistake is to say {}.", "My colleague claims {}, and he is mistaken.", "It would be wrong to say {}.",
    "Contrary to what many believe, it isn't so that {}.", "You often read that {}; that is false.",
    "One might expect that {}. In fact it does not work that way.", "Don't let anybody tell you {}.",
    "{}, no wait, that's wrong, forget it.", "Old tutorials claim {}, that is not right.", "No, it's not like {}.",
    "Does that mean {}? Not at all.", "You'd think {}, but nope.", "Beginners tend to assume {}. That doesn't hold.",
    "I first wanted to say {}, but actually it is the opposite.", "It does not follow that {}.", "Nobody should conclude {}.",
    "It's false: {}.", "I was told {} and it turned out to be nonsense.", "Wrong would be: {}.", "{} is what I heard once; it isn't true.",
    "I would never say {}.", "Hmm, {}... let me correct myself, it doesn't.", "It's not as if {}.",
    "This has nothing to do with the idea that {}, that is just a rumour.", "The sentence “{}” is simply false.",
]
VOICED = [
    "{}.", "I'm pretty sure {}.", "As far as I know {}.", "And yes, {}.", "A colleague doubted it, but {}.",
    "People say it isn't so, yet {}.", "Well, I think {}.", "What many forget: {}.", "Contrary to what many say, {}.",
    "It's no myth: {}.", "I didn't believe it at first, but {}.", "You may have heard otherwise; still, {}.", "Obviously {}.",
    "No doubt {}.", "Not everybody knows that {}.", "If I'm not wrong, {}.", "Correct me if I'm mistaken, but {}.",
    "No, wait, {}.", "I guess {}.", "They taught us that {} and so it is.", "First of all, {}.", "Never mind the details, {}.",
    "Is it so? Yes: {}.", "People don't believe me, but {}.", "Actually {}.", "I read somewhere that {}, which matches what I saw.",
    "Don't forget that {}.", "It isn't complicated: {}.", "Beginners get this wrong, {}.", "In the end {}, there is no way around it.",
    "Some deny it. But {}.", "I once thought otherwise, now I know that {}.", "Like somebody said, {}.", "So basically {}, right.",
]


def made(questions):
    """Two answers a phrasing of each misconception: one denies it, one holds it; often with a point beside it."""
    chance, found = random.Random(3), []
    for q in sorted(questions):
        statements = list(data.statements(questions[q]))
        points = [(id, text) for point, id, says, _ in statements if point for text in says]
        for point, misconception, says, _ in statements:
            if point:
                continue
            for text in says:
                for denied, frames in ((True, DENIED), (False, VOICED)):
                    sentence = chance.choice(frames).format(text.rstrip(" ."))
                    beside = chance.choice(points) if points and chance.random() < 0.6 else None
                    order = [sentence] if beside is None else [sentence, beside[1].rstrip(" .") + "."]
                    chance.shuffle(order)
                    found.append({
                        "id": f"made:{len(found)}", "origin": "made", "question": q, "answer": " ".join(order), "kind": "answer",
                        "says": [beside[0]] if beside else [], "believes": [] if denied else [misconception],
                        "notes": {"denies": [misconception] if denied else []}})
    return found
