// The acceptance figures of the twin (simulators.md section 6): 1000 samples of each profile, seed 1.
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/validate/validate.h"
#include "simulators/station/inspection.h"
#include "simulators/station/profile_loader.h"

namespace egi::station {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr int kSamples = 1000;
const StationIdentity kStation{"ESP32_LL_01", "Ligne A"};

absl::Time Noon() { return absl::FromUnixSeconds(1770120000); }

quality::v1::Sample Measure(const Profile& profile, uint64_t seed, int index) {
  return MeasureLiver(kStation, profile, {}, seed, index, "S-1", Noon());
}

// What the server concludes from the samples of a profile.
struct Outcome {
  std::map<std::string, int> grades;
  std::set<std::string> alerts;
  double mean_score = 0;
  int Share(std::initializer_list<const char*> wanted) const {
    int sum = 0;
    for (const char* grade : wanted) {
      if (const auto found = grades.find(grade); found != grades.end()) sum += found->second;
    }
    return sum;
  }
};

const Outcome& OutcomeOf(const std::string& name, uint64_t seed) {
  static auto& outcomes = *new std::map<std::pair<std::string, uint64_t>, Outcome>();
  const auto [entry, is_new] = outcomes.try_emplace({name, seed});
  Outcome& outcome = entry->second;
  if (!is_new) return outcome;
  const Profile profile = *ProfileBook::BuiltIn()->Find(name);
  for (int i = 0; i < kSamples; ++i) {
    const analyse::SampleVerdict verdict = analyse::JudgeSample(Measure(profile, seed, i), Noon(), profile.analysis.rules, &profile.analysis);
    ++outcome.grades[verdict.result.final_grade()];
    outcome.mean_score += verdict.result.final_score() / kSamples;
    for (const analyse::AlertCandidate& alert : verdict.alerts) outcome.alerts.insert(alert.type);
    EXPECT_STREQ(verdict.comparison, "agrees") << name << " " << i;
  }
  return outcome;
}

// 1000 livers a profile, of several seeds: the rules were chosen on seeds 1 to 5, the others are new to them.
class Distribution : public testing::TestWithParam<uint64_t> {
 protected:
  static const Outcome& Of(const std::string& name) { return OutcomeOf(name, GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(Seeds, Distribution, testing::Values(1, 11, 12, 13));

TEST_P(Distribution, NineTenthsOfPremiumLiversAreAOrBetter) { EXPECT_GE(Of("foiegras_premium").Share({"A+", "A"}), 900); }

TEST_P(Distribution, StandardLiversAreBOrBetterAndRarelyRejected) {
  const Outcome& outcome = Of("foiegras_standard_barquette");
  EXPECT_GE(outcome.Share({"A+", "A", "B"}), 800);
  EXPECT_LE(outcome.Share({"REJECT"}), 50);
}

TEST_P(Distribution, LowQualityIsMostlyBAndC) {
  const Outcome& outcome = Of("foiegras_low_quality");
  EXPECT_GE(outcome.Share({"B", "C"}), 600);
  EXPECT_GE(outcome.Share({"REJECT"}), 50);
  EXPECT_LE(outcome.Share({"REJECT"}), 300);
}

TEST_P(Distribution, DefectiveLiversAreRejected) { EXPECT_GE(Of("foiegras_defectueux").Share({"REJECT"}), 800); }

TEST_P(Distribution, MeanScoresAreOrdered) {
  EXPECT_GT(Of("foiegras_premium").mean_score, Of("foiegras_standard_barquette").mean_score);
  EXPECT_GT(Of("foiegras_standard_barquette").mean_score, Of("foiegras_low_quality").mean_score);
  EXPECT_GT(Of("foiegras_low_quality").mean_score, Of("foiegras_defectueux").mean_score);
}

TEST_P(Distribution, AllFiveAlertsAreReached) {
  std::set<std::string> alerts;
  for (const char* name : {"foiegras_standard_barquette", "foiegras_defectueux"}) alerts.insert(Of(name).alerts.begin(), Of(name).alerts.end());
  EXPECT_THAT(alerts, ElementsAre("freshness_low", "grade_reject", "oxidation_high", "quality_critical", "quality_low"));
}

TEST(Measurement, EverySampleObeysTheRulesOfTheServer) {
  const auto book = ProfileBook::BuiltIn();
  for (const auto& [name, profile] : book->profiles()) {
    for (int i = 0; i < 50; ++i) {
      quality::v1::Sample sample = Measure(profile, 2, i);
      const std::string before = sample.SerializeAsString();
      validate::NormaliseSample(&sample);
      EXPECT_EQ(sample.SerializeAsString(), before);
      for (const validate::Violation& v : validate::ValidateSample(sample, Noon())) {
        ADD_FAILURE() << name << " " << v.field << " " << v.description;
      }
    }
  }
}

TEST(Measurement, SameSeedGivesTheSameSampleAndAnotherSeedAnother) {
  const Profile profile = *ProfileBook::BuiltIn()->Find("");
  for (int i = 0; i < 20; ++i) {
    const auto again = Measure(profile, 7, i);
    EXPECT_EQ(Measure(profile, 7, i).tof().SerializeAsString(), again.tof().SerializeAsString());
    EXPECT_EQ(Measure(profile, 7, i).spectral().SerializeAsString(), again.spectral().SerializeAsString());
    EXPECT_NE(Measure(profile, 8, i).tof().SerializeAsString(), again.tof().SerializeAsString());
  }
}

TEST(Measurement, BreakdownsAddUpToTheScores) {
  const Profile profile = *ProfileBook::BuiltIn()->Find("foiegras_defectueux");
  for (int i = 0; i < 100; ++i) {
    const quality::v1::Sample sample = Measure(profile, 3, i);
    double tof = 0, spectral = 0;
    for (const auto& [key, value] : sample.tof_analysis().score_breakdown()) tof += value;
    for (const auto& [key, value] : sample.spectral_analysis().score_breakdown()) spectral += value;
    EXPECT_NEAR(tof, sample.tof_analysis().quality_score(), 1e-9);
    EXPECT_NEAR(spectral, sample.spectral_analysis().quality_score(), 1e-9);
  }
}

// Pearson's correlation.
double Correlation(const std::vector<double>& x, const std::vector<double>& y) {
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  for (size_t i = 0; i < x.size(); ++i) mx += x[i] / x.size(), my += y[i] / y.size();
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

TEST(Measurement, IndicesFollowTheHiddenTruth) {
  const Profile profile = *ProfileBook::BuiltIn()->Find("");
  std::vector<double> truth[3], seen[3];
  for (int i = 0; i < kSamples; ++i) {
    const Liver liver = DrawSubject(profile, {}, kStation.device_id, 5, i).liver;
    const quality::v1::Sample sample = Measure(profile, 5, i);
    truth[0].push_back(liver.tissue.freshness);
    truth[1].push_back(liver.tissue.oxidation);
    truth[2].push_back(liver.tissue.fat);
    seen[0].push_back(sample.spectral_analysis().freshness_index());
    seen[1].push_back(sample.spectral_analysis().oxidation_index());
    seen[2].push_back(sample.spectral_analysis().fat_quality_index());
  }
  for (int k = 0; k < 3; ++k) EXPECT_GE(Correlation(truth[k], seen[k]), 0.9) << k;
}

TEST(InspectLot, GivesNumberedSamplesOfTheLot) {
  const Profile profile = *ProfileBook::BuiltIn()->Find("premium");
  const auto samples = InspectLot({"LL2512001", 540}, profile, 5, 1, Noon());
  ASSERT_EQ(samples.size(), 5u);
  EXPECT_EQ(samples[0].sample_id(), "ESP32_SQAL_AUTO_LL2512001_001");
  EXPECT_EQ(samples[4].sample_id(), "ESP32_SQAL_AUTO_LL2512001_005");
  EXPECT_EQ(samples[2].device_id(), "ESP32_SQAL_AUTO_LL2512001");
  EXPECT_EQ(samples[2].lot(), "LL2512001");
  EXPECT_EQ(samples[2].site_code(), "LL");
  EXPECT_EQ(samples[2].config_profile(), "foiegras_premium");
  EXPECT_EQ(samples[2].sample_time().seconds(), absl::ToUnixSeconds(Noon()) + 2);
}

TEST(InspectLot, StationAndServerExpectTheSameOfALotOfAnyMass) {
  const Profile profile = *ProfileBook::BuiltIn()->Find("");
  for (const double mass_g : {1.0, 15.0, 540.0, 5000.0}) {
    for (const auto& sample : InspectLot({"LL2512001", mass_g}, profile, 5, 1, Noon())) {
      EXPECT_STREQ(analyse::JudgeSample(sample, Noon(), profile.analysis.rules, &profile.analysis).comparison, "agrees") << mass_g << " g";
    }
  }
}

TEST(InspectLot, RepeatedInspectionGivesTheSameSamples) {
  const Profile profile = *ProfileBook::BuiltIn()->Find("");
  const auto first = InspectLot({"MT2512001", 0}, profile, 5, 1, Noon());
  const auto again = InspectLot({"MT2512001", 0}, profile, 5, 1, Noon());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(first[i].DebugString(), again[i].DebugString());
  EXPECT_THAT(InspectLot({"MT2512001", 0}, profile, 0, 1, Noon()), IsEmpty());
}

}  // namespace
}  // namespace egi::station
