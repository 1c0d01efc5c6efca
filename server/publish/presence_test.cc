#include "server/publish/presence.h"

#include "gtest/gtest.h"

namespace egi::publish {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

TEST(PresenceTest, FirstSampleBringsADeviceOnlineOnce) {
  Presence presence;
  const auto events = presence.SampleSeen("ESP32_LL_01", "LL", kNow);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].device().status(), "online");
  EXPECT_EQ(events[0].device().site_code(), "LL");
  EXPECT_EQ(events[0].resume_token(), "");
  EXPECT_TRUE(presence.SampleSeen("ESP32_LL_01", "LL", kNow).empty());
}

TEST(PresenceTest, NinetySilentSecondsTakeItOffline) {
  Presence presence;
  presence.SampleSeen("d", "LL", kNow);
  EXPECT_TRUE(presence.Sweep(kNow + absl::Seconds(89)).empty());
  const auto events = presence.Sweep(kNow + absl::Seconds(90));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].device().status(), "offline");
  EXPECT_EQ(events[0].device().last_seen().seconds(), 1'700'000'000);
  EXPECT_TRUE(presence.Sweep(kNow + absl::Seconds(91)).empty());
  EXPECT_EQ(presence.SampleSeen("d", "LL", kNow + absl::Seconds(92)).size(), 1u);
}

TEST(PresenceTest, HeartbeatKeepsADeviceOnlineAndTellsItsBuffer) {
  Presence presence;
  presence.SampleSeen("d", "MT", kNow);
  const auto events = presence.HeartbeatSeen("d", 12, kNow + absl::Seconds(60));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].device().buffer_size(), 12);
  EXPECT_EQ(events[0].device().site_code(), "MT");
  EXPECT_TRUE(presence.Sweep(kNow + absl::Seconds(120)).empty());
}

}  // namespace
}  // namespace egi::publish
