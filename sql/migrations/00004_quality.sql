-- Quality: samples (the hot path), their ledger, lots waiting for inspection.
-- +goose Up

CREATE TABLE sqal_samples (
  time timestamptz NOT NULL,
  received_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  batch_id bigint NOT NULL DEFAULT nextval('event_batch_id_seq'),
  fusion_final_score double precision NOT NULL,
  declared_fusion_score double precision,
  fusion_vl53l8ch_score double precision,
  fusion_as7341_score double precision,
  fusion_weight_tof double precision,
  fusion_weight_spectral double precision,
  fusion_confidence_level double precision,
  vl53l8ch_volume_mm3 double precision,
  vl53l8ch_avg_height_mm double precision,
  vl53l8ch_max_height_mm double precision,
  vl53l8ch_min_height_mm double precision,
  vl53l8ch_height_variation_mm double precision,
  vl53l8ch_surface_uniformity double precision,
  vl53l8ch_quality_score double precision,
  vl53l8ch_avg_distance_mm double precision,
  vl53l8ch_std_distance_mm double precision,
  vl53l8ch_avg_reflectance double precision,
  vl53l8ch_integration_time double precision,
  vl53l8ch_temperature_c double precision,
  as7341_freshness_index double precision,
  as7341_fat_quality_index double precision,
  as7341_oxidation_index double precision,
  as7341_color_uniformity double precision,
  as7341_quality_score double precision,
  as7341_ratio_red_nir double precision,
  as7341_ratio_clear_nir double precision,
  as7341_integration_time double precision,
  as7341_gain double precision,
  meta_temperature_c double precision,
  meta_humidity_percent double precision,
  ordinal integer NOT NULL DEFAULT 0,
  lot_id integer,
  gaveur_id integer,
  fusion_is_compliant boolean NOT NULL,
  declared_compliant boolean,
  score_disagrees boolean NOT NULL DEFAULT false,
  clock_skew boolean NOT NULL DEFAULT false,
  device_id text NOT NULL,
  sample_id text NOT NULL,
  site_code text,
  code_lot text,
  fusion_final_grade text NOT NULL,
  declared_fusion_grade text,
  fusion_mode text,
  vl53l8ch_grade text,
  as7341_grade text,
  meta_firmware_version text,
  meta_config_profile text,
  distance_cells bytea,
  reflectance_cells bytea,
  amplitude_cells bytea,
  status_cells bytea,
  ambient_cells bytea,
  as7341_values double precision[],
  details jsonb,
  PRIMARY KEY (batch_id, ordinal, time),
  CONSTRAINT sqal_samples_ids CHECK (
    length(device_id) BETWEEN 1 AND 100 AND length(sample_id) BETWEEN 1 AND 100 AND ordinal >= 0),
  CONSTRAINT sqal_samples_site CHECK (site_code IN ('LL', 'LS', 'MT')),
  CONSTRAINT sqal_samples_grades CHECK (
    fusion_final_grade IN ('A+', 'A', 'B', 'C', 'REJECT')
    AND (declared_fusion_grade IS NULL OR declared_fusion_grade IN ('A+', 'A', 'B', 'C', 'REJECT'))
    AND (vl53l8ch_grade IS NULL OR vl53l8ch_grade IN ('A+', 'A', 'B', 'C', 'REJECT'))
    AND (as7341_grade IS NULL OR as7341_grade IN ('A+', 'A', 'B', 'C', 'REJECT'))),
  CONSTRAINT sqal_samples_mode CHECK (fusion_mode IN ('both', 'tof_only', 'spectral_only')),
  CONSTRAINT sqal_samples_fusion_range CHECK (
    fusion_final_score BETWEEN 0 AND 1
    AND coalesce(declared_fusion_score, 0) BETWEEN 0 AND 1
    AND coalesce(fusion_vl53l8ch_score, 0) BETWEEN 0 AND 1
    AND coalesce(fusion_as7341_score, 0) BETWEEN 0 AND 1
    AND coalesce(fusion_weight_tof, 0) BETWEEN 0 AND 1
    AND coalesce(fusion_weight_spectral, 0) BETWEEN 0 AND 1
    AND coalesce(fusion_confidence_level, 0) BETWEEN 0 AND 1),
  CONSTRAINT sqal_samples_scores_range CHECK (
    coalesce(vl53l8ch_surface_uniformity, 0) BETWEEN 0 AND 1
    AND coalesce(vl53l8ch_quality_score, 0) BETWEEN 0 AND 1
    AND coalesce(as7341_freshness_index, 0) BETWEEN 0 AND 1
    AND coalesce(as7341_fat_quality_index, 0) BETWEEN 0 AND 1
    AND coalesce(as7341_oxidation_index, 0) BETWEEN 0 AND 1
    AND coalesce(as7341_color_uniformity, 0) BETWEEN 0 AND 1
    AND coalesce(as7341_quality_score, 0) BETWEEN 0 AND 1),
  CONSTRAINT sqal_samples_volume CHECK (vl53l8ch_volume_mm3 >= 0 AND vl53l8ch_volume_mm3 < 1e9),
  CONSTRAINT sqal_samples_humidity CHECK (meta_humidity_percent BETWEEN 0 AND 100),
  CONSTRAINT sqal_samples_matrices CHECK (
    (distance_cells IS NULL OR octet_length(distance_cells) IN (65, 129, 257))
    AND (reflectance_cells IS NULL OR octet_length(reflectance_cells) IN (65, 129, 257))
    AND (amplitude_cells IS NULL OR octet_length(amplitude_cells) IN (65, 129, 257))
    AND (status_cells IS NULL OR octet_length(status_cells) IN (65, 129, 257))
    AND (ambient_cells IS NULL OR octet_length(ambient_cells) IN (65, 129, 257))),
  CONSTRAINT sqal_samples_channels CHECK (array_length(as7341_values, 1) = 10 AND array_ndims(as7341_values) = 1),
  CONSTRAINT sqal_samples_details CHECK (jsonb_typeof(details) = 'object')
-- +goose ENVSUB ON
) ${EGI_PARTITION_BY_TIME};
-- +goose ENVSUB OFF
CREATE INDEX sqal_samples_device_idx ON sqal_samples (device_id, time DESC);
CREATE INDEX sqal_samples_time_idx ON sqal_samples (time DESC);
CREATE INDEX sqal_samples_lot_idx ON sqal_samples (lot_id, time DESC) WHERE lot_id IS NOT NULL;
COMMENT ON TABLE sqal_samples IS
  'Samples in compact form, written by binary COPY; read them through the view sqal_sensor_samples. Unique on (device_id, sample_id) through sqal_sample_index.';
