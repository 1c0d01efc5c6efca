#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/struct.pb.h"
#include "server/storage/read/conditions.h"
#include "server/storage/read/postgres_readers.h"
#include "server/storage/read/row_cursor.h"
#include "server/storage/read/session.h"

namespace egi::storage::read {
namespace {

class PostgresLotSheetReader final : public LotSheetReader {
 public:
  explicit PostgresLotSheetReader(Pool& pool) : pool_(pool), lots_(NewPostgresLotReader(pool)) {}

  // Three statements, however many lots a page has.
  absl::StatusOr<std::vector<CampaignSheet>> ListSheets(const LotSheetQuery& query) override {
    Conditions where;
    if (!query.site_code.empty()) where.Add("l.site_code = $", query.site_code);
    if (query.statut.empty()) where.Add("l.statut <> 'annule'");
    if (!query.statut.empty()) where.Add("l.statut = $", query.statut);
    if (query.gaveur_id > 0) where.Add("l.gaveur_id = $::integer", std::to_string(query.gaveur_id));
    if (!query.from.empty()) where.Add("l.debut_lot >= $::date", query.from);
    if (!query.to.empty()) where.Add("l.debut_lot <= $::date", query.to);
    if (!query.after_code.empty()) where.Add("l.code_lot > $", query.after_code);
    const std::string limit = where.Bind(query.limit);
    auto sheets = ReadRows<CampaignSheet>(pool_,
                                     "SELECT l.code_lot, l.lot_pag, l.age_animaux, l.source FROM lots_gavage l" + where.Sql() + " ORDER BY l.code_lot LIMIT " +
                                         limit + "::integer",
                                     where.params(), [](RowCursor row) {
                                       CampaignSheet sheet;
                                       sheet.lot.set_code_lot(row.Text());
                                       sheet.rearing_lot = row.Text();
                                       sheet.age_days = row.Int();
                                       google::protobuf::Struct source;
                                       if (!row.IsNull()) row.Json(&source);
                                       for (auto& [column, cell] : *source.mutable_fields()) sheet.source[column] = std::move(*cell.mutable_string_value());
                                       return sheet;
                                     });
    if (!sheets.ok()) return sheets.status();
    if (sheets->empty()) return sheets;
    LotQuery page;
    page.statut = query.statut;
    page.limit = query.limit;
    for (const CampaignSheet& sheet : *sheets) page.codes.push_back(sheet.lot.code_lot());
    auto lots = lots_->ListLots(page);
    if (!lots.ok()) return lots.status();
    auto doses = lots_->ListDosesOf(page.codes);
    if (!doses.ok()) return doses.status();
    std::map<std::string, feeding::v1::Lot> by_code;
    for (feeding::v1::Lot& lot : *lots) by_code.emplace(lot.code_lot(), std::move(lot));
    for (CampaignSheet& sheet : *sheets) {
      const std::string code = sheet.lot.code_lot();
      const auto lot = by_code.find(code);
      if (lot == by_code.end()) return absl::UnavailableError("a lot changed its state while it was read; export again");
      sheet.lot = std::move(lot->second);
      sheet.doses = std::move((*doses)[code]);
    }
    return sheets;
  }

 private:
  Pool& pool_;
  const std::unique_ptr<LotReader> lots_;
};

}  // namespace

std::unique_ptr<LotSheetReader> NewPostgresLotSheetReader(Pool& pool) { return std::make_unique<PostgresLotSheetReader>(pool); }

}  // namespace egi::storage::read
