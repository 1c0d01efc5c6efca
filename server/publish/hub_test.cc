#include "server/publish/hub.h"

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "server/base/fake_clock.h"
#include "server/base/rich_status.h"
#include "spdlog/sinks/null_sink.h"

namespace egi::publish {
namespace {

using Batch = std::shared_ptr<const persist::CommittedBatch>;
using realtime::v1::SubscribeResponse;

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

// One sample event of `device` for each value; the value is kept in sample_id.
Batch MakeBatch(int64_t seq, const std::vector<std::string>& ids, const std::string& device = "d") {
  auto batch = std::make_shared<persist::CommittedBatch>();
  batch->commit_seq = seq;
  batch->commit_time = kStart;
  for (const std::string& id : ids) {
    auto* sample = batch->events.emplace_back().mutable_sample();
    sample->mutable_sample()->set_sample_id(id);
    sample->mutable_sample()->set_device_id(device);
    sample->set_site_code("LL");
  }
  return batch;
}

// Keeps every committed batch, as the database does.
class MemoryStore : public storage::EventStore {
 public:
  void Commit(Batch batch) {
    MutexLock lock(&mutex_);
    batches_[batch->commit_seq] = std::move(batch);
  }
  void Purge(int64_t before) {
    MutexLock lock(&mutex_);
    batches_.erase(batches_.begin(), batches_.lower_bound(before));
    earliest_ = before;
  }
  void SetDown(bool down) {
    MutexLock lock(&mutex_);
    down_ = down;
  }
  absl::StatusOr<int64_t> LastCommitSeq() override {
    MutexLock lock(&mutex_);
    if (down_) return absl::UnavailableError("down");
    return batches_.empty() ? 0 : batches_.rbegin()->first;
  }
  absl::StatusOr<int64_t> EarliestCommitSeq() override {
    MutexLock lock(&mutex_);
    if (down_) return absl::UnavailableError("down");
    return earliest_;
  }
  absl::StatusOr<std::vector<Batch>> ReadAfter(int64_t after, int max_events) override {
    MutexLock lock(&mutex_);
    if (down_) return absl::UnavailableError("down");
    std::vector<Batch> read;
    for (auto it = batches_.upper_bound(after); it != batches_.end() && max_events > 0; ++it) {
      read.push_back(it->second);
      max_events -= static_cast<int>(it->second->events.size());
    }
    return read;
  }
  absl::StatusOr<Snapshot> ReadSnapshot(const realtime::v1::Filter&) override {
    MutexLock lock(&mutex_);
    if (down_) return absl::UnavailableError("down");
    Snapshot snapshot;
    std::map<std::string, realtime::v1::Event> newest;
    for (const auto& [seq, batch] : batches_) {
      snapshot.as_of = seq;
      for (const auto& event : batch->events) newest[event.sample().sample().device_id()] = event;
    }
    for (auto& [device, event] : newest) snapshot.events.push_back(event);
    return snapshot;
  }
  absl::StatusOr<std::string> CodeOfLot(int32_t lot_id) override {
    if (lot_id != 3) return absl::NotFoundError("no lot has this id");
    return "LL2602003";
  }

 private:
  Mutex mutex_;
  bool down_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t earliest_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<int64_t, Batch> batches_ ABSL_GUARDED_BY(mutex_);
};

// A subscriber that reads when the test wants.
class Reader {
 public:
  Reader(Hub* hub, const realtime::v1::SubscribeRequest& request) : hub_(hub) {
    auto subscription = hub->Subscribe(request, [this] {
      MutexLock lock(&mutex_);
      ready_ = true;
      changed_.NotifyAll();
    });
    status_ = subscription.status();
    if (subscription.ok()) subscription_ = *subscription;
  }
  ~Reader() {
    if (subscription_ == nullptr) return;
    hub_->Unsubscribe(subscription_);
    subscription_->End(absl::CancelledError("test over"));
  }

