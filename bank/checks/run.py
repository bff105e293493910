#!/usr/bin/env python3
"""Runs every claim about Python that the bank makes, on the Python that runs this file (3.11 or newer).

usage: python3 bank/checks/run.py

Each module beside this one checks one topic: a function `check_<question id>` per question, which
asserts what the model answer, the traps and the corrections say. Every fenced `python` block of a
model answer is run as it stands in the bank, so that text and check cannot drift apart. A question
with such a block and without a check fails the run.
"""
import contextlib
import importlib
import io
import pathlib
import re
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
BANK = HERE.parent / "python"
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def questions():
    for file in sorted(BANK.glob("*.toml")):
        for question in tomllib.loads(file.read_text(encoding="utf-8"))["questions"]:
            yield file.stem, question


def blocks(question_id):
    """The fenced Python blocks of a question's model answer, in order."""
    for _, question in questions():
        if question["id"] == question_id:
            model = question["model"]
            text = "\n".join(model[part] for part in ("claim", "explanation", "example"))
            return FENCE.findall(text)
    raise KeyError(question_id)


def run_example(question_id):
    """Runs the blocks of a model answer in one fresh namespace; returns (namespace, printed text)."""
    namespace = {"__name__": "example"}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for number, block in enumerate(blocks(question_id), 1):
            exec(compile(block, f"<{question_id} block {number}>", "exec"), namespace)
    return namespace, printed.getvalue()


def raises(error, action, *args):
    """The message of the `error` that `action(*args)` must raise. `action` may be source code."""
    try:
        exec(action, {}) if isinstance(action, str) else action(*args)
    except error as caught:
        return str(caught)
    raise AssertionError(f"{error.__name__} was not raised")


def main():
    sys.path.insert(0, str(HERE))
    sys.modules["run"] = sys.modules["__main__"]
    passed, failed = 0, 0
    for topic, question in questions():
        name = "check_" + question["id"].replace("-", "_")
        try:
            getattr(importlib.import_module(topic.replace("-", "_")), name)()
            passed += 1
        except Exception as error:
            failed += 1
            print(f"{topic}: {name}: {type(error).__name__}: {error}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
