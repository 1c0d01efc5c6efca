#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/base/rich_status.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/lot_figures.h"
#include "server/storage/read/lot_quality_row.h"
#include "server/storage/read/lot_sheet_row.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

using feeding::v1::CorrelationLot;
using feeding::v1::LotQuality;

std::string Quoted(const LotKey& key) { return key.id > 0 ? std::to_string(key.id) : key.code; }

CorrelationLot ToCorrelationLot(RowCursor row) {
  CorrelationLot lot;
  lot.set_id(row.Int());
  lot.set_code_lot(row.Text());
  lot.set_site_code(row.Text());
  row.Set(&lot, &CorrelationLot::mutable_gaveur_id);
  row.Set(&lot, &CorrelationLot::mutable_debut_lot);
  row.Set(&lot, &CorrelationLot::mutable_itm);
  row.Set(&lot, &CorrelationLot::mutable_sigma);
  row.Set(&lot, &CorrelationLot::mutable_total_corn_target);
  row.Set(&lot, &CorrelationLot::mutable_total_corn_real);
  row.Set(&lot, &CorrelationLot::mutable_nb_meg);
  row.Set(&lot, &CorrelationLot::mutable_nb_accroches);
  row.Set(&lot, &CorrelationLot::mutable_poids_foie_moyen);
  row.Set(&lot, &CorrelationLot::mutable_duree_du_lot);
  row.Set(&lot, &CorrelationLot::mutable_mortalite_pct);
  lot.set_statut(row.Text());
  return lot;
}

class PostgresPerformanceReader final : public PerformanceReader {
 public:
  PostgresPerformanceReader(Pool& pool, double density_g_cm3) : pool_(pool), density_(density_g_cm3) {}

  absl::StatusOr<LotSheet> FindSheet(const LotKey& key) override {
    auto sheets = ReadRows<LotSheet>(pool_, absl::StrCat(LotSheetSql(), " WHERE ", LotIs(key), " = $1"), {LotValue(key)},
                                     [this](RowCursor row) { return ToLotSheet(row, density_); });
    if (!sheets.ok()) return sheets.status();
    if (sheets->empty()) return LotNotFound(key);
    return std::move(sheets->front());
  }

  absl::StatusOr<std::vector<LotSheet>> ListSheets(const SheetQuery& query) override {
    Conditions where;
    if (!query.site_code.empty()) where.Add("l.site_code = $", query.site_code);
    if (query.statut == "actif") {
      where.Add("l.statut IN ('en_preparation', 'en_gavage')");
    } else {
      query.statut.empty() ? where.Add("l.statut <> 'annule'") : where.Add("l.statut = $", query.statut);
    }
    if (!query.after_code.empty()) where.Add("l.code_lot > $", query.after_code);
    const std::string limit = where.Bind(query.limit);
    return ReadRows<LotSheet>(pool_, absl::StrCat(LotSheetSql(), where.Sql(), " ORDER BY l.code_lot LIMIT ", limit, "::integer"), where.params(),
                              [this](RowCursor row) { return ToLotSheet(row, density_); });
  }

  absl::StatusOr<std::vector<LotQuality>> ListQuality(const std::vector<LotKey>& lots) override {
    // Array literals: ids are numbers, and codes that could end one are no codes of any lot.
    std::vector<std::string> ids, codes;
    for (const LotKey& key : lots) {
      if (key.id > 0) {
        ids.push_back(std::to_string(key.id));
      } else if (key.code.find_first_of("{}\",\\ ") == std::string::npos) {
        codes.push_back(key.code);
      }
    }
    auto found = ReadRows<LotQuality>(
        pool_, kLotQualitySql, {absl::StrCat("{", absl::StrJoin(ids, ","), "}"), absl::StrCat("{", absl::StrJoin(codes, ","), "}")},
        [this](RowCursor row) { return ToLotQuality(row, density_); });
    if (!found.ok()) return found.status();
    std::map<std::string, const LotQuality*> by_name;
    for (const LotQuality& lot : *found) {
      by_name[std::to_string(lot.lot_id())] = &lot;
      by_name[lot.code_lot()] = &lot;
    }
    std::vector<LotQuality> asked;
    std::vector<std::string> unknown;
    for (const LotKey& key : lots) {
      const auto lot = by_name.find(Quoted(key));
      lot == by_name.end() ? unknown.push_back(Quoted(key)) : asked.push_back(*lot->second);
    }
    if (unknown.empty()) return asked;
    if (unknown.size() == 1 && lots.size() == 1) return LotNotFound(lots.front());
    const std::string names = absl::StrJoin(unknown, ", ");
    return WithErrorInfo(absl::NotFoundError(absl::StrCat("these lots do not exist: ", names, "; leave them out")), "LOT_NOT_FOUND", {{"lots", names}});
  }

  absl::StatusOr<std::vector<CorrelationLot>> ListCorrelationLots(const std::string& site_code, int limit) override {
    static const std::string kSql = absl::StrCat(
        "WITH l AS (", kLotFigures, ") SELECT l.id, l.code_lot, l.site_code, l.gaveur_id, to_char(l.debut_lot, 'YYYY-MM-DD'), l.itm, l.sigma, "
        "coalesce(t.total_corn_target, (SELECT sum(d.dose_theorique) FROM doses_journalieres d WHERE d.code_lot = l.code_lot)), "
        "l.total_corn_real, l.placed, l.nb_canards_accroches, l.liver_g, l.duree_gavage_reelle, ", kLotLoss,
        ", l.statut FROM l JOIN lots_gavage t ON t.id = l.id WHERE $1 = '' OR l.site_code = $1 "
        "ORDER BY coalesce(l.debut_lot, l.created_at::date) DESC, l.id DESC LIMIT $2::integer");
    return ReadRows<CorrelationLot>(pool_, kSql, {site_code, std::to_string(limit)}, ToCorrelationLot);
  }

 private:
  Pool& pool_;
  const double density_;
};

}  // namespace

std::unique_ptr<PerformanceReader> NewPostgresPerformanceReader(Pool& pool, double density_g_cm3) {
  return std::make_unique<PostgresPerformanceReader>(pool, density_g_cm3);
}

}  // namespace egi::storage::read
