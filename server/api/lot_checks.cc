#include "server/api/lot_checks.h"

#include <cmath>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/wrappers.pb.h"

namespace egi::api {
namespace {

constexpr int kMaxImport = 500;

// YYYY-MM-DD that exists.
bool IsDate(const std::string& text) {
  absl::CivilDay day;
  return text.size() == 10 && absl::ParseCivilTime(text, &day) && day.year() >= 1900 && day.year() <= 2999;
}

// domain.md section 3: site, then seven digits; in the historical form digits 3 to 5 are the day of the year the gavage ends.
bool IsHistoricalCode(const std::string& code) {
  if (code.size() != 9 || (code.compare(0, 2, "LL") != 0 && code.compare(0, 2, "LS") != 0 && code.compare(0, 2, "MT") != 0)) return false;
  for (const char c : code.substr(2)) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  int day = 0;
  return absl::SimpleAtoi(code.substr(4, 3), &day) && day >= 1 && day <= 366;
}

void CheckFraction(const google::protobuf::DoubleValue& value, bool present, double max, const std::string& field, Fields& fields) {
  fields.Check(!present || (std::isfinite(value.value()) && value.value() >= 0 && value.value() < max), field,
               absl::StrCat("must be 0..", max, ", or absent"));
}

void CheckRow(const feeding::v1::ImportedLot& lot, Fields& fields) {
  const std::string prefix = absl::StrCat("lots[", lot.code_lot().empty() ? absl::StrCat("row ", lot.row()) : lot.code_lot(), "].");
  fields.Check(IsHistoricalCode(lot.code_lot()), prefix + "CodeLot",
               "must be LL, LS or MT and 7 digits, of which digits 3 to 5 are a day of the year");
  fields.Check(IsDate(lot.debut_lot()), prefix + "Debut_du_lot", "must be a date YYYY-MM-DD");
  fields.Check(lot.duree_gavage() >= 1 && lot.duree_gavage() <= 27, prefix + "duree_gavage", "must be 1..27 days");
  fields.Check(lot.nb_meg() >= 1 && lot.nb_meg() <= 100'000, prefix + "Nb_MEG", "must be 1..100000 birds");
  fields.Check(lot.nombre_enleve() >= 0 && lot.nombre_enleve() <= lot.nb_meg(), prefix + "Nombre_enleve", "must be 0..Nb_MEG birds");
  fields.Check(lot.quantite_accrochee() >= 0 && lot.quantite_accrochee() <= lot.nb_meg(), prefix + "Quantite_accrochee",
               "must be 0..Nb_MEG birds");
  fields.Check(std::isfinite(lot.conso_gav_kg()) && lot.conso_gav_kg() >= 0 && lot.conso_gav_kg() <= 30, prefix + "Conso_Gav_Z1",
               "must be 0..30 kg per duck");
  fields.Check(!lot.has_itm() || (std::isfinite(lot.itm().value()) && lot.itm().value() > 0 && lot.itm().value() < 1000), prefix + "ITM",
               "must be above 0 and below 1000 kg/kg, or absent");
  fields.Check(!lot.has_sigma() || (std::isfinite(lot.sigma().value()) && lot.sigma().value() > 0 && lot.sigma().value() < 10),
               prefix + "Sigma", "must be above 0 and below 10, or absent when it was not measured");
  CheckFraction(lot.perte_gavage(), lot.has_perte_gavage(), 1, prefix + "dPctgPerteGav", fields);
  fields.Check(lot.age_jours() >= 0 && lot.age_jours() <= 400, prefix + "Age_des_animaux", "must be 0..400 days");
  fields.Check(lot.lot_pag().size() <= 20, prefix + "Lot_PAG", "must have at most 20 characters");
  fields.Check(lot.souche().size() <= 100, prefix + "Souche", "must have at most 100 characters");
  fields.Check(!lot.gaveur().nom().empty(), prefix + "Gaveur", "is empty: a feeder is needed to tell lots of one feeder from another's");
  for (const char* personal : {"Eleveur", "Gaveur", "Civilite", "RaisonSociale", "NomUsage", "Adresse1", "Adresse2", "CodePostal", "Commune",
                               "Telephone1", "Email"}) {
    fields.Check(lot.source().fields().count(personal) == 0, prefix + personal, "is personal: send it in gaveur.columns, not in source");
  }
}

}  // namespace

void CheckNewLot(const feeding::v1::CreateLotRequest& request, Fields& fields) {
  fields.Text("request_id", request.request_id(), 1, 100);
  fields.Check(!request.site_code().empty(), "site_code", "is empty, must be one of LL, LS, MT");
  fields.SiteCode("site_code", request.site_code());
  fields.Check(request.gaveur_id() > 0, "gaveur_id", "must be > 0");
  fields.Check(!request.genetique().empty(), "genetique", "is empty, must be one of Mulard, Barbarie, Pékin");
  fields.OneOf("genetique", request.genetique(), {"Mulard", "Barbarie", "Pékin"});
  fields.Check(request.nb_canards_initial() >= 1 && request.nb_canards_initial() <= 5000, "nb_canards_initial", "must be 1..5000 birds");
  fields.Check(IsDate(request.debut_lot()), "debut_lot", "must be a date YYYY-MM-DD");
  fields.Check(request.duree_prevue() >= 9 && request.duree_prevue() <= 14, "duree_prevue", "must be 9..14 days");
  fields.Check(!request.origine().empty(), "origine", "is empty, must be simulator or manual");
  fields.OneOf("origine", request.origine(), {"simulator", "manual"});
}

void CheckImport(const feeding::v1::ImportLotsRequest& request, Fields& fields) {
  fields.Check(request.lots_size() >= 1 && request.lots_size() <= kMaxImport, "lots", absl::StrCat("must be 1..", kMaxImport, " lots"));
  std::set<std::string> codes;
  for (const feeding::v1::ImportedLot& lot : request.lots()) {
    CheckRow(lot, fields);
    fields.Check(codes.insert(lot.code_lot()).second, absl::StrCat("lots[", lot.code_lot(), "].CodeLot"),
                 absl::StrCat("stands twice, again in row ", lot.row()));
  }
}

}  // namespace egi::api
