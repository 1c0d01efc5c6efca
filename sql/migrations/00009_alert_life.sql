-- What the server computes beside what devices declare, and the life of alerts: open, acknowledged, shelved, closed.
-- +goose Up

-- One column a statement and no constraint on hypertables: a compressed one takes nothing else.
ALTER TABLE sqal_samples ADD COLUMN comparison text;
ALTER TABLE sqal_samples ADD COLUMN computed_tof_score real;
ALTER TABLE sqal_samples ADD COLUMN computed_spectral_score real;
ALTER TABLE sqal_samples ADD COLUMN computed_fusion_score real;
ALTER TABLE sqal_samples ADD COLUMN computed_volume_mm3 real;
ALTER TABLE sqal_samples ADD COLUMN computed_freshness_index real;
ALTER TABLE sqal_samples ADD COLUMN computed_oxidation_index real;
ALTER TABLE sqal_samples ADD COLUMN computed_fat_quality_index real;
ALTER TABLE sqal_samples ADD COLUMN computed_confidence_level real;
ALTER TABLE sqal_samples ADD COLUMN computed_grade text;
ALTER TABLE sqal_samples ADD COLUMN computed_limiting_sensor text;
-- Disagreements are rare and counted by every list of stations.
CREATE INDEX sqal_samples_disagreement_idx ON sqal_samples (device_id, time DESC) WHERE score_disagrees;
COMMENT ON COLUMN sqal_samples.comparison IS
  'Declared against computed: agrees, disagrees, not_declared, unknown_profile (nothing computed); null on samples older than the comparison.';
COMMENT ON COLUMN sqal_samples.computed_tof_score IS 'Score computed from the raw frame by the profile of the sample or of its device, 0..1.';
COMMENT ON COLUMN sqal_samples.computed_spectral_score IS 'Score computed from the raw spectrum, 0..1.';
COMMENT ON COLUMN sqal_samples.computed_fusion_score IS 'Fusion of the two computed scores, 0..1.';
COMMENT ON COLUMN sqal_samples.computed_volume_mm3 IS 'Volume computed from the raw frame, mm3.';
COMMENT ON COLUMN sqal_samples.computed_freshness_index IS 'Computed from the raw spectrum, 0..1, higher is fresher.';
COMMENT ON COLUMN sqal_samples.computed_oxidation_index IS 'Computed from the raw spectrum, 0..1, lower is better.';
COMMENT ON COLUMN sqal_samples.computed_fat_quality_index IS 'Computed from the raw spectrum, 0..1, higher is better.';
COMMENT ON COLUMN sqal_samples.computed_confidence_level IS 'How far the computed values can be trusted, 0..1.';
COMMENT ON COLUMN sqal_samples.computed_grade IS 'Grade of the computed fusion: A+, A, B, C or REJECT.';
COMMENT ON COLUMN sqal_samples.computed_limiting_sensor IS 'Sensor that limits the confidence: vl53l8ch or as7341; null when neither does.';

ALTER TABLE sqal_alerts ADD COLUMN close_reason text;
ALTER TABLE sqal_alerts ADD COLUMN comment text;
ALTER TABLE sqal_alerts ADD COLUMN shelved_until timestamptz;
ALTER TABLE sqal_alerts ADD COLUMN shelved_by text;
ALTER TABLE sqal_alerts ADD COLUMN shelve_reason text;
ALTER TABLE sqal_alerts ADD COLUMN unshelved_by text;
COMMENT ON TABLE sqal_alerts IS
  'Alerts of samples (quality_critical, quality_low, grade_reject, oxidation_high, freshness_low, score_disagreement) and of stations (device_silent, out_of_calibration).';
COMMENT ON COLUMN sqal_alerts.data_context IS
  'Evidence: rule, observed, threshold, declared and computed scores, first_sample, last_sample, worst_sample, worst_observed (the last three as of the closing; before that alert_open has them).';
COMMENT ON COLUMN sqal_alerts.close_reason IS 'back_in_range, or escalated: a worse alert of the rule took its place.';
COMMENT ON COLUMN sqal_alerts.comment IS 'Remark of the acknowledgement.';
COMMENT ON COLUMN sqal_alerts.shelved_until IS 'End of the last silence; the alert is shelved while it lies ahead.';
COMMENT ON COLUMN sqal_alerts.shelved_by IS 'Who ordered the last silence.';
COMMENT ON COLUMN sqal_alerts.shelve_reason IS 'Why.';
COMMENT ON COLUMN sqal_alerts.unshelved_by IS 'Who ended the last silence before its time.';

