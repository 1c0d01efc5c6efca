-- Samples under the names of the specification, statistics by hour and by site and day.
DROP VIEW IF EXISTS sqal_site_stats;
DROP VIEW IF EXISTS sqal_hourly_stats;
DROP FUNCTION IF EXISTS get_latest_sqal_sample(varchar);
DROP FUNCTION IF EXISTS get_sqal_stats_period(timestamptz, timestamptz, varchar);
DROP VIEW IF EXISTS sqal_sensor_samples;

CREATE VIEW sqal_sensor_samples AS
SELECT time, sample_id, device_id, lot_id, code_lot, site_code, gaveur_id,
       egi_matrix(distance_cells) AS vl53l8ch_distance_matrix,
       egi_matrix(reflectance_cells) AS vl53l8ch_reflectance_matrix,
       egi_matrix(amplitude_cells) AS vl53l8ch_amplitude_matrix,
       egi_matrix(status_cells) AS vl53l8ch_status_matrix,
       egi_matrix(ambient_cells) AS vl53l8ch_ambient_matrix,
       vl53l8ch_integration_time, vl53l8ch_temperature_c, vl53l8ch_volume_mm3, vl53l8ch_avg_height_mm,
       vl53l8ch_max_height_mm, vl53l8ch_min_height_mm, vl53l8ch_height_variation_mm, vl53l8ch_surface_uniformity,
       vl53l8ch_avg_distance_mm, vl53l8ch_std_distance_mm, vl53l8ch_avg_reflectance,
       details -> 'vl53l8ch_bins_analysis' AS vl53l8ch_bins_analysis,
       details -> 'vl53l8ch_reflectance_analysis' AS vl53l8ch_reflectance_analysis,
       details -> 'vl53l8ch_amplitude_consistency' AS vl53l8ch_amplitude_consistency,
       vl53l8ch_quality_score, vl53l8ch_grade,
       details -> 'vl53l8ch_score_breakdown' AS vl53l8ch_score_breakdown,
       coalesce(details -> 'vl53l8ch_defects', '[]') AS vl53l8ch_defects,
       egi_channels(as7341_values) AS as7341_channels,
       as7341_integration_time, as7341_gain, as7341_freshness_index, as7341_fat_quality_index, as7341_oxidation_index,
       as7341_color_uniformity, as7341_ratio_red_nir, as7341_ratio_clear_nir,
       details -> 'as7341_spectral_analysis' AS as7341_spectral_analysis,
       details -> 'as7341_color_analysis' AS as7341_color_analysis,
       as7341_quality_score, as7341_grade,
       details -> 'as7341_score_breakdown' AS as7341_score_breakdown,
       coalesce(details -> 'as7341_defects', '[]') AS as7341_defects,
       fusion_final_score, fusion_final_grade, fusion_vl53l8ch_score, fusion_as7341_score,
       coalesce(details -> 'fusion_defects', '[]') AS fusion_defects,
       fusion_is_compliant, fusion_mode, fusion_weight_tof, fusion_weight_spectral, fusion_confidence_level,
       declared_fusion_score, declared_fusion_grade, declared_compliant, score_disagrees, clock_skew,
       meta_firmware_version, meta_temperature_c, meta_humidity_percent, meta_config_profile,
       details ->> 'location' AS location, details ->> 'lot_abattage' AS lot_abattage, details ->> 'provenance' AS provenance,
       received_at, created_at, batch_id, ordinal
FROM sqal_samples;
COMMENT ON VIEW sqal_sensor_samples IS
  'Samples: matrices 8x8, channels by name, JSON analyses. Scores and grades fusion_* are computed by the server, declared_* came from the device.';

CREATE FUNCTION get_latest_sqal_sample(p_device_id varchar DEFAULT NULL) RETURNS SETOF sqal_sensor_samples
LANGUAGE sql STABLE AS $$
  SELECT * FROM (
    (SELECT * FROM sqal_sensor_samples WHERE p_device_id IS NULL ORDER BY time DESC LIMIT 1)
    UNION ALL
    (SELECT * FROM sqal_sensor_samples WHERE device_id = p_device_id ORDER BY time DESC LIMIT 1)) newest
