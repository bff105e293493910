"""What stands in Discord after a round or a daily, counted and held against what was promised. No script by itself."""
import collections
import itertools
import json
import re

from world import text

# The count on a post is brought up to date so seldom, and two such edits are on their way for times that differ by
# less than that, a start in between included.
COUNT_EVERY_S, ON_ITS_WAY_S = 10, 5
# Discord's number for what one person alone sees.
EPHEMERAL = 64
# Discord's numbers of the messages that say that another one was pinned, or that a thread was made.
PINS_ADD, THREAD_CREATED = 6, 18
SAYS_WHAT_WAS_DONE = (PINS_ADD, THREAD_CREATED)
# What the post of a round says while it waits, and once it is revealed.
NOBODY_YET, CLOSED = "Nobody has answered yet", "It is closed"
# Of what was seen where a promise is broken.
SEEN_CHARS_MAX = 400


class Report:
    """What was counted, and which promises were broken."""

    def __init__(self, name):
        self.name, self.counts, self.broken = name, collections.Counter(), []

    def holds(self, promise, holds, *seen):
        if not holds:
            self.broken.append(": ".join([promise, *(str(each)[:SEEN_CHARS_MAX] for each in seen)]))


def count_channel(world, report, posts):
    """Counts what stands in the channel and below it, where each of these posts is to be there once."""
    channel, bot = world.facts["channel"], world.facts["bot"]
    public = [m for m in world.said(channel) if not m["ephemeral"]]
    questions = [m for m in public if m["components"] or CLOSED in text(m)]
    report.counts["posts"] = len(questions)
    report.holds("nothing else stands in the channel", [m["id"] for m in questions] == posts, len(questions))
    others = [m for m in public if m not in questions and m["type"] not in SAYS_WHAT_WAS_DONE]
    report.holds("nothing is said beside the questions", not others, *map(text, others))
    threads = [c for c in world("channels") if c["parent"] == channel]
    report.counts["threads"] = len(threads)
    report.holds("each question has one thread", sorted(c["id"] for c in threads) == sorted(posts), len(threads))
    pinned = [m["id"] for m in questions if m["pinned"]]
    report.counts["pins"] = sum(m["type"] == PINS_ADD for m in public)
    report.holds("each pin was made once", report.counts["pins"] == len(pinned), len(pinned))
    reveals = collections.Counter()
    for thread in threads:
        said = [m for m in world.said(thread["id"]) if not m["ephemeral"]]
        reveals[thread["id"]] = sum("Model answer" in text(m) for m in said)
        report.holds("a thread holds the reveal alone", len(said) == reveals[thread["id"]], *map(text, said))
    report.counts["reveals"] = reveals.total()
    report.holds("each question has one reveal", all(reveals[post] == 1 for post in posts), reveals)
    twice = sum(max(0, number - 1) for number in reveals.values())
    report.counts["duplicates"] += twice + len(questions) - len({m["id"] for m in questions if m["id"] in posts})
    everything = [m for c in world("channels") for m in world("messages", channel=c["id"]) if m["author"]["id"] == bot]
    report.counts["private answers"] = sum(m["ephemeral"] for m in everything)
    mentioning = [m for m in everything if m["mentions"] or m["mention_roles"] or m["mention_everyone"]]
    report.holds("nobody is mentioned", not mentioning, *map(text, mentioning))
    count_calls(world, report)


def count_calls(world, report):
    """Looks into all that was sent, and not only into what stands there."""
    calls = world("log")
    for call in calls:
        body = call["body"] if isinstance(call["body"], dict) else {}
        message = body.get("data") or body
        if "content" not in message and "embeds" not in message:
            continue
        allowed = message.get("allowed_mentions")
        report.holds("no mention is allowed", allowed == {"parse": []}, call["path"], allowed)
        # An answer to an interaction is one person's if it says so; what else is written, everybody may read.
        private = call["path"].startswith(("/interactions/", "/webhooks/")) and message.get("flags", 0) & EPHEMERAL
        written = json.dumps(body, ensure_ascii=False)
        loud = [word for word in world.private if word in written and not word.isdigit()]
        report.holds("what somebody says stays between them and the bot", private or not loud, call["path"], loud)
    tries = {"posts tried": ("POST", rf"/channels/{world.facts['channel']}/messages"),
             "threads tried": ("POST", r"/channels/\d+/messages/\d+/threads"),
             "pins tried": ("PUT", r"/channels/\d+/(messages/)?pins/\d+")}
    for name, (method, path) in tries.items():
        report.counts[name] = sum(call["method"] == method and bool(re.fullmatch(path, call["path"])) for call in calls)
    late = [call for call in calls if call["path"].endswith("/callback") and call["status"] >= 400]
    report.counts["late first answers"] = len(late)


def count_edits(world, report, post):
    """Edits of a post: its count follows at its own pace, and the close is said."""
    wanted = ("PATCH", f"/channels/{world.facts['channel']}/messages/{post['id']}", 200)
    edits = [call for call in world("log") if (call["method"], call["path"], call["status"]) == wanted]
    report.counts["edits"] += len(edits)
    # After a kill, what perhaps arrived is said again, which nobody sees.
    said = [next(same) for _, same in itertools.groupby(edits, lambda call: text(call["body"]))]
    counting = [call for call in said if CLOSED not in text(call["body"])]
    gaps = [round(after["at"] - before["at"], 1) for before, after in zip(counting, counting[1:])]
    report.holds("the count is edited at most once in ten seconds",
                 all(gap >= COUNT_EVERY_S - ON_ITS_WAY_S for gap in gaps), gaps)
    report.holds("the close is said once", len(said) - len(counting) == 1, len(said) - len(counting))
