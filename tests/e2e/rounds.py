#!/usr/bin/env python3
"""A round of two hundred people, and a daily over thirty days, of the real program with a Discord by another author.

    python3 tests/e2e/rounds.py [path of the riposte binary]

The program is killed and started again in the middle of both. What stands in Discord afterwards is counted, and held
against what was promised: everything once, nothing of anybody's in public, nobody mentioned.

It needs what `discord.py` needs, and libfaketime for the thirty days. Where something is missing, this says so and
succeeds: nothing was tried, so nothing is known.
"""
import concurrent.futures
import os
import pathlib
import sys
import tempfile

from counted import Report
from world import TOKEN, errors, lacking, told


def main():
    lack = lacking() if sys.version_info >= (3, 11) else "Python 3.11 or newer is not here"
    if lack:
        return print(f"{lack}: rounds and dailies were not played")
    # Older ones could not read these.
    from crowd import round_of_many
    from days import daily_of_days, faketime

    library = faketime()
    if library is None:
        print("libfaketime is not here: the daily was not played")
    parts = [("a round of 200 people", round_of_many, ())]
    if library is not None:
        parts.append(("a daily over 30 days", daily_of_days, (library,)))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        playing = [pool.submit(played, *part) for part in parts]
        reports = [each.result() for each in playing]
    show(reports)
    sys.exit(any(report.broken for report in reports))


def played(name, play, given):
    """Plays one part in a folder of its own, and looks at what it logged."""
    report = Report(name)
    with tempfile.TemporaryDirectory() as folder:
        try:
            private = play(folder, report, *given).private
            log = (pathlib.Path(folder) / "log").read_text(errors="replace")
            report.holds("no log holds the token", TOKEN not in log)
            lines = errors(log)
            report.holds("the bot logged no error", not lines, *lines)
            lines = told(log, private)
            report.holds("no log holds words or names of anybody", not lines, *lines)
        except (AssertionError, KeyError, StopIteration, TypeError, OSError) as error:
            report.broken.append(repr(error))
            if os.environ.get("SHOW_LOG"):
                print((pathlib.Path(folder) / "log").read_text(errors="replace")[-6000:])
    return report


def show(reports):
    names = ["posts", "edits", "private answers", "threads", "pins", "reveals", "duplicates", "missed days", "answers",
             "kills", "posts tried", "threads tried", "pins tried", "tried again", "late first answers"]
    width = max(map(len, names))
    print(" " * width, *(report.name.rjust(24) for report in reports))
    for name in names:
        print(name.ljust(width), *(str(report.counts[name]).rjust(24) for report in reports))
    for report in reports:
        for broken in dict.fromkeys(report.broken):
            print("BROKEN", report.name, "·", broken)


if __name__ == "__main__":
    main()
