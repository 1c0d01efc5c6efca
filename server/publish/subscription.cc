#include "server/publish/subscription.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/proto_time.h"
#include "server/base/rich_status.h"
#include "server/publish/filter.h"

namespace egi::publish {
namespace {

constexpr size_t kMaxTransient = 256;                    // devices
constexpr absl::Duration kTrimAfter = absl::Seconds(5);  // of a stalled reader

Frame EncodeSnapshotEvent(realtime::v1::Event event) {
  event.set_snapshot(true);
  event.clear_resume_token();
  return EncodeEvent(event, "", absl::Time());
}

}  // namespace

Subscription::Subscription(const SubscriptionEnvironment& environment, realtime::v1::SubscribeRequest request,
                           std::optional<ResumePoint> resume, std::function<void()> on_ready)
    : env_(environment), request_(std::move(request)), resume_(resume), on_ready_(std::move(on_ready)) {
  last_pull_ = last_frame_ = env_.clock->Now();
  filter_ = request_.filter();
  unnamed_lot_ = LotIdOf(filter_);
}

std::string Subscription::Token(const storage::Position& position) const {
  return EncodeResumeToken({position, env_.clock->Now()});
}

absl::Status Subscription::status() const {
  MutexLock lock(&mutex_);
  return status_;
}

Subscription::Phase Subscription::phase() const {
  MutexLock lock(&mutex_);
  return !begun_ ? Phase::kSnapshot : behind_ ? Phase::kCatchUp : Phase::kLive;
}

void Subscription::PushResponse(const realtime::v1::SubscribeResponse& response) {
  frames_.push_back(std::make_shared<const std::string>(response.SerializeAsString()));
}

void Subscription::PushCurrent() {
  behind_ = false;
  realtime::v1::SubscribeResponse response;
  response.mutable_current()->set_resume_token(Token(cursor_));
  PushResponse(response);
}

void Subscription::Finish(const absl::Status& status) {
  if (ended_) return;
  ended_ = true;
  status_ = status;
}

bool Subscription::HeartbeatDue() const { return env_.clock->Now() - last_frame_ >= env_.heartbeat_interval; }

Subscription::Next Subscription::Pull(Frame* frame) {
  MutexLock lock(&mutex_);
  last_pull_ = env_.clock->Now();
  while (true) {
    if (frames_.empty() && !transient_.empty()) {
      frames_.push_back(std::move(transient_.front().second));
      transient_.pop_front();
    }
    if (!frames_.empty()) {
      *frame = std::move(frames_.front());
      frames_.pop_front();
      last_frame_ = env_.clock->Now();
      waiting_ = false;
      return Next::kFrame;
    }
    if (ended_) return Next::kEnd;
    if (!job_ && unnamed_lot_ > 0 && PostJob(&Subscription::NameLot)) continue;
    if (!job_ && !begun_ && unnamed_lot_ == 0) {
      if (resume_.has_value() ? PostJob(&Subscription::CheckResume)
                              : !request_.skip_snapshot() && PostJob(&Subscription::ReadSnapshot)) {
        continue;
      }
      if (!resume_.has_value() && request_.skip_snapshot()) {
        begun_ = true;
        cursor_ = {env_.log->last_seq() + 1, 0};
        PushCurrent();
        continue;
      }
    }
    if (!job_ && begun_ && Advance()) continue;
    if (begun_ && HeartbeatDue()) {
      realtime::v1::SubscribeResponse response;
      ToTimestamp(env_.clock->Now(), response.mutable_heartbeat()->mutable_server_time());
      response.mutable_heartbeat()->set_resume_token(Token(cursor_));
      PushResponse(response);
      continue;
    }
    waiting_ = true;
    return Next::kWait;
  }
}

bool Subscription::Advance() {
  if (!backlog_.empty()) {
    TakeBatch(*backlog_.front());
    if (cursor_.commit_seq > backlog_.front()->commit_seq()) backlog_.pop_front();
    return true;
  }
  while (frames_.empty()) {
    std::shared_ptr<const SharedBatch> batch;
    switch (env_.log->Get(cursor_.commit_seq, &batch)) {
      case EventLog::Found::kAtHead:
        seen_total_ = env_.log->total_events();
        if (!behind_) return false;
        PushCurrent();
        return true;
      case EventLog::Found::kGone: {
        if (request_.latest_only()) return PostJob(&Subscription::ReadSnapshot);
        if (!behind_) {
          behind_ = true;
          const int64_t behind = std::max<int64_t>(1, env_.log->total_events() - seen_total_);
          realtime::v1::SubscribeResponse response;
          response.mutable_catch_up()->set_events_behind(static_cast<int32_t>(std::min<int64_t>(behind, INT32_MAX)));
          PushResponse(response);
          return true;
        }
        return PostJob(&Subscription::CatchUp);
      }
      case EventLog::Found::kBatch:
        if (request_.latest_only() && env_.log->total_events() - seen_total_ > env_.conflate_after_events) {
          if (TakeNewestOfLog()) continue;
        } else {
          TakeBatch(*batch);
        }
    }
  }
  return true;
}

void Subscription::TakeBatch(const SharedBatch& batch) {
  int32_t i = batch.commit_seq() == cursor_.commit_seq ? cursor_.index : 0;
  for (; i < batch.size(); ++i) {
    if (static_cast<int>(frames_.size()) >= env_.chunk_events) {
      cursor_ = {batch.commit_seq(), i};
      return;
    }
    if (Matches(filter_, batch.event(i))) frames_.push_back(batch.frame(i));
  }
  cursor_ = {batch.commit_seq() + 1, 0};
}

// latest_only and far behind: everything up to the head in one go, the newest value of each device and lot, the rest complete.
bool Subscription::TakeNewestOfLog() {
  std::vector<Frame> frames;
  std::unordered_map<std::string, size_t> newest;
  const int64_t total = env_.log->total_events();
  std::shared_ptr<const SharedBatch> batch;
  while (env_.log->Get(cursor_.commit_seq, &batch) == EventLog::Found::kBatch) {
    for (int32_t i = cursor_.index; i < batch->size(); ++i) {
      const realtime::v1::Event& event = batch->event(i);
      if (!Matches(filter_, event)) continue;
      if (const std::string key = ConflationKey(event); !key.empty()) {
        const auto [it, is_new] = newest.try_emplace(key, frames.size());
        if (!is_new) {
          frames[it->second] = nullptr;
          it->second = frames.size();
        }
      }
      frames.push_back(batch->frame(i));
    }
    cursor_ = {batch->commit_seq() + 1, 0};
  }
  seen_total_ = total;
  for (Frame& frame : frames) {
    if (frame != nullptr) frames_.push_back(std::move(frame));
  }
  return true;
}

bool Subscription::PostJob(void (Subscription::*job)()) {
  job_ = true;
  // A full pool is tried again at the next Wake.
  if (!env_.pool->Post([self = shared_from_this(), job] {
        (self.get()->*job)();
        self->JobDone();
      })) {
    job_ = false;
    return false;
  }
  return true;
}

void Subscription::JobDone() {
  {
    MutexLock lock(&mutex_);
    job_ = false;
  }
  Wake();
}

void Subscription::NameLot() {
  int32_t id = 0;
  {
    MutexLock lock(&mutex_);
    id = unnamed_lot_;
  }
  auto code = env_.store->CodeOfLot(id);
  MutexLock lock(&mutex_);
  if (!code.ok()) return Finish(code.status());
  filter_.set_code_lot(*std::move(code));
  unnamed_lot_ = 0;
}

void Subscription::ReadSnapshot() {
  realtime::v1::Filter filter;
  {
    MutexLock lock(&mutex_);
    filter = filter_;
  }
  auto snapshot = env_.store->ReadSnapshot(filter);
  std::vector<Frame> frames;
  if (snapshot.ok()) {
    for (auto& event : snapshot->events) {
      if (Matches(filter, event)) frames.push_back(EncodeSnapshotEvent(std::move(event)));
    }
  }
  MutexLock lock(&mutex_);
  if (!snapshot.ok()) return Finish(snapshot.status());
  frames_.insert(frames_.end(), frames.begin(), frames.end());
  cursor_ = {snapshot->as_of + 1, 0};
  seen_total_ = env_.log->total_events();
  begun_ = true;
  PushCurrent();
}

absl::Status Subscription::TooOld() {
  const auto earliest = env_.store->EarliestCommitSeq();
  if (!earliest.ok()) return earliest.status();
  return WithErrorInfo(
      absl::OutOfRangeError(absl::StrCat("the resume token is older than what is kept (", absl::FormatDuration(env_.resume_window),
                                         "); resume from metadata `earliest`, or subscribe without a token for a snapshot")),
      "RESUME_TOKEN_TOO_OLD", {{"earliest", Token({*earliest, 0})}});
}

void Subscription::CheckResume() {
  const storage::Position wanted = resume_->position;
  absl::Status status;
  std::shared_ptr<const SharedBatch> batch;
  if (env_.clock->Now() - resume_->issued > env_.resume_window) {
    status = TooOld();
  } else if (env_.log->Get(wanted.commit_seq, &batch) != EventLog::Found::kBatch) {
    const auto last = env_.store->LastCommitSeq();
    const auto earliest = last.ok() ? env_.store->EarliestCommitSeq() : last;
    if (!earliest.ok()) {
      status = earliest.status();
    } else if (wanted.commit_seq < *earliest || wanted > storage::Position{*last + 1, 0}) {
      status = TooOld();  // purged, or of another database
    }
  }
  MutexLock lock(&mutex_);
  if (!status.ok()) return Finish(status);
  cursor_ = wanted;
  begun_ = true;
  behind_ = true;
}

void Subscription::CatchUp() {
  int64_t after = 0;
  {
    MutexLock lock(&mutex_);
    after = cursor_.commit_seq - 1;
  }
  auto batches = env_.store->ReadAfter(after, env_.catch_up_events);
  absl::Status status = batches.status();
  if (batches.ok() && (batches->empty() || batches->front()->commit_seq != after + 1)) status = TooOld();
  MutexLock lock(&mutex_);
  if (!status.ok()) return Finish(status);
  for (auto& batch : *batches) backlog_.push_back(std::make_shared<const SharedBatch>(std::move(batch)));
}

void Subscription::Wake() {
  {
    MutexLock lock(&mutex_);
    if (!waiting_) return;
    const bool has_work = !frames_.empty() || !transient_.empty() || ended_ || HeartbeatDue() ||
                          (!job_ && (!begun_ || env_.log->last_seq() >= cursor_.commit_seq || behind_));
    if (!has_work) return;
    waiting_ = false;
  }
  on_ready_();
}

void Subscription::Trim(absl::Time now) {
  MutexLock lock(&mutex_);
  if (now - last_pull_ >= kTrimAfter) backlog_.clear();
}

void Subscription::OfferTransient(const std::string& key, const realtime::v1::Event& event, const Frame& frame) {
  {
    MutexLock lock(&mutex_);
    if (!begun_ || ended_ || !Matches(filter_, event)) return;
    const auto same = std::find_if(transient_.begin(), transient_.end(), [&key](const auto& entry) { return entry.first == key; });
    if (same != transient_.end()) transient_.erase(same);
    if (transient_.size() >= kMaxTransient) transient_.pop_front();
    transient_.emplace_back(key, frame);
  }
  Wake();
}

void Subscription::End(const absl::Status& status) {
  {
    MutexLock lock(&mutex_);
    if (!ended_ && begun_) {
      // What was taken ahead is still delivered; the position is after it.
      realtime::v1::SubscribeResponse response;
      ToTimestamp(env_.clock->Now(), response.mutable_heartbeat()->mutable_server_time());
      response.mutable_heartbeat()->set_resume_token(Token(cursor_));
      PushResponse(response);
    }
    Finish(status);
  }
  Wake();
}

}  // namespace egi::publish
