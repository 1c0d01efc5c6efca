#include "egi/quality/v1/spc.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"

namespace egi::api {
namespace {

using quality::v1::GetCapabilityRequest;
using quality::v1::GetCapabilityResponse;
using quality::v1::GetChartRequest;
using quality::v1::GetChartResponse;
using quality::v1::SpcService;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The clock stands at 09:00 of 2026-02-03.
class SpcServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    spc_ = SpcService::NewStub(channel_);
  }

  void AddHeight(const std::string& device, const std::string& time, double height) {
    Sql(absl::StrCat("INSERT INTO sqal_samples (time, device_id, sample_id, site_code, fusion_final_score, fusion_final_grade, "
                     "fusion_is_compliant, vl53l8ch_avg_height_mm) VALUES ('2026-02-03 ",
                     time, "+00', '", device, "', '", time, "', substring('", device, "' from 7 for 2), 0.8, 'A', true, ", height, ")"));
  }

  // The flow rates of the NIST/SEMATECH e-Handbook, section 6.3.2.2, one a minute from 08:00.
  void AddFlowRates(const std::string& device) {
    const std::vector<double> rates = {49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1};
    for (size_t i = 0; i < rates.size(); ++i) AddHeight(device, absl::StrCat("08:0", i, ":00"), rates[i]);
  }

  grpc::Status GetChart(const GetChartRequest& request) { return Call(*spc_, &SpcService::Stub::GetChart, request, &chart_); }
  grpc::Status GetCapability(const GetCapabilityRequest& request) {
    return Call(*spc_, &SpcService::Stub::GetCapability, request, &capability_);
  }

  std::unique_ptr<SpcService::Stub> spc_;
  GetChartResponse chart_;
  GetCapabilityResponse capability_;
};

TEST_F(SpcServiceTest, IndividualsHaveThePublishedLimitsAndTheCapabilityOfTheThickness) {
  AddFlowRates("ESP32_LL_01");
  GetChartRequest request;
  ASSERT_TRUE(GetChart(request).ok());
  EXPECT_EQ(chart_.kind(), "i_mr");
  EXPECT_EQ(chart_.characteristic(), "thickness_mm");
  EXPECT_EQ(chart_.unit(), "mm");
  EXPECT_EQ(chart_.baseline_samples(), 10);
  ASSERT_EQ(chart_.points_size(), 10);
  EXPECT_EQ(chart_.points(0).sample_id(), "08:00:00");
  EXPECT_EQ(chart_.points(0).time().seconds(), 1770105600);
  EXPECT_EQ(chart_.points(0).label(), "ESP32_LL_01");
  ASSERT_EQ(chart_.panels_size(), 2);
  EXPECT_EQ(chart_.panels(0).statistic(), "individual");
  EXPECT_NEAR(chart_.panels(0).centre_line(), 50.81, 5e-3);
  EXPECT_NEAR(chart_.panels(0).values(3).upper_limit(), 55.8041, 5e-5);
  EXPECT_NEAR(chart_.panels(0).values(3).lower_limit(), 45.8159, 5e-5);
  EXPECT_EQ(chart_.panels(1).statistic(), "moving_range");
  EXPECT_FALSE(chart_.panels(1).values(0).has_value());
  EXPECT_THAT(chart_.violations(), IsEmpty());
  EXPECT_EQ(chart_.capability().lsl().value(), 45);
  EXPECT_EQ(chart_.capability().usl().value(), 55);
  EXPECT_EQ(chart_.capability().sample_count(), 10);
  EXPECT_TRUE(chart_.capability().indicative());
  EXPECT_EQ(chart_.capability().verdict(), "incapable");
  EXPECT_NEAR(chart_.capability().cpk().value(), (55 - 50.81) / (55.8041 - 50.81), 1e-4);
  ASSERT_EQ(chart_.warnings_size(), 1);
  EXPECT_THAT(chart_.warnings(0), HasSubstr("trial"));
}

TEST_F(SpcServiceTest, AViolationNamesItsRuleAndItsPoints) {
  AddFlowRates("ESP32_LL_01");
  AddHeight("ESP32_LL_01", "08:30:00", 60);
  GetChartRequest request;
  request.set_mean(50.81);
  request.set_sigma(1.6647);
  request.set_rules("nelson_1,western_electric_2");
  ASSERT_TRUE(GetChart(request).ok());
  EXPECT_EQ(chart_.baseline_samples(), 0);
  ASSERT_EQ(chart_.violations_size(), 2);
  EXPECT_EQ(chart_.violations(0).rule(), "nelson_1");
  EXPECT_EQ(chart_.violations(0).statistic(), "individual");
  EXPECT_EQ(chart_.violations(0).index(), 10);
  EXPECT_THAT(chart_.violations(0).points(), ElementsAre(10));
  EXPECT_EQ(chart_.violations(1).rule(), "beyond_limits");
  EXPECT_EQ(chart_.violations(1).statistic(), "moving_range");
}

