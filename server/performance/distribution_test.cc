#include "server/performance/distribution.h"

#include <numeric>

#include "gtest/gtest.h"

namespace egi::performance {
namespace {

int Total(const std::vector<Bar>& bars) {
  return std::accumulate(bars.begin(), bars.end(), 0, [](int sum, const Bar& bar) { return sum + bar.count; });
}

TEST(Histogram, HasBarsOfWholeMultiplesWithoutGaps) {
  const auto bars = Histogram({14.99, 13.5, 15.0, 13.7}, 0.5);
  ASSERT_EQ(bars.size(), 4u);
  EXPECT_DOUBLE_EQ(bars[0].low, 13.5);
  EXPECT_EQ(bars[0].count, 2);
  EXPECT_EQ(bars[1].count, 0) << "a gap is a bar of no lot";
  EXPECT_EQ(bars[2].count, 1) << "14.99 < 15";
  EXPECT_DOUBLE_EQ(bars[3].low, 15);
  EXPECT_DOUBLE_EQ(bars[3].high, 15.5);
  EXPECT_EQ(bars[3].count, 1) << "the lower end is inclusive";
}

TEST(Histogram, ARoundedMultipleBeginsItsBar) {
  const auto bars = Histogram({0.02 * 7, 0.14}, 0.02);  // 0.02 * 7 is a little above 0.14
  ASSERT_EQ(bars.size(), 1u);
  EXPECT_NEAR(bars[0].low, 0.14, 1e-12);
  EXPECT_EQ(bars[0].count, 2);
}

TEST(Histogram, AnOutlierWidensTheBarsInsteadOfMakingHundreds) {
  const auto bars = Histogram({12, 15, 999}, 0.5);
  EXPECT_LE(bars.size(), static_cast<size_t>(kMaxBars));
  EXPECT_EQ(Total(bars), 3);
}

TEST(Histogram, NothingHasNoBars) {
  EXPECT_TRUE(Histogram({}, 0.5).empty());
  EXPECT_EQ(Histogram({15}, 0.5).size(), 1u);
}

}  // namespace
}  // namespace egi::performance
