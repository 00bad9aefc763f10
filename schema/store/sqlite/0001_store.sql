-- The tables that all feeds of a store share. Anyone may read them; only feedmill writes.

-- What is known of a feed as a whole.
CREATE TABLE feed (
    name                 TEXT    NOT NULL PRIMARY KEY,
    consumer             TEXT,               -- the consumer it is sent to, and where that is
    location             TEXT,
    definition           TEXT,               -- under which the last full run completed
    withheld             INTEGER NOT NULL DEFAULT 0,  -- deletes that the last run withheld
    next_sequence        INTEGER NOT NULL DEFAULT 1,  -- the first X-Feedmill-Sequence not used
    next_ordinal         INTEGER NOT NULL DEFAULT 0,  -- above every ordinal of its table
    non_retryable_status TEXT,               -- the policy that the rows' parked and next_attempt_at
    max_attempts         INTEGER             --   follow
) WITHOUT ROWID;

-- Items about to be sent or on their way. What a dead run left here becomes rows with status -1.
CREATE TABLE intent (
    feed             TEXT    NOT NULL,
    id               INTEGER NOT NULL,
    source_entity_id         NOT NULL,
    feed_id          BLOB    NOT NULL,
    feed_hash        BLOB    NOT NULL,
    is_deleted       INTEGER NOT NULL,
    feed_data        TEXT    NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;

-- What could not be built; replaced whenever the entity is built.
CREATE TABLE invalid (
    feed             TEXT    NOT NULL,
    source_entity_id         NOT NULL,
    position         INTEGER NOT NULL,
    "column"         TEXT    NOT NULL,
    reason           TEXT    NOT NULL,
    PRIMARY KEY (feed, source_entity_id, position)
) WITHOUT ROWID;

-- A row per run; outcome and ended_at are NULL while it runs, and stay so when it is killed.
CREATE TABLE run (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    feed            TEXT    NOT NULL,
    command         TEXT    NOT NULL,
    selection       TEXT    NOT NULL,
    definition      TEXT    NOT NULL,
    resumes         INTEGER,                 -- the run it goes on with
    started_at      TEXT    NOT NULL,
    ended_at        TEXT,
    outcome         TEXT,
    reason          TEXT,
    entities        INTEGER,
    items           INTEGER,
    unchanged       INTEGER,
    exported        INTEGER,
    deleted         INTEGER,
    rejected        INTEGER,
    retryable       INTEGER,
    invalid         INTEGER,
    withheld        INTEGER,
    pending         INTEGER,
    requests        INTEGER,
    request_retries INTEGER,
    bytes_sent      INTEGER,
    duration_ms     INTEGER,
    summary         TEXT                     -- JSON, as the run printed it
);
CREATE INDEX run_by_feed ON run (feed, id);

-- How far the newest full run of a feed has come, when it has not completed.
CREATE TABLE checkpoint (
    feed              TEXT    NOT NULL PRIMARY KEY,
    run_id            INTEGER NOT NULL,
    through                   NOT NULL,      -- the last entity that is done
    first_new_ordinal INTEGER NOT NULL,
    seen              BLOB    NOT NULL       -- ordinals of rows, a serialized roaring bitmap
);

-- How many rows of a feed's table stand in each state; kept with every commit.
CREATE TABLE row_count (
    feed       TEXT    NOT NULL,
    status     INTEGER NOT NULL,
    is_deleted INTEGER NOT NULL,
    parked     INTEGER NOT NULL,
    rows       INTEGER NOT NULL,
    PRIMARY KEY (feed, status, is_deleted, parked)
) WITHOUT ROWID;
