-- Gauge control and firmware of the stations.
-- +goose Up

CREATE TABLE sqal_calibrations (
  device_id varchar(100) NOT NULL REFERENCES sqal_devices (device_id) ON DELETE CASCADE,
  calibration_id integer NOT NULL CHECK (calibration_id > 0),
  valid_from timestamptz NOT NULL,
  valid_until timestamptz NOT NULL,
  white_reference double precision[] NOT NULL
    CHECK (array_length(white_reference, 1) = 10 AND array_ndims(white_reference) = 1 AND 0 < ALL (white_reference)),
  distance_offset_mm double precision NOT NULL DEFAULT 0 CHECK (distance_offset_mm BETWEEN -20 AND 20),
  calibrated_by text NOT NULL CHECK (calibrated_by <> ''),
  reason text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL,
  command_id integer UNIQUE REFERENCES sqal_device_commands (command_id) ON DELETE SET NULL,
  PRIMARY KEY (device_id, calibration_id),
  CHECK (valid_until > valid_from)
);
COMMENT ON TABLE sqal_calibrations IS 'Calibrations of the stations; rows never change. The one with the highest number is in force.';
COMMENT ON COLUMN sqal_calibrations.calibration_id IS 'Number, rising per device.';
COMMENT ON COLUMN sqal_calibrations.white_reference IS
  'Counts of the white reference per unit of gain and 100 ms: F1_415nm, F2_445nm, F3_480nm, F4_515nm, F5_555nm, F6_590nm, F7_630nm, F8_680nm, Clear, NIR.';
COMMENT ON COLUMN sqal_calibrations.distance_offset_mm IS 'Subtracted from every distance, mm.';
COMMENT ON COLUMN sqal_calibrations.valid_until IS 'After it the device is out of calibration.';
COMMENT ON COLUMN sqal_calibrations.command_id IS 'The command whose readings it was made of; null when a caller gave it.';

CREATE TABLE sqal_gauge_checks (
  check_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  device_id varchar(100) NOT NULL,
  calibration_id integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('white_reference', 'golden_sample')),
  time timestamptz NOT NULL,
  performed_by text NOT NULL CHECK (performed_by <> ''),
  reference text NOT NULL,
  readings integer NOT NULL CHECK (readings > 0),
  figures jsonb NOT NULL CHECK (jsonb_typeof(figures) = 'array'),
  deviation_pct double precision NOT NULL,
  passed boolean NOT NULL,
  message text NOT NULL,
  raw bytea NOT NULL,
  created_at timestamptz NOT NULL,
  command_id integer UNIQUE REFERENCES sqal_device_commands (command_id) ON DELETE SET NULL,
  FOREIGN KEY (device_id, calibration_id) REFERENCES sqal_calibrations (device_id, calibration_id) ON DELETE CASCADE
);
CREATE INDEX sqal_gauge_checks_device_idx ON sqal_gauge_checks (device_id, check_id DESC);
CREATE INDEX sqal_gauge_checks_chart_idx ON sqal_gauge_checks (device_id, calibration_id, kind, time DESC, check_id DESC);
COMMENT ON TABLE sqal_gauge_checks IS 'Checks of stations against references of known value, as the server judged them.';
COMMENT ON COLUMN sqal_gauge_checks.figures IS 'Array of egi.quality.v1.GaugeCheckFigure.';
COMMENT ON COLUMN sqal_gauge_checks.deviation_pct IS 'Mean deviation from the reference, percent, signed: the value of the drift chart.';
COMMENT ON COLUMN sqal_gauge_checks.raw IS 'The readings as sent: egi.quality.v1.RecordGaugeCheckRequest, serialised.';
COMMENT ON COLUMN sqal_gauge_checks.command_id IS 'The command whose readings were judged, once however often they come; null when a caller gave them.';

CREATE TABLE sqal_gauge_state (
  device_id varchar(100) PRIMARY KEY REFERENCES sqal_devices (device_id) ON DELETE CASCADE,
  calibration_id integer NOT NULL,
  state text NOT NULL CHECK (state IN ('in_calibration', 'check_failed', 'drift', 'expired', 'not_yet_valid')),
  reason text NOT NULL,
  since timestamptz NOT NULL,
  CHECK ((state = 'in_calibration') = (reason = '')),
  FOREIGN KEY (device_id, calibration_id) REFERENCES sqal_calibrations (device_id, calibration_id) ON DELETE CASCADE
);
COMMENT ON TABLE sqal_gauge_state IS 'Enrolled devices and whether they may grade (only in_calibration may). A device without a row is not under gauge control.';
COMMENT ON COLUMN sqal_gauge_state.calibration_id IS 'The calibration in force.';
COMMENT ON COLUMN sqal_gauge_state.reason IS 'Why it may not grade, one sentence.';

