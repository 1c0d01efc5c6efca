#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/grade.h"
#include "server/analyse/judge.h"
#include "server/analyse/computation.h"
#include "server/validate/good_items.h"

namespace egi::analyse {
namespace {

using quality::v1::Sample;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using validate::GoodSample;
using validate::TestNow;

// A sample whose two sensors and fusion all score `tof` and `spectral`.
Sample Scored(double tof, double spectral) {
  Sample sample = GoodSample();
  sample.mutable_tof_analysis()->set_quality_score(tof);
  sample.mutable_spectral_analysis()->set_quality_score(spectral);
  sample.mutable_fusion()->set_final_score(0.6 * tof + 0.4 * spectral);
  return sample;
}

std::vector<std::string> Types(const SampleVerdict& verdict) {
  std::vector<std::string> types;
  for (const AlertCandidate& alert : verdict.alerts) types.push_back(alert.type);
  return types;
}

TEST(JudgeSample, FusesWithSixtyAndForty) {
  const SampleVerdict verdict = JudgeSample(Scored(0.88, 0.90), TestNow());
  EXPECT_DOUBLE_EQ(verdict.result.final_score(), 0.888);  // domain.md section 11: 0.6 * 0.88 + 0.4 * 0.90
  EXPECT_EQ(verdict.result.final_grade(), "A+");
  EXPECT_TRUE(verdict.result.is_compliant());
  EXPECT_EQ(verdict.result.vl53l8ch_score(), 0.88);
  EXPECT_EQ(verdict.result.as7341_score(), 0.90);
  EXPECT_EQ(verdict.result.weight_tof(), 0.6);
  EXPECT_FALSE(verdict.result.has_confidence_level());
  EXPECT_THAT(verdict.alerts, IsEmpty());
}

TEST(JudgeSample, DeclaredWeightsDoNotChangeTheRule) {
  Sample sample = Scored(0.9, 0.5);
  sample.mutable_fusion()->set_weight_tof(0.1);
  sample.mutable_fusion()->set_weight_spectral(0.9);
  EXPECT_DOUBLE_EQ(JudgeSample(sample, TestNow()).result.final_score(), 0.74);
}

TEST(JudgeSample, WeightsComeFromTheRules) {
  SampleRules rules;
  rules.weight_tof = 0.5;
  rules.weight_spectral = 0.5;
  EXPECT_DOUBLE_EQ(JudgeSample(Scored(0.9, 0.5), TestNow(), rules).result.final_score(), 0.7);
}

TEST(JudgeSample, BoundsOfTheGradesAreInclusive) {
  const std::pair<double, const char*> cases[] = {{0.85, "A+"}, {0.8499, "A"}, {0.75, "A"},  {0.7499, "B"},
                                                  {0.60, "B"},  {0.5999, "C"}, {0.45, "C"}, {0.4499, "REJECT"}};
  for (const auto& [score, grade] : cases) {
    const SampleVerdict verdict = JudgeSample(Scored(score, score), TestNow());
    EXPECT_EQ(verdict.result.final_grade(), grade) << score;
    EXPECT_EQ(verdict.result.is_compliant(), score >= 0.60) << score;
  }
}

TEST(JudgeSample, ForeignBodyAboveSevenTenthsRejects) {
  Sample sample = Scored(0.9, 0.9);
  auto* defect = sample.mutable_tof_analysis()->add_defects();
  defect->set_type("foreign_body");
  defect->set_severity(0.7);
  EXPECT_EQ(JudgeSample(sample, TestNow()).result.final_grade(), "A+");
  defect->set_severity(0.71);
  const SampleVerdict verdict = JudgeSample(sample, TestNow());
  EXPECT_EQ(verdict.result.final_grade(), "REJECT");
  EXPECT_FALSE(verdict.result.is_compliant());
  EXPECT_DOUBLE_EQ(verdict.result.final_score(), 0.9);
  EXPECT_THAT(Types(verdict), ElementsAre("grade_reject"));
  EXPECT_EQ(verdict.result.defects_size(), 1);
}

TEST(JudgeSample, SevereDeformationDoesNotReject) {
  Sample sample = Scored(0.9, 0.9);
  auto* defect = sample.mutable_tof_analysis()->add_defects();
  defect->set_type("surface_deformation");
  defect->set_severity(1.0);
  EXPECT_EQ(JudgeSample(sample, TestNow()).result.final_grade(), "A+");
}

TEST(JudgeSample, NumberOfDefectsDoesNotReject) {
  Sample sample = Scored(0.9, 0.9);
  for (int i = 0; i < 6; ++i) {
    auto* defect = sample.mutable_tof_analysis()->add_defects();
    defect->set_type("edge_damage");
    defect->set_severity(0.2);
  }
  EXPECT_EQ(JudgeSample(sample, TestNow()).result.final_grade(), "A+");
}

TEST(JudgeSample, OneSensorBelowCRejectsWhateverTheOtherSays) {
  EXPECT_EQ(JudgeSample(Scored(0.44, 1.0), TestNow()).result.final_grade(), "REJECT");
  EXPECT_EQ(JudgeSample(Scored(1.0, 0.44), TestNow()).result.final_grade(), "REJECT");
  EXPECT_EQ(JudgeSample(Scored(0.45, 1.0), TestNow()).result.final_grade(), "B");  // 0.67
}

TEST(JudgeSample, OfTwoRejectedLiversTheLowerScoreIsFartherOff) {
  const auto off = [](const Sample& sample) {
    const SampleVerdict verdict = JudgeSample(sample, TestNow());
    for (const AlertCandidate& alert : verdict.alerts) {
      if (alert.type == "grade_reject") return *alert.expected - *alert.observed;
    }
    return -1.0;
  };
  EXPECT_GT(off(Scored(0.36, 0.36)), off(Scored(1.0, 0.2)));  // 0.36 against 0.68, both REJECT
  EXPECT_GT(off(Scored(1.0, 0.2)), 0);
}

TEST(JudgeSample, MissingSensorLeavesTheScoreToTheOtherAndLowersConfidence) {
  Sample sample = Scored(0.8, 0.2);
  sample.clear_spectral_analysis();
  sample.mutable_fusion()->set_confidence_level(0.9);
  const SampleVerdict verdict = JudgeSample(sample, TestNow());
  EXPECT_DOUBLE_EQ(verdict.result.final_score(), 0.8);
  EXPECT_EQ(verdict.result.final_grade(), "A");
  EXPECT_DOUBLE_EQ(verdict.result.confidence_level(), 0.45);
  EXPECT_TRUE(verdict.result.has_as7341_score());
}

TEST(JudgeSample, DifferenceAboveTwoHundredthsIsADisagreement) {
  Sample sample = Scored(0.8, 0.8);
  sample.mutable_fusion()->set_final_score(0.82);
  EXPECT_FALSE(JudgeSample(sample, TestNow()).score_disagrees);
  sample.mutable_fusion()->set_final_score(0.8201);
  EXPECT_TRUE(JudgeSample(sample, TestNow()).score_disagrees);
  sample.clear_fusion();
  EXPECT_FALSE(JudgeSample(sample, TestNow()).score_disagrees);
}

TEST(JudgeSample, SampleOlderThanSevenDaysIsFlagged) {
  Sample sample = GoodSample();
  const absl::Time measured = absl::FromUnixSeconds(sample.sample_time().seconds());
  EXPECT_FALSE(JudgeSample(sample, measured + absl::Hours(168)).clock_skew);
  EXPECT_TRUE(JudgeSample(sample, measured + absl::Hours(168) + absl::Seconds(1)).clock_skew);
}

TEST(JudgeSample, ScoreUnderFourTenthsIsCriticalAndRejected) {
  const SampleVerdict verdict = JudgeSample(Scored(0.39, 0.39), TestNow());
  EXPECT_THAT(Types(verdict), UnorderedElementsAre("quality_critical", "grade_reject"));
  EXPECT_EQ(verdict.alerts[0].severity, Severity::kCritical);
}

TEST(JudgeSample, ScoreOfFortyTwoIsLowAndRejected) {
  const SampleVerdict verdict = JudgeSample(Scored(0.42, 0.42), TestNow());
  EXPECT_THAT(Types(verdict), UnorderedElementsAre("quality_low", "grade_reject"));
}

TEST(JudgeSample, BoundsOfTheScoreAlerts) {
  EXPECT_THAT(Types(JudgeSample(Scored(0.4, 0.4), TestNow())), UnorderedElementsAre("quality_low", "grade_reject"));
  EXPECT_THAT(Types(JudgeSample(Scored(0.599, 0.599), TestNow())), ElementsAre("quality_low"));
  EXPECT_THAT(Types(JudgeSample(Scored(0.6, 0.6), TestNow())), IsEmpty());
}

TEST(JudgeSample, OxidationAboveSevenTenthsAndFreshnessBelowHalf) {
  Sample sample = Scored(0.8, 0.8);
  sample.mutable_spectral_analysis()->set_oxidation_index(0.7);
  sample.mutable_spectral_analysis()->set_freshness_index(0.5);
  EXPECT_THAT(JudgeSample(sample, TestNow()).alerts, IsEmpty());
  sample.mutable_spectral_analysis()->set_oxidation_index(0.701);
  sample.mutable_spectral_analysis()->set_freshness_index(0.499);
  const SampleVerdict verdict = JudgeSample(sample, TestNow());
  ASSERT_THAT(Types(verdict), ElementsAre("oxidation_high", "freshness_low"));
  EXPECT_EQ(verdict.alerts[0].severity, Severity::kWarning);
  EXPECT_EQ(verdict.alerts[0].observed, 0.701);
  EXPECT_EQ(verdict.alerts[0].expected, 0.7);
  EXPECT_EQ(verdict.alerts[1].context_json, R"({"freshness_index": 0.499, "observed": 0.499, "threshold": 0.5, "rule": "freshness_index < 0.5", "declared_score": 0.8})");
  EXPECT_EQ(verdict.alerts[1].message, "Freshness index 0.499 is below 0.50");
}

bool Clears(const SampleVerdict& verdict, size_t alert) { return (verdict.cleared & (1u << alert)) != 0; }

TEST(JudgeSample, ScoreClearsItsAlertsOnlyBeyondTheMargin) {
  for (const auto& [score, low, critical] : {std::tuple(0.61, false, true), std::tuple(0.62, true, true), std::tuple(0.41, false, false),
                                             std::tuple(0.42, false, true)}) {
    const SampleVerdict verdict = JudgeSample(Scored(score, score), TestNow());
    EXPECT_EQ(Clears(verdict, kQualityLow), low) << score;
    EXPECT_EQ(Clears(verdict, kQualityCritical), critical) << score;
  }
  EXPECT_FALSE(Clears(JudgeSample(Scored(0.46, 0.46), TestNow()), kGradeReject));
  EXPECT_TRUE(Clears(JudgeSample(Scored(0.47, 0.47), TestNow()), kGradeReject));
}

TEST(JudgeSample, IndicesClearOnlyBeyondTheMargin) {
  Sample sample = Scored(0.8, 0.8);
  for (const auto& [oxidation, freshness, clears] : {std::tuple(0.66, 0.54, false), std::tuple(0.65, 0.55, true)}) {
    sample.mutable_spectral_analysis()->set_oxidation_index(oxidation);
    sample.mutable_spectral_analysis()->set_freshness_index(freshness);
    EXPECT_EQ(Clears(JudgeSample(sample, TestNow()), kOxidationHigh), clears);
    EXPECT_EQ(Clears(JudgeSample(sample, TestNow()), kFreshnessLow), clears);
  }
}

// A sample that declares exactly what its raw data give, by a profile with the defaults of the analyses.
Sample Honest(const AnalysisProfile& profile) {
  Sample sample = GoodSample();
  const quality::v1::Computation computed = ToComputation(MeasureAgain(sample, profile));
  sample.mutable_tof_analysis()->set_quality_score(computed.tof_score());
  sample.mutable_spectral_analysis()->set_quality_score(computed.spectral_score());
  sample.mutable_fusion()->set_final_score(computed.fused_score());
  return sample;
}

TEST(JudgeSample, HonestDeviceAgrees) {
  const AnalysisProfile profile;
  const SampleVerdict verdict = JudgeSample(Honest(profile), TestNow(), {}, &profile);
  EXPECT_STREQ(verdict.comparison, "agrees");
  EXPECT_FALSE(verdict.score_disagrees);
  EXPECT_TRUE(Clears(verdict, kScoreDisagreement));
  ASSERT_TRUE(verdict.computed.has_value());
  EXPECT_NEAR(verdict.computed->fused_score(), 0.6 * verdict.computed->tof_score() + 0.4 * verdict.computed->spectral_score(), 1e-6);
}

TEST(JudgeSample, OneSensorMayDisagreeWhenTheFusionDoesNot) {
  const AnalysisProfile profile;
  Sample sample = Honest(profile);
  const double tof = sample.tof_analysis().quality_score(), spectral = sample.spectral_analysis().quality_score();
  sample.mutable_tof_analysis()->set_quality_score(tof + 0.019);
  EXPECT_STREQ(JudgeSample(sample, TestNow(), {}, &profile).comparison, "agrees");
  EXPECT_FALSE(Clears(JudgeSample(sample, TestNow(), {}, &profile), kScoreDisagreement)) << "within the margin";
  sample.mutable_tof_analysis()->set_quality_score(tof + 0.021);
  sample.mutable_spectral_analysis()->set_quality_score(spectral - 0.0315);
  const SampleVerdict verdict = JudgeSample(sample, TestNow(), {}, &profile);
  EXPECT_STREQ(verdict.comparison, "disagrees");
  EXPECT_TRUE(verdict.score_disagrees);
  EXPECT_THAT(Types(verdict), ::testing::Contains("score_disagreement"));
  EXPECT_TRUE(verdict.alerts.back().of_device);
  EXPECT_NEAR(*verdict.alerts.back().observed, 0.0315, 1e-5) << "the greatest difference is the evidence";
}

TEST(JudgeSample, OfficialScoreStaysTheFusionOfTheDeclaredOnes) {
  const AnalysisProfile profile;
  Sample sample = Honest(profile);
  sample.mutable_tof_analysis()->set_quality_score(0.88);
  sample.mutable_spectral_analysis()->set_quality_score(0.90);
  EXPECT_DOUBLE_EQ(JudgeSample(sample, TestNow(), {}, &profile).result.final_score(), 0.888);
}

TEST(JudgeSample, WithoutDeclaredAnalysisTheComputedValuesAreOfficial) {
  const AnalysisProfile profile;
  Sample sample = GoodSample();
  sample.clear_tof_analysis();
  sample.clear_spectral_analysis();
  sample.clear_fusion();
  const SampleVerdict verdict = JudgeSample(sample, TestNow(), {}, &profile);
  EXPECT_STREQ(verdict.comparison, "not_declared");
  EXPECT_FALSE(verdict.score_disagrees);
  EXPECT_FLOAT_EQ(verdict.result.final_score(), verdict.computed->fused_score());
  EXPECT_EQ(verdict.result.final_grade(), verdict.computed->grade());
  EXPECT_GT(verdict.result.final_score(), 0);
}

TEST(JudgeSample, AnalysesOfTheServerTakeThePlaceOfThoseThatAreMissing) {
  const AnalysisProfile profile;
  const Sample honest = Honest(profile);
  Sample raw = honest;
  raw.clear_tof_analysis();
  raw.clear_spectral_analysis();
  raw.clear_fusion();
  const SampleVerdict verdict = JudgeSample(raw, TestNow(), {}, &profile);
  ASSERT_TRUE(verdict.tof.has_value() && verdict.spectral.has_value());
  EXPECT_GT(verdict.tof->volume_mm3(), 0);
  EXPECT_NEAR(verdict.tof->quality_score(), verdict.computed->tof_score(), 1e-6);
  EXPECT_NEAR(verdict.spectral->freshness_index(), verdict.computed->freshness_index(), 1e-6);
  EXPECT_FALSE(JudgeSample(honest, TestNow(), {}, &profile).tof.has_value()) << "a declared analysis stays the device's";
}

TEST(JudgeSample, RulesOfTheProfileDecide) {
  AnalysisProfile strict;
  strict.rules.quality_low_below = 0.999;
  const Sample sample = Honest(strict);
  EXPECT_THAT(Types(JudgeSample(sample, TestNow(), strict.rules, &strict)), ::testing::Contains("quality_low"));
}

TEST(JudgeSample, UnknownProfileIsNotCompared) {
  const SampleVerdict verdict = JudgeSample(Scored(0.9, 0.9), TestNow());
  EXPECT_STREQ(verdict.comparison, "unknown_profile");
  EXPECT_FALSE(verdict.computed.has_value());
  EXPECT_FALSE(Clears(verdict, kScoreDisagreement));
}

TEST(JudgeSample, ExpectedVolumeOfTheLotIsTheStationsToTell) {
  const AnalysisProfile profile;
  Sample sample = GoodSample();
  const double usual = ToComputation(MeasureAgain(sample, profile)).tof_score();
  auto& told = *sample.mutable_tof_analysis()->mutable_details()->mutable_fields();
  told["expected_volume_mm3"].set_number_value(ToComputation(MeasureAgain(sample, profile)).volume_mm3());
  EXPECT_GE(ToComputation(MeasureAgain(sample, profile)).tof_score(), usual);
}

}  // namespace
}  // namespace egi::analyse
