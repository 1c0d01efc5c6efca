// The batcher alone, over a committer that the test steers. Free of gRPC and SQL: run it with --config=tsan.
#include "server/persist/batcher.h"

#include <future>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "server/persist/submit_and_wait.h"

namespace egi::persist {
namespace {

// Waits in each commit for a permit, then answers every group OK, or the error it was told.
class SteeredCommitter : public SampleCommitter {
 public:
  absl::StatusOr<std::shared_ptr<const CommittedBatch>> Commit(std::vector<Group<SampleWrite>>* groups) override {
    MutexLock lock(&mutex_);
    ++started_;
    changed_.NotifyAll();
    while (permits_ == 0 && !cancelled_) changed_.Wait(&mutex_);
    if (permits_ == 0) return absl::UnavailableError("cancelled");
    --permits_;
    if (!error_.ok()) return error_;
    size_t rows = 0;
    for (Group<SampleWrite>& group : *groups) {
      rows += group.size;
      group.outcome.items.resize(group.size);
    }
    sizes_.push_back(rows);
    auto batch = std::make_shared<CommittedBatch>();
    batch->commit_seq = static_cast<int64_t>(sizes_.size());
    return batch;
  }

  void Cancel() override {
    MutexLock lock(&mutex_);
    cancelled_ = true;
    changed_.NotifyAll();
  }

  void Permit(int commits) {
    MutexLock lock(&mutex_);
    permits_ += commits;
    changed_.NotifyAll();
  }

  void FailWith(absl::Status error) {
    MutexLock lock(&mutex_);
    error_ = std::move(error);
  }

  void WaitUntilStarted(int commits) {
    MutexLock lock(&mutex_);
    while (started_ < commits) changed_.Wait(&mutex_);
  }

  std::vector<size_t> sizes() {
    MutexLock lock(&mutex_);
    return sizes_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int started_ ABSL_GUARDED_BY(mutex_) = 0;
  int permits_ ABSL_GUARDED_BY(mutex_) = 0;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  std::vector<size_t> sizes_ ABSL_GUARDED_BY(mutex_);
};

class BatcherTest : public ::testing::Test {
 protected:
  BatcherTest() {
    auto committer = std::make_unique<SteeredCommitter>();
    committer_ = committer.get();
    batcher_ = *SampleBatcher::Create(std::move(committer), {.max_rows = 10, .on_committed = [this](auto) { ++published_; }});
  }

  std::future<GroupOutcome> Submit(size_t rows) { return SubmitLater<SampleWrite>(batcher_.get(), std::vector<SampleWrite>(rows)); }

  std::atomic<int> published_ = 0;
  SteeredCommitter* committer_ = nullptr;
  std::unique_ptr<SampleBatcher> batcher_;
};

TEST_F(BatcherTest, GroupsThatComeDuringACommitShareTheNextOneUpToTheLimit) {
  std::vector<std::future<GroupOutcome>> answers;
  answers.push_back(Submit(1));
  committer_->WaitUntilStarted(1);
  for (const size_t rows : {4, 4, 4, 4}) answers.push_back(Submit(rows));
  EXPECT_EQ(batcher_->Pending(), 17);
  committer_->Permit(3);
  for (auto& answer : answers) EXPECT_TRUE(answer.get().status.ok());
  EXPECT_EQ(committer_->sizes(), (std::vector<size_t>{1, 12, 4}));
  EXPECT_EQ(published_, 3);
  EXPECT_EQ(batcher_->Pending(), 0);
}

TEST_F(BatcherTest, FailedCommitAnswersEveryGroupOfItAndTheNextGoesOn) {
  committer_->FailWith(absl::UnavailableError("database lost"));
  auto failed = Submit(2);
  committer_->Permit(1);
  const GroupOutcome outcome = failed.get();
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(outcome.items.empty());
  EXPECT_EQ(published_, 0);
  committer_->FailWith(absl::OkStatus());
  auto next = Submit(2);
  committer_->Permit(1);
  EXPECT_EQ(next.get().items.size(), 2u);
}

TEST_F(BatcherTest, DrainAnswersWhatWasTakenAndRefusesTheRest) {
  auto taken = Submit(3);
  committer_->WaitUntilStarted(1);
  EXPECT_FALSE(batcher_->Drain(absl::ZeroDuration()));
  EXPECT_EQ(Submit(1).get().status.code(), absl::StatusCode::kUnavailable);
  committer_->Permit(1);
  EXPECT_TRUE(batcher_->Drain(absl::Seconds(60)));
  EXPECT_TRUE(taken.get().status.ok());
}

TEST_F(BatcherTest, StopAnswersUnavailableToWhatWaits) {
  auto under_way = Submit(1);
  committer_->WaitUntilStarted(1);
  auto waiting = Submit(1);
  batcher_->Stop();
  EXPECT_EQ(under_way.get().status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(waiting.get().status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(batcher_->Pending(), 0);
  EXPECT_TRUE(batcher_->Drain(absl::ZeroDuration()));
}

TEST_F(BatcherTest, ManyThreadsGetExactlyOneAnswerForEachGroup) {
  committer_->Permit(1'000'000);
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        answered += static_cast<int>(SubmitAndWait<SampleWrite>(batcher_.get(), std::vector<SampleWrite>(1 + i % 3)).items.size()) == 1 + i % 3;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered, 800);
  EXPECT_EQ(batcher_->Pending(), 0);
}

TEST(BatcherOptionsTest, MissingPartsAreInvalid) {
  EXPECT_EQ(SampleBatcher::Create(nullptr, {.on_committed = [](auto) {}}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(SampleBatcher::Create(std::make_unique<SteeredCommitter>(), {.max_rows = 0, .on_committed = [](auto) {}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace egi::persist