  // The next message, waiting for it up to 10 s; nullopt at the end of the subscription (then `status`).
  std::optional<SubscribeResponse> Read() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (true) {
      Frame frame;
      {
        MutexLock lock(&mutex_);
        ready_ = false;
      }
      switch (subscription_->Pull(&frame)) {
        case Subscription::Next::kFrame: {
          SubscribeResponse response;
          EXPECT_TRUE(response.ParseFromString(*frame));
          return response;
        }
        case Subscription::Next::kEnd:
          status_ = subscription_->status();
          return std::nullopt;
        case Subscription::Next::kWait:
          break;
      }
      MutexLock lock(&mutex_);
      while (!ready_) {
        if (std::chrono::steady_clock::now() > deadline) {
          ADD_FAILURE() << "nothing came within 10 s";
          return std::nullopt;
        }
        changed_.WaitFor(&mutex_, std::chrono::milliseconds(100));
      }
    }
  }
  // Reads to the next message that is not about a device.
  SubscribeResponse Next() {
    while (auto response = Read()) {
      if (!response->event().has_device()) return *response;
    }
    return {};
  }
  // Ids of the next `count` live events, in order.
  std::vector<std::string> Ids(size_t count) {
    std::vector<std::string> ids;
    while (ids.size() < count) {
      const SubscribeResponse response = Next();
      if (!response.has_event()) {
        ADD_FAILURE() << "not an event: " << response.ShortDebugString();
        break;
      }
      ids.push_back(response.event().sample().sample().sample_id());
      token = response.event().resume_token();
    }
    return ids;
  }
  const absl::Status& status() const { return status_; }
  const std::shared_ptr<Subscription>& subscription() const { return subscription_; }
  std::string token;

 private:
  Hub* const hub_;
  Mutex mutex_;
  CondVar changed_;
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_;
  std::shared_ptr<Subscription> subscription_;
};

class HubTest : public testing::Test {
 protected:
  ~HubTest() override {
    hub_.reset();
    pool_.reset();
  }
  Hub::Options MakeOptions() {
    Hub::Options options;
    options.store = &store_;
    options.pool = pool_.get();
    options.clock = &clock_;
    options.metrics = &metrics_;
    options.log = &log_;
    options.poll_interval = absl::Milliseconds(2);
    options.gap_grace = absl::Milliseconds(1);
    return options;
  }
  void StartHub(Hub::Options options) {
    hub_.reset();
    auto hub = Hub::Create(std::move(options));
    ASSERT_TRUE(hub.ok()) << hub.status();
    hub_ = std::move(*hub);
    hub_->Start();
    WaitFor([this] { return hub_->Subscribe({}, [] {}).ok(); });
  }
  void StartHub() { StartHub(MakeOptions()); }
  template <typename Condition>
  void WaitFor(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline);
      std::this_thread::yield();
    }
  }
  // Commits here: stored and told to the hub.
  void CommitHere(const Batch& batch) {
    store_.Commit(batch);
    hub_->Committed(batch);
  }
  realtime::v1::SubscribeRequest Live() {
    realtime::v1::SubscribeRequest request;
    request.set_skip_snapshot(true);
    return request;
  }
  realtime::v1::SubscribeRequest From(const std::string& token) {
    realtime::v1::SubscribeRequest request;
    request.set_resume_token(token);
    return request;
  }

  MemoryStore store_;
  FakeClock clock_{kStart};
  telemetry::Metrics metrics_;
  telemetry::Log log_{std::make_shared<spdlog::sinks::null_sink_mt>()};
  std::unique_ptr<WorkerPool> pool_ = std::make_unique<WorkerPool>(2, 100);
  std::unique_ptr<Hub> hub_;
};

TEST_F(HubTest, SnapshotThenCurrentThenLive) {
  store_.Commit(MakeBatch(1, {"a1", "a2"}, "a"));
  store_.Commit(MakeBatch(2, {"b1"}, "b"));
  StartHub();
  Reader reader(hub_.get(), {});
  for (const char* id : {"a2", "b1"}) {
    const auto response = reader.Next();
    EXPECT_EQ(response.event().sample().sample().sample_id(), id);
    EXPECT_TRUE(response.event().snapshot());
    EXPECT_EQ(response.event().resume_token(), "");
  }
  EXPECT_TRUE(reader.Next().has_current());
  CommitHere(MakeBatch(3, {"a3"}, "a"));
  const auto live = reader.Next();
  EXPECT_EQ(live.event().sample().sample().sample_id(), "a3");
  EXPECT_FALSE(live.event().snapshot());
  EXPECT_NE(live.event().resume_token(), "");
  EXPECT_EQ(live.event().commit_time().seconds(), absl::ToUnixSeconds(kStart));
}

TEST_F(HubTest, CommittersOutOfOrderAreDeliveredInCommitOrder) {
  StartHub();
  Reader reader(hub_.get(), Live());
  ASSERT_TRUE(reader.Next().has_current());
  store_.Commit(MakeBatch(1, {"1"}));
  CommitHere(MakeBatch(2, {"2"}));
  CommitHere(MakeBatch(1, {"1"}));
  CommitHere(MakeBatch(3, {"3"}));
  EXPECT_EQ(reader.Ids(3), (std::vector<std::string>{"1", "2", "3"}));
}