ALTER TABLE alertes_euralis ADD COLUMN close_reason text;
ALTER TABLE alertes_euralis ADD COLUMN shelved_until timestamptz;
ALTER TABLE alertes_euralis ADD COLUMN shelved_by text;
ALTER TABLE alertes_euralis ADD COLUMN shelve_reason text;
ALTER TABLE alertes_euralis ADD COLUMN unshelved_by text;
ALTER TABLE alertes_euralis ADD COLUMN data_context jsonb;
COMMENT ON COLUMN alertes_euralis.close_reason IS 'back_in_range, or escalated: a worse alert of the rule took its place.';
COMMENT ON COLUMN alertes_euralis.shelved_until IS 'End of the last silence; the alert is shelved while it lies ahead.';
COMMENT ON COLUMN alertes_euralis.shelved_by IS 'Who ordered the last silence.';
COMMENT ON COLUMN alertes_euralis.shelve_reason IS 'Why.';
COMMENT ON COLUMN alertes_euralis.unshelved_by IS 'Who ended the last silence before its time.';
COMMENT ON COLUMN alertes_euralis.data_context IS
  'Evidence: mesure, valeur, seuil, first_sample, last_sample, worst_sample (meals as jour/moment), worst_observed.';

-- What dashboards count: neither acknowledged nor closed.
DROP INDEX sqal_alerts_open_idx;
CREATE INDEX sqal_alerts_open_idx ON sqal_alerts (severity, time DESC) WHERE NOT is_acknowledged AND closed_at IS NULL;
DROP INDEX alertes_euralis_open_idx;
CREATE INDEX alertes_euralis_open_idx ON alertes_euralis (severite, time DESC) WHERE NOT acquittee AND closed_at IS NULL;

ALTER TABLE alert_open
  ADD COLUMN severity smallint NOT NULL DEFAULT 1 CHECK (severity BETWEEN 0 AND 3),
  ADD COLUMN good_in_a_row integer NOT NULL DEFAULT 0 CHECK (good_in_a_row >= 0),
  ADD COLUMN acknowledged boolean NOT NULL DEFAULT false,
  ADD COLUMN shelved_until timestamptz,
  ADD COLUMN last_sample text,
  ADD COLUMN worst_sample text,
  ADD COLUMN worst_observed double precision,
  ADD COLUMN worst_excess double precision NOT NULL DEFAULT 0 CHECK (worst_excess >= 0);
UPDATE alert_open o SET severity = array_position(ARRAY['info', 'warning', 'important', 'critical'], a.severity) - 1,
  acknowledged = a.is_acknowledged
FROM sqal_alerts a WHERE o.origin = 'SQAL' AND a.alert_id = o.alert_id AND a.time = o.time;
UPDATE alert_open o SET severity = array_position(ARRAY['info', 'warning', 'important', 'critique'], a.severite) - 1,
  acknowledged = a.acquittee
FROM alertes_euralis a WHERE o.origin = 'EURALIS' AND a.id = o.alert_id AND a.time = o.time;
CREATE INDEX alert_open_object_idx ON alert_open (object_key);
COMMENT ON COLUMN alert_open.severity IS '0 info, 1 warning, 2 important, 3 critical.';
COMMENT ON COLUMN alert_open.good_in_a_row IS 'Readings in range by more than the margin since the last occurrence.';
COMMENT ON COLUMN alert_open.acknowledged IS 'Somebody acknowledged it.';
COMMENT ON COLUMN alert_open.shelved_until IS 'End of the silence; null when nobody shelved it.';
COMMENT ON COLUMN alert_open.last_sample IS 'Sample (or meal, as jour/moment) of the newest occurrence.';
COMMENT ON COLUMN alert_open.worst_sample IS 'Sample (or meal) farthest beyond the limit.';
COMMENT ON COLUMN alert_open.worst_observed IS 'Its measured value.';
COMMENT ON COLUMN alert_open.worst_excess IS 'Its distance from the limit, >= 0.';
