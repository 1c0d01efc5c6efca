-- Events whose rows change later (an alert is acknowledged, a lot goes on): kept as they were sent.
-- +goose Up

CREATE TABLE event_payloads (
  batch_id bigint NOT NULL,
  ordinal integer NOT NULL CHECK (ordinal >= 0),
  payload bytea NOT NULL,
  PRIMARY KEY (batch_id, ordinal)
);
COMMENT ON TABLE event_payloads IS
  'Alert, lot and acknowledgement events by place in their batch. Samples and meals are not here: their rows are the payload.';
COMMENT ON COLUMN event_payloads.payload IS 'egi.realtime.v1.Event, serialised, without token and commit time.';
