#include "server/publish/hub.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/publish/filter.h"

namespace egi::publish {
namespace {

constexpr size_t kMaxIncoming = 4096;  // batches; what does not fit is read from the store
constexpr size_t kMaxWaiting = 4096;
constexpr int kGapEvents = 2000;       // read at once to fill a gap
constexpr absl::Duration kRetry = absl::Milliseconds(250);  // after a failed read

}  // namespace

Hub::Hub(Options options) : options_(std::move(options)), log_(options_.log_events, options_.log_bytes) {
  options_.subscription.log = &log_;
  options_.subscription.store = options_.store;
  options_.subscription.pool = options_.pool;
  options_.subscription.clock = options_.clock;
}

absl::StatusOr<std::unique_ptr<Hub>> Hub::Create(Options options) {
  if (options.store == nullptr || options.pool == nullptr || options.clock == nullptr || options.metrics == nullptr ||
      options.log == nullptr) {
    return absl::InvalidArgumentError("the hub needs a store, a pool, a clock, metrics and a log");
  }
  if (options.max_subscribers < 1 || options.log_events < 1 || options.log_bytes < 1 ||
      options.poll_interval <= absl::ZeroDuration() || options.gap_grace < absl::ZeroDuration()) {
    return absl::InvalidArgumentError("the limits of the hub must be positive");
  }
  return std::unique_ptr<Hub>(new Hub(std::move(options)));
}

Hub::~Hub() { Stop(); }

void Hub::Start() { thread_ = std::thread([this] { Run(); }); }

void Hub::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void Hub::Drain() {
  {
    MutexLock lock(&mutex_);
    draining_ = true;
  }
  for (const auto& subscription : Subscriptions()) {
    subscription->End(absl::UnavailableError("the server is shutting down; subscribe again with the last resume token"));
  }
}

void Hub::Committed(std::shared_ptr<const persist::CommittedBatch> batch) {
  MutexLock lock(&mutex_);
  if (incoming_.size() >= kMaxIncoming) {
    dropped_seq_ = std::max(dropped_seq_, batch->commit_seq);
    return;
  }
  incoming_.push_back(std::move(batch));
  if (incoming_.size() == 1) changed_.NotifyAll();
}

void Hub::HeartbeatSeen(const std::string& device_id, int32_t buffer_size, absl::Time now) {
  Broadcast(presence_.HeartbeatSeen(device_id, buffer_size, now));
}

absl::StatusOr<std::shared_ptr<Subscription>> Hub::Subscribe(const realtime::v1::SubscribeRequest& request,
                                                             std::function<void()> on_ready) {
  if (const absl::Status status = CheckFilter(request.filter()); !status.ok()) return status;
  std::optional<ResumePoint> resume;
  if (!request.resume_token().empty()) {
    const auto point = DecodeResumeToken(request.resume_token());
    if (!point.ok()) return point.status();
    resume = *point;
  }
  auto subscription = std::make_shared<Subscription>(options_.subscription, request, resume, std::move(on_ready));
  MutexLock lock(&mutex_);
  if (draining_) return absl::UnavailableError("the server is shutting down; subscribe again in a moment");
  if (!head_known_) return absl::UnavailableError("the database has not answered yet; subscribe again in a moment");
  if (static_cast<int>(subscriptions_.size()) >= options_.max_subscribers) {
    return Overloaded(absl::StrCat("the server holds its limit of ", options_.max_subscribers, " subscribers; try again"),
                      absl::Seconds(5));
  }
  subscriptions_.insert(subscription);
  return subscription;
}

void Hub::Unsubscribe(const std::shared_ptr<Subscription>& subscription) {
  MutexLock lock(&mutex_);
  subscriptions_.erase(subscription);
}

std::vector<std::shared_ptr<Subscription>> Hub::Subscriptions() const {
  MutexLock lock(&mutex_);
  return {subscriptions_.begin(), subscriptions_.end()};
}

void Hub::WakeAll() {
  for (const auto& subscription : Subscriptions()) subscription->Wake();
}

void Hub::Broadcast(const std::vector<realtime::v1::Event>& transient) {
  if (transient.empty()) return;
  const auto subscriptions = Subscriptions();
  if (subscriptions.empty()) return;
  for (const realtime::v1::Event& event : transient) {
    const Frame frame = EncodeEvent(event, "", absl::Time());
    for (const auto& subscription : subscriptions) subscription->OfferTransient(event.device().device_id(), event, frame);
  }
}

bool Hub::Await(absl::Duration timeout, std::deque<std::shared_ptr<const persist::CommittedBatch>>* batches) {
  const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(timeout);
  MutexLock lock(&mutex_);
  while (!stopping_ && incoming_.empty()) {
    const auto left = deadline - std::chrono::steady_clock::now();
    if (left <= std::chrono::nanoseconds::zero()) break;
    changed_.WaitFor(&mutex_, left);
  }
  batches->swap(incoming_);
  return !stopping_;
}

bool Hub::FindHead() {
  bool warned = false;
  while (true) {
    const auto last = options_.store->LastCommitSeq();
    if (last.ok()) {
      log_.Reset(*last);
      MutexLock lock(&mutex_);
      head_known_ = true;
      return !stopping_;
    }
    if (!warned) options_.log->Warning("the live feed waits for the database", {{"status", last.status().ToString()}});
    warned = true;
    const auto deadline = std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(kRetry);
    MutexLock lock(&mutex_);
    while (!stopping_ && std::chrono::steady_clock::now() < deadline) {
      changed_.WaitFor(&mutex_, deadline - std::chrono::steady_clock::now());
    }
    if (stopping_) return false;
  }
}

bool Hub::Emit(Sequencer* sequencer) {
  bool emitted = false;
  const absl::Time now = options_.clock->Now();
  std::vector<realtime::v1::Event> changes;
  while (auto batch = sequencer->Next()) {
    emitted = true;
    options_.metrics->CountEvents(static_cast<int64_t>(batch->events.size()));
    for (const realtime::v1::Event& event : batch->events) {
      if (!event.has_sample()) continue;
      auto change = presence_.SampleSeen(event.sample().sample().device_id(), event.sample().site_code(), now);
      changes.insert(changes.end(), change.begin(), change.end());
    }
    log_.Append(std::make_shared<const SharedBatch>(std::move(batch)));
  }
  if (emitted) WakeAll();
  Broadcast(changes);
  return emitted;
}

void Hub::FillGap(Sequencer* sequencer) {
  auto batches = options_.store->ReadAfter(sequencer->last(), kGapEvents);
  if (!batches.ok()) {
    options_.log->Warning("a gap in the live feed waits for the database", {{"status", batches.status().ToString()}});
    return;
  }
  for (auto& batch : *batches) sequencer->Offer(std::move(batch));
}

void Hub::Tick() {
  const absl::Time now = options_.clock->Now();
  int64_t counts[3] = {};
  for (const auto& subscription : Subscriptions()) {
    subscription->Trim(now);
    subscription->Wake();
    ++counts[static_cast<int>(subscription->phase())];
  }
  options_.metrics->SetSubscribers("snapshot", counts[0]);
  options_.metrics->SetSubscribers("catch_up", counts[1]);
  options_.metrics->SetSubscribers("live", counts[2]);
  Broadcast(presence_.Sweep(now));
}

void Hub::Run() {
  using SteadyClock = std::chrono::steady_clock;
  if (!FindHead()) return;
  Sequencer sequencer(log_.last_seq(), kMaxWaiting);
  const auto poll_interval = absl::ToChronoNanoseconds(options_.poll_interval);
  const auto grace = absl::ToChronoNanoseconds(options_.gap_grace);
  SteadyClock::time_point next_poll = SteadyClock::now();
  bool gap = false;
  SteadyClock::time_point fill_at;  // when gap
  absl::Duration wait = absl::ZeroDuration();
  std::deque<std::shared_ptr<const persist::CommittedBatch>> batches;
  while (Await(wait, &batches)) {
    for (auto& batch : batches) sequencer.Offer(std::move(batch));
    batches.clear();
    {
      MutexLock lock(&mutex_);
      sequencer.NoteCommitted(dropped_seq_);
    }
    Emit(&sequencer);
    const SteadyClock::time_point now = SteadyClock::now();
    if (now >= next_poll) {
      next_poll = now + poll_interval;
      // Errors are reported when they matter: when a gap cannot be filled.
      if (const auto last = options_.store->LastCommitSeq(); last.ok()) sequencer.NoteCommitted(*last);
      Tick();
    }
    if (!sequencer.HasGap()) {
      gap = false;
    } else if (!gap) {
      gap = true;
      fill_at = now + grace;
    } else if (now >= fill_at) {
      FillGap(&sequencer);
      // The rest of the gap is read at once; a read that brought nothing is repeated after a pause.
      fill_at = Emit(&sequencer) ? now : now + absl::ToChronoNanoseconds(kRetry);
    }
    wait = absl::FromChrono((gap ? std::min(next_poll, fill_at) : next_poll) - SteadyClock::now());
  }
}

}  // namespace egi::publish
