#include "server/storage/postgres/sample_batch.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/offset_steps.h"
#include "server/storage/postgres/sample_row.h"

namespace egi::storage {
namespace {

using Key = std::pair<absl::string_view, absl::string_view>;

Key KeyOf(const SampleItem& item) { return {item.sample().device_id(), item.sample().sample_id()}; }

}  // namespace

google::rpc::Status OtherBody(const quality::v1::Sample& sample) {
  return ToRpcStatus(WithErrorInfo(
      absl::AlreadyExistsError(absl::StrCat("sample ", sample.sample_id(), " of device ", sample.device_id(),
                                            " is already stored with another content; give a new sample a new id")),
      "SAMPLE_ID_REUSED"));
}

SampleBatch::SampleBatch(std::vector<persist::Group<persist::SampleWrite>>* groups) : groups_(groups) {
  size_t count = 0;
  for (const auto& group : *groups) count += group.items.size();
  items_.resize(count);
  std::string scratch;
  size_t next = 0;
  for (auto& group : *groups) {
    for (persist::SampleWrite& write : group.items) {
      SampleItem& item = items_[next++];
      item.write = &write;
      item.rejection = std::move(write.rejection);
      quality::v1::GradedSample* graded = item.event.mutable_sample();
      *graded->mutable_sample() = std::move(write.sample);
      if (item.rejection.has_value()) continue;
      CanonicaliseSample(graded->mutable_sample());
      item.body_hash = BodyHash(graded->sample(), &scratch);
      // After the hash: what a device sends again is known whatever the server made of it.
      if (write.verdict.tof.has_value()) *graded->mutable_sample()->mutable_tof_analysis() = *std::move(write.verdict.tof);
      if (write.verdict.spectral.has_value()) *graded->mutable_sample()->mutable_spectral_analysis() = *std::move(write.verdict.spectral);
      *graded->mutable_result() = std::move(write.verdict.result);
      ToTimestamp(write.received, graded->mutable_received_time());
      graded->set_score_disagrees(write.verdict.score_disagrees);
      graded->set_clock_skew(write.verdict.clock_skew);
      graded->set_comparison(write.verdict.comparison);
      if (write.verdict.computed.has_value()) *graded->mutable_computed() = *std::move(write.verdict.computed);
    }
  }
  steps_ = OffsetSteps(*groups);
}

void SampleBatch::SelectLive(const FencedSet& fenced) {
  fenced_ = fenced;
  live_.clear();
  conflicts_.clear();
  all_fenced_ = true;
  min_time_ = absl::InfiniteFuture();
  max_time_ = absl::InfinitePast();
  std::unordered_map<Key, SampleItem*, absl::Hash<Key>> seen;
  seen.reserve(items_.size());
  for (SampleItem& item : items_) {
    item.live = false;
    item.alerts_opened = 0;
    if (Fenced(item.write->producer)) continue;
    all_fenced_ = false;
    if (item.rejection.has_value() || item.duplicate) continue;
    const auto [at, fresh] = seen.emplace(KeyOf(item), &item);
    if (!fresh) {
      if (item.body_hash != at->second->body_hash) conflicts_.insert(&item);
      continue;
    }
    item.live = true;
    live_.push_back(&item);
    const absl::Time time = ToTime(item.sample().sample_time());
    min_time_ = std::min(min_time_, time);
    max_time_ = std::max(max_time_, time);
  }
}

std::vector<RejectedRow> SampleBatch::Rejections() const {
  std::vector<RejectedRow> rows;
  for (const SampleItem& item : items_) {
    const bool conflict = !conflicts_.empty() && conflicts_.contains(&item);
    if ((!item.rejection.has_value() && !conflict) || Fenced(item.write->producer)) continue;
    RejectedRow& row = rows.emplace_back();
    row.received = item.write->received;
    row.transport = item.write->producer.transport;
    row.kind = "sample";
    row.producer_id = item.write->producer.id;
    row.device_id = item.sample().device_id();
    row.sample_id = item.sample().sample_id();
    row.sequence = item.write->sequence;
    row.status = conflict ? OtherBody(item.sample()) : *item.rejection;
    item.sample().SerializeToString(&row.payload);
  }
  return rows;
}

void SampleBatch::Answer(absl::Time commit_time) {
  auto item = items_.begin();
  for (auto& group : *groups_) {
    const bool fenced = !group.items.empty() && Fenced(group.items.front().producer);
    group.outcome.commit_time = commit_time;
    if (fenced) {
      group.outcome.status = FencedStatus(group.items.front().producer.id);
      item += static_cast<int64_t>(group.items.size());
      continue;
    }
    group.outcome.items.reserve(group.items.size());
    for (size_t i = 0; i < group.items.size(); ++i, ++item) {
      persist::ItemOutcome& outcome = group.outcome.items.emplace_back();
      outcome.fusion_score = item->graded().result().final_score();
      outcome.fusion_grade = item->graded().result().final_grade();
      outcome.alerts_opened = item->alerts_opened;
      if (item->rejection.has_value()) {
        outcome.fate = persist::Fate::kRejected;
        outcome.rejection = *std::move(item->rejection);
      } else if (conflicts_.contains(&*item)) {
        outcome.fate = persist::Fate::kRejected;
        outcome.rejection = OtherBody(item->sample());
      } else if (!item->live) {
        outcome.fate = persist::Fate::kDuplicate;
      }
    }
  }
}

}  // namespace egi::storage
