#!/usr/bin/env python3
"""Whole conversations of the real program with a Discord by another author.

    python3 tests/e2e/discord.py [path of the riposte binary]

The stand-in is ../shared/discord-sim/simnet.py beside this project; it needs the packages simcord and aiohttp.
Where one of them is missing, this says so and succeeds: nothing was tried, so nothing is known.
"""
import os
import pathlib
import signal
import sys
import tempfile
import time

from world import TOKEN, World, errors, lacking, text, told

ANSWER = "It is basically the same thing, because Python only has different brackets for it, for example [1] and (1)."
REPLY = "Then dict keys would break, because a list is not hashable and raises a TypeError."


def drill_in_direct_messages(world):
    ana = world.person("ana")
    channel = world("dm", **{"as": ana})["channel"]
    world.slash(ana, channel, "drill", track="python")
    _, seen = world.sees(channel, "Asked <t:")
    world.say(ana, channel, ANSWER)
    _, seen = world.sees(channel, "You wrote", after=seen)
    world.say(ana, channel, REPLY)
    reveal, seen = world.sees(channel, "Model answer", after=seen)
    assert "||" not in text(reveal), "nothing is hidden where nobody else reads"
    world.press(ana, channel, reveal, "Next question")
    world.sees(channel, "Asked <t:", after=seen)


def answer_that_got_lost(world):
    ben = world.person("ben")
    channel = world("dm", **{"as": ben})["channel"]
    world("lose", count=1)
    world.slash(ben, channel, "drill", track="python")
    world.sees(channel, "Asked <t:")
    world.say(ben, channel, ANSWER)
    world.until("the follow-up", lambda: len(world.said(channel)) >= 3)
    asked = [m for m in world.said(channel) if "Asked <t:" in text(m)]
    assert len(asked) == 1, "the question stands there once"


def reply_while_away(world):
    eve = world.person("eve")
    channel = world("dm", **{"as": eve})["channel"]
    world.slash(eve, channel, "drill", track="python")
    question, seen = world.sees(channel, "Asked <t:")
    world.stop(signal.SIGKILL)
    world.say(eve, channel, ANSWER)
    world.start()
    trap, seen = world.sees(channel, "", after=seen)
    world.press(eve, channel, trap, "Skip")
    world.sees(channel, "Model answer", after=seen)
    world.press(eve, channel, question, "Skip")
    world.until("a word on the old button", lambda: any("earlier" in text(m) or "over" in text(m)
                                                        for m in world.said(channel) if m["ephemeral"]))


def buttons_after_a_restart(world):
    hal = world.person("hal")
    channel = world("dm", **{"as": hal})["channel"]
    world.slash(hal, channel, "drill", track="python")
    question, seen = world.sees(channel, "Asked <t:")
    world.stop()
    world.start()
    world.press(hal, channel, question, "Skip")
    reveal, seen = world.sees(channel, "Model answer", after=seen)
    world.stop(signal.SIGKILL)
    world.start()
    world.press(hal, channel, reveal, "Stop")
    world.sees(channel, "Stopped here", after=seen)


def asked_in_a_thread(world, name):
    """A person, the thread of their drill, the question there, and the number of messages up to it."""
    who = world.person(name)
    before = {c["id"] for c in world("channels")}
    world.slash(who, world.facts["channel"], "drill", track="python")
    thread = world.new_thread(before)
    return who, thread, *world.sees(thread, "Asked <t:")


def drill_in_a_thread_by_form(world):
    cem, thread, question, _ = asked_in_a_thread(world, "cem")
    opened = world.press(cem, thread, question, "Answer")
    world("submit", **{"as": cem}, channel=thread, custom_id=opened["modal"]["custom_id"], fields={"text": ANSWER})
    trap = world.until("the follow-up, for cem alone",
                       lambda: next((m for m in world.said(thread) if m["ephemeral"]), None))
    opened = world.press(cem, thread, trap, "Answer")
    world("submit", **{"as": cem}, channel=thread, custom_id=opened["modal"]["custom_id"], fields={"text": REPLY})
    reveal, _ = world.sees(thread, "Model answer")
    assert reveal["ephemeral"], "the model answer is for cem alone"


def drill_in_a_thread_by_messages(world):
    dan, thread, _, seen = asked_in_a_thread(world, "dan")
    world.say(dan, thread, ANSWER)
    _, seen = world.sees(thread, "You wrote", after=seen)
    world.say(dan, thread, REPLY)
    reveal, _ = world.sees(thread, "Model answer", after=seen)
    assert "||" in text(reveal), "others read along, so it is hidden"


def two_at_once(world):
    people = [world.person(name) for name in ("fay", "gil")]
    channels = [world("dm", **{"as": person})["channel"] for person in people]
    for person, channel in zip(people, channels):
        world.slash(person, channel, "drill", track="python")
    for person, channel in zip(people, channels):
        world.sees(channel, "Asked <t:")
        world.say(person, channel, ANSWER)
    for channel in channels:
        world.until("both follow-ups", lambda: len(world.said(channel)) >= 3)


