#include <memory>

#include "server/storage/read/lot_pair_row.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

using quality::v1::LotPair;

// The newest sample of each lot comes from the index; only the lots told are added up. Of two equal counts the worse grade is told.
constexpr char kAggregates[] = R"sql(
  WITH measured AS (
    SELECT l.id, l.code_lot, l.site_code, l.itm, n.time FROM lots_gavage l
    JOIN LATERAL (SELECT s.time FROM sqal_samples s WHERE s.lot_id = l.id ORDER BY s.time DESC LIMIT 1) n ON true
    WHERE $1 = '' OR l.site_code = $1)
  SELECT c.total, m.id, q.samples, q.score, q.grade, q.tof, q.spectral, q.freshness, q.fat, q.oxidation, m.code_lot, m.site_code, m.itm
  FROM (SELECT count(*) AS total FROM measured) c
  LEFT JOIN (SELECT * FROM measured ORDER BY time DESC, id DESC LIMIT $2::integer) m ON true
  LEFT JOIN LATERAL (
    SELECT count(*) AS samples, avg(s.fusion_final_score) AS score,
           (array_agg(g.grade ORDER BY g.n DESC, g.place DESC))[1] AS grade,
           avg(s.fusion_vl53l8ch_score) AS tof, avg(s.fusion_as7341_score) AS spectral, avg(s.as7341_freshness_index) AS freshness,
           avg(s.as7341_fat_quality_index) AS fat, avg(s.as7341_oxidation_index) AS oxidation
    FROM sqal_samples s
    JOIN (SELECT fusion_final_grade AS grade, count(*) AS n, array_position(ARRAY['A+', 'A', 'B', 'C', 'REJECT'], fusion_final_grade) AS place
          FROM sqal_samples WHERE lot_id = m.id GROUP BY fusion_final_grade) g ON g.grade = s.fusion_final_grade
    WHERE s.lot_id = m.id) q ON true
  ORDER BY m.time DESC, m.id DESC)sql";

class PostgresIntegrationReader final : public IntegrationReader {
 public:
  explicit PostgresIntegrationReader(Pool& pool) : pool_(pool) {}

  absl::StatusOr<std::vector<LotPair>> ListPairs(const std::string& site_code, int min_samples) override {
    return ReadRows<LotPair>(pool_, kLotPairsSql, {site_code, std::to_string(min_samples)}, ToLotPair);
  }

  absl::StatusOr<quality::v1::ListLotAggregatesResponse> ListAggregates(const std::string& site_code, int limit) override {
    using quality::v1::LotAggregate;
    quality::v1::ListLotAggregatesResponse response;
    const absl::Status status = pool_.Read([&](pqxx::transaction_base& transaction) {
      response.Clear();
      for (const pqxx::row& found : Run(transaction, kAggregates, {site_code, std::to_string(limit)})) {
        RowCursor row(found);
        response.set_total_lots(row.Int());
        if (row.IsNull()) break;  // no lot at all
        LotAggregate* lot = response.add_lots();
        lot->set_lot_id(row.Int());
        lot->set_nb_echantillons(row.Int());
        lot->set_score_qualite_moyen(row.Double());
        lot->set_grade_majoritaire(row.Text());
        row.Set(lot, &LotAggregate::mutable_tof_score_moyen);
        row.Set(lot, &LotAggregate::mutable_spectral_score_moyen);
        row.Set(lot, &LotAggregate::mutable_indice_fraicheur);
        row.Set(lot, &LotAggregate::mutable_indice_qualite_gras);
        row.Set(lot, &LotAggregate::mutable_indice_oxydation);
        lot->set_code_lot(row.Text());
        lot->set_site_code(row.Text());
        row.Set(lot, &LotAggregate::mutable_itm);
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return response;
  }

 private:
  Pool& pool_;
};

}  // namespace

std::unique_ptr<IntegrationReader> NewPostgresIntegrationReader(Pool& pool) { return std::make_unique<PostgresIntegrationReader>(pool); }

}  // namespace egi::storage::read
