// The sample batcher over a real PostgreSQL: what goes beyond the contract of every storage (server/storage/store_contract_test.cc).
#include <mutex>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/analyse/judge.h"
#include "server/base/fake_clock.h"
#include "server/base/rich_status.h"
#include "server/persist/batcher.h"
#include "server/persist/submit_and_wait.h"
#include "server/storage/expect_replay.h"
#include "server/storage/postgres/postgres_event_store.h"
#include "server/storage/postgres/sample_committer.h"
#include "server/validate/good_items.h"
#include "tests/support/test_database.h"

namespace egi::persist {
namespace {

using ::egi::testing::TestDatabase;

class SampleBatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    events_ = std::make_unique<storage::PostgresEventStore>(database_->url(), &clock_);
    batcher_ = Start([](int) {});
    database_->Ask("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id) VALUES ('LS2602001', 'LS', NULL), ('MT2602001', 'MT', NULL)");
  }

  // Whatever went wrong on the way: every stored sample is counted once.
  void TearDown() override {
    if (database_ != nullptr) {
      EXPECT_EQ(database_->Ask("SELECT coalesce(sum(sample_count), 0) FROM sqal_hourly_stats"), database_->Ask("SELECT count(*) FROM sqal_samples"));
    }
  }

  std::unique_ptr<SampleBatcher> Start(std::function<void(int)> before_commit) {
    storage::PostgresSampleCommitter::Options options{.url = database_->url(), .before_commit = std::move(before_commit)};
    auto batcher = SampleBatcher::Create(std::make_unique<storage::PostgresSampleCommitter>(options, &clock_),
                                         {.on_committed = [this](std::shared_ptr<const CommittedBatch> batch) {
                                           std::lock_guard<std::mutex> lock(mutex_);
                                           committed_.push_back(std::move(batch));
                                         }});
    EXPECT_TRUE(batcher.ok());
    return *std::move(batcher);
  }

  static SampleWrite Write(const std::string& sample_id) {
    SampleWrite write;
    write.received = validate::TestNow();
    write.sample = validate::GoodSample();
    write.sample.set_sample_id(sample_id);
    write.verdict = analyse::JudgeSample(write.sample, write.received);
    return write;
  }

  std::string Stored() { return database_->Ask("SELECT count(*) FROM sqal_samples"); }

  void ExpectReplayEqualsLive() {
    std::lock_guard<std::mutex> lock(mutex_);
    storage::ExpectReplayEqualsLive(*events_, committed_);
  }

  FakeClock clock_{validate::TestNow()};
  std::unique_ptr<TestDatabase> database_;
  std::unique_ptr<storage::PostgresEventStore> events_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const CommittedBatch>> committed_;
  std::unique_ptr<SampleBatcher> batcher_;
};

TEST_F(SampleBatcherTest, StoredSampleIsReadBackAsItWasPublished) {
  SampleWrite full = Write("full");
  auto* details = full.sample.mutable_tof_analysis()->mutable_details()->mutable_fields();
  (*details)["bins_analysis"].mutable_struct_value()->mutable_fields()->insert({"peak", {}});
  (*(*details)["bins_analysis"].mutable_struct_value()->mutable_fields())["peak"].set_number_value(0.1);
  (*full.sample.mutable_spectral_analysis()->mutable_score_breakdown())["fresh\"ness"] = 1.0 / 3;
  auto* defect = full.sample.mutable_tof_analysis()->add_defects();
  defect->set_type("surface_deformation");
  defect->set_severity(0.4);
  defect->set_description("creux « local »");
  full.sample.mutable_fusion()->set_weight_tof(0.5);
  full.sample.mutable_fusion()->set_confidence_level(0.93);
  full.sample.mutable_sample_time()->set_nanos(123456789);
  full.sample.set_site_code("");
  full.sample.mutable_tof()->set_distance_mm(3, 0.123456f);
  full.sample.mutable_tof()->set_frames_averaged(4);
  full.verdict = analyse::JudgeSample(full.sample, full.received);
  SampleWrite bare = Write("bare");
  bare.sample.clear_fusion();
  bare.sample.clear_tof_analysis();
  bare.sample.clear_lot();
  bare.sample.clear_location();
  SampleWrite bad = Write("bad");
  bad.sample.mutable_spectral_analysis()->set_oxidation_index(0.9);
  bad.sample.mutable_spectral_analysis()->set_freshness_index(0.2);
  bad.verdict = analyse::JudgeSample(bad.sample, bad.received);
  ASSERT_EQ(bad.verdict.alerts.size(), 2u);
  const GroupOutcome outcome = SubmitAndWait<SampleWrite>(batcher_.get(), {full, bare, bad});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  ASSERT_EQ(outcome.items.size(), 3u);
  for (const ItemOutcome& item : outcome.items) EXPECT_EQ(item.fate, Fate::kSaved) << item.rejection.message();
  EXPECT_EQ(outcome.items[2].alerts_opened, 2);
  EXPECT_EQ(Stored(), "3");
  ASSERT_EQ(committed_.size(), 1u);
  EXPECT_EQ(committed_[0]->events.size(), 5u);
  EXPECT_EQ(committed_[0]->events[0].sample().code_lot(), "LS2602001");
  ExpectReplayEqualsLive();
}