TEST_F(SpcServiceTest, LimitsComeFromTheBaselineAndALateSampleStandsAtItsOwnTime) {
  AddFlowRates("ESP32_LL_01");
  AddHeight("ESP32_LL_01", "08:45:00", 58);
  AddHeight("ESP32_LL_01", "08:40:00", 50);  // came later, measured earlier
  GetChartRequest request;
  request.mutable_start_time()->set_seconds(1770105600 + 30 * 60);
  request.mutable_baseline_start_time()->set_seconds(1770105600);
  request.mutable_baseline_end_time()->set_seconds(1770105600 + 10 * 60);
  ASSERT_TRUE(GetChart(request).ok());
  EXPECT_EQ(chart_.baseline_samples(), 10);
  EXPECT_NEAR(chart_.panels(0).values(0).upper_limit(), 55.8041, 5e-5);
  ASSERT_EQ(chart_.points_size(), 2);
  EXPECT_EQ(chart_.points(0).sample_id(), "08:40:00");
  ASSERT_EQ(chart_.violations_size(), 2);
  EXPECT_EQ(chart_.violations(0).rule(), "western_electric_1");
  EXPECT_EQ(chart_.violations(0).index(), 1);
}

TEST_F(SpcServiceTest, SubgroupsHoldConsecutiveSamplesOfOneDevice) {
  AddFlowRates("ESP32_LL_01");
  AddFlowRates("ESP32_LS_01");
  AddHeight("ESP32_LS_01", "08:50:00", 50);
  GetChartRequest request;
  request.set_kind("xbar_r");
  request.set_subgroup_size(5);
  ASSERT_TRUE(GetChart(request).ok());
  ASSERT_EQ(chart_.points_size(), 4);
  EXPECT_THAT((std::vector<std::string>{chart_.points(0).label(), chart_.points(1).label()}),
              ::testing::UnorderedElementsAre("ESP32_LL_01", "ESP32_LS_01"));
  EXPECT_NEAR(chart_.points(0).value(), 49.24, 1e-9);
  EXPECT_NEAR(chart_.points(3).value(), 52.38, 1e-9);
  EXPECT_NEAR(chart_.sigma(), (3.7 + 2.4) / 2 / 2.326, 1e-9);
  EXPECT_EQ(chart_.panels(1).statistic(), "range");
  EXPECT_THAT(chart_.warnings(chart_.warnings_size() - 1), HasSubstr("1 samples are in no complete subgroup"));
  request.set_kind("xbar_s");
  ASSERT_TRUE(GetChart(request).ok());
  EXPECT_EQ(chart_.panels(1).statistic(), "std_dev");
}

TEST_F(SpcServiceTest, EwmaAndCusumUseTheGivenFigures) {
  AddFlowRates("ESP32_LL_01");
  GetChartRequest request;
  request.set_kind("ewma");
  request.set_mean(50);
  request.set_sigma(2.0539);
  request.set_lambda(0.3);
  request.set_width(3);
  ASSERT_TRUE(GetChart(request).ok());
  ASSERT_EQ(chart_.panels_size(), 1);
  EXPECT_NEAR(chart_.panels(0).values(0).value().value(), 0.3 * 49.6 + 0.7 * 50, 1e-9);
  EXPECT_LT(chart_.panels(0).values(0).upper_limit(), chart_.panels(0).values(1).upper_limit());
  request.set_kind("cusum");
  request.set_h(1);
  ASSERT_TRUE(GetChart(request).ok());
  ASSERT_EQ(chart_.panels_size(), 2);
  EXPECT_EQ(chart_.panels(0).statistic(), "cusum_high");
  EXPECT_EQ(chart_.panels(1).statistic(), "cusum_low");
  ASSERT_GT(chart_.violations_size(), 0);
  EXPECT_EQ(chart_.violations(0).rule(), "beyond_limits");
}

