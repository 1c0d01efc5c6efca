#include "server/storage/postgres/sample_committer.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/storage/postgres/commit_retry.h"
#include "server/storage/postgres/quality_alerts.h"
#include "server/storage/postgres/sample_cells.h"

namespace egi::storage {
namespace {

constexpr char kCopyLedger[] = "COPY sqal_sample_index (device_id, sample_id, time, body_hash) FROM STDIN BINARY";

constexpr char kFindStored[] = R"(
SELECT i.device_id, i.sample_id, i.body_hash
FROM unnest($1::text[], $2::text[]) AS k (device_id, sample_id)
JOIN sqal_sample_index i USING (device_id, sample_id))";

google::rpc::Status UnknownLot(const std::string& lot) {
  return ToRpcStatus(WithErrorInfo(
      absl::NotFoundError(absl::StrCat("lot ", lot, " is unknown; announce it by a meal or create it, or leave the lot empty")),
      "LOT_UNKNOWN", {{"lot", lot}}));
}

google::rpc::Status OtherSite(const LotRef& lot, const std::string& site) {
  return ToRpcStatus(WithErrorInfo(
      absl::FailedPreconditionError(absl::StrCat("lot ", lot.code_lot, " belongs to site ", lot.site_code, ", the sample comes from ",
                                                 site, "; name a lot of that site")),
      "LOT_OF_OTHER_SITE", {{"lot", lot.code_lot}, {"site", lot.site_code}}));
}

google::rpc::Status Retired(const std::string& device_id) {
  return ToRpcStatus(WithErrorInfo(
      absl::FailedPreconditionError(absl::StrCat("device ", device_id, " is retired; approve it again before it sends samples")),
      "DEVICE_RETIRED", {{"device_id", device_id}}));
}

// Site as told: by the message, else by the name of the device.
std::string ToldSite(const quality::v1::Sample& sample) {
  return sample.site_code().empty() ? SiteInDeviceId(sample.device_id()) : sample.site_code();
}

}  // namespace

PostgresSampleCommitter::PostgresSampleCommitter(Options options, const Clock* clock)
    : clock_(clock),
      clear_after_(options.clear_after),
      frame_({.url = options.url,
              .application_name = "egi-server samples",
              .kind = "sample",
              .on_connect = kSamplesCounted,
              .before_commit = std::move(options.before_commit)}),
      lots_(clock) {}

absl::StatusOr<PostgresSampleCommitter::Batch> PostgresSampleCommitter::Commit(
    std::vector<persist::Group<persist::SampleWrite>>* groups) {
  SampleBatch batch(groups);
  return CommitWithRetry<Batch>(&frame_, [&] { return Attempt(&batch); }, [&](SqlFailure failure) {
    return failure == SqlFailure::kUnique ? FindStored(&batch) : FindPoison(&batch, 0, batch.live().size());
  });
}

absl::Status PostgresSampleCommitter::Resolve(SampleBatch* batch) {
  auto connection = frame_.Connect();
  if (!connection.ok()) return connection.status();
  std::vector<std::string> names;
  std::vector<DeviceSign> signs;
  std::set<int64_t> weeks;
  for (SampleItem& item : batch->items()) {
    if (item.rejection.has_value()) continue;
    const quality::v1::Sample& sample = item.sample();
    if (!sample.lot().empty() && (names.empty() || names.back() != sample.lot())) names.push_back(sample.lot());
    if (signs.empty() || signs.back().device_id != sample.device_id()) {
      signs.push_back({sample.device_id(), ToldSite(sample), sample.firmware_version(), sample.config_profile(), item.write->received});
    }
    weeks.insert(PartitionGuard::WeekOf(ToTime(sample.sample_time())));
  }
  if (absl::Status status = lots_.Load(*connection, names); !status.ok()) return status;
  if (absl::Status status = devices_.Touch(*connection, signs); !status.ok()) return status;
  if (absl::Status status = partitions_.Ensure(*connection, weeks, clock_->Now()); !status.ok()) return status;
  for (SampleItem& item : batch->items()) {
    if (item.rejection.has_value()) continue;
    quality::v1::GradedSample* graded = item.event.mutable_sample();
    const quality::v1::Sample& sample = graded->sample();
    if (devices_.IsRetired(sample.device_id())) {
      item.rejection = Retired(sample.device_id());
      continue;
    }
    std::string site = ToldSite(sample);
    if (site.empty()) site = devices_.SiteOf(sample.device_id());
    if (!sample.lot().empty()) {
      const LotRef* lot = lots_.Find(sample.lot());
      if (lot == nullptr) {
        item.rejection = UnknownLot(sample.lot());
        continue;
      }
      if (const std::string told = ToldSite(sample); !told.empty() && told != lot->site_code) {
        item.rejection = OtherSite(*lot, told);
        continue;
      }
      site = lot->site_code;
      graded->set_lot_id(lot->id);
      graded->set_code_lot(lot->code_lot);
      graded->set_gaveur_id(lot->gaveur_id);
    }
    graded->set_site_code(site);
  }
  return absl::OkStatus();
}

