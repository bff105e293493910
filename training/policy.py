"""The policy of src/core/grading/policy.rs, and the figures of the evaluation."""
SAID = 0.5


def next_trap(question, general, kind, says, believes, example, reason):
    """The id of the trap fired by these confidences, or @recover or @reask."""
    if kind == "blank":
        return "@recover"
    if kind != "answer":
        return "@reask"

    def first(when):
        return next((t["id"] for t in question["traps"] if t["when"] == when), None)

    def any_of(when):
        return first(when) or next((t["id"] for t in general["traps"] if t["when"] == when), None)

    lines = [
        [(c, first({"believes": id}), c >= SAID) for id, c in believes.items()],
        [(1 - says[p["id"]], first({"missing": p["id"]}), True) for p in question["points"] if p.get("key")],
        [(1 - example, any_of({"lacks": "example"}), True), (1 - reason, any_of({"lacks": "reason"}), True)],
        [(1.0, any_of("solid"), True)],
    ]
    reached, best = 1.0, (0.0, "@reveal")
    for line in lines:
        passed = reached
        for applies, trap, may in line:
            if trap:
                passed *= 1 - applies
                best = max(best, (reached * applies if may else 0.0, trap), key=lambda one: one[0])
        reached = passed
    return best[1]


def allowed_traps(question, general, label):
    """The ids that the policy allows for a true label."""
    if label["kind"] == "blank":
        return {"@recover"}
    if label["kind"] in ("off_topic", "keywords"):
        return {"@reask"}
    own, shared = question["traps"], general["traps"]

    def ids(traps, *whens):
        return {trap["id"] for trap in traps if trap["when"] in whens}

    found = ids(own, *({"believes": id} for id in label["believes"]))
    if found:
        return found
    missing = [p["id"] for p in question["points"] if p.get("key") and p["id"] not in label["says"]]
    found = ids(own, *({"missing": id} for id in missing))
    if found:
        return found
    for part in ("example", "reason"):
        if not label[part]:
            want = {"lacks": part}
            found |= ids(own, want) or ids(shared, want)
    return found or ids(own, "solid") | ids(shared, "solid")


def ratio(hits, false, missed):
    precision = hits / (hits + false) if hits + false else 0.0
    recall = hits / (hits + missed) if hits + missed else 0.0
    return {"precision": precision, "recall": recall, "f1": 2 * hits / max(1, 2 * hits + false + missed)}


def figures(questions, general, answers, predictions):
    """The figures over answers; a prediction is (kind, says, believes, example, reason), confidences."""
    counts = {"says": [0, 0, 0], "believes": [0, 0, 0]}
    right = dict.fromkeys(("kind", "example", "reason", "trap"), 0)
    for answer, (kind, says, believes, example, reason) in zip(answers, predictions):
        if kind != "answer":
            says, believes, example, reason = dict.fromkeys(says, 0.0), dict.fromkeys(believes, 0.0), 0.0, 0.0
        for field, found in (("says", says), ("believes", believes)):
            true, said = set(answer[field]), {id for id, c in found.items() if c >= SAID}
            for place, part in enumerate((true & said, said - true, true - said)):
                counts[field][place] += len(part)
        question = questions[answer["question"]]
        trap = next_trap(question, general, kind, says, believes, example, reason)
        right["kind"] += kind == answer["kind"]
        right["example"] += (example >= SAID) == answer["example"]
        right["reason"] += (reason >= SAID) == answer["reason"]
        right["trap"] += trap in allowed_traps(question, general, answer)
    total = max(1, len(answers))
    return {"answers": len(answers), "points": ratio(*counts["says"]), "misconceptions": ratio(*counts["believes"]),
            **{name: count / total for name, count in right.items()}}


def line(name, f):
    p, m = f["points"], f["misconceptions"]
    return (f"{name:42} n {f['answers']:4} trap {f['trap']:.3f} points F1 {p['f1']:.3f} misconceptions P "
            f"{m['precision']:.3f} R {m['recall']:.3f} F1 {m['f1']:.3f} kind {f['kind']:.3f} "
            f"example {f['example']:.3f} reason {f['reason']:.3f}")