$$;
COMMENT ON FUNCTION get_latest_sqal_sample(varchar) IS 'Newest sample by device time, of one device or of all; no row when there is none.';

CREATE VIEW sqal_hourly_stats AS
SELECT date_trunc('hour', time, 'UTC') AS bucket, device_id,
       count(*)::integer AS sample_count,
       avg(fusion_final_score) AS avg_quality_score, avg(fusion_final_score) AS avg_quality,
       (count(*) FILTER (WHERE fusion_final_grade = 'A+'))::integer AS count_a_plus,
       (count(*) FILTER (WHERE fusion_final_grade = 'A'))::integer AS count_a,
       (count(*) FILTER (WHERE fusion_final_grade = 'B'))::integer AS count_b,
       (count(*) FILTER (WHERE fusion_final_grade = 'C'))::integer AS count_c,
       (count(*) FILTER (WHERE fusion_final_grade = 'REJECT'))::integer AS count_reject,
       avg(vl53l8ch_volume_mm3) AS avg_volume_mm3,
       avg(as7341_freshness_index) AS avg_freshness_index, avg(as7341_freshness_index) AS avg_freshness,
       100.0::double precision * count(*) FILTER (WHERE fusion_is_compliant) / count(*) AS compliance_rate_pct
FROM sqal_samples
GROUP BY 1, 2;
COMMENT ON VIEW sqal_hourly_stats IS 'Samples by device and hour (UTC). Scores 0..1, volume mm3, compliance percent.';

CREATE VIEW sqal_site_stats AS
SELECT date_trunc('day', time, 'UTC') AS bucket, site_code,
       count(*)::integer AS total_samples,
       avg(fusion_final_score) AS avg_quality_score,
       100.0::double precision * count(*) FILTER (WHERE fusion_is_compliant) / count(*) AS compliance_rate_pct,
       (count(*) FILTER (WHERE fusion_final_grade = 'A+'))::integer AS count_a_plus,
       (count(*) FILTER (WHERE fusion_final_grade = 'A'))::integer AS count_a,
       (count(*) FILTER (WHERE fusion_final_grade = 'B'))::integer AS count_b,
       (count(*) FILTER (WHERE fusion_final_grade = 'C'))::integer AS count_c,
       (count(*) FILTER (WHERE fusion_final_grade = 'REJECT'))::integer AS count_reject
FROM sqal_samples
WHERE site_code IS NOT NULL
GROUP BY 1, 2;
COMMENT ON VIEW sqal_site_stats IS 'Samples by site and day (UTC). Scores 0..1, compliance percent.';

CREATE FUNCTION get_sqal_stats_period(p_start timestamptz, p_end timestamptz, p_site_code varchar DEFAULT NULL)
RETURNS TABLE (
  total_samples bigint, avg_quality_score double precision, min_quality_score double precision, max_quality_score double precision,
  compliance_rate_pct double precision, count_a_plus bigint, count_a bigint, count_b bigint, count_c bigint, count_reject bigint,
  avg_volume_mm3 double precision, avg_freshness_index double precision, active_devices bigint)
LANGUAGE sql STABLE AS $$
  SELECT count(*), avg(fusion_final_score), min(fusion_final_score), max(fusion_final_score),
         100.0::double precision * count(*) FILTER (WHERE fusion_is_compliant) / nullif(count(*), 0),
         count(*) FILTER (WHERE fusion_final_grade = 'A+'), count(*) FILTER (WHERE fusion_final_grade = 'A'),
         count(*) FILTER (WHERE fusion_final_grade = 'B'), count(*) FILTER (WHERE fusion_final_grade = 'C'),
         count(*) FILTER (WHERE fusion_final_grade = 'REJECT'),
         avg(vl53l8ch_volume_mm3), avg(as7341_freshness_index), count(DISTINCT device_id)
  FROM sqal_samples
  WHERE time >= p_start AND time < p_end AND (p_site_code IS NULL OR site_code = p_site_code)
$$;
COMMENT ON FUNCTION get_sqal_stats_period(timestamptz, timestamptz, varchar) IS
  'Statistics of samples with p_start <= time < p_end, all sites or one; always one row, averages null without samples.';
