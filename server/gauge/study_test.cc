#include "server/gauge/study.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analytics/spc/reference_data.h"

namespace egi::gauge {
namespace {

using quality::v1::CreateGaugeStudyRequest;
using quality::v1::GaugeStudy;
using ::testing::HasSubstr;

// The measurements of AIAG, Measurement Systems Analysis, 4th edition, trial by trial.
CreateGaugeStudyRequest Aiag() {
  CreateGaugeStudyRequest request;
  request.set_name("AIAG");
  request.set_characteristic("length");
  request.set_performed_by("user:3");
  const auto& parts = spc::AiagStudy();
  for (size_t trial = 0; trial < parts[0][0].size(); ++trial) {
    for (size_t part = 0; part < parts.size(); ++part) {
      for (size_t appraiser = 0; appraiser < parts[part].size(); ++appraiser) {
        auto* measurement = request.add_measurements();
        measurement->set_part(absl::StrCat("part ", part));
        measurement->set_appraiser(std::string(1, static_cast<char>('A' + appraiser)));
        measurement->set_value(parts[part][appraiser][trial]);
      }
    }
  }
  return request;
}

const quality::v1::VarianceComponent& Component(const GaugeStudy& study, const std::string& source) {
  for (const auto& component : study.components()) {
    if (component.source() == source) return component;
  }
  ADD_FAILURE() << "no component " << source;
  return study.components(0);
}

// Figures of the manual's table III-B 7 and 8.
TEST(GaugeStudy, EqualsThePublishedStudy) {
  const auto study = AnalyseStudy(Aiag());
  ASSERT_TRUE(study.ok()) << study.status();
  EXPECT_EQ(study->parts(), 10);
  EXPECT_EQ(study->appraisers(), 3);
  EXPECT_EQ(study->repeats(), 3);
  EXPECT_NEAR(Component(*study, "repeatability").std_dev(), 0.199933, 5e-5);
  EXPECT_NEAR(Component(*study, "reproducibility").std_dev(), 0.226838, 5e-5);
  EXPECT_NEAR(Component(*study, "gauge_rr").std_dev(), 0.302373, 5e-5);
  EXPECT_NEAR(Component(*study, "part_to_part").std_dev(), 1.042327, 5e-5);
  EXPECT_NEAR(study->grr_pct(), 27.9, 0.05);
  EXPECT_EQ(study->ndc(), 4);
  EXPECT_EQ(study->verdict(), "unacceptable");
  EXPECT_THAT(study->message(), HasSubstr("cannot tell parts apart"));
  EXPECT_EQ(study->measurements_size(), 90);
}

TEST(GaugeStudy, ToleranceAddsItsShare) {
  auto request = Aiag();
  request.set_tolerance(8);
  const auto study = AnalyseStudy(request);
  ASSERT_TRUE(study.ok()) << study.status();
  EXPECT_NEAR(Component(*study, "gauge_rr").tolerance_pct().value(), 100 * 6 * 0.302373 / 8, 0.01);
}

TEST(GaugeStudy, MissingMeasurementNamesPartAndAppraiser) {
  auto request = Aiag();
  request.mutable_measurements()->RemoveLast();
  const absl::Status refused = AnalyseStudy(request).status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("C measured part 9 2 times, others 3 times"));
}

TEST(GaugeStudy, EveryBadFieldIsNamed) {
  CreateGaugeStudyRequest request;
  request.set_tolerance(-1);
  auto* measurement = request.add_measurements();
  measurement->set_part("p");
  const std::string message(AnalyseStudy(request).status().message());
  for (const char* field : {"name", "characteristic", "performed_by", "tolerance", "measurements[0].appraiser"}) EXPECT_THAT(message, HasSubstr(field));
}

TEST(GaugeStudy, EqualValuesSayNothingAboutAGauge) {
  auto request = Aiag();
  for (auto& measurement : *request.mutable_measurements()) measurement.set_value(1);
  EXPECT_TRUE(absl::IsFailedPrecondition(AnalyseStudy(request).status()));
}

}  // namespace
}  // namespace egi::gauge
