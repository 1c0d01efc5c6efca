#include "server/api/feeding/lot_file.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "egi/feeding/v1/lot_export.pb.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/proto_time.h"
#include "server/campaign/text.h"
#include "server/campaign/write.h"

namespace egi::api {
namespace {

using campaign::CampaignLot;
using campaign::Layout;
using campaign::NumberText;
using feeding::v1::Dose;
using feeding::v1::Lot;

Layout LayoutOf(const std::string& format) {
  return format == "campaign199" ? Layout::k199 : format == "campaign100" ? Layout::k100 : Layout::k174;
}

// An ISO date as the layout writes it; empty for an empty one.
std::string DayText(const std::string& iso, Layout layout) {
  if (iso.size() != 10 || layout == Layout::k100) return iso;
  return absl::StrCat(iso.substr(8, 2), "/", iso.substr(5, 2), "/", iso.substr(0, 4));
}

// First day: that of the lot, else of its first meal, else the day it became known.
absl::CivilDay FirstDay(const storage::read::CampaignSheet& sheet) {
  absl::CivilDay day;
  if (sheet.lot.has_debut_lot() && absl::ParseCivilTime(sheet.lot.debut_lot().value(), &day)) return day;
  if (!sheet.doses.empty() && absl::ParseCivilTime(sheet.doses.front().date(), &day)) return day - std::max(0, sheet.doses.front().jour_gavage());
  return absl::ToCivilDay(ToTime(sheet.lot.created_at()), absl::UTCTimeZone());
}

// Columns of the wider layouts that say what the platform knows.
void FillExtended(const storage::read::CampaignSheet& sheet, Layout layout, CampaignLot& row) {
  const Lot& lot = sheet.lot;
  const auto set = [&row](const char* column, bool known, const std::string& text) {
    if (known) row.cells[column] = text;
  };
  const auto gaps = std::count_if(sheet.doses.begin(), sheet.doses.end(), [](const Dose& dose) { return dose.after_gap(); });
  set("Date_fin_lot", lot.has_date_fin_gavage_reelle(), DayText(lot.date_fin_gavage_reelle().value(), layout));
  set("Date_abattage", lot.has_date_abattage(), DayText(lot.date_abattage().value(), layout));
  set("Statut", true, lot.statut());
  set("Genetique", lot.has_genetique(), lot.genetique().value());
  set("Nb_repas", true, absl::StrCat(lot.nb_repas()));
  set("Nb_repas_sautes", true, absl::StrCat(gaps));
  set("Origine", true, lot.origine());
  set("Duree_prevue", lot.has_duree_prevue(), absl::StrCat(lot.duree_prevue().value()));
  set("Jour_actuel", true, absl::StrCat(lot.jour_actuel()));
  set("Dernier_repas", lot.has_dernier_repas(), absl::FormatTime(absl::RFC3339_sec, ToTime(lot.dernier_repas()), absl::UTCTimeZone()));
  set("Poids_moyen_initial", lot.has_poids_moyen_initial(), NumberText(lot.poids_moyen_initial().value()));
  set("Poids_moyen_final", lot.has_poids_moyen_final(), NumberText(lot.poids_moyen_final().value()));
  set("Nb_vivants", lot.has_nombre_mortalite() && lot.has_nb_canards_meg(), absl::StrCat(lot.nb_canards_meg().value() - lot.nombre_mortalite().value()));
  set("Taux_mortalite", lot.has_taux_mortalite(), NumberText(lot.taux_mortalite().value()));
  set("Objectif_mais", lot.has_objectif_quantite_mais(), NumberText(lot.objectif_quantite_mais().value()));
  set("Objectif_poids", lot.has_objectif_poids_final(), NumberText(lot.objectif_poids_final().value()));
  set("Site_code", true, lot.site_code());
  set("Gaveur_id", lot.has_gaveur_id(), absl::StrCat(lot.gaveur_id().value()));
  set("Lot_id", true, absl::StrCat(lot.id()));
  set("Mis_a_jour", true, absl::FormatTime(absl::RFC3339_sec, ToTime(lot.updated_at()), absl::UTCTimeZone()));
}

}  // namespace

CampaignLot ToCampaignLot(const storage::read::CampaignSheet& sheet, Layout layout) {
  const Lot& lot = sheet.lot;
  CampaignLot row;
  for (const auto& [column, cell] : sheet.source) {
    if (!campaign::IsPersonal(column)) row.cells[column] = cell;
  }
  row.code = lot.code_lot();
  row.start = FirstDay(sheet);
  row.duration_days = lot.has_duree_gavage_reelle() ? lot.duree_gavage_reelle().value() : lot.nombre_jours_gavage_ecoules();
  row.strain = lot.souche().value();
  row.placed = lot.nb_canards_meg().value();
  row.finished = lot.has_nb_canards_accroches();
  row.hung = lot.nb_canards_accroches().value();
  row.collected = lot.has_nb_canards_enleves() ? lot.nb_canards_enleves().value() : row.hung;
  row.corn_kg = lot.total_corn_real().value() / 1000;
  if (lot.has_itm()) row.itm = lot.itm().value();
  if (lot.has_sigma()) row.sigma = lot.sigma().value();
  if (lot.has_poids_foie_moyen()) row.liver_g = lot.poids_foie_moyen().value();
  row.age_days = sheet.age_days;
  row.rearing_lot = sheet.rearing_lot;
  for (const Dose& dose : sheet.doses) {
    if (dose.repas() < 1 || dose.repas() > campaign::kMeals) continue;
    campaign::CampaignMeal& meal = row.meals[static_cast<size_t>(dose.repas()) - 1];
    meal.real_g = dose.feed_real();
    if (dose.has_feed_target()) meal.target_g = dose.feed_target().value();
  }
  if (lot.has_gaveur_id()) row.cells["Gaveur"] = absl::StrCat("#", lot.gaveur_id().value());
  FillExtended(sheet, layout, row);
  return row;
}

std::string LotFileHeader(const std::string& format) { return format == "ndjson" ? std::string() : campaign::WriteHeader(LayoutOf(format)); }

bool FitsLayout(const storage::read::CampaignSheet& sheet, const std::string& format) {
  return format == "ndjson" ||
         std::none_of(sheet.doses.begin(), sheet.doses.end(), [](const Dose& dose) { return dose.repas() > campaign::kMeals && dose.feed_real() > 0; });
}

void AppendLotLine(const storage::read::CampaignSheet& sheet, const std::string& format, std::string* file) {
  if (format != "ndjson") {
    file->append(campaign::WriteRow(ToCampaignLot(sheet, LayoutOf(format)), LayoutOf(format)));
    return;
  }
  feeding::v1::ExportedLot line;
  *line.mutable_lot() = sheet.lot;
  for (const Dose& dose : sheet.doses) *line.add_doses() = dose;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  if (google::protobuf::util::MessageToJsonString(line, &json, options).ok()) absl::StrAppend(file, json, "\n");
}

}  // namespace egi::api
