-- Devices: approval, counters of their heartbeats, when they were online, who changed them, and what the server asks of them.
-- +goose Up

ALTER TABLE sqal_devices DROP CONSTRAINT sqal_devices_status_check;
ALTER TABLE sqal_devices ALTER COLUMN status SET DEFAULT 'pending';
ALTER TABLE sqal_devices
  ADD CONSTRAINT sqal_devices_status_check CHECK (status IN ('pending', 'active', 'inactive', 'maintenance', 'retired')),
  ADD COLUMN heartbeat_at timestamptz,
  ADD COLUMN measurements_sent integer CHECK (measurements_sent >= 0),
  ADD COLUMN nack_count integer CHECK (nack_count >= 0),
  ADD COLUMN acquisition_failures integer CHECK (acquisition_failures >= 0),
  ADD COLUMN measurements_dropped integer CHECK (measurements_dropped >= 0),
  ADD COLUMN boot_count integer CHECK (boot_count >= 0),
  ADD COLUMN configuration_revision integer CHECK (configuration_revision >= 0),
  ADD COLUMN calibration_id integer CHECK (calibration_id >= 0),
  ADD COLUMN refuses_to_grade text,
  ADD COLUMN presence text CHECK (presence IN ('online', 'offline')),
  ADD COLUMN presence_since timestamptz,
  ADD COLUMN silent_alert_at timestamptz,
  ADD CONSTRAINT sqal_devices_presence_since_check CHECK ((presence IS NULL) = (presence_since IS NULL));
COMMENT ON COLUMN sqal_devices.status IS
  'pending (announced itself), active (approved by a user), inactive, maintenance, or retired: its samples are refused.';
COMMENT ON COLUMN sqal_devices.heartbeat_at IS 'Server time of the last heartbeat; the counters are as it told them, counted since boot.';
COMMENT ON COLUMN sqal_devices.configuration_revision IS 'Configuration in force as the station told; 0 = the one it was built with.';
COMMENT ON COLUMN sqal_devices.calibration_id IS 'Calibration in force as the station told; 0 = none.';
COMMENT ON COLUMN sqal_devices.refuses_to_grade IS 'Why the station refuses to grade; null when it grades.';
COMMENT ON COLUMN sqal_devices.presence_since IS 'Since when it is online or offline; offline counts from its last message.';
COMMENT ON COLUMN sqal_devices.silent_alert_at IS 'When the alert device_silent was raised for the present silence; null while it speaks.';

CREATE TABLE sqal_device_presence (
  presence_id bigserial PRIMARY KEY,
  device_id varchar(100) NOT NULL REFERENCES sqal_devices (device_id) ON DELETE CASCADE,
  time timestamptz NOT NULL,
  status text NOT NULL CHECK (status IN ('online', 'offline'))
);
CREATE INDEX sqal_device_presence_device_idx ON sqal_device_presence (device_id, presence_id DESC);
CREATE INDEX sqal_device_presence_time_idx ON sqal_device_presence (time);
COMMENT ON TABLE sqal_device_presence IS 'Transitions between online and offline; kept 90 days.';

CREATE TABLE sqal_device_counters (
  device_id varchar(100) NOT NULL REFERENCES sqal_devices (device_id) ON DELETE CASCADE,
  time timestamptz NOT NULL,
  buffer_size integer NOT NULL,
  nack_count integer NOT NULL,
  acquisition_failures integer NOT NULL,
  measurements_dropped integer NOT NULL,
  boot_count integer NOT NULL,
  configuration_revision integer NOT NULL,
  calibration_id integer NOT NULL,
  refuses_to_grade text,
  measurements_sent integer NOT NULL,
  PRIMARY KEY (device_id, time)
);
CREATE INDEX sqal_device_counters_time_idx ON sqal_device_counters (time);
COMMENT ON TABLE sqal_device_counters IS
  'Counters of the heartbeats that changed one of them (measurements_sent aside), and of one heartbeat an hour; kept 90 days.';

CREATE TABLE sqal_device_changes (
  change_id bigserial PRIMARY KEY,
  device_id varchar(100) NOT NULL REFERENCES sqal_devices (device_id) ON DELETE CASCADE,
  changed_at timestamptz NOT NULL,
  changed_by varchar(200) NOT NULL,
  action text NOT NULL CHECK (action IN ('approve', 'retire', 'update', 'configure')),
  reason text,
  before jsonb NOT NULL CHECK (jsonb_typeof(before) = 'object'),
  after jsonb NOT NULL CHECK (jsonb_typeof(after) = 'object')
);
CREATE INDEX sqal_device_changes_device_idx ON sqal_device_changes (device_id, change_id DESC);
COMMENT ON TABLE sqal_device_changes IS 'What users changed in the registry of devices: the fields that changed, before and after.';

CREATE TABLE sqal_device_commands (
  command_id serial PRIMARY KEY,
  device_id varchar(100) NOT NULL REFERENCES sqal_devices (device_id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('configuration', 'calibration', 'grading', 'firmware', 'reference')),
  payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object'),
  created_at timestamptz NOT NULL,
  created_by varchar(200) NOT NULL,
  sent_at timestamptz,
  outcome text NOT NULL DEFAULT 'open'
    CHECK (outcome IN ('open', 'in_progress', 'applied', 'refused', 'rolled_back', 'superseded', 'withdrawn')),
  message text,
  answered_at timestamptz,
  bytes_received bigint NOT NULL DEFAULT 0 CHECK (bytes_received >= 0)
);
CREATE UNIQUE INDEX sqal_device_commands_open_idx ON sqal_device_commands (device_id, kind) WHERE outcome IN ('open', 'in_progress');
CREATE INDEX sqal_device_commands_device_idx ON sqal_device_commands (device_id, command_id DESC);
COMMENT ON TABLE sqal_device_commands IS
  'What the server asks of a station, sent over its ingestion stream until answered. At most one open command a (device, kind): a newer one supersedes it.';
COMMENT ON COLUMN sqal_device_commands.payload IS 'The message egi.quality.v1.DeviceCommand without its identifiers, in JSON with proto names.';
COMMENT ON COLUMN sqal_device_commands.sent_at IS 'Last time it was handed to an open stream.';
COMMENT ON COLUMN sqal_device_commands.outcome IS
  'open: no answer yet; in_progress: a firmware is being installed; applied, refused, rolled_back: answered for good; superseded by a newer one; withdrawn.';
COMMENT ON COLUMN sqal_device_commands.answered_at IS 'Last answer of the station, or when it was superseded or withdrawn.';
COMMENT ON COLUMN sqal_device_commands.bytes_received IS 'Bytes of the firmware that the station has.';
