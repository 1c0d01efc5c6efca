#include "server/ingest/admission_gate.h"

#include <vector>

#include "gtest/gtest.h"

namespace egi::ingest {
namespace {

TEST(AdmissionGateTest, RefusesWhatDoesNotFit) {
  AdmissionGate gate(100);
  EXPECT_TRUE(gate.TryAcquire(60));
  EXPECT_FALSE(gate.TryAcquire(50));
  gate.Release(60);
  EXPECT_TRUE(gate.TryAcquire(50));
}

TEST(AdmissionGateTest, WaitersAreServedInTurn) {
  AdmissionGate gate(100);
  ASSERT_TRUE(gate.TryAcquire(100));
  std::vector<int> order;
  gate.Acquire(90, [&] { order.push_back(1); });
  gate.Acquire(10, [&] { order.push_back(2); });
  gate.Acquire(10, [&] { order.push_back(3); });
  EXPECT_TRUE(order.empty());
  gate.Release(100);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  gate.Release(10);
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(AdmissionGateTest, NobodyOvertakesAWaiter) {
  AdmissionGate gate(100);
  ASSERT_TRUE(gate.TryAcquire(50));
  bool granted = false;
  gate.Acquire(80, [&] { granted = true; });
  EXPECT_FALSE(gate.TryAcquire(1));
  gate.Release(50);
  EXPECT_TRUE(granted);
}

TEST(AdmissionGateTest, OversizedRequestPassesAlone) {
  AdmissionGate gate(10);
  EXPECT_TRUE(gate.TryAcquire(1000));
  EXPECT_FALSE(gate.TryAcquire(1));
  gate.Release(1000);
  EXPECT_EQ(gate.in_use(), 0);
}

}  // namespace
}  // namespace egi::ingest
