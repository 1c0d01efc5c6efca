#include "server/storage/postgres/commit_frame.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "server/base/storable_text.h"
#include "server/storage/postgres/json.h"
#include "server/storage/postgres/sqlstate.h"
#include "server/storage/postgres/sql_time.h"

namespace egi::storage {
namespace {

constexpr size_t kMaxPayload = 65536;  // bytes, as all below
constexpr size_t kMaxIdentity = 400;   // an identity may be refused for its length, and an index entry has a limit
constexpr size_t kMaxText = 2000;
constexpr size_t kMaxReason = 10'000;

constexpr char kTakeBatchIds[] = "SELECT nextval('event_batch_id_seq') FROM generate_series(1, 32)";

constexpr char kAdvance[] = R"(
UPDATE ingest_producers p SET last_sequence = s.last, last_commit_at = now()
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS s (id, epoch, first, last)
WHERE p.producer_id = s.id AND p.epoch = s.epoch AND p.last_sequence = s.first - 1
RETURNING p.producer_id, p.epoch)";

constexpr char kCopyRejections[] =
    "COPY rejected_messages (received_at, transport, kind, producer_id, device_id, sample_id, code_lot, sequence, reason, "
    "violations, payload, payload_bytes) FROM STDIN BINARY";

constexpr char kCopyPayloads[] = "COPY event_payloads (batch_id, ordinal, payload) FROM STDIN BINARY";

// The lock on the clock lasts from here to the end of COMMIT.
constexpr char kTick[] = R"(
WITH tick AS (UPDATE event_clock SET last_seq = last_seq + 1 RETURNING last_seq)
INSERT INTO event_batches (commit_seq, batch_id, kind, rows, min_time, max_time)
SELECT last_seq, $1::bigint, $2, $3::integer, $4::timestamptz, $5::timestamptz FROM tick
RETURNING commit_seq, (extract(epoch FROM committed_at) * 1000000)::bigint)";

// A lost transaction that may still be committing holds the lock on the clock: this waits for its end.
constexpr char kWaitForClock[] = "SELECT last_seq FROM event_clock FOR UPDATE";
constexpr char kFindBatch[] =
    "SELECT commit_seq, (extract(epoch FROM committed_at) * 1000000)::bigint FROM event_batches WHERE batch_id = $1::bigint";

std::string Violations(const google::rpc::Status& status) {
  google::rpc::BadRequest bad_request;
  for (const auto& detail : status.details()) {
    if (detail.Is<google::rpc::BadRequest>()) detail.UnpackTo(&bad_request);
  }
  std::string json = "[";
  for (const auto& violation : bad_request.field_violations()) {
    if (json.size() > 1) json.push_back(',');
    JsonObject object(&json);
    object.Text("field", ToStorableText(violation.field(), kMaxText));
    object.Text("description", ToStorableText(violation.description(), kMaxText));
    object.Finish();
  }
  json.push_back(']');
  return json;
}

}  // namespace

absl::StatusOr<Connection*> CommitFrame::Connect() {
  if (connection_ == nullptr || !connection_->healthy()) {
    connection_.reset();
    auto connection = Connection::Open(options_.url, options_.application_name);
    if (!connection.ok()) return connection.status();
    if (!options_.on_connect.empty()) {
      if (absl::Status status = (*connection)->Exec(options_.on_connect); !status.ok()) return status;
    }
    connection_ = *std::move(connection);
  }
  return connection_.get();
}

absl::Status CommitFrame::Begin() {
  auto connection = Connect();
  if (!connection.ok()) return connection.status();
  if (batch_ids_.empty()) {
    auto rows = (*connection)->Query(kTakeBatchIds, {});
    if (!rows.ok()) return rows.status();
    for (int i = rows->size(); i > 0; --i) batch_ids_.push_back(rows->integer(i - 1, 0));
  }
  batch_id_ = batch_ids_.back();
  batch_ids_.pop_back();
  return (*connection)->Exec("BEGIN");
}

