#include "clients/cpp/backoff.h"

#include "gtest/gtest.h"

namespace egi::client {
namespace {

TEST(BackoffTest, DoublesUpToTheMaximumAndStartsOverAfterReset) {
  Backoff backoff({absl::Milliseconds(100), absl::Milliseconds(350)}, [] { return 1.0; });
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(200));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(350));
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(350));
  backoff.Reset();
  EXPECT_EQ(backoff.Next(), absl::Milliseconds(100));
}

TEST(BackoffTest, JitterSpansTheUpperHalf) {
  Backoff low({absl::Milliseconds(100), absl::Seconds(1)}, [] { return 0.0; });
  Backoff middle({absl::Milliseconds(100), absl::Seconds(1)}, [] { return 0.5; });
  EXPECT_EQ(low.Next(), absl::Milliseconds(50));
  EXPECT_EQ(middle.Next(), absl::Milliseconds(75));
}

TEST(BackoffTest, NeverShorterThanTheServerAsks) {
  Backoff backoff({absl::Milliseconds(100), absl::Seconds(1)}, [] { return 0.0; });
  EXPECT_EQ(backoff.Next(absl::Seconds(3)), absl::Seconds(3));
}

}  // namespace
}  // namespace egi::client
