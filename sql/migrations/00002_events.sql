-- What makes ingestion exactly-once and subscriptions resumable: producers, batches in commit order, rejections.
-- +goose Up

CREATE TABLE ingest_producers (
  producer_id text PRIMARY KEY CHECK (length(producer_id) BETWEEN 1 AND 200),
  kind text NOT NULL CHECK (kind IN ('sample', 'meal')),
  epoch bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0),
  last_sequence bigint NOT NULL DEFAULT 0 CHECK (last_sequence >= 0),
  device_id varchar(100),
  gaveur_id integer,
  firmware text,
  profile text,
  server_id text,
  created_at timestamptz NOT NULL DEFAULT now(),
  opened_at timestamptz NOT NULL DEFAULT now(),
  last_commit_at timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE ingest_producers IS
  'One row a producer. Opening a stream adds 1 to epoch, which fences older streams; a batch commits with UPDATE ... WHERE epoch = mine AND last_sequence = expected, in the transaction of its rows.';
COMMENT ON COLUMN ingest_producers.last_sequence IS 'Last committed sequence number; 0 before the first item.';
COMMENT ON COLUMN ingest_producers.server_id IS 'Server that holds the newest stream of the producer.';

CREATE SEQUENCE event_batch_id_seq AS bigint;
COMMENT ON SEQUENCE event_batch_id_seq IS
  'Ids of batches; they stand in every row of a batch with an ordinal. Their order is not the commit order: see event_batches.commit_seq.';

CREATE TABLE event_clock (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  last_seq bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0)
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 200);
INSERT INTO event_clock DEFAULT VALUES;
COMMENT ON TABLE event_clock IS
  'One row. A committer takes its commit_seq as the last statement of its transaction: UPDATE event_clock SET last_seq = last_seq + 1 RETURNING last_seq. The row lock lasts until the commit, so the order of commit_seq is the order of commits, without gaps, over all servers.';

CREATE TABLE event_batches (
  commit_seq bigint PRIMARY KEY CHECK (commit_seq > 0),
  batch_id bigint NOT NULL UNIQUE,
  kind text NOT NULL CHECK (kind ~ '^[a-z_]{1,20}$'),
  rows integer NOT NULL CHECK (rows >= 0),
  min_time timestamptz,
  max_time timestamptz,
  server_id text,
  committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CHECK (min_time <= max_time)
);
CREATE INDEX event_batches_committed_idx ON event_batches (committed_at);
COMMENT ON TABLE event_batches IS 'One row a committed batch; resume token = (commit_seq, ordinal).';
COMMENT ON COLUMN event_batches.kind IS 'What the batch holds: sample, meal, ...';
COMMENT ON COLUMN event_batches.rows IS 'Number of events of the batch; every one has its own ordinal.';
COMMENT ON COLUMN event_batches.min_time IS 'Smallest time of the rows; with max_time it bounds the partitions to read.';

CREATE TABLE rejected_messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now(),
  transport text NOT NULL CHECK (transport ~ '^[a-z_]{1,20}$'),
  kind text NOT NULL CHECK (kind ~ '^[a-z_]{1,20}$'),
  producer_id text,
  device_id text,
  sample_id text,
  code_lot text,
  jour integer,
  moment text,
  sequence bigint,
  reason text NOT NULL,
  violations jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(violations) = 'array'),
  payload bytea CHECK (octet_length(payload) <= 65536),
  payload_bytes integer CHECK (payload_bytes >= 0),
  trace_id text
);
CREATE INDEX rejected_messages_received_idx ON rejected_messages (received_at DESC);
CREATE INDEX rejected_messages_device_idx ON rejected_messages (device_id, received_at DESC) WHERE device_id IS NOT NULL;
CREATE INDEX rejected_messages_lot_idx ON rejected_messages (code_lot, received_at DESC) WHERE code_lot IS NOT NULL;
COMMENT ON TABLE rejected_messages IS 'Items refused by validation, with every reason; kept 90 days.';
COMMENT ON COLUMN rejected_messages.transport IS 'How it came: grpc, websocket, rest, ...';
COMMENT ON COLUMN rejected_messages.kind IS 'What it was meant to be: sample, meal, ...';
COMMENT ON COLUMN rejected_messages.violations IS 'Array of {"field", "description"}.';
COMMENT ON COLUMN rejected_messages.payload IS 'First 64 KiB of the message as received.';
COMMENT ON COLUMN rejected_messages.payload_bytes IS 'Length of the message as received, in bytes.';