CREATE TABLE sqal_gauge_studies (
  study_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> ''),
  characteristic text NOT NULL,
  performed_by text NOT NULL CHECK (performed_by <> ''),
  created_at timestamptz NOT NULL,
  grr_pct double precision NOT NULL CHECK (grr_pct BETWEEN 0 AND 100),
  ndc integer NOT NULL CHECK (ndc >= 0),
  verdict text NOT NULL CHECK (verdict IN ('acceptable', 'marginal', 'unacceptable')),
  result jsonb NOT NULL CHECK (jsonb_typeof(result) = 'object'),
  measurements jsonb NOT NULL CHECK (jsonb_typeof(measurements) = 'array')
);
COMMENT ON TABLE sqal_gauge_studies IS 'Studies of repeatability and reproducibility (gauge R&R by analysis of variance).';
COMMENT ON COLUMN sqal_gauge_studies.grr_pct IS 'Gauge R&R in percent of the study variation.';
COMMENT ON COLUMN sqal_gauge_studies.ndc IS 'Number of distinct categories.';
COMMENT ON COLUMN sqal_gauge_studies.result IS 'egi.quality.v1.GaugeStudy without measurements.';
COMMENT ON COLUMN sqal_gauge_studies.measurements IS 'Array of {"part", "appraiser", "value"}.';

CREATE TABLE sqal_firmware (
  version varchar(20) PRIMARY KEY CHECK (version ~ '^[A-Za-z0-9._+-]{1,20}$'),
  firmware_id integer GENERATED ALWAYS AS IDENTITY UNIQUE,
  size_bytes integer NOT NULL CHECK (size_bytes BETWEEN 1 AND 16777216),
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  uploaded_by text NOT NULL CHECK (uploaded_by <> ''),
  notes text NOT NULL DEFAULT '',
  uploaded_at timestamptz NOT NULL
);
COMMENT ON TABLE sqal_firmware IS 'Versions of the firmware of the stations.';
COMMENT ON COLUMN sqal_firmware.firmware_id IS 'Order of upload.';
COMMENT ON COLUMN sqal_firmware.sha256 IS 'SHA-256 of the bytes, computed by the server.';

CREATE TABLE sqal_firmware_chunks (
  version varchar(20) NOT NULL REFERENCES sqal_firmware (version),
  ordinal integer NOT NULL CHECK (ordinal >= 0),
  data bytea NOT NULL CHECK (octet_length(data) BETWEEN 1 AND 65536),
  PRIMARY KEY (version, ordinal)
);
ALTER TABLE sqal_firmware_chunks ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON TABLE sqal_firmware_chunks IS 'Bytes of the versions in pieces of 65536; the last piece of a version may be shorter.';

CREATE TABLE sqal_firmware_rollouts (
  rollout_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version varchar(20) NOT NULL REFERENCES sqal_firmware (version),
  site_code varchar(2) REFERENCES sites_euralis (code),
  config_profile varchar(50),
  stages_pct integer[] NOT NULL CHECK (array_length(stages_pct, 1) BETWEEN 1 AND 10 AND 0 < ALL (stages_pct) AND 100 >= ALL (stages_pct)),
  max_failed_pct integer NOT NULL CHECK (max_failed_pct BETWEEN 0 AND 100),
  state text NOT NULL CHECK (state IN ('running', 'paused', 'completed', 'aborted')),
  reason text NOT NULL DEFAULT '',
  stage integer NOT NULL CHECK (stage >= 1),
  accepted_failures integer NOT NULL DEFAULT 0 CHECK (accepted_failures >= 0),
  started_by text NOT NULL CHECK (started_by <> ''),
  started_at timestamptz NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL,
  CHECK (stage <= array_length(stages_pct, 1))
);
COMMENT ON TABLE sqal_firmware_rollouts IS 'Staged installations of a version.';
COMMENT ON COLUMN sqal_firmware_rollouts.site_code IS 'Only devices of this site; null = all.';
COMMENT ON COLUMN sqal_firmware_rollouts.stages_pct IS 'Rising shares of the devices, percent.';
COMMENT ON COLUMN sqal_firmware_rollouts.max_failed_pct IS 'Share of the devices it was offered to that failed or rolled back, above which the rollout is paused, percent.';
COMMENT ON COLUMN sqal_firmware_rollouts.accepted_failures IS 'Failures known when somebody resumed it; only later ones count.';

CREATE TABLE sqal_firmware_updates (
  rollout_id integer NOT NULL REFERENCES sqal_firmware_rollouts (rollout_id),
  device_id varchar(100) NOT NULL REFERENCES sqal_devices (device_id) ON DELETE CASCADE,
  stage integer NOT NULL CHECK (stage >= 1),
  command_id integer UNIQUE REFERENCES sqal_device_commands (command_id) ON DELETE CASCADE,
  PRIMARY KEY (rollout_id, device_id)
);
CREATE INDEX sqal_firmware_updates_device_idx ON sqal_firmware_updates (device_id);
COMMENT ON TABLE sqal_firmware_updates IS 'Devices of a rollout; what became of the update stands in the command.';
COMMENT ON COLUMN sqal_firmware_updates.command_id IS 'The offer; null while the device waits for its stage.';
