// What every storage promises about alerts, asked of the fake and of PostgreSQL.
#include <thread>

#include "gmock/gmock.h"
#include "server/analyse/profile_book.h"
#include "server/storage/store_contract.h"

namespace egi::storage {
namespace {

class AlertContract : public StoreContract {
 protected:
  // Samples of one device are a second apart, in the order made.
  SampleWrite Next(double oxidation, const std::string& lot = "") {
    SampleWrite write = Sample(absl::StrCat("n", ++made_), lot, oxidation);
    write.sample.mutable_sample_time()->set_seconds(1'770'000'000 + made_);
    return write;
  }
  static constexpr double kBad = 0.9, kNearlyGood = 0.68, kGood = 0.12;

  // "type state reason" of the alert events of the last commit.
  std::vector<std::string> Told() const {
    std::vector<std::string> told;
    for (const Event& event : last_->events) {
      if (!event.has_alert()) continue;
      const auto& alert = event.alert();
      told.push_back(absl::StrCat(alert.alert_type(), " ", alert.state(), alert.close_reason().empty() ? "" : " ", alert.close_reason()));
    }
    return told;
  }

  // The open alert of a type, empty when there is none.
  realtime::v1::AlertEvent OpenAlert(const std::string& type) {
    realtime::v1::Filter filter;
    filter.add_kinds(realtime::v1::EVENT_KIND_ALERT);
    for (const Event& event : Snapshot(filter).events) {
      if (event.alert().alert_type() == type) return event.alert();
    }
    return {};
  }

  int made_ = 0;
};

TEST_P(AlertContract, AlertOfSamplesOpensOnceForATypeAndLot) {
  Commit({Announcement("LS2602001", 7)});
  const auto first = Commit({Sample("1", "LS2602001", 0.9), Sample("2", "LS2602001", 0.9), Sample("3", "", 0.9)});
  EXPECT_EQ(first[0].alerts_opened, 1);
  EXPECT_EQ(first[1].alerts_opened, 0);
  EXPECT_EQ(first[2].alerts_opened, 1) << "without a lot the object is the device";
  EXPECT_EQ(std::count_if(last_->events.begin(), last_->events.end(), [](const Event& event) { return event.has_alert(); }), 2);
  EXPECT_EQ(Commit({Sample("4", "LS2602001", 0.9)})[0].alerts_opened, 0);
  EXPECT_EQ(OpenAlerts().size(), 2u);
  ExpectReplayEqualsLive();
}

TEST_P(AlertContract, AlertOfSamplesClosesAfterThreeGoodOnesInARow) {
  Commit({Next(kBad)});
  EXPECT_EQ(Told(), std::vector<std::string>{"oxidation_high open"});
  Commit({Next(kGood), Next(kGood), Next(kBad), Next(kGood), Next(kGood)});
  EXPECT_TRUE(Told().empty()) << "a bad one between begins the count again, and a repeat is not told";
  Commit({Next(kNearlyGood)});
  EXPECT_TRUE(Told().empty()) << "below the limit by less than the margin";
  Commit({Next(kGood)});
  EXPECT_EQ(Told(), std::vector<std::string>{"oxidation_high closed back_in_range"});
  EXPECT_TRUE(OpenAlerts().empty());
  EXPECT_EQ(last_->events.back().alert().occurrences(), 2);
  Commit({Next(kBad)});
  EXPECT_EQ(Told(), std::vector<std::string>{"oxidation_high open"}) << "the next one is a new alert";
  ExpectReplayEqualsLive();
}

TEST_P(AlertContract, AlertMayOpenAndCloseWithinOneTransaction) {
  const auto items = Commit({Next(kBad), Next(kGood), Next(kGood), Next(kGood), Next(kBad)});
  EXPECT_EQ(items[0].alerts_opened, 1);
  EXPECT_EQ(items[4].alerts_opened, 1);
  EXPECT_EQ(Told().size(), 3u) << "opened, closed, opened";
  EXPECT_EQ(OpenAlerts(), std::vector<std::string>{"oxidation_high warning"});
  ExpectReplayEqualsLive();
}

TEST_P(AlertContract, LateGoodSamplesCloseNothing) {
  std::vector<SampleWrite> late = {Next(kGood), Next(kGood), Next(kGood)};
  Commit({Next(kBad)});
  Commit(late);
  EXPECT_EQ(OpenAlerts(), std::vector<std::string>{"oxidation_high warning"});
}

TEST_P(AlertContract, GoodSamplesOfAnotherObjectCloseNothing) {
  Commit({Announcement("LS2602001", 7)});
  Commit({Next(kBad, "LS2602001")});
  Commit({Next(kGood), Next(kGood), Next(kGood)});
  EXPECT_EQ(OpenAlerts(), std::vector<std::string>{"oxidation_high warning"});
  Commit({Next(kGood, "LS2602001"), Next(kGood, "LS2602001"), Next(kGood, "LS2602001")});
  EXPECT_TRUE(OpenAlerts().empty());
}

TEST_P(AlertContract, EvidenceNamesFirstSampleAndRule) {
  Commit({Next(kBad)});
  const auto alert = OpenAlert("oxidation_high");
  const auto& fields = alert.data_context().fields();
  ASSERT_TRUE(fields.contains("first_sample"));
  EXPECT_EQ(fields.at("first_sample").string_value(), "n1");
  EXPECT_EQ(fields.at("worst_sample").string_value(), "n1");
  EXPECT_EQ(fields.at("rule").string_value(), "oxidation_index > 0.7");
  EXPECT_EQ(fields.at("threshold").number_value(), 0.7);
  EXPECT_EQ(fields.at("observed").number_value(), 0.9);
  EXPECT_EQ(alert.state(), "open");
}

TEST_P(AlertContract, EscalationClosesTheMilderAlertAndTellsBoth) {
  Commit({Meal(0, "matin"), Meal(0, "soir", 290)});
  Commit({Meal(1, "matin", 250)});  // -26.5 %
  const std::vector<std::string> told = Told();
  EXPECT_NE(std::find(told.begin(), told.end(), "dose_ecart open"), told.end());
  EXPECT_NE(std::find(told.begin(), told.end(), "dose_ecart closed escalated"), told.end());
  ExpectReplayEqualsLive();
}

TEST_P(AlertContract, MealBackInRangeTellsTheClosing) {
  Commit({Meal(0, "matin"), Meal(0, "soir", 290)});
  Commit({Meal(1, "matin", 307)});  // -9.7 %: within the margin
  EXPECT_TRUE(Told().empty());
  Commit({Meal(1, "soir", 340)});
  EXPECT_EQ(Told(), std::vector<std::string>{"dose_ecart closed back_in_range"});
  ExpectReplayEqualsLive();
}

TEST_P(AlertContract, AlertOfMealsOpensOnceAndClosesWhenBackInRange) {
  EXPECT_EQ(Commit({Meal(0, "matin"), Meal(0, "soir", 290)})[1].alerts_opened, 1);  // -14.7 %
  EXPECT_EQ(Commit({Meal(1, "matin", 290)})[0].alerts_opened, 0);
  EXPECT_EQ(OpenAlerts(), std::vector<std::string>{"dose_ecart warning"});
  Commit({Meal(1, "soir", 340)});
  EXPECT_TRUE(OpenAlerts().empty());
  EXPECT_EQ(Commit({Meal(2, "matin", 290)})[0].alerts_opened, 1);
  ExpectReplayEqualsLive();
}

TEST_P(AlertContract, WorseRepeatReplacesTheOpenAlertAndAMilderOneDoesNot) {
  Commit({Meal(0, "matin"), Meal(0, "soir", 290)});
  EXPECT_EQ(Commit({Meal(1, "matin", 250)})[0].alerts_opened, 1);  // -26.5 %
  EXPECT_EQ(Commit({Meal(1, "soir", 290)})[0].alerts_opened, 0);
  EXPECT_EQ(OpenAlerts(), std::vector<std::string>{"dose_ecart critical"});
}

TEST_P(AlertContract, LateMealInRangeClosesNoAlert) {
  Commit({Meal(0, "matin"), Meal(1, "soir", 290)});
  EXPECT_EQ(Commit({Meal(0, "soir", 340)})[0].fate, Fate::kSaved);
  EXPECT_THAT(OpenAlerts(), testing::Contains("dose_ecart warning"));
}

TEST_P(AlertContract, TwoServersThatMeetTheSameConditionOpenOneAlert) {
  constexpr int kRounds = 10;
  std::vector<std::vector<Batch>> committed(2);
  std::vector<std::thread> servers;
  for (int s = 0; s < 2; ++s) {
    servers.emplace_back([this, s, own = &committed[s]] {
      auto committer = backend_->NewSampleCommitter();
      for (int i = 0; i < kRounds; ++i) {
        std::vector<persist::Group<SampleWrite>> groups(1);
        groups[0].items = {Sample(absl::StrCat("server-", s, "-", i), "", kBad)};
        auto batch = committer->Commit(&groups);
        if (batch.ok()) own->push_back(*batch);
      }
    });
  }
  for (std::thread& server : servers) server.join();
  int opened = 0;
  for (const auto& own : committed) {
    ASSERT_EQ(own.size(), static_cast<size_t>(kRounds));
    for (const Batch& batch : own) {
      committed_.push_back(batch);
      for (const Event& event : batch->events) opened += event.has_alert();
    }
  }
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(OpenAlerts(), std::vector<std::string>{"oxidation_high warning"});
  ExpectReplayEqualsLive();
}

TEST_P(AlertContract, GoodSamplesOnTwoServersCountTogether) {
  Commit({Next(kBad)});
  auto other = backend_->NewSampleCommitter();
  Commit({Next(kGood)});
  CommitGroups<SampleWrite>(other.get(), {{Next(kGood)}});
  EXPECT_TRUE(Told().empty());
  Commit({Next(kGood)});
  EXPECT_EQ(Told(), std::vector<std::string>{"oxidation_high closed back_in_range"});
  ExpectReplayEqualsLive();
}

// The server's own computation.

class ComputationContract : public AlertContract {
 protected:
  static const analyse::AnalysisBook& Book() {
    static const analyse::AnalysisBook* const book = new analyse::AnalysisBook(*analyse::AnalysisBook::BuiltIn());
    return *book;
  }
  SampleWrite Computed(double tof_score) {
    SampleWrite write = Next(kGood);
    write.sample.mutable_tof_analysis()->set_quality_score(tof_score);
    write.verdict = analyse::JudgeSample(write.sample, write.received, {}, &Book().profiles().front());
    return write;
  }
};

TEST_P(ComputationContract, ComputedValuesAreStoredBesideTheDeclaredOnes) {
  Commit({Computed(0.79), Sample("unknown")});
  ASSERT_GE(last_->events.size(), 2u);
  const auto& graded = last_->events[0].sample();
  ASSERT_TRUE(graded.has_computed());
  EXPECT_GT(graded.computed().volume_mm3(), 0);
  EXPECT_NE(graded.comparison(), "");
  EXPECT_FALSE(last_->events[1].sample().has_computed());
  EXPECT_EQ(last_->events[1].sample().comparison(), "unknown_profile");
  ExpectReplayEqualsLive();
}

TEST_P(ComputationContract, SampleWithoutAnalysisIsReadBackWithTheServersAndKnownWhenSentAgain) {
  SampleWrite write = Computed(0.79);
  write.sample.clear_tof_analysis();
  write.sample.clear_spectral_analysis();
  write.sample.clear_fusion();
  write.verdict = analyse::JudgeSample(write.sample, write.received, {}, &Book().profiles().front());
  const SampleWrite again = write;
  Commit({write});
  EXPECT_EQ(Commit({again})[0].fate, Fate::kDuplicate);
  const auto& event = committed_.front()->events[0].sample();
  EXPECT_EQ(event.comparison(), "not_declared");
  EXPECT_GT(event.sample().tof_analysis().volume_mm3(), 0);
  EXPECT_GT(event.sample().spectral_analysis().quality_score(), 0);
  EXPECT_FALSE(event.sample().has_fusion());
  EXPECT_EQ(event.result().final_grade(), event.computed().grade());
  ExpectReplayEqualsLive();
}

TEST_P(ComputationContract, DisagreementIsAnAlertOfTheDeviceWithEvidence) {
  Commit({Announcement("LS2602001", 7)});
  SampleWrite write = Computed(0.999);
  write.sample.set_lot("LS2602001");
  Commit({write});
  const auto alert = OpenAlert("score_disagreement");
  EXPECT_EQ(alert.severity(), "warning");
  EXPECT_EQ(alert.device_id(), "ESP32_LS_01");
  const auto& fields = alert.data_context().fields();
  ASSERT_TRUE(fields.contains("declared"));
  EXPECT_TRUE(fields.contains("computed"));
  EXPECT_GT(fields.at("observed").number_value(), 0.02);
  EXPECT_EQ(fields.at("score").string_value(), "tof");
}

INSTANTIATE_TEST_SUITE_P(Fake, AlertContract, ::testing::Values(&MakeFakeBackend));
INSTANTIATE_TEST_SUITE_P(Postgres, AlertContract, ::testing::Values(&MakePostgresBackend));
INSTANTIATE_TEST_SUITE_P(Fake, ComputationContract, ::testing::Values(&MakeFakeBackend));
INSTANTIATE_TEST_SUITE_P(Postgres, ComputationContract, ::testing::Values(&MakePostgresBackend));

}  // namespace
}  // namespace egi::storage
