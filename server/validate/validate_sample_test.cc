#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/validate/good_items.h"
#include "server/validate/validate.h"

namespace egi::validate {
namespace {

using quality::v1::Sample;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ValidateSample, GoodSampleHasNoViolation) { EXPECT_THAT(ValidateSample(GoodSample(), TestNow()), IsEmpty()); }

struct Fault {
  const char* name;
  std::function<void(Sample&)> break_it;
  const char* field;
  const char* text;
};

class OneFault : public testing::TestWithParam<Fault> {};

TEST_P(OneFault, IsNamedAlone) {
  Sample sample = GoodSample();
  GetParam().break_it(sample);
  EXPECT_THAT(ValidateSample(sample, TestNow()),
              ElementsAre(AllOf(Field(&Violation::field, GetParam().field),
                                Field(&Violation::description, HasSubstr(GetParam().text)))));
}

void KeepRows(Sample& s, int rows) { s.mutable_tof()->mutable_distance_mm()->Truncate(rows * 8); }
quality::v1::Defect* AddDefect(Sample& s) {
  auto* defect = s.mutable_tof_analysis()->add_defects();
  defect->set_type("foreign_body");
  return defect;
}

INSTANTIATE_TEST_SUITE_P(
    Facts, OneFault,
    testing::Values(
        Fault{"NoSampleId", [](Sample& s) { s.clear_sample_id(); }, "sample_id", "missing"},
        Fault{"LongSampleId", [](Sample& s) { s.set_sample_id(std::string(101, 'x')); }, "sample_id", "101 characters"},
        Fault{"NoDeviceId", [](Sample& s) { s.clear_device_id(); }, "device_id", "missing"},
        Fault{"ControlInDeviceId", [](Sample& s) { s.set_device_id("ESP\n1"); }, "device_id", "control character"},
        Fault{"NoTime", [](Sample& s) { s.clear_sample_time(); }, "sample_time", "missing"},
        Fault{"ClockNeverSet", [](Sample& s) { s.mutable_sample_time()->set_seconds(86400); }, "sample_time", "2000-01-01"},
        Fault{"BadNanos", [](Sample& s) { s.mutable_sample_time()->set_nanos(-1); }, "sample_time", "nanos"},
        Fault{"ClockSixMinutesAhead",
              [](Sample& s) { s.mutable_sample_time()->set_seconds(absl::ToUnixSeconds(TestNow()) + 360); },
              "sample_time", "6m in the future, at most 5m"},
        Fault{"SevenRows", [](Sample& s) { KeepRows(s, 7); }, "tof.distance_mm", "has 7 rows of 8 (56 values), 8 rows expected"},
        Fault{"SixteenValues", [](Sample& s) { KeepRows(s, 2); }, "tof.distance_mm", "has 2 rows"},
        Fault{"NoReflectance", [](Sample& s) { s.mutable_tof()->clear_reflectance(); }, "tof.reflectance", "has 0 values"},
        Fault{"SixtyFiveValues", [](Sample& s) { s.mutable_tof()->add_amplitude(1); }, "tof.amplitude", "has 65 values"},
        Fault{"NaNCell", [](Sample& s) { s.mutable_tof()->set_distance_mm(27, std::nanf("")); }, "tof.distance_mm[27]",
              "cell [3][3] is NaN, expected 0 to 4000 mm"},
        Fault{"InfiniteCell", [](Sample& s) { s.mutable_tof()->set_distance_mm(63, INFINITY); }, "tof.distance_mm[63]",
              "cell [7][7] is +Infinity"},
        Fault{"FarCell", [](Sample& s) { s.mutable_tof()->set_distance_mm(8, 4001.f); }, "tof.distance_mm[8]",
              "cell [1][0] is 4001"},
        Fault{"NegativeReflectance", [](Sample& s) { s.mutable_tof()->set_reflectance(0, -1.f); }, "tof.reflectance[0]",
              "cell [0][0] is -1, expected 0 to 255"},
        Fault{"Amplitude4096", [](Sample& s) { s.mutable_tof()->set_amplitude(7, 4096.f); }, "tof.amplitude[7]",
              "cell [0][7] is 4096, expected 0 to 4095"},
        Fault{"Status256", [](Sample& s) { s.mutable_tof()->set_target_status(1, 256); }, "tof.target_status[1]", "256"},
        Fault{"HalfAnAmbientMatrix", [](Sample& s) { s.mutable_tof()->mutable_ambient()->Truncate(32); }, "tof.ambient",
              "has 4 rows"},
        Fault{"TofIntegrationOneMs", [](Sample& s) { s.mutable_tof()->set_integration_time_ms(1); },
              "tof.integration_time_ms", "expected 2 to 1000 ms"},
        Fault{"NoFrame", [](Sample& s) { s.clear_tof(); }, "tof", "missing"},
        Fault{"NoShape", [](Sample& s) { s.clear_tof_analysis(); }, "tof_analysis", "missing"},
        Fault{"NoSpectrum", [](Sample& s) { s.clear_spectral(); }, "spectral", "missing"},
        Fault{"NoChannels", [](Sample& s) { s.mutable_spectral()->clear_channels(); }, "spectral.channels", "missing"},
        Fault{"Count65536", [](Sample& s) { s.mutable_spectral()->mutable_channels()->set_clear(65536); },
              "spectral.channels.clear", "is 65536, expected 0 to 65535 counts"},
        Fault{"NaNCount", [](Sample& s) { s.mutable_spectral()->mutable_channels()->set_f5_555nm(kNaN); },
              "spectral.channels.f5_555nm", "is NaN"},
        Fault{"Gain1024", [](Sample& s) { s.mutable_spectral()->set_gain(1024); }, "spectral.gain", "0.5 to 512"},
        Fault{"NoColour", [](Sample& s) { s.clear_spectral_analysis(); }, "spectral_analysis", "missing"},
        Fault{"NoFusion", [](Sample& s) { s.clear_fusion(); }, "fusion", "missing"},
        Fault{"ScoreAboveOne", [](Sample& s) { s.mutable_fusion()->set_final_score(1.01); }, "fusion.final_score",
              "is 1.01, expected 0 to 1"},
        Fault{"InfiniteScore", [](Sample& s) { s.mutable_tof_analysis()->set_quality_score(kInfinity); },
              "tof_analysis.quality_score", "+Infinity"},
        Fault{"GradeD", [](Sample& s) { s.mutable_fusion()->set_final_grade("D"); }, "fusion.final_grade",
              "is \"D\", expected A+, A, B, C or REJECT"},
        Fault{"NoTofGrade", [](Sample& s) { s.mutable_tof_analysis()->clear_grade(); }, "tof_analysis.grade", "missing"},
        Fault{"HugeVolume", [](Sample& s) { s.mutable_tof_analysis()->set_volume_mm3(5000001); },
              "tof_analysis.volume_mm3", "5e+06 mm3"},
        Fault{"NegativeFreshness", [](Sample& s) { s.mutable_spectral_analysis()->set_freshness_index(-0.1); },
              "spectral_analysis.freshness_index", "0 to 1"},
        Fault{"DefectOutsideGrid", [](Sample& s) { AddDefect(s)->set_x(8); }, "tof_analysis.defects[0].x", "is 8, expected 0 to 7"},
        Fault{"SevereDefect", [](Sample& s) { AddDefect(s)->set_severity(1.5); }, "tof_analysis.defects[0].severity", "1.5"},
        Fault{"TooManyDefects", [](Sample& s) { for (int i = 0; i < 65; ++i) AddDefect(s); }, "tof_analysis.defects",
              "has 65 entries, at most 64"},
        Fault{"NaNInDetails",
              [](Sample& s) {
                (*s.mutable_tof_analysis()->mutable_details()->mutable_fields())["stats"].set_number_value(kNaN);
              },
              "tof_analysis.details.stats", "NaN"},
        Fault{"LotInWords", [](Sample& s) { s.set_lot("latest"); }, "lot", "expected a lot code"},
        Fault{"LotOfUnknownSite", [](Sample& s) { s.set_lot("XX2602001"); }, "lot", "LL, LS or MT and 7 digits"},
        Fault{"LotZero", [](Sample& s) { s.set_lot("0"); }, "lot", "positive integer"},
        Fault{"SiteParis", [](Sample& s) { s.set_site_code("PARIS"); }, "site_code", "expected LL, LS or MT"},
        Fault{"HotStation", [](Sample& s) { s.set_temperature_c(86); }, "temperature_c", "-40 to 85"},
        Fault{"Humidity101", [](Sample& s) { s.set_humidity_pct(101); }, "humidity_pct", "0 to 100 %"},
        Fault{"LongFirmware", [](Sample& s) { s.set_firmware_version(std::string(51, '1')); }, "firmware_version", "51"},
        Fault{"NulInLocation", [](Sample& s) { s.set_location(std::string("a\0b", 3)); }, "location", "NUL"}),
    [](const auto& info) { return info.param.name; });

TEST(ValidateSample, EveryViolationIsNamedAtOnce) {
  Sample sample = GoodSample();
  sample.clear_sample_id();
  sample.mutable_tof()->set_distance_mm(3, -20.f);
  sample.mutable_fusion()->set_final_grade("Z");
  EXPECT_THAT(ValidateSample(sample, TestNow()),
              ElementsAre(Field(&Violation::field, "sample_id"), Field(&Violation::field, "tof.distance_mm[3]"),
                          Field(&Violation::field, "fusion.final_grade")));
}

TEST(ValidateSample, ListIsBoundedAndTellsHowManyAreLeftOut) {
  Sample sample = GoodSample();
  for (int i = 0; i < 64; ++i) sample.mutable_tof()->set_distance_mm(i, std::nanf(""));
  const std::vector<Violation> violations = ValidateSample(sample, TestNow());
  ASSERT_THAT(violations, SizeIs(50));
  EXPECT_THAT(violations.back().description, HasSubstr("15 further violations"));  // 49 + 15 = 64
}

TEST(ValidateSample, EmptySampleNamesEveryRequiredBlock) {
  std::vector<std::string> fields;
  for (const Violation& v : ValidateSample(Sample(), TestNow())) fields.push_back(v.field);
  EXPECT_THAT(fields, ElementsAre("sample_id", "device_id", "sample_time", "tof", "spectral"));
}

TEST(ValidateSample, DeviceThatConcludesTellsAllOfItOrNothing) {
  Sample sample = GoodSample();
  sample.clear_tof_analysis();
  sample.clear_spectral_analysis();
  std::vector<std::string> fields;
  for (const Violation& v : ValidateSample(sample, TestNow())) fields.push_back(v.field);
  EXPECT_THAT(fields, ElementsAre("tof_analysis", "spectral_analysis"));
  sample.clear_fusion();
  EXPECT_THAT(ValidateSample(sample, TestNow()), IsEmpty());
}

TEST(ValidateSample, ClockFiveMinutesAheadIsAccepted) {
  Sample sample = GoodSample();
  sample.mutable_sample_time()->set_seconds(absl::ToUnixSeconds(TestNow()) + 300);
  EXPECT_THAT(ValidateSample(sample, TestNow()), IsEmpty());
}

TEST(ValidateSample, AbsentOptionalPartsAreAccepted) {
  Sample sample = GoodSample();
  sample.clear_lot();
  sample.clear_site_code();
  sample.mutable_tof()->clear_ambient();
  sample.mutable_tof()->clear_target_status();
  sample.mutable_fusion()->clear_is_compliant();
  sample.clear_temperature_c();
  EXPECT_THAT(ValidateSample(sample, TestNow()), IsEmpty());
}

TEST(ValidateSample, LotMayBeAnIntegerId) {
  Sample sample = GoodSample();
  sample.set_lot("311");
  EXPECT_THAT(ValidateSample(sample, TestNow()), IsEmpty());
  sample.set_lot("99999999999");
  EXPECT_THAT(ValidateSample(sample, TestNow()), SizeIs(1));
}

TEST(ValidateSample, LengthsCountCharactersNotBytes) {
  Sample sample = GoodSample();
  std::string accents;
  for (int i = 0; i < 100; ++i) accents += "é";
  sample.set_location(accents);
  EXPECT_THAT(ValidateSample(sample, TestNow()), IsEmpty());
  sample.set_location(accents + "é");
  EXPECT_THAT(ValidateSample(sample, TestNow()), SizeIs(1));
}

TEST(NormaliseSample, LongFrenchGradesBecomeTheirFirstToken) {
  const std::pair<const char*, const char*> cases[] = {
      {"REJET - Qualité insuffisante", "REJECT"}, {"A+ - Premium", "A+"}, {"REJET", "REJECT"}, {"REJECT", "REJECT"},
      {"b", "B"}, {" C (acceptable)", "C"}, {"A", "A"}, {"Excellent", "EXCELLENT"}};
  for (const auto& [sent, expected] : cases) {
    Sample sample = GoodSample();
    sample.mutable_tof_analysis()->set_grade(sent);
    sample.mutable_fusion()->set_final_grade(sent);
    NormaliseSample(&sample);
    EXPECT_EQ(sample.tof_analysis().grade(), expected);
    EXPECT_EQ(sample.fusion().final_grade(), expected);
  }
}

TEST(NormaliseSample, ExcessByRoundingIsBroughtBackAndMoreIsLeft) {
  Sample sample = GoodSample();
  sample.mutable_tof()->set_distance_mm(0, 4000.4f);
  sample.mutable_tof()->set_reflectance(1, -0.3f);
  sample.mutable_tof()->set_amplitude(2, 4096.f);
  sample.mutable_fusion()->set_final_score(1.0000000002);
  NormaliseSample(&sample);
  EXPECT_EQ(sample.tof().distance_mm(0), 4000.f);
  EXPECT_EQ(sample.tof().reflectance(1), 0.f);
  EXPECT_EQ(sample.fusion().final_score(), 1.0);
  EXPECT_THAT(ValidateSample(sample, TestNow()), ElementsAre(Field(&Violation::field, "tof.amplitude[2]")));
}

TEST(NormaliseSample, SiteIsInCapitalsAndMgIsMt) {
  Sample sample = GoodSample();
  sample.set_site_code(" ll");
  NormaliseSample(&sample);
  EXPECT_EQ(sample.site_code(), "LL");
  sample.set_site_code("MG");
  NormaliseSample(&sample);
  EXPECT_EQ(sample.site_code(), "MT");
}

TEST(NormaliseSample, LeavesAGoodSampleAsItIs) {
  Sample sample = GoodSample();
  NormaliseSample(&sample);
  EXPECT_EQ(sample.SerializeAsString(), GoodSample().SerializeAsString());
}

}  // namespace
}  // namespace egi::validate
