-- Rounds, which stand beside interviews so that their cards travel the same way, and dailies.

ALTER TABLE interviews ADD COLUMN sort TEXT NOT NULL DEFAULT 'interview' CHECK (sort IN ('interview', 'round'));
ALTER TABLE interviews ADD COLUMN round INTEGER REFERENCES interviews (id) ON DELETE CASCADE; -- that it is a part in
ALTER TABLE interviews ADD COLUMN holds TEXT; -- the channel that has room for one open round, while it is this one
ALTER TABLE interviews ADD COLUMN daily INTEGER; -- that the round is of; may be gone
CREATE UNIQUE INDEX interviews_by_holds ON interviews (holds) WHERE holds IS NOT NULL;
CREATE INDEX interviews_of_round ON interviews (round) WHERE round IS NOT NULL;

ALTER TABLE outbox ADD COLUMN way TEXT NOT NULL DEFAULT 'post'; -- post, edit, thread, pin or under: what waits for what
ALTER TABLE outbox ADD COLUMN person TEXT; -- whose it is, if not the interview's

CREATE TABLE dailies (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    server  TEXT    NOT NULL,
    channel TEXT    NOT NULL, -- where it is posted
    creator TEXT    NOT NULL, -- who is told what goes wrong; '' once they are forgotten
    daily   TEXT    NOT NULL, -- JSON: schedule and filter
    paused  INTEGER NOT NULL,
    handled TEXT    NOT NULL, -- the last local date that was posted, missed or skipped
    wake_at INTEGER,          -- an index of what is due next; NULL while it is paused
    trouble TEXT              -- JSON: what went wrong last; NULL once something went right
) STRICT;
CREATE INDEX dailies_of_server ON dailies (server);
CREATE INDEX dailies_by_wake ON dailies (wake_at) WHERE wake_at IS NOT NULL;

-- One row a date that was handled: a second post of it is refused here, whatever the clocks say.
CREATE TABLE daily_dates (
    daily INTEGER NOT NULL REFERENCES dailies (id) ON DELETE CASCADE,
    date  TEXT    NOT NULL,
    PRIMARY KEY (daily, date)
) STRICT, WITHOUT ROWID;
