-- Samples under the names of the specification.
DROP FUNCTION IF EXISTS get_latest_sqal_sample(varchar);
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
       comparison, computed_tof_score, computed_spectral_score, computed_fusion_score, computed_grade, computed_volume_mm3,
       computed_freshness_index, computed_oxidation_index, computed_fat_quality_index, computed_confidence_level, computed_limiting_sensor,
       meta_firmware_version, meta_temperature_c, meta_humidity_percent, meta_config_profile,
       details ->> 'location' AS location, details ->> 'lot_abattage' AS lot_abattage, details ->> 'provenance' AS provenance,
       received_at, created_at, batch_id, ordinal
FROM sqal_samples;
COMMENT ON VIEW sqal_sensor_samples IS
  'Samples: matrices 8x8, channels by name, JSON analyses. Scores and grades fusion_* are the official ones (fused by the server from the sensor scores), declared_* came from the device, computed_* the server measured again on the raw data.';

CREATE FUNCTION get_latest_sqal_sample(p_device_id varchar DEFAULT NULL) RETURNS SETOF sqal_sensor_samples
LANGUAGE sql STABLE AS $$
  SELECT * FROM (
    (SELECT * FROM sqal_sensor_samples WHERE p_device_id IS NULL ORDER BY time DESC LIMIT 1)
    UNION ALL
    (SELECT * FROM sqal_sensor_samples WHERE device_id = p_device_id ORDER BY time DESC LIMIT 1)) newest
$$;
COMMENT ON FUNCTION get_latest_sqal_sample(varchar) IS 'Newest sample by device time, of one device or of all; no row when there is none.';
