"""The bank, the labelled answers, and what the Rust code measures of them."""
import json
import pathlib
import subprocess
import tempfile
import tomllib

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent
TOOLS = ROOT / "target/release/examples"
SHIPPED = "python"  # the track that is shipped; the other fields only teach


def read_questions(file, field):
    """The questions of a bank's file by id; `field` says where they belong: the shipped bank or another field."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    for question in data["questions"]:
        for name in ("points", "misconceptions", "traps", "samples"):
            question.setdefault(name, [])
        for statement in question["points"] + question["misconceptions"]:
            statement.setdefault("also", [])
            statement.setdefault("unlike", [])
        yield question["id"], question | {"track": field, "topic": data["topic"], "level": None}


def load_bank():
    """Questions by id, those of other fields too, and the general traps, as the Rust types read them."""
    questions = {}
    for file in sorted((ROOT / "bank/python").glob("*.toml")):
        questions.update(read_questions(file, SHIPPED))
    for file in sorted((HERE / "fields").glob("*.toml")):
        questions.update(read_questions(file, file.stem))
    general = tomllib.loads((ROOT / "bank/general.toml").read_text(encoding="utf-8"))
    return questions, {key: general[key] for key in ("traps", "recovery")}


def thinned(questions, also, unlike):
    """The same bank with fewer phrasings a statement, as a bank that nobody worked on for long."""
    copy = json.loads(json.dumps(questions))
    for question in copy.values():
        for statement in question["points"] + question["misconceptions"]:
            statement["also"] = statement["also"][:also]
            statement["unlike"] = statement["unlike"][:unlike]
    return copy


def statements(question):
    """Every statement of a question: (is it a point, id, says, near misses); the first of says is the sentence."""
    for statement in question["points"]:
        yield True, statement["id"], [statement["idea"], *statement["also"]], statement["unlike"]
    for statement in question["misconceptions"]:
        yield False, statement["id"], [statement["belief"], *statement["also"]], statement["unlike"]


def texts(question):
    """Every text of a question that is embedded."""
    yield from (question["ask"], question["model"]["claim"])
    for _, _, says, near in statements(question):
        yield from says + near


def load_answers():
    """All labelled answers, `origin` by file; ids are unique over the files."""
    answers = []
    for file in sorted((HERE / "answers").glob("*.jsonl")) + sorted((HERE / "fields/answers").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.strip():
                row = json.loads(line)
                answers.append(row | {"origin": file.stem, "id": f"{file.stem}:{row['id']}"})
    return answers


def samples(questions, general):
    """The bank's own tests as labelled answers; what they lack follows from the trap their author chose."""
    kinds = {"@recover": "blank", "@reask": "off_topic"}
    for q, question in questions.items():
        whens = {trap["id"]: trap["when"] for trap in question["traps"] + general["traps"]}
        for place, sample in enumerate(question["samples"]):
            when = whens.get(sample["trap"])
            lacks = when.get("lacks") if isinstance(when, dict) else None
            yield {"id": f"sample:{q}/{place}", "origin": "sample", "question": q, "answer": sample["answer"],
                   "kind": kinds.get(sample["trap"], "answer"), "says": sample["says"],
                   "believes": sample["believes"], "example": lacks != "example", "reason": lacks != "reason"}


def run_tool(name, *texts):
    """Runs one of the examples on files with these contents; its output lines, parsed."""
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder, str(place)) for place in range(len(texts))]
        for file, text in zip(files, texts):
            file.write_text(text, encoding="utf-8")
        done = subprocess.run([TOOLS / name, *files], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def clauses(texts):
    """The clauses of each text as the Rust code cuts them, as ranges of bytes."""
    return run_tool("clauses", "".join(json.dumps(text) + "\n" for text in texts))


def lexical(questions, general, answers):
    """What the lexical grader measures, by (answer id, question id).

    The words of a bank are learned from all of it, so the shipped bank and the other fields are read apart.
    """
    found = {}
    for shipped in (True, False):
        ours = [question for question in questions.values() if (question["track"] == SHIPPED) == shipped]
        ids = {question["id"] for question in ours}
        bank = json.dumps({"questions": ours, "general": general})
        rows = [{k: a[k] for k in ("id", "question", "answer")} for a in answers if a["question"] in ids]
        if rows:
            for r in run_tool("lexical_features", bank, "".join(json.dumps(row) + "\n" for row in rows)):
                found[r["id"], r["question"]] = r["features"]
    return found
