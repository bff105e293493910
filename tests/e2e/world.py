"""The stand-in for Discord and the real program beside it, and people who act there. No script by itself.

What runs on it is in `discord.py`, conversations, and in `rounds.py`, many people and many days.
"""
import contextlib
import importlib.util
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIMNET = ROOT.parent / "shared" / "discord-sim" / "simnet.py"
CLOCKED = pathlib.Path(__file__).resolve().with_name("clocked.py")
BINARY = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "target" / "release" / "riposte")
CANARY = "that-no-log-may-hold"
TOKEN = f"canary-token-{CANARY}"
PATIENCE_S = 30
# A line of the log that stands there without asking for more of it.
LEVEL = re.compile(r"\b(ERROR|WARN|INFO)\b")
# The numbers that Discord has for the sorts of options of a command.
KINDS = {str: 3, int: 4, bool: 5}


def lacking():
    """What is missing to play anything, in a sentence; None if all of it is here."""
    if not SIMNET.exists():
        return f"{SIMNET} is not here"
    if importlib.util.find_spec("simcord") is None or importlib.util.find_spec("aiohttp") is None:
        return "the packages simcord and aiohttp are not here"
    return None


class World:
    """The stand-in, the bot and a folder for its data.

    `question` is the only one of the bank, if there is to be only one. With `clock`, time runs in the stand-in, and
    may be another one than here; `net` are its options.
    """

    def __init__(self, folder, content_intent, question="list-vs-tuple", clock=None, net=(), log="trace"):
        self.folder, self.clock, self.level = pathlib.Path(folder), clock, log
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = f"[discord]\nmessage_content = {str(content_intent).lower()}\n"
        (self.folder / "config.toml").write_text(config)
        self.bank = ROOT / "bank"
        if question is not None:
            self.bank = self.folder / "bank"
            (self.bank / "python").mkdir(parents=True)
            (self.bank / "python" / "pairs.toml").write_text(one_question(question))
        self.log = (self.folder / "log").open("ab")
        command = [sys.executable, *([] if clock is None else [CLOCKED]), SIMNET, str(self.port), *net]
        environment = dict(os.environ, **({} if clock is None else clock.of_discord()))
        self.net = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=self.log)
        self.facts = json.loads(self.net.stdout.readline())
        self.bot, self.starts, self.private = None, 0, set()

    def start(self):
        self.bot = self.spawn(self.log)
        before, self.starts = self.starts, self.starts + 1
        self.until("the bot is there", lambda: self.looks_at_commands() > before)

    def spawn(self, log):
        """Another process of the program, which may or may not find its database free."""
        environment = dict(os.environ, RIPOSTE_DISCORD_TOKEN=TOKEN, RIPOSTE_LOG=self.level,
                           RIPOSTE_DISCORD_API=f"http://127.0.0.1:{self.port}")
        environment |= {} if self.clock is None else self.clock.of_bot()
        command = [BINARY, "run", "--db", self.folder / "db" / "riposte.db", "--config", self.folder / "config.toml",
                   "--bank", self.bank]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def looks_at_commands(self):
        """Each start looks once at what is registered, when it is connected."""
        return sum(call["method"] == "GET" and "/commands" in call["path"] for call in self("log"))

    def stop(self, how=signal.SIGTERM):
        self.bot.send_signal(how)
        self.bot.wait(PATIENCE_S)

    def end(self):
        for process in (self.bot, self.net):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        self.log.close()

    def __call__(self, do, **order):
        body = json.dumps({"do": do, **order}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/_sim", body)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)

    def until(self, what, found, patience_s=PATIENCE_S, pause_s=0.1):
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                result = found()
                if result:
                    return result
            if self.bot.poll() is not None:
                raise AssertionError(f"the bot ended with {self.bot.returncode} before {what}")
            time.sleep(pause_s)
        raise AssertionError(f"waited in vain: {what}")

    def person(self, name):
        """Somebody new, whose name and number no log may tell to whoever runs the bot."""
        who = self("user", name=f"{name}-{CANARY}")["id"]
        self.private |= {f"{name}-{CANARY}", who}
        return who

    def said(self, channel):
        """What the bot said in a channel, oldest first."""
        messages = self("messages", channel=channel)
        return [m for m in messages if m["author"]["id"] == self.facts["bot"]]

    def sees(self, channel, words, after=0):
        """Waits for a message of the bot with these words, and returns it with the number of those up to it."""
        def found():
            for place, message in enumerate(self.said(channel)):
                if place >= after and words in text(message):
                    return message, place + 1
            return None
        return self.until(f"“{words}”", found)

    def slash(self, who, channel, name, **options):
        """A command; `daily add` is one within another."""
        name, _, within = name.partition(" ")
        given = [{"name": key, "type": KINDS[type(value)], "value": value} for key, value in options.items()]
        if within:
            given = [{"name": within, "type": 1, "options": given}]
        return self("slash", **{"as": who}, channel=channel, data={"id": "1", "name": name, "type": 1, "options": given})

    def answer(self, who, channel, message, words):
        """Presses Answer and sends the form."""
        opened = self.press(who, channel, message, "Answer")
        self("submit", **{"as": who}, channel=channel, custom_id=opened["modal"]["custom_id"], fields={"text": words})

    def press(self, who, channel, message, label):
        button = next(b for row in message["components"] for b in row["components"] if b["label"] == label)
        return self("click", **{"as": who}, channel=channel, message=message["id"], custom_id=button["custom_id"])

    def say(self, who, channel, words):
        return self("say", **{"as": who}, channel=channel, text=words)

    def new_thread(self, before):
        def found():
            threads = [c for c in self("channels") if c["parent"] == self.facts["channel"] and c["id"] not in before]
            return threads[0]["id"] if threads else None
        return self.until("a thread", found)


def questions():
    """Every question that is shipped."""
    import tomllib  # From Python 3.11 on, which conversations of a few people do without.

    files = sorted((ROOT / "bank" / "python").glob("*.toml"))
    return [question for file in files for question in tomllib.loads(file.read_text())["questions"]]


def one_question(wanted):
    """The shipped track with one question alone, so that the answers here fit it."""
    for file in sorted((ROOT / "bank" / "python").glob("*.toml")):
        head, *questions = file.read_text().split("[[questions]]\n")
        for question in questions:
            if f'id = "{wanted}"' in question.split("[questions.model]")[0]:
                return f'topic = "Pairs"\n\n[[questions]]\n{question}'
    raise AssertionError(f"the bank has no {wanted}")


def told(log, private):
    """What is private of the lines that are logged where nobody asked for more."""
    lines = [line for line in log.splitlines() if LEVEL.search(line)]
    assert lines, "a bot that starts says so"
    return [line for line in lines if any(word in line for word in private)]


def plain(words):
    """Letters and digits alone: a card writes some signs so that Discord takes them for text."""
    return re.sub(r"\W+", "", words).lower()


def text(message):
    parts = [message.get("content") or ""] + [embed.get("description") or "" for embed in message.get("embeds") or []]
    return "\n".join(parts)


def errors(log):
    """What the bot logged as its own fault."""
    return [line for line in log.splitlines() if re.match(r"\S+\s+ERROR\b", line)]
