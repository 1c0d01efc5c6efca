#include "server/curves/curve_life.h"

#include "gtest/gtest.h"

namespace egi::curves {
namespace {

TEST(CurveLife, NamesAreThoseOfTheInterface) {
  for (const CurveState state : kCurveStates) EXPECT_EQ(ParseCurveState(Name(state)), state);
  EXPECT_STREQ(Name(CurveState::kWaiting), "EN_ATTENTE");
  EXPECT_FALSE(ParseCurveState("valide").has_value());
}

TEST(CurveLife, WaitingCurveTakesEveryDecision) {
  EXPECT_EQ(*Decide(CurveState::kWaiting, Decision::kAccept, 1), CurveState::kAccepted);
  EXPECT_EQ(*Decide(CurveState::kWaiting, Decision::kModify, 1), CurveState::kModified);
  EXPECT_EQ(*Decide(CurveState::kWaiting, Decision::kReject, 1), CurveState::kRejected);
}

TEST(CurveLife, AcceptingAModifiedCurveKeepsItsDoses) { EXPECT_EQ(*Decide(CurveState::kModified, Decision::kAccept, 1), CurveState::kModified); }

// Properties over all states and decisions.
TEST(CurveLife, DecisionsAreIdempotentAndRejectionIsFinal) {
  for (const CurveState state : kCurveStates) {
    for (const Decision decision : kDecisions) {
      const auto next = Decide(state, decision, 1);
      if (state == CurveState::kRejected) {
        EXPECT_EQ(next.ok(), decision == Decision::kReject);
        continue;
      }
      ASSERT_TRUE(next.ok());
      EXPECT_NE(*next, CurveState::kWaiting) << "a decision is never taken back";
      EXPECT_EQ(MayHold(*next), decision != Decision::kReject);
      EXPECT_EQ(*Decide(*next, decision, 1), *next);
    }
  }
}

TEST(CurveLife, RefusalNamesTheCurveAndItsState) {
  const absl::Status refused = Decide(CurveState::kRejected, Decision::kAccept, 12).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(refused.message()).find("curve 12 is REJETEE"), std::string::npos);
}

}  // namespace
}  // namespace egi::curves
