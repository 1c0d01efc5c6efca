#include "server/storage/postgres/postgres_event_store.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/storage/postgres/event_snapshot.h"
#include "server/storage/postgres/lot_ledger.h"
#include "server/storage/postgres/meal_row.h"
#include "server/storage/postgres/sample_row.h"
#include "server/storage/postgres/sql_time.h"
#include "server/storage/postgres/sqlstate.h"

namespace egi::storage {
namespace {

using persist::CommittedBatch;
using realtime::v1::Event;

constexpr size_t kMaxIdle = 4;

constexpr char kLast[] = "SELECT last_seq FROM event_clock";
constexpr char kCode[] = "SELECT code_lot FROM lots_gavage WHERE id = $1::integer";

// committed_at is taken under the lock of the clock, so its order is that of commit_seq.
constexpr char kEarliest[] = R"(
SELECT coalesce((SELECT commit_seq FROM event_batches WHERE committed_at >= $1::timestamptz ORDER BY committed_at LIMIT 1),
                (SELECT last_seq + 1 FROM event_clock)))";

constexpr char kBatches[] = R"(
SELECT commit_seq, batch_id, rows, (extract(epoch FROM committed_at) * 1000000)::bigint, min_time::text, max_time::text, kind
FROM event_batches WHERE commit_seq > $1::bigint ORDER BY commit_seq LIMIT $2::integer)";

constexpr char kPayloads[] = "SELECT batch_id, ordinal, payload FROM event_payloads WHERE batch_id = ANY ($1::bigint[])";

// Times prune partitions; the key of each is (batch_id, ordinal, time).
const std::string& SamplesSql() {
  static const std::string* const sql = new std::string(
      absl::StrCat("SELECT s.batch_id, s.ordinal, ", kSampleColumns,
                   " FROM sqal_samples s WHERE s.batch_id = ANY ($1::bigint[]) AND s.time BETWEEN $2::timestamptz AND $3::timestamptz"));
  return *sql;
}

constexpr char kLedgerJoin[] = " JOIN gavage_meals g ON g.code_lot = d.code_lot AND g.jour = d.jour AND g.moment = d.moment ";

const std::string& MealsSql() {
  static const std::string* const sql = new std::string(
      absl::StrCat("SELECT d.batch_id, d.ordinal, ", kMealColumns, " FROM doses_journalieres d", kLedgerJoin,
                   "WHERE d.batch_id = ANY ($1::bigint[]) AND d.time BETWEEN $2::timestamptz AND $3::timestamptz"));
  return *sql;
}

// First values of meals that were corrected since.
const std::string& ReplacedMealsSql() {
  static const std::string* const sql = new std::string(absl::StrCat(
      "SELECT c.old_batch_id, c.old_ordinal, ", kReplacedMealColumns,
      " FROM gavage_meal_corrections c JOIN gavage_meals g ON g.code_lot = c.code_lot AND g.jour = c.jour AND g.moment = c.moment "
      "JOIN doses_journalieres d ON d.code_lot = g.code_lot AND d.jour = g.jour AND d.moment = g.moment AND d.time = g.time "
      "WHERE c.old_batch_id = ANY ($1::bigint[])"));
  return *sql;
}

// The transactions of one answer, by batch id.
struct Page {
  std::vector<std::shared_ptr<CommittedBatch>> batches;
  std::unordered_map<int64_t, CommittedBatch*> by_id;
  std::vector<int64_t> sample_ids, meal_ids, all_ids;
  std::string min_time = "infinity", max_time = "-infinity";

  // Null for a place that its batch does not have.
  Event* At(const Rows& rows, int row) {
    const auto found = by_id.find(rows.integer(row, 0));
    const auto ordinal = static_cast<size_t>(rows.integer(row, 1));
    return found == by_id.end() || ordinal >= found->second->events.size() ? nullptr : &found->second->events[ordinal];
  }
};

void ChooseBatches(const Rows& rows, int max_events, Page* page) {
  int64_t events = 0;
  for (int i = 0; i < rows.size(); ++i) {
    if (i > 0 && events + rows.integer(i, 2) > max_events) break;
    events += rows.integer(i, 2);
    auto batch = std::make_shared<CommittedBatch>();
    batch->commit_seq = rows.integer(i, 0);
    batch->commit_time = absl::FromUnixMicros(rows.integer(i, 3));
    batch->events.resize(static_cast<size_t>(rows.integer(i, 2)));
    const int64_t id = rows.integer(i, 1);
    page->all_ids.push_back(id);
    if (!rows.is_null(i, 4)) {
      // Texts of one format in UTC and of the same century of years compare like the times.
      const std::string low(rows.text(i, 4)), high(rows.text(i, 5));
      page->min_time = page->min_time == "infinity" ? low : std::min(page->min_time, low);
      page->max_time = page->max_time == "-infinity" ? high : std::max(page->max_time, high);
      if (rows.text(i, 6) == "sample") page->sample_ids.push_back(id);
      if (rows.text(i, 6) == "meal") page->meal_ids.push_back(id);
    }
    page->by_id[id] = batch.get();
    page->batches.push_back(std::move(batch));
  }
}

absl::Status ReadSamples(Connection* connection, Page* page) {
  if (page->sample_ids.empty()) return absl::OkStatus();
  auto rows = connection->Query(SamplesSql().c_str(), {IntArray(page->sample_ids), page->min_time, page->max_time});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    Event* event = page->At(*rows, i);
    if (event == nullptr) continue;
    auto graded = ReadSampleRow(*rows, i, 2);
    if (!graded.ok()) return graded.status();
    *event->mutable_sample() = *std::move(graded);
  }
  return absl::OkStatus();
}

