-- What is in flight is written a request at a time: one row, however many items.
CREATE TABLE intent_group (
    feed             TEXT    NOT NULL,
    id               INTEGER NOT NULL,
    is_deleted       INTEGER NOT NULL,
    owners           TEXT    NOT NULL,       -- JSON array of the items' source_entity_ids
    feed_ids         BLOB    NOT NULL,       -- 32 bytes an item
    feed_hashes      BLOB    NOT NULL,       -- 32 bytes an item
    data_lengths     TEXT    NOT NULL,       -- JSON array: bytes of each item's part of feed_data
    feed_data        BLOB    NOT NULL,
    PRIMARY KEY (feed, id)
) WITHOUT ROWID;

INSERT INTO intent_group
SELECT feed, id, is_deleted, json_array(source_entity_id), feed_id, feed_hash,
       json_array(octet_length(feed_data)), CAST(feed_data AS BLOB)
  FROM intent;

DROP TABLE intent;

-- The same, an item a row.
CREATE VIEW intent (feed, id, source_entity_id, feed_id, feed_hash, is_deleted) AS
SELECT feed, intent_group.id, owner.value,
       substr(feed_ids, 32 * owner.key + 1, 32), substr(feed_hashes, 32 * owner.key + 1, 32), is_deleted
  FROM intent_group, json_each(owners) AS owner;
