#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/rich_status.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/sample_row.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

using quality::v1::SampleRecord;

constexpr char kOldestFirst[] = " ORDER BY s.time, s.batch_id, s.ordinal LIMIT ";
constexpr char kNewestFirst[] = " ORDER BY s.time DESC, s.batch_id DESC, s.ordinal DESC LIMIT ";

absl::Status NoSample(const std::string& message, const std::string& key, const std::string& value) {
  return WithErrorInfo(absl::NotFoundError(message), "SAMPLE_NOT_FOUND", {{key, value}});
}

SampleRecord ToFullSample(RowCursor row) { return ToSample(row, true); }

class PostgresSampleReader final : public SampleReader {
 public:
  explicit PostgresSampleReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<SampleRecord> FindLatest(const std::string& device_id) override {
    Conditions where;
    if (!device_id.empty()) where.Add("s.device_id = $", device_id);
    auto samples = ReadRows<SampleRecord>(
        pool_, absl::StrCat("SELECT ", SampleColumns(true), " FROM sqal_samples s", where.Sql(), kNewestFirst, "1"), where.params(),
        ToFullSample);
    if (!samples.ok()) return samples.status();
    if (samples->empty()) {
      return NoSample(device_id.empty() ? "no sample is stored yet" : absl::StrCat("device ", device_id, " has no sample"), "device_id",
                      device_id);
    }
    return std::move(samples->front());
  }

  absl::StatusOr<SamplePage> ListSamples(const SampleQuery& query) override {
    Conditions where;
    where.Add("s.time >= $::timestamptz", SqlTime(query.start));
    where.Add("s.time < $::timestamptz", SqlTime(query.end));
    if (!query.device_id.empty()) where.Add("s.device_id = $", query.device_id);
    if (query.lot.has_value()) {
      where.Add(absl::StrCat("s.lot_id = (SELECT l.id FROM lots_gavage l WHERE ", LotIs(*query.lot), " = $)"), LotValue(*query.lot));
    }
    if (query.after.has_value()) {
      const std::string time = where.Bind(SqlTime(query.after->time));
      const std::string batch = where.Bind(query.after->batch_id);
      const char* follows = query.oldest_first ? ">" : "<";
      // The first condition is implied by the second; the planner prunes partitions by it.
      where.Add(absl::StrCat("s.time ", follows, "= ", time, "::timestamptz"));
      where.Add(absl::StrCat("(s.time, s.batch_id, s.ordinal) ", follows, " (", time, "::timestamptz, ", batch, "::bigint, ",
                             where.Bind(query.after->ordinal), "::integer)"));
    }
    const std::string limit = where.Bind(query.limit + 1);  // one more tells whether the page is the last
    SamplePage page;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      page = SamplePage();
      const pqxx::result rows =
          Run(transaction,
              absl::StrCat("SELECT ", SampleColumns(query.matrices), ", s.batch_id, s.ordinal, ", EGI_US("s.time"),
                           " FROM sqal_samples s", where.Sql(), query.oldest_first ? kOldestFirst : kNewestFirst, limit, "::integer"),
              where.params());
      const int kept = std::min<int>(rows.size(), query.limit);
      for (int i = 0; i < kept; ++i) {
        RowCursor cursor(rows[i]);
        page.samples.push_back(ToSample(cursor, query.matrices));
        if (i + 1 < kept || kept == static_cast<int>(rows.size())) continue;
        page.last.emplace();
        page.last->batch_id = cursor.Long();
        page.last->ordinal = cursor.Int();
        page.last->time = cursor.Time();
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return page;
  }

  // The ledger is keyed (device, sample): without a device it is asked once for every device, which needs no further index on the
  // way of ingestion.
  absl::StatusOr<SampleRecord> FindSample(const std::string& sample_id, const std::string& device_id) override {
    Conditions where;
    where.Add("i.sample_id = $", sample_id);
    if (!device_id.empty()) where.Add("i.device_id = $", device_id);
    const std::string ledger =
        device_id.empty() ? absl::StrCat("sqal_devices d JOIN LATERAL (SELECT * FROM sqal_sample_index i", where.Sql(),
                                         " AND i.device_id = d.device_id) i ON true")
                          : absl::StrCat("(SELECT * FROM sqal_sample_index i", where.Sql(), ") i");
    auto samples = ReadRows<SampleRecord>(
        pool_,
        absl::StrCat("SELECT ", SampleColumns(true), " FROM ", ledger,
                     " JOIN sqal_samples s ON s.device_id = i.device_id AND s.time = i.time AND s.sample_id = i.sample_id LIMIT 2"),
        where.params(), ToFullSample);
    if (!samples.ok()) return samples.status();
    if (samples->empty()) return NoSample(absl::StrCat("sample ", sample_id, " does not exist"), "sample_id", sample_id);
    if (samples->size() > 1) {
      return WithErrorInfo(
          absl::FailedPreconditionError(absl::StrCat("several devices used the id ", sample_id, "; name device_id too")),
          "SAMPLE_ID_AMBIGUOUS", {{"sample_id", sample_id}});
    }
    return std::move(samples->front());
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<SampleReader> NewPostgresSampleReader(Pool& pool) { return std::make_unique<PostgresSampleReader>(pool); }

}  // namespace egi::storage::read