COMMENT ON COLUMN sqal_samples.time IS 'Time of the measurement, from the device.';
COMMENT ON COLUMN sqal_samples.received_at IS 'When the server received it.';
COMMENT ON COLUMN sqal_samples.created_at IS 'When it was stored.';
COMMENT ON COLUMN sqal_samples.batch_id IS 'Batch that committed it (event_batches).';
COMMENT ON COLUMN sqal_samples.ordinal IS 'Place among the events of the batch.';
COMMENT ON COLUMN sqal_samples.lot_id IS 'lots_gavage.id; null when the sample names no lot (never guessed).';
COMMENT ON COLUMN sqal_samples.gaveur_id IS 'Feeder of the lot; null without lot.';
COMMENT ON COLUMN sqal_samples.score_disagrees IS 'Declared and computed scores differ by more than 0.02.';
COMMENT ON COLUMN sqal_samples.clock_skew IS 'The device time was older than 7 days when the sample came.';
COMMENT ON COLUMN sqal_samples.fusion_final_score IS 'Score computed by the server, 0..1.';
COMMENT ON COLUMN sqal_samples.fusion_final_grade IS 'Grade computed by the server: A+, A, B, C or REJECT.';
COMMENT ON COLUMN sqal_samples.fusion_is_compliant IS 'Grade A+, A or B, computed by the server.';
COMMENT ON COLUMN sqal_samples.declared_fusion_score IS 'Score the device sent, 0..1; null when it sent none.';
COMMENT ON COLUMN sqal_samples.declared_fusion_grade IS 'Grade the device sent.';
COMMENT ON COLUMN sqal_samples.declared_compliant IS 'Compliance the device sent.';
COMMENT ON COLUMN sqal_samples.fusion_mode IS 'Sensors that took part: both, tof_only or spectral_only.';
COMMENT ON COLUMN sqal_samples.fusion_vl53l8ch_score IS 'Time-of-flight score that entered the fusion, 0..1.';
COMMENT ON COLUMN sqal_samples.fusion_as7341_score IS 'Spectral score that entered the fusion, 0..1.';
COMMENT ON COLUMN sqal_samples.vl53l8ch_volume_mm3 IS 'Liver volume, mm3.';
COMMENT ON COLUMN sqal_samples.vl53l8ch_avg_height_mm IS 'Mean height over the tray, mm (max, min and variation likewise).';
COMMENT ON COLUMN sqal_samples.vl53l8ch_avg_distance_mm IS 'Mean distance to the sensor, mm.';
COMMENT ON COLUMN sqal_samples.vl53l8ch_integration_time IS 'Integration time of the distance sensor, ms.';
COMMENT ON COLUMN sqal_samples.vl53l8ch_temperature_c IS 'Temperature of the distance sensor, degrees Celsius.';
COMMENT ON COLUMN sqal_samples.as7341_freshness_index IS '0..1, higher is fresher.';
COMMENT ON COLUMN sqal_samples.as7341_fat_quality_index IS '0..1, higher is better.';
COMMENT ON COLUMN sqal_samples.as7341_oxidation_index IS '0..1, lower is better.';
COMMENT ON COLUMN sqal_samples.as7341_integration_time IS 'Integration time of the spectral sensor, ms.';
COMMENT ON COLUMN sqal_samples.as7341_gain IS 'Gain of the spectral sensor (0.5 to 512).';
COMMENT ON COLUMN sqal_samples.meta_temperature_c IS 'Ambient temperature at the device, degrees Celsius.';
COMMENT ON COLUMN sqal_samples.meta_humidity_percent IS 'Ambient humidity at the device, percent.';
COMMENT ON COLUMN sqal_samples.distance_cells IS
  '8x8 distances, mm. Packed: one byte of encoding (1 uint8, 2 uint16, 3 uint16 / 4, 4 uint16 / 10, 5 float32), then 64 values, big-endian, row by row; egi_matrix() unpacks.';