def round_of_three(world):
    host, bob, cem = (world.person(name) for name in ("ada", "bob", "cem"))
    channel, before = world.facts["channel"], {c["id"] for c in world("channels")}
    start = len(world.said(channel))
    world.slash(host, channel, "round", track="python", minutes=10)
    card, _ = world.sees(channel, "Your round is on", after=start)
    post, seen = world.sees(channel, "Nobody has answered yet", after=start)
    thread = world.new_thread(before)
    assert card["ephemeral"] and not post["ephemeral"]
    world.answer(bob, channel, post, ANSWER)
    trap, seen = world.sees(channel, "You wrote", after=seen)
    world.answer(bob, channel, trap, REPLY)
    noted, seen = world.sees(channel, "Your answer is in", after=seen)
    world.press(cem, channel, post, "I'm blank")
    steps, seen = world.sees(channel, "Three small steps", after=seen)
    world.answer(cem, channel, steps, ANSWER)
    other, seen = world.sees(channel, "You wrote", after=seen)
    world.answer(host, channel, post, ANSWER)
    third, seen = world.sees(channel, "You wrote", after=seen)
    assert all(m["ephemeral"] for m in (trap, noted, steps, other, third)), "what one person says is for them alone"
    world.until("the count", lambda: "3 have answered" in text(world.said(channel)[start + 1]))
    world.slash(cem, channel, "round")
    world.sees(channel, "A round is open in this channel already", after=seen)
    world.press(host, channel, card, "Close now")
    result, _ = world.sees(thread, "How many said each point")
    assert not result["ephemeral"] and "||" in text(result), "everybody reads it who wants to"
    (picture,) = result["attachments"]
    assert picture["filename"].startswith("SPOILER_") and "of 3" in picture["description"]
    world.press(bob, thread, result, "How did I do?")
    mine, _ = world.sees(thread, "What you said")
    assert mine["ephemeral"]
    world.press(bob, thread, result, "Show my answer")
    shown, _ = world.sees(thread, "shows what they answered")
    assert not shown["ephemeral"]
    assert "closed" in text(world.said(channel)[start + 1])


def daily_of_the_next_minute(world):
    owner, channel, before = world.facts["owner"], world.facts["channel"], {c["id"] for c in world("channels")}
    start = len(world.said(channel))
    stranger = world.person("dora")
    then = int(time.time() + 65) // 60 * 60
    when = time.strftime("%H:%M", time.gmtime(then))
    world.slash(stranger, channel, "daily add", time=when, zone="UTC")
    world.sees(channel, "Dailies are for those who may manage this server", after=start)
    world.slash(owner, channel, "daily add", time=when, zone="UTC", hours=1)
    saved, seen = world.sees(channel, "Saved", after=start)
    assert saved["ephemeral"] and text(saved).count(":F>") == 3
    # It is killed before, and posts all the same, once.
    world.stop(signal.SIGKILL)
    time.sleep(max(0, then - time.time()))
    world.start()
    world.until("the daily", lambda: any("Nobody has answered yet" in text(m) for m in world.said(channel)[seen:]))
    world.new_thread(before)
    posts = [m for m in world.said(channel)[seen:] if "Nobody has answered yet" in text(m)]
    assert len(posts) == 1


SCENARIOS = [
    (False, [drill_in_direct_messages, answer_that_got_lost, reply_while_away, buttons_after_a_restart,
             drill_in_a_thread_by_form, two_at_once, round_of_three, daily_of_the_next_minute]),
    (True, [drill_in_a_thread_by_messages]),
]


def main():
    if lack := lacking():
        return print(f"{lack}: the conversations with Discord were not played")
    failed = 0
    for content_intent, scenarios in SCENARIOS:
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder, content_intent)
            world.private |= {ANSWER, REPLY}
            try:
                world.start()
                for scenario in scenarios:
                    try:
                        scenario(world)
                        print("ok    ", scenario.__name__)
                    except (AssertionError, KeyError, StopIteration, TypeError, OSError) as error:
                        failed += 1
                        print("FAILED", scenario.__name__, "·", repr(error))
            except AssertionError as error:
                failed += 1
                print("FAILED", error)
            finally:
                world.end()
            log = (pathlib.Path(folder) / "log").read_text(errors="replace")
            if TOKEN in log:
                failed += 1
                print("FAILED the token stands in the log")
            for line in errors(log):
                failed += 1
                print("FAILED the bot logged an error:", line)
            for line in told(log, world.private):
                failed += 1
                print("FAILED words, a name or a number of somebody stands in the log:", line)
            if failed and os.environ.get("SHOW_LOG"):
                print(log[-6000:])
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