TEST_F(HubTest, CommitsOfAnotherServerAreReadFromTheStore) {
  StartHub();
  Reader reader(hub_.get(), Live());
  ASSERT_TRUE(reader.Next().has_current());
  store_.Commit(MakeBatch(1, {"other"}));
  EXPECT_EQ(reader.Ids(1), std::vector<std::string>{"other"});
  store_.Commit(MakeBatch(2, {"other 2"}));
  CommitHere(MakeBatch(3, {"here"}));
  EXPECT_EQ(reader.Ids(2), (std::vector<std::string>{"other 2", "here"}));
}

TEST_F(HubTest, ResumeInTheMiddleOfATransactionHasNoGapAndNoRepeat) {
  StartHub();
  std::string token;
  {
    Reader reader(hub_.get(), Live());
    ASSERT_TRUE(reader.Next().has_current());
    CommitHere(MakeBatch(1, {"1", "2", "3"}));
    EXPECT_EQ(reader.Ids(2), (std::vector<std::string>{"1", "2"}));
    token = reader.token;
  }
  CommitHere(MakeBatch(2, {"4"}));
  WaitFor([this] { return hub_->last_seq() == 2; });
  Reader resumed(hub_.get(), From(token));
  EXPECT_EQ(resumed.Ids(2), (std::vector<std::string>{"3", "4"}));
  EXPECT_TRUE(resumed.Next().has_current());
  CommitHere(MakeBatch(3, {"5"}));
  EXPECT_EQ(resumed.Ids(1), std::vector<std::string>{"5"});
}

TEST_F(HubTest, ResumeAfterARestartReadsTheStore) {
  StartHub();
  std::string token;
  {
    Reader reader(hub_.get(), Live());
    ASSERT_TRUE(reader.Next().has_current());
    CommitHere(MakeBatch(1, {"1"}));
    reader.Ids(1);
    token = reader.token;
  }
  store_.Commit(MakeBatch(2, {"2", "3"}));
  StartHub();
  Reader resumed(hub_.get(), From(token));
  EXPECT_EQ(resumed.Ids(2), (std::vector<std::string>{"2", "3"}));
  EXPECT_TRUE(resumed.Next().has_current());
}

TEST_F(HubTest, SlowSubscriberIsDemotedThenLiveAgainWithoutGapOrRepeat) {
  Hub::Options options = MakeOptions();
  options.log_events = 10;
  options.subscription.chunk_events = 4;
  options.subscription.catch_up_events = 7;
  StartHub(options);
  Reader reader(hub_.get(), Live());
  ASSERT_TRUE(reader.Next().has_current());
  std::vector<std::string> expected;
  for (int64_t seq = 1; seq <= 100; ++seq) {
    expected.push_back(std::to_string(seq));
    CommitHere(MakeBatch(seq, {expected.back()}));
  }
  WaitFor([this] { return hub_->last_seq() == 100; });
  bool demoted = false, current = false;
  std::vector<std::string> ids;
  while (ids.size() < 100 || !current) {
    const auto response = reader.Next();
    if (response.has_catch_up()) {
      demoted = true;
      EXPECT_GT(response.catch_up().events_behind(), 0);
    } else if (response.has_current()) {
      current = true;
    } else {
      ASSERT_TRUE(response.has_event());
      ids.push_back(response.event().sample().sample().sample_id());
    }
  }
  EXPECT_EQ(ids, expected);
  EXPECT_TRUE(demoted);
  EXPECT_EQ(reader.subscription()->phase(), Subscription::Phase::kLive);
}

TEST_F(HubTest, LatestOnlyGetsTheNewestOfEachDeviceInsteadOfABacklog) {
  Hub::Options options = MakeOptions();
  options.subscription.conflate_after_events = 5;
  StartHub(options);
  auto request = Live();
  request.set_latest_only(true);
  Reader reader(hub_.get(), request);
  ASSERT_TRUE(reader.Next().has_current());
  for (int64_t seq = 1; seq <= 50; ++seq) {
    CommitHere(MakeBatch(seq, {std::to_string(seq)}, seq % 2 == 0 ? "even" : "odd"));
  }
  WaitFor([this] { return hub_->last_seq() == 50; });
  EXPECT_EQ(reader.Ids(2), (std::vector<std::string>{"49", "50"}));
  CommitHere(MakeBatch(51, {"51"}));
  EXPECT_EQ(reader.Ids(1), std::vector<std::string>{"51"});
}

