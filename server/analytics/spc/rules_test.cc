#include "server/analytics/spc/rules.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analytics/spc/charts.h"
#include "server/analytics/spc/reference_data.h"

namespace egi::spc {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<int> Places(const std::vector<Violation>& violations) {
  std::vector<int> places;
  for (const Violation& violation : violations) places.push_back(violation.index);
  return places;
}

// Values are in standard deviations.
std::vector<Violation> Find(Rule rule, const std::vector<double>& values) { return FindViolations(values, 0, 1, {rule}); }

TEST(RulesTest, OnePointBeyondThreeSigma) {
  for (Rule rule : {Rule::kWesternElectric1, Rule::kNelson1}) {
    EXPECT_THAT(Places(Find(rule, {0, 3.01, 3, -3.2, -3})), ElementsAre(1, 3));
  }
}

TEST(RulesTest, TwoOfThreeBeyondTwoSigmaOnTheSameSide) {
  for (Rule rule : {Rule::kWesternElectric2, Rule::kNelson5}) {
    const auto found = Find(rule, {2.1, 0, 2.2, 0, 0, 2.3, -2.3});
    ASSERT_THAT(Places(found), ElementsAre(2));
    EXPECT_THAT(found[0].points, ElementsAre(0, 2));
    EXPECT_THAT(Find(rule, {2.1, -2.2, 0, 2.1}), IsEmpty());
    EXPECT_THAT(Find(rule, {2.1, 2.2, 0}), SizeIs(1)) << "the point that completes the pattern, not the one after";
  }
}

TEST(RulesTest, FourOfFiveBeyondOneSigmaOnTheSameSide) {
  for (Rule rule : {Rule::kWesternElectric3, Rule::kNelson6}) {
    const auto found = Find(rule, {-1.1, -1.2, 0.5, -1.3, -1.4, 0});
    ASSERT_THAT(Places(found), ElementsAre(4));
    EXPECT_THAT(found[0].points, ElementsAre(0, 1, 3, 4));
    EXPECT_THAT(Find(rule, {1.1, 1.2, -1.3, 1.0, 1.4}), IsEmpty());
  }
}

TEST(RulesTest, PointsInARowOnOneSide) {
  const std::vector<double> nine = {0.1, 0.2, 0.3, 0.2, 0.1, 0.2, 0.3, 0.4, 0.1, -0.1};
  EXPECT_THAT(Places(Find(Rule::kWesternElectric4, nine)), ElementsAre(7, 8));
  EXPECT_THAT(Places(Find(Rule::kNelson2, nine)), ElementsAre(8));
  EXPECT_THAT(Find(Rule::kNelson2, nine)[0].points, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(Find(Rule::kWesternElectric4, {0.1, 0.2, 0.3, 0, 0.1, 0.2, 0.3, 0.4}), IsEmpty()) << "a point on the centre line ends the run";
}

TEST(RulesTest, SixInARowRisingOrFalling) {
  EXPECT_THAT(Places(Find(Rule::kNelson3, {0, -0.5, -0.4, -0.3, -0.2, -0.1, 0.1, 0.2})), ElementsAre(6, 7));
  EXPECT_THAT(Places(Find(Rule::kNelson3, {1, 0.9, 0.8, 0.7, 0.6, 0.5})), ElementsAre(5));
  EXPECT_THAT(Find(Rule::kNelson3, {0.1, 0.2, 0.3, 0.3, 0.4, 0.5, 0.6}), IsEmpty()) << "equal neighbours end the run";
}

TEST(RulesTest, FourteenInARowAlternating) {
  std::vector<double> values;
  for (int i = 0; i < 13; ++i) values.push_back(i % 2 == 0 ? 0.5 : -0.5);
  EXPECT_THAT(Find(Rule::kNelson4, values), IsEmpty());
  values.push_back(-0.6);
  const auto found = Find(Rule::kNelson4, values);
  ASSERT_THAT(Places(found), ElementsAre(13));
  EXPECT_THAT(found[0].points, SizeIs(14));
  values[5] = values[4];
  EXPECT_THAT(Find(Rule::kNelson4, values), IsEmpty());
}

TEST(RulesTest, FifteenInARowWithinOneSigma) {
  std::vector<double> values;
  for (int i = 0; i < 15; ++i) values.push_back((i % 3 - 1) * 0.9);
  EXPECT_THAT(Places(Find(Rule::kNelson7, values)), ElementsAre(14));
  values[7] = 1.0;
  EXPECT_THAT(Find(Rule::kNelson7, values), IsEmpty());
}

TEST(RulesTest, EightInARowBeyondOneSigmaOnEitherSide) {
  EXPECT_THAT(Places(Find(Rule::kNelson8, {1.1, -1.2, 1.3, 1.1, -1.1, 1.2, -1.3, 1.1})), ElementsAre(7));
  EXPECT_THAT(Find(Rule::kNelson8, {1.1, -1.2, 1.3, 0.9, -1.1, 1.2, -1.3, 1.1}), IsEmpty());
}

// SAS/QC User's Guide, SHEWHART procedure, "Applying Tests for Special Causes": of Nelson's tests 1 to 5 the fifth alone signals, at sample
// 14.
TEST(RulesTest, GapWidthsBreakNelsonsRulesWhereTheGuideSaysSo) {
  const Process process = *EstimateFromRanges(GapWidths());
  const Chart chart = XbarRChart(GapWidths(), process);
  std::vector<double> means;
  for (const auto& mean : chart.level.values) means.push_back(*mean);
  const auto found = FindViolations(means, chart.level.centre, chart.level_sigma,
                                    {Rule::kNelson1, Rule::kNelson2, Rule::kNelson3, Rule::kNelson4, Rule::kNelson5});
  ASSERT_THAT(Places(found), ElementsAre(13));
  EXPECT_EQ(found[0].rule, Rule::kNelson5);
  EXPECT_THAT(found[0].points, ElementsAre(12, 13));
}

// Data and process of the same guide; the places were computed with an independent program.
TEST(RulesTest, OffsetsBreakNelsonsRulesWhereAnIndependentProgramSaysSo) {
  const auto at = [](Rule rule) { return Places(FindViolations(AssemblyOffsets(), 20, 2.24 / std::sqrt(5), {rule})); };
  EXPECT_THAT(at(Rule::kNelson1), ElementsAre(7));
  EXPECT_THAT(at(Rule::kNelson2), IsEmpty());
  EXPECT_THAT(at(Rule::kNelson3), ElementsAre(17));
  EXPECT_THAT(at(Rule::kNelson4), IsEmpty());
  EXPECT_THAT(at(Rule::kNelson5), IsEmpty());
  EXPECT_THAT(at(Rule::kNelson6), ElementsAre(29));
}

// Montgomery's batches of viscosity without the faulty one, centre and sigma as published with the R package qcc; the places were computed
// with an independent program. The new batches (from 19) run high.
TEST(RulesTest, ViscosityBreaksTheRulesWhereAnIndependentProgramSaysSo) {
  std::vector<double> values = Viscosity();
  values.erase(values.begin() + 3);
  const auto at = [&](Rule rule) { return Places(FindViolations(values, 33.98947, 0.4117415, {rule})); };
  EXPECT_THAT(at(Rule::kWesternElectric1), ElementsAre(26));
  EXPECT_THAT(at(Rule::kWesternElectric2), IsEmpty());
  EXPECT_THAT(at(Rule::kWesternElectric3), ElementsAre(26, 27, 28, 29, 31, 32, 33));
  EXPECT_THAT(at(Rule::kWesternElectric4), ElementsAre(30, 31, 32, 33));
}

TEST(ParseRulesTest, SetsAndListsAreUnderstood) {
  EXPECT_THAT(*ParseRules("none"), IsEmpty());
  EXPECT_THAT(*ParseRules("western_electric"), SizeIs(4));
  EXPECT_THAT(*ParseRules("nelson"), SizeIs(8));
  EXPECT_THAT(*ParseRules("nelson_3, western_electric_1,nelson_3"), ElementsAre(Rule::kWesternElectric1, Rule::kNelson3));
}

TEST(ParseRulesTest, AnUnknownWordIsNamedWithWhatIsKnown) {
  const auto rules = ParseRules("nelson_1,nelson_9");
  EXPECT_EQ(rules.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(rules.status().message()), testing::AllOf(testing::HasSubstr("'nelson_9'"), testing::HasSubstr("nelson_8")));
  EXPECT_FALSE(ParseRules("").ok());
}

}  // namespace
}  // namespace egi::spc
