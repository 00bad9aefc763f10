-- The table of one feed. {feed} is its name.
-- Clustered by entity, as a full run reads it. What is long stands last: reading a row's state passes it over.
CREATE TABLE "feed_{feed}" (
    source_entity_id         NOT NULL,       -- integer or text, as the source has it
    feed_id          BLOB    NOT NULL,       -- blake3 of the identity's JSON array
    ordinal          INTEGER NOT NULL,       -- small, dense, the row's for as long as it lives
    feed_hash        BLOB    NOT NULL,       -- of the content that status speaks of
    is_deleted       INTEGER NOT NULL,
    status           INTEGER NOT NULL,       -- HTTP code; 0 not submitted, 1 failed item, -1 in flight when a run died
    attempts         INTEGER NOT NULL,       -- failed runs of this content
    parked           INTEGER NOT NULL,
    next_attempt_at  TEXT,                   -- when retry takes it
    modified_at      TEXT    NOT NULL,
    feed_data        TEXT,
    errors           TEXT,                   -- JSON array of what the consumer said, or NULL
    PRIMARY KEY (source_entity_id, feed_id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX "identity_{feed}" ON "feed_{feed}" (feed_id);

-- The others hold failed and deleted rows only: delivered items cost them nothing.
CREATE INDEX "due_{feed}" ON "feed_{feed}" (next_attempt_at, source_entity_id) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX "failed_{feed}" ON "feed_{feed}" (parked, status, is_deleted) WHERE status NOT BETWEEN 200 AND 299;
CREATE INDEX "deleted_{feed}" ON "feed_{feed}" (modified_at) WHERE is_deleted = 1;