TEST_F(HubTest, TokenOlderThanTheStoreIsOutOfRangeAndNamesTheEarliest) {
  for (int64_t seq = 1; seq <= 5; ++seq) store_.Commit(MakeBatch(seq, {std::to_string(seq)}));
  store_.Purge(4);
  StartHub();
  Reader reader(hub_.get(), From(EncodeResumeToken({{2, 0}, kStart})));
  EXPECT_FALSE(reader.Read().has_value());
  EXPECT_TRUE(absl::IsOutOfRange(reader.status()));
  google::rpc::ErrorInfo info;
  const google::rpc::Status rpc = ToRpcStatus(reader.status());
  for (const auto& detail : rpc.details()) detail.UnpackTo(&info);
  Reader earliest(hub_.get(), From(info.metadata().at("earliest")));
  EXPECT_EQ(earliest.Ids(2), (std::vector<std::string>{"4", "5"}));
}

TEST_F(HubTest, TokenOlderThanADayIsOutOfRange) {
  store_.Commit(MakeBatch(1, {"1"}));
  StartHub();
  clock_.Advance(absl::Hours(24) + absl::Seconds(1));
  Reader reader(hub_.get(), From(EncodeResumeToken({{1, 0}, kStart})));
  EXPECT_FALSE(reader.Read().has_value());
  EXPECT_TRUE(absl::IsOutOfRange(reader.status()));
}

TEST_F(HubTest, TokenOfTheFutureIsOutOfRange) {
  StartHub();
  Reader reader(hub_.get(), From(EncodeResumeToken({{900, 0}, kStart})));
  EXPECT_FALSE(reader.Read().has_value());
  EXPECT_TRUE(absl::IsOutOfRange(reader.status()));
}

TEST_F(HubTest, HeartbeatCarriesThePositionAfterWhatDidNotMatch) {
  StartHub();
  auto request = Live();
  request.mutable_filter()->set_device_id("mine");
  Reader reader(hub_.get(), request);
  ASSERT_TRUE(reader.Next().has_current());
  CommitHere(MakeBatch(1, {"not mine"}, "other"));
  WaitFor([this] { return hub_->last_seq() == 1; });
  Frame nothing;
  ASSERT_EQ(reader.subscription()->Pull(&nothing), Subscription::Next::kWait);
  clock_.Advance(absl::Seconds(15));
  const auto heartbeat = reader.Next();
  ASSERT_TRUE(heartbeat.has_heartbeat());
  const auto point = DecodeResumeToken(heartbeat.heartbeat().resume_token());
  ASSERT_TRUE(point.ok());
  EXPECT_EQ(point->position, (storage::Position{2, 0}));
}

TEST_F(HubTest, DeviceEventsCarryNoTokenAndFollowTheFilter) {
  StartHub();
  Reader all(hub_.get(), Live());
  ASSERT_TRUE(all.Next().has_current());
  CommitHere(MakeBatch(1, {"1"}, "new device"));
  bool online = false;
  for (int i = 0; i < 2; ++i) {
    const auto response = all.Read();
    ASSERT_TRUE(response.has_value());
    if (!response->event().has_device()) continue;
    online = response->event().device().status() == "online";
    EXPECT_EQ(response->event().resume_token(), "");
  }
  EXPECT_TRUE(online);
  clock_.Advance(Presence::kSilence);
  while (true) {
    const auto response = all.Read();
    ASSERT_TRUE(response.has_value());
    if (response->event().device().status() == "offline") break;
  }
}

TEST_F(HubTest, DrainEndsSubscriptionsWithTheirPosition) {
  StartHub();
  Reader reader(hub_.get(), Live());
  ASSERT_TRUE(reader.Next().has_current());
  hub_->Drain();
  EXPECT_TRUE(reader.Next().has_heartbeat());
  EXPECT_FALSE(reader.Read().has_value());
  EXPECT_TRUE(absl::IsUnavailable(reader.status()));
  EXPECT_TRUE(absl::IsUnavailable(hub_->Subscribe({}, [] {}).status()));
}

TEST_F(HubTest, DatabaseLossEndsASnapshotButNotALiveSubscriber) {
  StartHub();
  Reader live(hub_.get(), Live());
  ASSERT_TRUE(live.Next().has_current());
  store_.SetDown(true);
  Reader snapshot(hub_.get(), {});
  EXPECT_FALSE(snapshot.Read().has_value());
  EXPECT_TRUE(absl::IsUnavailable(snapshot.status()));
  store_.SetDown(false);
  CommitHere(MakeBatch(1, {"1"}));
  EXPECT_EQ(live.Ids(1), std::vector<std::string>{"1"});
}

