#include <memory>

#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

// $1 now, $2 midnight at the sites.
constexpr char kCards[] = R"sql(
  SELECT sum(sample_count), sum(sample_count) FILTER (WHERE bucket >= $2::timestamptz),
         sum(sample_count) FILTER (WHERE bucket > $1::timestamptz - interval '7 days'),
         sum(sample_count) FILTER (WHERE bucket > $1::timestamptz - interval '30 days'),
         (SELECT count(*) FROM sqal_samples WHERE time > $1::timestamptz - interval '1 hour'),
         (SELECT count(*) FROM sqal_alerts WHERE time > $1::timestamptz - interval '24 hours'),
         sum(sample_count * avg_quality_score) FILTER (WHERE bucket BETWEEN $1::timestamptz - interval '48 hours' AND $1::timestamptz - interval '24 hours')
           / nullif(sum(sample_count) FILTER (WHERE bucket BETWEEN $1::timestamptz - interval '48 hours' AND $1::timestamptz - interval '24 hours'), 0)
  FROM sqal_hourly_stats)sql";

class PostgresCardReader final : public CardReader {
 public:
  explicit PostgresCardReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<Cards> ReadCards(absl::Time now, absl::Time midnight) override {
    return ReadRow<Cards>(pool_, kCards, {SqlTime(now), SqlTime(midnight)}, [](RowCursor row) {
      Cards cards;
      cards.total = row.Int();
      cards.today = row.Int();
      cards.week = row.Int();
      cards.month = row.Int();
      cards.last_hour = row.Int();
      cards.recent_alerts = row.Int();
      if (!row.IsNull()) cards.score_yesterday = row.Double();
      return cards;
    });
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<CardReader> NewPostgresCardReader(Pool& pool) { return std::make_unique<PostgresCardReader>(pool); }

}  // namespace egi::storage::read
