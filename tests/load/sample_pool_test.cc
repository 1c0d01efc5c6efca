#include "tests/load/sample_pool.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/analyse/profile_book.h"

namespace egi::load {
namespace {

TEST(SamplePool, EverySampleIsMeasuredAgainAgreesAndMeetsNoAlert) {
  const absl::Time now = absl::FromUnixSeconds(1'770'109'200);
  const analyse::AnalysisBook book = *analyse::AnalysisBook::BuiltIn();
  ReusableBatch batch("ESP32_LOAD_1", 100);
  for (const auto& sample : batch.Renew(1, now).batch().samples()) {
    const auto profile = book.Find(sample.config_profile());
    ASSERT_TRUE(profile.ok()) << profile.status();
    const auto verdict = analyse::JudgeSample(sample, now, {}, *profile);
    EXPECT_STREQ(verdict.comparison, "agrees");
    EXPECT_THAT(verdict.alerts, ::testing::IsEmpty()) << verdict.result.final_score();
  }
}

}  // namespace
}  // namespace egi::load
