-- What chat platforms need: interviews that move, posts that are looked for and held up, inputs that are
-- answered again, and a process that knows how long it was away.

ALTER TABLE interviews ADD COLUMN origin TEXT NOT NULL DEFAULT ''; -- where it was asked for; it may have moved since
UPDATE interviews SET origin = place;
DROP INDEX interviews_of_person;
CREATE INDEX interviews_of_person ON interviews (person, open);
CREATE INDEX interviews_by_place ON interviews (place);

ALTER TABLE journal ADD COLUMN interview INTEGER; -- that the input led to; may be gone

ALTER TABLE outbox ADD COLUMN queued_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN tried_at INTEGER; -- when it was last handed to the platform
ALTER TABLE outbox ADD COLUMN looks INTEGER NOT NULL DEFAULT 0; -- in vain, since then, for what became of it
ALTER TABLE outbox ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0; -- tries in a row that only a person can help
UPDATE outbox SET queued_at = (SELECT active_at FROM interviews WHERE interviews.id = outbox.interview);
UPDATE outbox SET tried_at = queued_at WHERE attempts > 0;
CREATE INDEX outbox_blocked ON outbox (interview) WHERE blocked > 0;

-- One row: when the process was alive for the last time that is known.
CREATE TABLE process (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    alive_at INTEGER NOT NULL
) STRICT;
INSERT INTO process (id, alive_at) SELECT 1, max(active_at) FROM interviews HAVING max(active_at) IS NOT NULL;
