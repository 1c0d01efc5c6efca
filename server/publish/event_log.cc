#include "server/publish/event_log.h"

#include <utility>

#include "egi/realtime/v1/realtime.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "server/base/proto_time.h"
#include "server/publish/resume_token.h"

namespace egi::publish {
namespace {

constexpr uint32_t Tag(int field) { return static_cast<uint32_t>(field) << 3 | 2; }  // length-delimited

}  // namespace

// Fields of a message may be serialised in any order, so the token is put in front of the event's own bytes.
Frame EncodeEvent(const realtime::v1::Event& event, const std::string& token, absl::Time commit_time) {
  realtime::v1::Event head;
  head.set_resume_token(token);
  if (!event.has_commit_time() && commit_time != absl::Time()) ToTimestamp(commit_time, head.mutable_commit_time());
  const size_t size = head.ByteSizeLong() + event.ByteSizeLong();
  auto bytes = std::make_shared<std::string>();
  bytes->reserve(size + 12);
  {
    google::protobuf::io::StringOutputStream stream(bytes.get());
    google::protobuf::io::CodedOutputStream out(&stream);
    out.WriteTag(Tag(realtime::v1::SubscribeResponse::kEventFieldNumber));
    out.WriteVarint64(size);
    head.SerializeWithCachedSizes(&out);
    event.SerializeWithCachedSizes(&out);
  }
  return bytes;
}

storage::Position SharedBatch::After(int32_t i) const {
  return i + 1 >= size() ? storage::Position{commit_seq() + 1, 0} : storage::Position{commit_seq(), i + 1};
}

Frame SharedBatch::frame(int32_t i) const {
  MutexLock lock(&mutex_);
  Frame& frame = frames_[static_cast<size_t>(i)];
  if (frame == nullptr) frame = EncodeEvent(event(i), EncodeResumeToken({After(i), batch_->commit_time}), batch_->commit_time);
  return frame;
}

void EventLog::Reset(int64_t last_seq) {
  MutexLock lock(&mutex_);
  entries_.clear();
  last_seq_ = last_seq;
  events_ = bytes_ = total_events_ = 0;
}

void EventLog::Append(std::shared_ptr<const SharedBatch> batch) {
  int64_t bytes = 0;
  for (int32_t i = 0; i < batch->size(); ++i) bytes += static_cast<int64_t>(batch->event(i).ByteSizeLong());
  std::deque<Entry> dropped;  // destroyed after the lock is released
  MutexLock lock(&mutex_);
  last_seq_ = batch->commit_seq();
  events_ += batch->size();
  total_events_ += batch->size();
  bytes_ += bytes;
  entries_.push_back({std::move(batch), bytes});
  while (entries_.size() > 1 && (events_ > max_events_ || bytes_ > max_bytes_)) {
    events_ -= entries_.front().batch->size();
    bytes_ -= entries_.front().bytes;
    dropped.push_back(std::move(entries_.front()));
    entries_.pop_front();
  }
}

EventLog::Found EventLog::Get(int64_t commit_seq, std::shared_ptr<const SharedBatch>* batch) const {
  MutexLock lock(&mutex_);
  if (commit_seq > last_seq_) return Found::kAtHead;
  if (entries_.empty() || commit_seq < entries_.front().batch->commit_seq()) return Found::kGone;
  *batch = entries_[static_cast<size_t>(commit_seq - entries_.front().batch->commit_seq())].batch;
  return Found::kBatch;
}

int64_t EventLog::last_seq() const {
  MutexLock lock(&mutex_);
  return last_seq_;
}

int64_t EventLog::total_events() const {
  MutexLock lock(&mutex_);
  return total_events_;
}

}  // namespace egi::publish