absl::StatusOr<FencedSet> CommitFrame::AdvanceOffsets(const std::vector<OffsetStep>& steps) {
  FencedSet fenced;
  if (steps.empty()) return fenced;
  std::vector<std::string> ids;
  std::vector<int64_t> epochs, firsts, lasts;
  for (const OffsetStep& step : steps) {
    ids.push_back(step.producer_id);
    epochs.push_back(step.epoch);
    firsts.push_back(step.first);
    lasts.push_back(step.last);
    fenced.emplace(step.producer_id, step.epoch);
  }
  auto rows = connection_->Query(kAdvance, {TextArray(ids), IntArray(epochs), IntArray(firsts), IntArray(lasts)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) fenced.erase({std::string(rows->text(i, 0)), rows->integer(i, 1)});
  return fenced;
}

absl::Status CommitFrame::WriteRejections(const std::vector<RejectedRow>& rows) {
  if (rows.empty()) return absl::OkStatus();
  if (absl::Status status = copy_.Start(connection_.get(), kCopyRejections); !status.ok()) return status;
  for (const RejectedRow& row : rows) {
    if (absl::Status status = copy_.StartRow(12); !status.ok()) return status;
    copy_.Time(row.received);
    copy_.Text(row.transport);
    copy_.Text(row.kind);
    copy_.TextOrNull(ToStorableText(row.producer_id, kMaxIdentity));
    copy_.TextOrNull(ToStorableText(row.device_id, kMaxIdentity));
    copy_.TextOrNull(ToStorableText(row.sample_id, kMaxIdentity));
    copy_.TextOrNull(ToStorableText(row.code_lot, kMaxIdentity));
    row.sequence == 0 ? copy_.Null() : copy_.Int8(row.sequence);
    copy_.Text(ToStorableText(row.status.message(), kMaxReason));
    copy_.Jsonb(Violations(row.status));
    row.payload.empty() ? copy_.Null() : copy_.Bytea(absl::string_view(row.payload).substr(0, kMaxPayload));
    copy_.Int4(static_cast<int32_t>(row.payload.size()));
  }
  return copy_.Finish();
}

absl::Status CommitFrame::WritePayloads(const std::vector<PayloadRow>& rows) {
  if (rows.empty()) return absl::OkStatus();
  if (absl::Status status = copy_.Start(connection_.get(), kCopyPayloads); !status.ok()) return status;
  std::string bytes;
  for (const PayloadRow& row : rows) {
    if (absl::Status status = copy_.StartRow(3); !status.ok()) return status;
    bytes.clear();
    row.event->AppendToString(&bytes);
    copy_.Int8(batch_id_);
    copy_.Int4(row.ordinal);
    copy_.Bytea(bytes);
  }
  return copy_.Finish();
}

absl::StatusOr<CommitFrame::Committed> CommitFrame::Commit(int64_t events, absl::Time min_time, absl::Time max_time) {
  const bool empty = min_time > max_time;
  auto rows = connection_->Query(
      kTick, {absl::StrCat(batch_id_), options_.kind, absl::StrCat(events), empty ? Param() : Param(SqlTime(min_time)),
              empty ? Param() : Param(SqlTime(max_time))});
  if (!rows.ok()) return rows.status();
  options_.before_commit(connection_->backend_pid());
  const absl::Status status = connection_->Exec("COMMIT");
  if (status.ok()) return Committed{rows->integer(0, 0), absl::FromUnixMicros(rows->integer(0, 1))};
  if (FailureOf(status) != SqlFailure::kConnection) return status;
  return Resolve();
}

absl::StatusOr<CommitFrame::Committed> CommitFrame::Resolve() {
  absl::Duration delay = absl::Milliseconds(20);
  while (true) {
    connection_.reset();
    auto connection = Connect();
    if (connection.ok()) {
      auto waited = (*connection)->Query(kWaitForClock, {});
      auto rows = waited.ok() ? (*connection)->Query(kFindBatch, {absl::StrCat(batch_id_)}) : std::move(waited);
      if (rows.ok()) {
        if (rows->size() == 1) return Committed{rows->integer(0, 0), absl::FromUnixMicros(rows->integer(0, 1))};
        return StatusFromSqlState("08007", "the database went away before the commit; nothing was stored");
      }
    }
    if (!WaitBeforeRetry(delay)) {
      return StatusFromSqlState("08007", "the database went away during the commit and did not come back; send again");
    }
    delay = std::min(delay * 2, absl::Seconds(1));
  }
}

bool CommitFrame::WaitBeforeRetry(absl::Duration delay) {
  MutexLock lock(&mutex_);
  if (!cancelled_) cancelled_changed_.WaitFor(&mutex_, absl::ToChronoNanoseconds(delay));
  return !cancelled_;
}

void CommitFrame::Rollback() {
  if (connection_ == nullptr) return;
  if (!connection_->healthy() || !connection_->Exec("ROLLBACK").ok()) connection_.reset();
}

void CommitFrame::Cancel() {
  MutexLock lock(&mutex_);
  cancelled_ = true;
  cancelled_changed_.NotifyAll();
}

}  // namespace egi::storage
