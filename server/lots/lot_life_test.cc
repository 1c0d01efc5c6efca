#include "server/lots/lot_life.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace egi::lots {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LotLifeTest, LotThatIsFedAndSlaughteredPassesTheFourStates) {
  State state = State::kEnPreparation;
  for (const auto& [transition, expected] : {std::pair{Transition::kStart, State::kEnGavage}, std::pair{Transition::kFinish, State::kTermine},
                                             std::pair{Transition::kSlaughter, State::kAbattu}}) {
    const auto next = Next(state, transition, "LL2602001");
    ASSERT_TRUE(next.ok()) << next.status();
    EXPECT_EQ(*next, expected);
    state = *next;
  }
}

TEST(LotLifeTest, WhatEachStateAllows) {
  EXPECT_THAT(Allowed(State::kEnPreparation), ElementsAre(Transition::kStart, Transition::kCancel));
  EXPECT_THAT(Allowed(State::kEnGavage), ElementsAre(Transition::kFinish, Transition::kCancel));
  EXPECT_THAT(Allowed(State::kTermine), ElementsAre(Transition::kSlaughter, Transition::kCancel));
  EXPECT_THAT(Allowed(State::kAbattu), ElementsAre(Transition::kSlaughter));
  EXPECT_THAT(Allowed(State::kAnnule), ElementsAre(Transition::kRestore));
}

TEST(LotLifeTest, RefusalNamesLotStateAndWhatIsPossible) {
  const auto refused = Next(State::kEnGavage, Transition::kSlaughter, "LL2602001");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("lot LL2602001 is en_gavage: slaughter is not possible; possible: finish, cancel"));
}

TEST(LotLifeTest, NamesAreThoseOfTheTable) {
  for (const State state : kStates) EXPECT_EQ(ParseState(Name(state)), state);
  EXPECT_EQ(ParseState("EN_COURS"), std::nullopt);
}

// Whatever is tried in whatever order: a cancelled lot comes back as it was, slaughter is final, feeding never begins twice, and a refusal changes nothing.
TEST(LotLifeProperty, RandomWalksKeepTheRules) {
  std::mt19937 random(20260203);
  std::uniform_int_distribution<size_t> choose(0, std::size(kTransitions) - 1);
  for (int walk = 0; walk < 2000; ++walk) {
    State state = State::kEnPreparation;
    std::optional<State> before_cancel;
    int starts = 0;
    bool slaughtered = false;
    for (int step = 0; step < 30; ++step) {
      const Transition transition = kTransitions[choose(random)];
      const auto next = Next(state, transition, "LL2602001", before_cancel);
      const auto allowed = Allowed(state);
      ASSERT_EQ(next.ok(), std::find(allowed.begin(), allowed.end(), transition) != allowed.end());
      if (!next.ok()) continue;
      if (transition == Transition::kStart) ++starts;
      if (transition == Transition::kCancel) before_cancel = state;
      if (transition == Transition::kRestore) {
        ASSERT_EQ(*next, *before_cancel);
      }
      if (slaughtered) {
        ASSERT_EQ(*next, State::kAbattu);
      }
      slaughtered = slaughtered || *next == State::kAbattu;
      state = *next;
    }
    ASSERT_LE(starts, 1);
  }
}

// The feeding moves its lot by the same table: an allowed transition is taken, any other leaves the lot where it is.
TEST(LotLifeTest, TransitionsTriedAreThoseOfTheTable) {
  for (const State state : kStates) {
    for (const Transition transition : {Transition::kStart, Transition::kFinish, Transition::kSlaughter, Transition::kCancel}) {
      const auto next = Next(state, transition, "LL2602001");
      const auto tried = TryNext(state, transition);
      ASSERT_EQ(tried.has_value(), next.ok()) << Name(state) << " " << Name(transition);
      if (next.ok()) {
        EXPECT_EQ(*tried, *next);
      }
    }
    EXPECT_FALSE(TryNext(state, Transition::kRestore).has_value()) << "needs the state before";
  }
}

}  // namespace
}  // namespace egi::lots