absl::StatusOr<PostgresSampleCommitter::Batch> PostgresSampleCommitter::Attempt(SampleBatch* batch) {
  if (absl::Status status = Resolve(batch); !status.ok()) return status;
  if (absl::Status status = frame_.Begin(); !status.ok()) return status;
  auto connection = frame_.Connect();
  if (!connection.ok()) return connection.status();
  auto fenced = frame_.AdvanceOffsets(batch->steps());
  if (!fenced.ok()) return fenced.status();
  batch->SelectLive(*fenced);
  if (batch->all_fenced()) {
    frame_.Rollback();
    batch->Answer(absl::InfinitePast());
    return Batch();
  }
  if (!batch->live().empty()) {
    if (absl::Status status = WriteLedger(*batch); !status.ok()) return status;
    if (absl::Status status = WriteRows(batch->live(), frame_.batch_id()); !status.ok()) return status;
  }

  QualityAlerts alerts(clock_->Now(), clear_after_);
  for (size_t i = 0; i < batch->live().size(); ++i) {
    const SampleItem& item = *batch->live()[i];
    alerts.Add(i, item.graded(), item.write->verdict);
  }
  const auto samples = static_cast<int32_t>(batch->live().size());
  auto changed = alerts.Write(*connection, frame_.copy(), frame_.batch_id(), samples);
  if (!changed.ok()) return changed.status();
  std::vector<realtime::v1::Event> alert_events(changed->events.size());
  std::vector<PayloadRow> payloads;
  for (size_t i = 0; i < alert_events.size(); ++i) {
    *alert_events[i].mutable_alert() = std::move(changed->events[i]);
    payloads.push_back({samples + static_cast<int32_t>(i), &alert_events[i]});
  }
  if (absl::Status status = frame_.WritePayloads(payloads); !status.ok()) return status;
  if (absl::Status status = frame_.WriteRejections(batch->Rejections()); !status.ok()) return status;
  // Last but for the clock: rows of the statistics stay locked no longer than the clock does.
  SampleCells cells;
  for (const SampleItem* item : batch->live()) cells.Add(item->graded());
  if (absl::Status status = cells.Write(*connection); !status.ok()) return status;
  auto committed = frame_.Commit(samples + static_cast<int64_t>(alert_events.size()), batch->min_time(), batch->max_time());
  if (!committed.ok()) return committed.status();

  for (const size_t item : changed->openers) ++batch->live()[item]->alerts_opened;
  batch->Answer(committed->time);
  auto events = std::make_shared<persist::CommittedBatch>();
  events->commit_seq = committed->commit_seq;
  events->commit_time = committed->time;
  events->events.reserve(samples + alert_events.size());
  for (SampleItem* item : batch->live()) events->events.push_back(std::move(item->event));
  for (realtime::v1::Event& event : alert_events) events->events.push_back(std::move(event));
  for (realtime::v1::Event& event : events->events) ToTimestamp(committed->time, event.mutable_commit_time());
  return Batch(std::move(events));
}

absl::Status PostgresSampleCommitter::WriteLedger(const SampleBatch& batch) {
  auto connection = frame_.Connect();
  if (!connection.ok()) return connection.status();
  CopyWriter* copy = frame_.copy();
  if (absl::Status status = copy->Start(*connection, kCopyLedger); !status.ok()) return status;
  for (const SampleItem* item : batch.live()) {
    if (absl::Status status = copy->StartRow(4); !status.ok()) return status;
    copy->Text(item->sample().device_id());
    copy->Text(item->sample().sample_id());
    copy->Time(ToTime(item->sample().sample_time()));
    copy->Bytea(item->body_hash);
  }
  return copy->Finish();
}

absl::Status PostgresSampleCommitter::WriteRows(const std::vector<SampleItem*>& items, int64_t batch_id) {
  auto connection = frame_.Connect();
  if (!connection.ok()) return connection.status();
  CopyWriter* copy = frame_.copy();
  if (absl::Status status = copy->Start(*connection, kCopySamples); !status.ok()) return status;
  int32_t ordinal = 0;
  for (const SampleItem* item : items) {
    if (absl::Status status = WriteSampleRow(item->graded(), batch_id, ordinal++, &scratch_, copy); !status.ok()) return status;
  }
  return copy->Finish();
}

absl::Status PostgresSampleCommitter::FindStored(SampleBatch* batch) {
  auto connection = frame_.Connect();
  if (!connection.ok()) return connection.status();
  std::vector<std::string> devices, samples;
  std::map<std::pair<std::string, std::string>, SampleItem*> by_key;
  for (SampleItem* item : batch->live()) {
    devices.push_back(item->sample().device_id());
    samples.push_back(item->sample().sample_id());
    by_key[{devices.back(), samples.back()}] = item;
  }
  auto rows = (*connection)->Query(kFindStored, {TextArray(devices), TextArray(samples)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    const auto found = by_key.find({std::string(rows->text(i, 0)), std::string(rows->text(i, 1))});
    if (found == by_key.end()) continue;
    SampleItem* item = found->second;
    if (rows->bytes(i, 2) == item->body_hash) {
      item->duplicate = true;
    } else {
      item->rejection = OtherBody(item->sample());
    }
  }
  return absl::OkStatus();
}

absl::Status PostgresSampleCommitter::FindPoison(SampleBatch* batch, size_t begin, size_t end) {
  if (begin == end) return absl::OkStatus();
  if (absl::Status status = frame_.Begin(); !status.ok()) return status;
  const std::vector<SampleItem*> part(batch->live().begin() + static_cast<int64_t>(begin),
                                      batch->live().begin() + static_cast<int64_t>(end));
  const absl::Status status = WriteRows(part, frame_.batch_id());
  frame_.Rollback();
  if (status.ok()) return status;
  if (FailureOf(status) != SqlFailure::kRow) return status;
  if (end - begin == 1) {
    part.front()->rejection = PoisonStatus(status);
    return absl::OkStatus();
  }
  const size_t middle = begin + (end - begin) / 2;
  if (absl::Status left = FindPoison(batch, begin, middle); !left.ok()) return left;
  return FindPoison(batch, middle, end);
}

}  // namespace egi::storage
