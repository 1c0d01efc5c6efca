#include <memory>

#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

// $1 now, $2 midnight at the sites.
// $1 now, $2 midnight at the sites. Whole hours read no sample; the last hour is exact.
constexpr char kCards[] = R"sql(
  SELECT (SELECT sum(c.samples)::bigint FROM sqal_day_cells c),
         (SELECT sum(c.samples)::bigint FROM egi_period_cells($2::timestamptz, 'infinity') c),
         (SELECT sum(c.samples)::bigint FROM egi_period_cells(hours.now - interval '7 days', 'infinity') c),
         (SELECT sum(c.samples)::bigint FROM egi_period_cells(hours.now - interval '30 days', 'infinity') c),
         (SELECT c.samples FROM egi_sums_since($1::timestamptz - interval '1 hour') c),
         (SELECT count(*) FROM sqal_alerts WHERE time > $1::timestamptz - interval '24 hours'),
         (SELECT sum(c.score_sum) / sum(c.samples)::float8 FROM egi_period_cells(hours.now - interval '48 hours', hours.now - interval '24 hours') c)
  FROM (SELECT date_trunc('hour', $1::timestamptz, 'UTC') AS now) hours)sql";

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
