// How PostgresMealCommitter finds and makes the lots of a transaction.
#include <algorithm>
#include <map>
#include <utility>

#include "server/base/rich_status.h"
#include "server/lots/feeder_site.h"
#include "server/storage/postgres/day_play.h"
#include "server/storage/postgres/meal_committer.h"

namespace egi::storage {

using feeding::v1::Meal;

absl::Status PostgresMealCommitter::NameLots(Connection* connection, Work* work) {
  std::vector<int64_t> ids;
  for (const Item* item : work->items) {
    if (!item->rejection.has_value() && item->write->meal.lot_id() > 0) ids.push_back(item->write->meal.lot_id());
  }
  auto codes = LotRows::CodesOf(connection, ids);
  if (!codes.ok()) return codes.status();
  for (Item* item : work->items) {
    Meal& meal = item->write->meal;
    if (item->rejection.has_value() || meal.lot_id() <= 0) continue;
    if (absl::Status named = NameLot((*codes)[meal.lot_id()], &meal); !named.ok()) item->rejection = ToRpcStatus(named);
  }
  return absl::OkStatus();
}

absl::Status PostgresMealCommitter::LoadLots(Connection* connection, Work* work) {
  std::vector<std::string> codes, with_days;
  for (const Item* item : work->items) {
    if (item->rejection.has_value()) continue;
    codes.push_back(item->write->meal.code_lot());
    if (item->write->day.has_value()) with_days.push_back(codes.back());
  }
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  if (codes.empty()) return absl::OkStatus();
  auto lots = lots_.Lock(connection, codes);
  if (!lots.ok()) return lots.status();
  work->lots = *std::move(lots);
  if (absl::Status status = LoadDays(connection, with_days, &work->lots); !status.ok()) return status;
  return MakeLots(connection, work);
}

absl::Status PostgresMealCommitter::MakeLots(Connection* connection, Work* work) {
  std::vector<Item*> giving;  // give their lot its feeder
  std::map<int32_t, std::string> gaveurs;
  for (Item* item : work->items) {
    const Meal& meal = item->write->meal;
    if (item->rejection.has_value() || meal.gaveur_id() <= 0 || IsOfOtherSite(meal)) continue;
    const auto known = work->lots.find(meal.code_lot());
    if (known != work->lots.end() && known->second.gaveur_id > 0) continue;
    giving.push_back(item);
    gaveurs.emplace(meal.gaveur_id(), SiteOfCode(meal));
  }
  auto homes = LotRows::RegisterGaveurs(connection, gaveurs);
  if (!homes.ok()) return homes.status();
  std::map<std::string, NewLot> missing;
  for (Item* item : giving) {
    const Meal& meal = item->write->meal;
    NewLot lot{meal.code_lot(), SiteOfCode(meal), meal.genetique(), ByOf(*item->write), meal.gaveur_id(), meal.nb_canards_initial()};
    if (absl::Status status = lots::CheckFeederSite(lot.gaveur_id, (*homes)[lot.gaveur_id], lot.code_lot, lot.site_code); !status.ok()) {
      item->rejection = ToRpcStatus(status);
    } else if (!work->lots.contains(lot.code_lot)) {
      missing.emplace(meal.code_lot(), std::move(lot));
    }
  }
  if (missing.empty()) return absl::OkStatus();
  std::vector<NewLot> wanted;
  std::vector<std::string> new_codes;
  for (auto& [code, lot] : missing) {
    new_codes.push_back(code);
    wanted.push_back(std::move(lot));
  }
  auto made = lots_.Create(connection, wanted);
  if (!made.ok()) return made.status();
  auto created = lots_.Lock(connection, new_codes);  // also those that another server made just now
  if (!created.ok()) return created.status();
  for (auto& [code, lot] : *created) {
    if (made->contains(code)) lot.new_states.push_back(lot.statut);
    work->lots.emplace(code, std::move(lot));
  }
  return absl::OkStatus();
}

}  // namespace egi::storage
