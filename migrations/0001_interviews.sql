-- Interviews and everything that has to survive a crash. Times are milliseconds since 1970, UTC.

CREATE TABLE interviews (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- never used twice: buttons outlive interviews
    place    TEXT    NOT NULL, -- where its cards go
    person   TEXT    NOT NULL, -- whose it is
    plan     TEXT    NOT NULL, -- JSON, written once
    state    TEXT    NOT NULL, -- JSON, written with every input
    version  INTEGER NOT NULL, -- counts the inputs; a change based on an older one is refused
    open     INTEGER NOT NULL, -- 0 once nothing can happen to it any more
    wake_at  INTEGER,          -- an index of the deadline, which the state alone decides
    failures INTEGER NOT NULL DEFAULT 0, -- inputs in a row that could not be applied
    active_at INTEGER NOT NULL -- of the last input
) STRICT;
CREATE INDEX interviews_of_person ON interviews (place, person) WHERE open = 1;
CREATE INDEX interviews_by_wake ON interviews (wake_at) WHERE open = 1;

-- One row per input that was accepted: an input whose key stands here is done.
CREATE TABLE journal (
    key TEXT    PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX journal_by_age ON journal (at);

-- Cards on their way: queued → sending → sent, or failed. Only the head of an interview is ever sent.
CREATE TABLE outbox (
    interview  INTEGER NOT NULL REFERENCES interviews (id) ON DELETE CASCADE,
    seq        INTEGER NOT NULL,
    card       TEXT    NOT NULL, -- JSON
    status     TEXT    NOT NULL CHECK (status IN ('queued', 'sending', 'sent', 'failed')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    receipt    TEXT,             -- the platform's id of the message
    PRIMARY KEY (interview, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox (status, not_before) WHERE status IN ('queued', 'sending');

-- Facts that outlive an interview: no words of a candidate.
CREATE TABLE records (
    id     INTEGER PRIMARY KEY,
    person TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    record TEXT    NOT NULL -- JSON
) STRICT;
CREATE INDEX records_of_person ON records (person, at);

-- What is out of a shuffle bag: questions, and traps for solid answers.
CREATE TABLE seen (
    holder   TEXT    NOT NULL, -- a person or a channel
    question TEXT    NOT NULL,
    trap     TEXT    NOT NULL, -- '' for the question itself
    at       INTEGER NOT NULL,
    PRIMARY KEY (holder, question, trap)
) STRICT, WITHOUT ROWID;
