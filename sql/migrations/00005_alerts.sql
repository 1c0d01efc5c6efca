-- Alerts of both origins. One open alert a (type, object); repeats are counted in alert_open.
-- +goose Up

CREATE TABLE sqal_alerts (
  time timestamptz NOT NULL,
  alert_id bigint NOT NULL DEFAULT nextval('egi_alert_id_seq'),
  device_id varchar(100),
  sample_id varchar(100),
  site_code varchar(2),
  lot_id integer,
  code_lot varchar(20),
  alert_type varchar(50) NOT NULL,
  severity varchar(20) NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
  message text NOT NULL,
  data_context jsonb NOT NULL DEFAULT '{}',
  object_key text,
  occurrences integer NOT NULL DEFAULT 1 CHECK (occurrences >= 1),
  last_time timestamptz,
  is_acknowledged boolean NOT NULL DEFAULT false,
  acknowledged_at timestamptz,
  acknowledged_by varchar(200),
  closed_at timestamptz,
  batch_id bigint NOT NULL DEFAULT nextval('event_batch_id_seq'),
  ordinal integer NOT NULL DEFAULT 0 CHECK (ordinal >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (alert_id, time),
  CHECK (NOT is_acknowledged OR acknowledged_at IS NOT NULL)
-- +goose ENVSUB ON
) ${EGI_PARTITION_BY_TIME};
-- +goose ENVSUB OFF
CREATE INDEX sqal_alerts_time_idx ON sqal_alerts (time DESC);
CREATE INDEX sqal_alerts_device_idx ON sqal_alerts (device_id, time DESC);
CREATE INDEX sqal_alerts_batch_idx ON sqal_alerts (batch_id, ordinal);
CREATE INDEX sqal_alerts_open_idx ON sqal_alerts (severity, time DESC) WHERE NOT is_acknowledged;
COMMENT ON TABLE sqal_alerts IS 'Alerts of the sensors: quality_critical, quality_low, grade_reject, oxidation_high, freshness_low.';
COMMENT ON COLUMN sqal_alerts.time IS 'Time of the sample that raised it first.';
COMMENT ON COLUMN sqal_alerts.data_context IS 'The measured values behind the alert.';
COMMENT ON COLUMN sqal_alerts.object_key IS 'What it is about (device or lot), as in alert_open.';
COMMENT ON COLUMN sqal_alerts.occurrences IS 'Times the condition was met; while the alert is open alert_open counts on.';
COMMENT ON COLUMN sqal_alerts.last_time IS 'Time of the newest occurrence.';
COMMENT ON COLUMN sqal_alerts.closed_at IS 'When the measure came back in range.';

CREATE TABLE alertes_euralis (
  time timestamptz NOT NULL,
  id bigint NOT NULL DEFAULT nextval('egi_alert_id_seq'),
  niveau text NOT NULL CHECK (niveau IN ('euralis', 'site', 'gaveur', 'lot')),
  site_code varchar(2),
  lot_id integer,
  code_lot varchar(20),
  gaveur_id integer,
  type_alerte text NOT NULL,
  severite text NOT NULL CHECK (severite IN ('info', 'warning', 'important', 'critique')),
  message text NOT NULL,
  valeur_observee double precision,
  valeur_attendue double precision,
  ecart_pct double precision,
  object_key text,
  occurrences integer NOT NULL DEFAULT 1 CHECK (occurrences >= 1),
  last_time timestamptz,
  acquittee boolean NOT NULL DEFAULT false,
  acquittee_par text,
  acquittee_le timestamptz,
  commentaire text,
  closed_at timestamptz,
  batch_id bigint NOT NULL DEFAULT nextval('event_batch_id_seq'),
  ordinal integer NOT NULL DEFAULT 0 CHECK (ordinal >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (id, time),
  CHECK (NOT acquittee OR acquittee_le IS NOT NULL)
-- +goose ENVSUB ON
) ${EGI_PARTITION_BY_TIME};
-- +goose ENVSUB OFF
CREATE INDEX alertes_euralis_time_idx ON alertes_euralis (time DESC);
CREATE INDEX alertes_euralis_lot_idx ON alertes_euralis (lot_id, time DESC);
CREATE INDEX alertes_euralis_batch_idx ON alertes_euralis (batch_id, ordinal);
CREATE INDEX alertes_euralis_open_idx ON alertes_euralis (severite, time DESC) WHERE NOT acquittee;
COMMENT ON TABLE alertes_euralis IS 'Alerts of feeding: dose deviation, feed refusal, weight, mortality, climate, ITM, silence.';
COMMENT ON COLUMN alertes_euralis.time IS 'Time of the meal that raised it first.';
COMMENT ON COLUMN alertes_euralis.niveau IS 'euralis (whole cooperative), site, gaveur or lot.';
COMMENT ON COLUMN alertes_euralis.severite IS 'info < warning < important < critique.';
COMMENT ON COLUMN alertes_euralis.valeur_observee IS 'Measured value, in the unit the message names.';
COMMENT ON COLUMN alertes_euralis.valeur_attendue IS 'Expected value or threshold, same unit.';
COMMENT ON COLUMN alertes_euralis.ecart_pct IS 'Difference in percent of the expected value, signed.';
COMMENT ON COLUMN alertes_euralis.occurrences IS 'Times the condition was met; while the alert is open alert_open counts on.';

CREATE TABLE alert_open (
  alert_type text NOT NULL,
  object_key text NOT NULL,
  origin text NOT NULL CHECK (origin IN ('SQAL', 'EURALIS')),
  alert_id bigint NOT NULL UNIQUE,
  time timestamptz NOT NULL,
  occurrences integer NOT NULL DEFAULT 1 CHECK (occurrences >= 1),
  last_time timestamptz NOT NULL,
  PRIMARY KEY (alert_type, object_key)
) WITH (fillfactor = 50);
COMMENT ON TABLE alert_open IS 'Open alerts, at most one a (type, object). Deleted when the alert closes.';
COMMENT ON COLUMN alert_open.object_key IS 'What the alert is about: device:ID, lot:CODE, site:CODE ...';
COMMENT ON COLUMN alert_open.time IS 'Time of the row in sqal_alerts or alertes_euralis, by which it is found.';
COMMENT ON COLUMN alert_open.last_time IS 'Time of the newest occurrence.';
