#include "server/api/quality/business_metrics.h"

#include <algorithm>
#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/recompute.h"

namespace egi::api {
namespace {

using quality::v1::SampleRecord;

void AddRows(google::protobuf::RepeatedPtrField<google::protobuf::ListValue>* rows, double (*cell)(int, int)) {
  for (int y = 0; y < 8; ++y) {
    auto* row = rows->Add();
    for (int x = 0; x < 8; ++x) row->add_values()->set_number_value(cell(x, y));
  }
}

// Half axes of 85 and 42.5 mm, 60 mm high, in the middle of a tray of 300 x 180 mm 95 mm below the sensor.
double DomeHeight(int x, int y) {
  const double dx = (x - 3.5) * 37.5 / 85, dy = (y - 3.5) * 22.5 / 42.5;
  return 60 * std::sqrt(std::max(0.0, 1 - dx * dx - dy * dy));
}

// A sound liver measured `second` seconds after some time.
SampleRecord MakeRecord(int second, const std::string& profile = "foiegras_standard_barquette") {
  SampleRecord record;
  record.mutable_time()->set_seconds(1770109200 + second);
  record.mutable_meta_config_profile()->set_value(profile);
  AddRows(record.mutable_vl53l8ch_distance_matrix(), [](int x, int y) { return 95 - DomeHeight(x, y); });
  AddRows(record.mutable_vl53l8ch_reflectance_matrix(), [](int x, int y) { return DomeHeight(x, y) > 0 ? 55.0 : 70.0; });
  AddRows(record.mutable_vl53l8ch_amplitude_matrix(), [](int, int) { return 2000.0; });
  record.mutable_as7341_integration_time()->set_value(100);
  record.mutable_as7341_gain()->set_value(1);
  auto& channels = *record.mutable_as7341_channels();
  const std::pair<const char*, double> counts[] = {{"F1_415nm", 400}, {"F2_445nm", 600}, {"F3_480nm", 500}, {"F4_515nm", 1900},
                                                   {"F5_555nm", 900}, {"F6_590nm", 600}, {"F7_630nm", 1150}, {"F8_680nm", 750},
                                                   {"NIR", 600},      {"Clear", 6500}};
  for (const auto& [channel, count] : counts) channels[channel] = count;
  return record;
}

class BusinessMetricsTest : public testing::Test {
 protected:
  const analyse::AnalysisBook book_ = *analyse::AnalysisBook::BuiltIn();
};

TEST_F(BusinessMetricsTest, ColourIsSeenAgainstTheWhiteThatWasCalibratedWhenTheLiverWasMeasured) {
  auto before = MakeRecord(0), after = MakeRecord(3600);
  for (auto* record : {&before, &after}) record->set_device_id("ESP32_LL_01");
  for (auto& [channel, count] : *after.mutable_as7341_channels()) count *= 0.8;  // the lamp has aged
  // The white of the profile, at 80 %.
  quality::v1::Calibration calibration;
  calibration.mutable_valid_from()->set_seconds(after.time().seconds() - 60);
  calibration.mutable_valid_until()->set_seconds(after.time().seconds() + 60);
  const auto& model = book_.FindOrDefault("").spectral.model;
  const auto white = [&model](int channel) { return 0.8 * model.channels[channel].white; };
  auto& channels = *calibration.mutable_white_reference();
  channels.set_f1_415nm(white(0));
  channels.set_f2_445nm(white(1));
  channels.set_f3_480nm(white(2));
  channels.set_f4_515nm(white(3));
  channels.set_f5_555nm(white(4));
  channels.set_f6_590nm(white(5));
  channels.set_f7_630nm(white(6));
  channels.set_f8_680nm(white(7));
  channels.set_nir(white(8));
  channels.set_clear(white(9));
  const Calibrations calibrations = {{"ESP32_LL_01", {calibration}}};
  const auto l_star = [&](const SampleRecord& record, const Calibrations& known) {
    return BusinessMetricsOf({record}, {{"A", 1}}, book_, known).instant_metrics().l_star().value();
  };
  EXPECT_NEAR(l_star(after, calibrations), l_star(before, {}), 1e-6);
  EXPECT_LT(l_star(after, {}), l_star(before, {}) - 3);
  EXPECT_DOUBLE_EQ(l_star(before, calibrations), l_star(before, {})) << "the calibration was not valid yet";
}

TEST_F(BusinessMetricsTest, SharesAreThoseOfThePeriod) {
  const auto metrics = BusinessMetricsOf({MakeRecord(0)}, {{"A", 90}, {"B", 6}, {"C", 2}, {"REJECT", 2}}, book_);
  EXPECT_EQ(metrics.operational().samples(), 100);
  EXPECT_EQ(metrics.operational().samples_used(), 1);
  EXPECT_DOUBLE_EQ(metrics.operational().conformity_percent().value(), 96);
  EXPECT_DOUBLE_EQ(metrics.operational().downgraded_percent().value(), 8);
  EXPECT_DOUBLE_EQ(metrics.operational().rejected_percent().value(), 2);
  std::vector<std::string> warned;
  for (const auto& alert : metrics.alerts()) warned.push_back(alert.type());
  EXPECT_THAT(warned, testing::IsSupersetOf({"conformity", "downgraded"}));
  EXPECT_THAT(warned, testing::Not(testing::Contains("rejected"))) << "2 % are the limit";
}

// The mean height of half an ellipsoid over its base is two thirds of its crown.
TEST_F(BusinessMetricsTest, NewestLiverHasTheThicknessAndVolumeOfItsDome) {
  const auto metrics = BusinessMetricsOf({MakeRecord(1), MakeRecord(0)}, {{"A", 2}}, book_);
  EXPECT_NEAR(metrics.instant_metrics().lobe_thickness_mm().value(), 40, 6);
  const double volume = 2.0 / 3 * M_PI * 85 * 42.5 * 60;
  EXPECT_NEAR(metrics.instant_metrics().volume_mm3().value(), volume, 0.1 * volume);
  EXPECT_NEAR(metrics.instant_metrics().mass_g().value(), metrics.instant_metrics().volume_mm3().value() * 0.947e-3, 1e-6);
  // The counts are the published reference of a fresh liver.
  EXPECT_NEAR(metrics.freshness_score().freshness_score().value(), 100, 2);
  EXPECT_DOUBLE_EQ(metrics.spectral_bands().spectral_bands().at("515nm_cyan"), 1900);
  EXPECT_DOUBLE_EQ(metrics.spectral_bands().red_orange_ratio().value(), 750.0 / 1150);
  EXPECT_EQ(metrics.spectral_bands().spectral_profile(), "orange");
  EXPECT_DOUBLE_EQ(metrics.dimensional_deviation().target_mm(), 50);
}

// As the server measured it when it came: with its frames, its statuses and the volume its station expected.
TEST_F(BusinessMetricsTest, LiverIsMeasuredWithWhatItsStationTold) {
  SampleRecord record = MakeRecord(0);
  record.mutable_vl53l8ch_frames_averaged()->set_value(64);
  record.mutable_vl53l8ch_expected_volume_mm3()->set_value(900'000);
  AddRows(record.mutable_vl53l8ch_status_matrix(), [](int x, int y) { return x == 3 && y == 3 ? 255.0 : 5.0; });
  quality::v1::Sample sample;
  for (int i = 0; i < 64; ++i) {
    const int x = i % 8, y = i / 8;
    sample.mutable_tof()->add_distance_mm(static_cast<float>(95 - DomeHeight(x, y)));
    sample.mutable_tof()->add_reflectance(DomeHeight(x, y) > 0 ? 55 : 70);
    sample.mutable_tof()->add_amplitude(2000);
    sample.mutable_tof()->add_target_status(i == 27 ? 255 : 5);
  }
  sample.mutable_tof()->set_frames_averaged(64);
  const double expected = analyse::Recompute(sample, book_.FindOrDefault(""), 900'000).tof.score;
  EXPECT_NEAR(BusinessMetricsOf({record}, {{"A", 1}}, book_).quality_scores().tof().value(), expected, 1e-6);
  EXPECT_GT(std::abs(BusinessMetricsOf({MakeRecord(0)}, {{"A", 1}}, book_).quality_scores().tof().value() - expected), 0.02);
}

TEST_F(BusinessMetricsTest, FiguresThatNeedMoreLiversAreNull) {
  std::vector<SampleRecord> run;
  for (int i = 0; i < 9; ++i) run.insert(run.begin(), MakeRecord(i));
  EXPECT_FALSE(BusinessMetricsOf(run, {}, book_).process_capability().has_cp());
  EXPECT_FALSE(BusinessMetricsOf(run, {}, book_).moving_average().has_moving_avg_10());
  run.insert(run.begin(), MakeRecord(9));
  const auto ten = BusinessMetricsOf(run, {}, book_);
  EXPECT_TRUE(ten.moving_average().has_moving_avg_10());
  EXPECT_FALSE(ten.process_capability().has_cp()) << "without spread";
  EXPECT_FALSE(ten.operational().has_conformity_percent()) << "no grade in the period";
}

TEST_F(BusinessMetricsTest, NothingIsGuessedOfAnUnknownProfileOrWithoutSamples) {
  const auto unknown = BusinessMetricsOf({MakeRecord(0, "of_another_maker")}, {{"A", 1}}, book_);
  EXPECT_EQ(unknown.operational().samples_used(), 0);
  EXPECT_FALSE(unknown.instant_metrics().has_lobe_thickness_mm());
  const auto none = BusinessMetricsOf({}, {}, book_);
  EXPECT_EQ(none.maturity_index().maturity_stage(), "unknown");
  EXPECT_EQ(none.process_capability().process_capability(), "unknown");
  EXPECT_EQ(none.moving_average().trend(), "unknown");
  EXPECT_EQ(none.color_homogeneity().color_uniformity(), "unknown");
  EXPECT_EQ(none.alerts_size(), 0);
}

}  // namespace
}  // namespace egi::api