COMMENT ON COLUMN sqal_samples.reflectance_cells IS '8x8 reflectances, 0..255, packed like distance_cells.';
COMMENT ON COLUMN sqal_samples.amplitude_cells IS '8x8 amplitudes, 0..4095, packed like distance_cells.';
COMMENT ON COLUMN sqal_samples.status_cells IS '8x8 target status codes, 0..255, packed like distance_cells.';
COMMENT ON COLUMN sqal_samples.ambient_cells IS '8x8 ambient light, 0..4095, packed like distance_cells.';
COMMENT ON COLUMN sqal_samples.as7341_values IS
  'Counts of F1_415nm, F2_445nm, F3_480nm, F4_515nm, F5_555nm, F6_590nm, F7_630nm, F8_680nm, Clear, NIR.';
COMMENT ON COLUMN sqal_samples.details IS
  'Analyses sent by few devices, by name of the column of sqal_sensor_samples they become (vl53l8ch_defects, ...), and location, lot_abattage, provenance.';

CREATE TABLE sqal_sample_index (
  device_id text NOT NULL,
  sample_id text NOT NULL,
  time timestamptz NOT NULL,
  body_hash bytea NOT NULL CHECK (octet_length(body_hash) BETWEEN 8 AND 32),
  PRIMARY KEY (device_id, sample_id)
);
COMMENT ON TABLE sqal_sample_index IS
  'Ledger of samples. Same key and same body_hash = duplicate; other body_hash = refused. Kept as long as the samples.';
COMMENT ON COLUMN sqal_sample_index.time IS 'Time of the row in sqal_samples, by which it is found.';

CREATE TABLE sqal_pending_lots (
  id serial PRIMARY KEY,
  code_lot varchar(20) NOT NULL UNIQUE REFERENCES lots_gavage (code_lot),
  gaveur_id integer,
  gaveur_nom text,
  site varchar(2) REFERENCES sites_euralis (code),
  genetique varchar(50),
  poids_moyen_final double precision CHECK (poids_moyen_final BETWEEN 500 AND 12000),
  nb_canards_final integer CHECK (nb_canards_final >= 0),
  taux_mortalite double precision CHECK (taux_mortalite BETWEEN 0 AND 100),
  date_abattage timestamptz NOT NULL,
  date_inspection_sqal timestamptz,
  status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'inspecting', 'inspected', 'approved', 'rejected', 'error')),
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  lease_owner text,
  lease_token text,
  lease_until timestamptz,
  attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  last_error text,
  nb_echantillons integer CHECK (nb_echantillons >= 0),
  proposed_decision text CHECK (proposed_decision IN ('approved', 'rejected')),
  decision text CHECK (decision IN ('approved', 'rejected')),
  decision_by text,
  decision_at timestamptz,
  decision_reason text,
  CONSTRAINT sqal_pending_lots_lease CHECK (
    (status = 'inspecting') = (lease_token IS NOT NULL)
    AND (lease_token IS NULL) = (lease_until IS NULL)
    AND (lease_token IS NULL) = (lease_owner IS NULL)),
  CONSTRAINT sqal_pending_lots_decision CHECK (
    (status IN ('approved', 'rejected')) = (decision IS NOT NULL)
    AND (decision IS NULL OR (decision = status AND decision_by IS NOT NULL AND decision_at IS NOT NULL)))
);
CREATE INDEX sqal_pending_lots_todo_idx ON sqal_pending_lots (next_attempt_at)
  WHERE status IN ('pending', 'inspecting', 'error');
COMMENT ON TABLE sqal_pending_lots IS
  'Finished lots waiting for inspection: pending -> inspecting -> inspected -> approved | rejected; any failure -> error, tried again from next_attempt_at. A worker holds a lot by lease; after lease_until another may claim it.';
COMMENT ON COLUMN sqal_pending_lots.poids_moyen_final IS 'Mean weight of the living birds, g.';
COMMENT ON COLUMN sqal_pending_lots.taux_mortalite IS 'Deaths, percent of the initial count.';
COMMENT ON COLUMN sqal_pending_lots.lease_token IS 'Secret of the claim: completing or failing must present it.';
COMMENT ON COLUMN sqal_pending_lots.attempts IS 'Claims made so far.';
COMMENT ON COLUMN sqal_pending_lots.proposed_decision IS
  'Automatic proposal: rejected when compliance < 80 % or majority grade REJECT, else approved.';
COMMENT ON COLUMN sqal_pending_lots.decision_by IS 'Who decided: user, or automatic.';
