#include <memory>

#include "absl/strings/str_cat.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

using quality::v1::LotPair;

LotPair ToPair(RowCursor row) {
  LotPair pair;
  pair.set_lot_id(row.Int());
  pair.set_code_lot(row.Text());
  pair.set_site_code(row.Text());
  pair.set_itm(row.Double());
  pair.set_avg_quality_score(row.Double());
  pair.set_sample_count(row.Int());
  return pair;
}

class PostgresIntegrationReader final : public IntegrationReader {
 public:
  explicit PostgresIntegrationReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<LotPair>> ListPairs(const std::string& site_code, int min_samples) override {
    Conditions where;
    if (!site_code.empty()) where.Add("l.site_code = $", site_code);
    const std::string least = where.Bind(min_samples);
    return ReadRows<LotPair>(pool_,
                             absl::StrCat("SELECT l.id, l.code_lot, l.site_code, l.itm, avg(s.fusion_final_score), count(*) "
                                          "FROM lots_gavage l JOIN sqal_samples s ON s.lot_id = l.id AND l.itm IS NOT NULL",
                                          where.Sql(), " GROUP BY l.id HAVING count(*) > ", least,
                                          "::integer ORDER BY l.itm DESC, l.code_lot"),
                             where.params(), ToPair);
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<IntegrationReader> NewPostgresIntegrationReader(Pool& pool) { return std::make_unique<PostgresIntegrationReader>(pool); }

}  // namespace egi::storage::read