TEST_F(SpcServiceTest, EveryBadFieldIsNamed) {
  GetChartRequest request;
  request.set_kind("p");
  request.set_characteristic("colour");
  request.set_site_code("XX");
  request.set_subgroup_by("day");
  request.set_subgroup_size(26);
  request.set_hours(9000);
  request.set_sigma(0);
  request.set_rules("nelson_9");
  request.set_lsl(60);
  request.set_usl(50);
  request.set_lambda(1.5);
  request.mutable_baseline_start_time()->set_seconds(1770105600);
  EXPECT_THAT(BadFields(GetChart(request)),
              ::testing::UnorderedElementsAre("kind", "characteristic", "site_code", "subgroup_by", "subgroup_size", "hours", "sigma", "rules",
                                            "usl", "lambda", "baseline_end_time"));
  GetCapabilityRequest capability;
  capability.set_group_by("day");
  capability.set_last(5);
  capability.set_confidence(1);
  capability.set_target(90);
  EXPECT_THAT(BadFields(GetCapability(capability)), ::testing::UnorderedElementsAre("group_by", "last", "confidence", "target"));
}

TEST_F(SpcServiceTest, TooFewSamplesAnswerWhatToDo) {
  GetChartRequest request;
  const grpc::Status none = GetChart(request);
  EXPECT_EQ(none.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(none), "NO_CONTROL_LIMITS");
  EXPECT_THAT(none.error_message(), HasSubstr("Choose a longer period"));
  request.set_lot("LL9999999");
  EXPECT_EQ(GetChart(request).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(SpcServiceTest, MoreThanTenThousandSamplesNameWhatNarrowsThem) {
  Sql("INSERT INTO sqal_samples (time, ordinal, device_id, sample_id, site_code, fusion_final_score, fusion_final_grade, fusion_is_compliant, "
      "vl53l8ch_avg_height_mm) SELECT timestamptz '2026-02-03 06:00+00' + i * interval '1 s', i, 'ESP32_LL_01', 'S' || i, 'LL', 0.8, 'A', true, "
      "50 + i % 7 FROM generate_series(1, 10001) i");
  GetChartRequest request;
  const grpc::Status status = GetChart(request);
  EXPECT_THAT(BadFields(status), ElementsAre("start_time"));
  EXPECT_THAT(status.error_message(), HasSubstr("more than 10000 samples"));
  request.set_hours(1);
  ASSERT_TRUE(GetChart(request).ok());
  EXPECT_EQ(chart_.points_size(), 2802);
  // Their index finds them: no scan of the table.
  EXPECT_THAT(Sql("ANALYZE sqal_samples; EXPLAIN SELECT s.vl53l8ch_avg_height_mm FROM sqal_samples s WHERE s.time >= '2026-02-03 08:40+00' AND "
                  "s.time < '2026-02-03 08:41+00' AND s.device_id = 'ESP32_LL_01' AND s.vl53l8ch_avg_height_mm BETWEEN -1e15 AND 1e15"),
              HasSubstr("Index"));
}

TEST_F(SpcServiceTest, CapabilityByDeviceAndSiteUsesTheNewestSamples) {
  AddFlowRates("ESP32_LL_01");
  AddFlowRates("ESP32_LS_01");
  AddHeight("ESP32_LL_01", "07:00:00", 90);
  AddHeight("ESP32_MT_01", "08:00:00", 50);
  GetCapabilityRequest request;
  request.set_last(10);
  ASSERT_TRUE(GetCapability(request).ok());
  ASSERT_EQ(capability_.groups_size(), 3);
  EXPECT_EQ(capability_.groups(0).group(), "ESP32_LL_01");
  EXPECT_NEAR(capability_.groups(0).capability().mean().value(), 50.81, 1e-9);
  EXPECT_EQ(capability_.groups(0).capability().verdict(), "incapable");
  EXPECT_LT(capability_.groups(0).capability().cpk().low(), capability_.groups(0).capability().cpk().value());
  EXPECT_EQ(capability_.groups(2).group(), "ESP32_MT_01");
  EXPECT_EQ(capability_.groups(2).capability().verdict(), "unknown");
  EXPECT_EQ(capability_.groups(2).capability().message(), "capability needs at least 10 samples, there are 1");
  request.set_group_by("site");
  ASSERT_TRUE(GetCapability(request).ok());
  ASSERT_EQ(capability_.groups_size(), 3);
  EXPECT_EQ(capability_.groups(1).group(), "LS");
  request.set_group_by("lot");
  ASSERT_TRUE(GetCapability(request).ok());
  EXPECT_THAT(capability_.groups(), IsEmpty());
  request.set_characteristic("oxidation");
  request.clear_group_by();
  ASSERT_TRUE(GetCapability(request).ok());
  EXPECT_THAT(capability_.groups(), IsEmpty()) << "missing values are left out";
}

}  // namespace
}  // namespace egi::api