TEST_F(SampleBatcherTest, PoisonRowsAreTakenOutAndTheRestIsStored) {
  std::vector<SampleWrite> writes;
  for (int i = 0; i < 40; ++i) writes.push_back(Write(absl::StrCat("s", i)));
  writes[7].sample.set_location(std::string("a\0b", 3));                      // no text of PostgreSQL
  writes[31].sample.mutable_tof()->mutable_distance_mm()->Truncate(56);       // 7 rows
  const GroupOutcome outcome = SubmitAndWait<SampleWrite>(batcher_.get(), writes);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(outcome.items[i].fate, i == 7 || i == 31 ? Fate::kRejected : Fate::kSaved) << i;
  }
  EXPECT_EQ(outcome.items[7].rejection.code(), static_cast<int>(absl::StatusCode::kInternal));
  EXPECT_EQ(Stored(), "38");
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM rejected_messages WHERE payload IS NOT NULL"), "2");
  ExpectReplayEqualsLive();
}

TEST_F(SampleBatcherTest, RepeatedAlertsAreCountedInOneOpenAlert) {
  const auto low = [this](const std::string& id) {
    SampleWrite write = Write(id);
    write.sample.mutable_spectral_analysis()->set_oxidation_index(0.9);
    write.verdict = analyse::JudgeSample(write.sample, write.received);
    return write;
  };
  const GroupOutcome first = SubmitAndWait<SampleWrite>(batcher_.get(), {low("1"), low("2")});
  const GroupOutcome second = SubmitAndWait<SampleWrite>(batcher_.get(), {low("3")});
  EXPECT_EQ(first.items[0].alerts_opened, 1);
  EXPECT_EQ(first.items[1].alerts_opened, 0);
  EXPECT_EQ(second.items[0].alerts_opened, 0);
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM sqal_alerts"), "1");
  EXPECT_EQ(database_->Ask("SELECT object_key || ' ' || occurrences FROM alert_open"), "lot:LS2602001 3");
  ExpectReplayEqualsLive();
}

TEST_F(SampleBatcherTest, CommitWhoseConnectionDiedIsNeitherLostNorStoredTwice) {
  int commits = 0;
  batcher_ = nullptr;
  batcher_ = Start([this, &commits](int pid) {
    if (++commits % 2 == 1) database_->Ask(absl::StrCat("SELECT pg_terminate_backend(", pid, ")"));
  });
  for (int i = 0; i < 5; ++i) {
    const GroupOutcome outcome = SubmitAndWait<SampleWrite>(batcher_.get(), {Write(absl::StrCat("k", i))});
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    EXPECT_EQ(outcome.items[0].fate, Fate::kSaved);
  }
  EXPECT_GE(commits, 10);
  EXPECT_EQ(Stored(), "5");
  ExpectReplayEqualsLive();
}

TEST_F(SampleBatcherTest, RefusedItemWithAnOverlongIdentityStallsNobody) {
  SampleWrite refused = Write("r");
  std::string& device = *refused.sample.mutable_device_id();
  uint32_t random = 1;
  while (device.size() < 20'000) device.push_back(static_cast<char>('0' + ((random = random * 1664525 + 1013904223) >> 24) % 64));
  refused.rejection = ToRpcStatus(InvalidFields({{"device_id", "has 20000 characters, at most 100 expected"}}));
  const GroupOutcome outcome = SubmitAndWait<SampleWrite>(batcher_.get(), {refused, Write("good")});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.items[0].fate, Fate::kRejected);
  EXPECT_EQ(outcome.items[1].fate, Fate::kSaved);
  EXPECT_EQ(database_->Ask("SELECT length(device_id) FROM rejected_messages"), "400");
}

TEST_F(SampleBatcherTest, RefusalThatQuotesHalfACharacterStallsNobody) {
  SampleWrite refused = Write("r");
  refused.rejection.emplace();
  refused.rejection->set_code(3);
  refused.rejection->set_message("is \"caf\xC3\"");
  const GroupOutcome outcome = SubmitAndWait<SampleWrite>(batcher_.get(), {refused, Write("good")});
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(database_->Ask("SELECT reason FROM rejected_messages"), "is \"caf?\"");
}

TEST_F(SampleBatcherTest, TwoServersShareOneGapFreeOrder) {
  auto other = Start([](int) {});
  std::vector<std::future<GroupOutcome>> answers;
  for (int i = 0; i < 200; ++i) {
    answers.push_back(SubmitLater<SampleWrite>(batcher_.get(), {Write(absl::StrCat("x", i))}));
    answers.push_back(SubmitLater<SampleWrite>(other.get(), {Write(absl::StrCat("y", i)), Write(absl::StrCat("x", i))}));
  }
  for (auto& answer : answers) EXPECT_TRUE(answer.get().status.ok());
  EXPECT_EQ(Stored(), "400");
  EXPECT_EQ(database_->Ask("SELECT count(*) = max(commit_seq) FROM event_batches"), "t");
  std::sort(committed_.begin(), committed_.end(), [](const auto& a, const auto& b) { return a->commit_seq < b->commit_seq; });
  ExpectReplayEqualsLive();
}

}  // namespace
}  // namespace egi::persist