absl::Status ReadMeals(Connection* connection, Page* page) {
  if (page->meal_ids.empty()) return absl::OkStatus();
  auto rows = connection->Query(MealsSql().c_str(), {IntArray(page->meal_ids), page->min_time, page->max_time});
  if (!rows.ok()) return rows.status();
  auto replaced = connection->Query(ReplacedMealsSql().c_str(), {IntArray(page->meal_ids)});
  if (!replaced.ok()) return replaced.status();
  for (const Rows* part : {&*rows, &*replaced}) {
    for (int i = 0; i < part->size(); ++i) {
      if (Event* event = page->At(*part, i); event != nullptr) *event->mutable_meal() = ReadMealRow(*part, i, 2);
    }
  }
  return absl::OkStatus();
}

absl::Status ReadPayloads(Connection* connection, Page* page) {
  if (page->all_ids.empty()) return absl::OkStatus();
  auto rows = connection->Query(kPayloads, {IntArray(page->all_ids)});
  if (!rows.ok()) return rows.status();
  for (int i = 0; i < rows->size(); ++i) {
    Event* event = page->At(*rows, i);
    if (event != nullptr && !event->ParseFromString(rows->bytes(i, 2))) {
      return absl::DataLossError(absl::StrCat("event ", rows->integer(i, 1), " of batch ", rows->integer(i, 0), " cannot be read"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status PostgresEventStore::InSnapshot(const std::function<absl::Status(Connection*)>& body) {
  absl::Status status;
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::unique_ptr<Connection> connection;
    {
      MutexLock lock(&mutex_);
      if (!idle_.empty()) {
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (connection == nullptr) {
      auto opened = Connection::Open(url_, "egi-server events");
      if (!opened.ok()) return opened.status();
      connection = *std::move(opened);
    }
    status = connection->Exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    if (status.ok()) status = body(connection.get());
    if (connection->healthy() && connection->Exec("COMMIT").ok()) {
      MutexLock lock(&mutex_);
      if (idle_.size() < kMaxIdle) idle_.push_back(std::move(connection));
    }
    if (status.ok() || FailureOf(status) != SqlFailure::kConnection) return status;
    MutexLock lock(&mutex_);
    idle_.clear();
  }
  return status;
}

absl::StatusOr<int64_t> PostgresEventStore::LastCommitSeq() {
  int64_t last = 0;
  const absl::Status status = InSnapshot([&last](Connection* connection) {
    auto rows = connection->Query(kLast, {});
    if (rows.ok()) last = rows->integer(0, 0);
    return rows.status();
  });
  if (!status.ok()) return status;
  return last;
}

absl::StatusOr<int64_t> PostgresEventStore::EarliestCommitSeq() {
  int64_t earliest = 0;
  const std::string since = SqlTime(clock_->Now() - kRetention);
  const absl::Status status = InSnapshot([&](Connection* connection) {
    auto rows = connection->Query(kEarliest, {since});
    if (rows.ok()) earliest = rows->integer(0, 0);
    return rows.status();
  });
  if (!status.ok()) return status;
  return earliest;
}

absl::StatusOr<std::vector<std::shared_ptr<const CommittedBatch>>> PostgresEventStore::ReadAfter(int64_t after, int max_events) {
  Page page;
  const absl::Status status = InSnapshot([&](Connection* connection) -> absl::Status {
    page = Page();
    auto rows = connection->Query(kBatches, {absl::StrCat(after), absl::StrCat(std::clamp(max_events, 1, 2000))});
    if (!rows.ok()) return rows.status();
    ChooseBatches(*rows, max_events, &page);
    if (absl::Status read = ReadSamples(connection, &page); !read.ok()) return read;
    if (absl::Status read = ReadMeals(connection, &page); !read.ok()) return read;
    return ReadPayloads(connection, &page);
  });
  if (!status.ok()) return status;
  for (const auto& batch : page.batches) {
    for (Event& event : batch->events) ToTimestamp(batch->commit_time, event.mutable_commit_time());
  }
  return std::vector<std::shared_ptr<const CommittedBatch>>(page.batches.begin(), page.batches.end());
}

absl::StatusOr<EventStore::Snapshot> PostgresEventStore::ReadSnapshot(const realtime::v1::Filter& filter) {
  Snapshot snapshot;
  const absl::Status status = InSnapshot([&](Connection* connection) -> absl::Status {
    snapshot = Snapshot();
    auto rows = connection->Query(kLast, {});
    if (!rows.ok()) return rows.status();
    snapshot.as_of = rows->integer(0, 0);
    return ReadPresent(connection, filter, clock_->Now(), &snapshot.events);
  });
  if (!status.ok()) return status;
  return snapshot;
}

absl::StatusOr<std::string> PostgresEventStore::CodeOfLot(int32_t lot_id) {
  std::string code;
  const absl::Status status = InSnapshot([&](Connection* connection) {
    auto rows = connection->Query(kCode, {absl::StrCat(lot_id)});
    if (rows.ok() && rows->size() > 0) code = std::string(rows->text(0, 0));
    return rows.status();
  });
  if (!status.ok()) return status;
  if (code.empty()) return NoLotHasId(lot_id);
  return code;
}

}  // namespace egi::storage