TEST_F(HubTest, StalledReaderHoldsOnlyAChunk) {
  Hub::Options options = MakeOptions();
  options.log_events = 100;
  StartHub(options);
  Reader reader(hub_.get(), Live());
  ASSERT_TRUE(reader.Next().has_current());
  std::weak_ptr<const persist::CommittedBatch> early;
  for (int64_t seq = 1; seq <= 300; ++seq) {
    auto batch = MakeBatch(seq, {std::to_string(seq)});
    if (seq == 150) early = batch;
    hub_->Committed(std::move(batch));
  }
  WaitFor([this] { return hub_->last_seq() == 300; });
  EXPECT_TRUE(early.expired());
}

TEST_F(HubTest, EveryConcurrentReaderSeesEveryEventOnceInOrder) {
  Hub::Options options = MakeOptions();
  options.log_events = 50;
  StartHub(options);
  constexpr int kReaders = 4, kBatches = 400;
  std::vector<std::thread> readers;
  std::vector<std::vector<std::string>> seen(kReaders);
  std::vector<std::unique_ptr<Reader>> subscribers;
  for (int r = 0; r < kReaders; ++r) {
    subscribers.push_back(std::make_unique<Reader>(hub_.get(), Live()));
    ASSERT_TRUE(subscribers.back()->Next().has_current());
  }
  for (int r = 0; r < kReaders; ++r) {
    readers.emplace_back([&, r] {
      while (seen[r].size() < 2 * kBatches) {
        const auto response = subscribers[r]->Next();
        if (response.response_case() == SubscribeResponse::RESPONSE_NOT_SET) return;
        if (response.has_event()) seen[r].push_back(response.event().sample().sample().sample_id());
      }
    });
  }
  std::vector<std::string> expected;
  for (int64_t seq = 1; seq <= kBatches; ++seq) {
    const std::string id = std::to_string(seq);
    expected.insert(expected.end(), {id + "a", id + "b"});
    store_.Commit(MakeBatch(seq, {id + "a", id + "b"}));
  }
  std::thread odd([&] {
    for (int64_t seq = 1; seq <= kBatches; seq += 2) {
      hub_->Committed(MakeBatch(seq, {std::to_string(seq) + "a", std::to_string(seq) + "b"}));
    }
  });
  odd.join();
  for (auto& reader : readers) reader.join();
  for (const auto& ids : seen) EXPECT_EQ(ids, expected);
}

TEST_F(HubTest, BadFilterAndForeignTokenAreInvalid) {
  StartHub();
  realtime::v1::SubscribeRequest request;
  request.mutable_filter()->set_site_code("XX");
  EXPECT_TRUE(absl::IsInvalidArgument(hub_->Subscribe(request, [] {}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(hub_->Subscribe(From("nonsense"), [] {}).status()));
}

TEST_F(HubTest, LotIsNamedByItsIdAsByItsCodeAndAnUnknownIdEndsTheSubscription) {
  auto other = std::const_pointer_cast<persist::CommittedBatch>(MakeBatch(1, {"other"}));
  auto mine = std::const_pointer_cast<persist::CommittedBatch>(MakeBatch(2, {"mine"}));
  other->events[0].mutable_sample()->set_code_lot("LL2602004");
  mine->events[0].mutable_sample()->set_code_lot("LL2602003");
  store_.Commit(other);
  store_.Commit(mine);
  StartHub();
  for (const char* name : {"3", "LL2602003"}) {
    realtime::v1::SubscribeRequest request;
    request.mutable_filter()->set_code_lot(name);
    Reader reader(hub_.get(), request);
    EXPECT_EQ(reader.Ids(1), std::vector<std::string>{"mine"}) << name;
  }
  realtime::v1::SubscribeRequest request;
  request.mutable_filter()->set_code_lot("4");
  Reader reader(hub_.get(), request);
  EXPECT_FALSE(reader.Read().has_value());
  EXPECT_EQ(reader.status().code(), absl::StatusCode::kNotFound);
}

TEST_F(HubTest, TooManySubscribersAreToldToComeBack) {
  Hub::Options options = MakeOptions();
  options.max_subscribers = 3;
  StartHub(options);  // takes one
  ASSERT_TRUE(hub_->Subscribe(Live(), [] {}).ok());
  ASSERT_TRUE(hub_->Subscribe(Live(), [] {}).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(hub_->Subscribe(Live(), [] {}).status()));
}

}  // namespace
}  // namespace egi::publish
