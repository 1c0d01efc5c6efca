#include <memory>

#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

// $1 now, $2 midnight at the sites.
constexpr char kCards[] = R"sql(
  WITH totals AS (
    SELECT p.name, sum(c.samples)::bigint AS samples, sum(c.score_sum) AS score_sum
    FROM (VALUES ('total', timestamptz '-infinity', timestamptz 'infinity'), ('today', $2::timestamptz, 'infinity'),
                 ('week', $1::timestamptz - interval '7 days', 'infinity'), ('month', $1::timestamptz - interval '30 days', 'infinity'),
                 ('hour', $1::timestamptz - interval '1 hour', 'infinity'),
                 ('yesterday', $1::timestamptz - interval '48 hours', $1::timestamptz - interval '24 hours')) AS p (name, starts, ends)
    CROSS JOIN LATERAL egi_period_cells(p.starts, p.ends) c GROUP BY p.name)
  SELECT (SELECT samples FROM totals WHERE name = 'total'), (SELECT samples FROM totals WHERE name = 'today'),
         (SELECT samples FROM totals WHERE name = 'week'), (SELECT samples FROM totals WHERE name = 'month'),
         (SELECT samples FROM totals WHERE name = 'hour'),
         (SELECT count(*) FROM sqal_alerts WHERE time > $1::timestamptz - interval '24 hours'),
         (SELECT score_sum / samples FROM totals WHERE name = 'yesterday'))sql";

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
