#include "server/validate/good_items.h"

namespace egi::validate {
namespace {

constexpr int64_t kSampleSeconds = 1770109964;  // 2026-02-03T09:12:44Z

}  // namespace

absl::Time TestNow() { return absl::FromUnixSeconds(kSampleSeconds + 1); }

quality::v1::Sample GoodSample() {
  quality::v1::Sample sample;
  sample.set_sample_id("S-7f31-000042");
  sample.set_device_id("ESP32_LS_01");
  sample.mutable_sample_time()->set_seconds(kSampleSeconds);
  sample.set_lot("LS2602001");
  sample.set_site_code("LS");
  sample.set_location("Ligne B");
  quality::v1::TofFrame* tof = sample.mutable_tof();
  for (int i = 0; i < 64; ++i) {
    tof->add_distance_mm(i % 3 == 0 ? 95.5f : 55.25f);
    tof->add_reflectance(55.f);
    tof->add_amplitude(25.f);
    tof->add_target_status(5);
    tof->add_ambient(100.f);
  }
  tof->set_integration_time_ms(50);
  quality::v1::TofAnalysis* shape = sample.mutable_tof_analysis();
  shape->set_volume_mm3(548200.5);
  shape->set_surface_uniformity(0.81);
  shape->set_quality_score(0.79);
  shape->set_grade("A");
  quality::v1::SpectralReading* spectral = sample.mutable_spectral();
  quality::v1::SpectralChannels* channels = spectral->mutable_channels();
  channels->set_f1_415nm(402);
  channels->set_f2_445nm(596);
  channels->set_f3_480nm(511);
  channels->set_f4_515nm(1873);
  channels->set_f5_555nm(905);
  channels->set_f6_590nm(612);
  channels->set_f7_630nm(1139);
  channels->set_f8_680nm(744);
  channels->set_clear(6480);
  channels->set_nir(603);
  spectral->set_integration_time_ms(100);
  spectral->set_gain(4);
  quality::v1::SpectralAnalysis* colour = sample.mutable_spectral_analysis();
  colour->set_freshness_index(0.88);
  colour->set_fat_quality_index(0.84);
  colour->set_oxidation_index(0.12);
  colour->set_quality_score(0.86);
  quality::v1::Fusion* fusion = sample.mutable_fusion();
  fusion->set_final_score(0.818);
  fusion->set_final_grade("A");
  fusion->set_is_compliant(true);
  sample.set_firmware_version("v1.2.3");
  sample.set_temperature_c(19.7);
  sample.set_humidity_pct(51.0);
  sample.set_config_profile("foiegras_standard_barquette");
  return sample;
}

feeding::v1::Meal GoodMeal() {
  feeding::v1::Meal meal;
  meal.set_code_lot("LL2602003");
  meal.set_gaveur_id(4);
  meal.set_gaveur_nom("Gaveur 4");
  meal.set_site("LL");
  meal.set_genetique("Mulard");
  meal.set_jour(5);
  meal.set_moment("soir");
  meal.set_dose_theorique(343.0);
  meal.set_dose_reelle(338.6);
  meal.set_poids_moyen(5480.2);
  meal.set_nb_canards_vivants(49);
  meal.set_taux_mortalite(2.0);
  meal.set_temperature_stabule(20.8);
  meal.set_humidite_stabule(63.1);
  meal.mutable_timestamp()->set_seconds(kSampleSeconds);
  return meal;
}

}  // namespace egi::validate
