#include "server/api/lot_checks.h"

#include <cmath>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "google/protobuf/wrappers.pb.h"
#include "server/base/site_zone.h"
#include "server/validate/lot_code.h"
#include "server/validate/validate.h"

namespace egi::api {
namespace {

constexpr int kMaxImport = 500;

// g or g per duck.
void CheckFigure(const char* field, bool present, double value, double min, double max, Fields& fields) {
  fields.Check(!present || (std::isfinite(value) && value >= min && value <= max), field, absl::StrCat("must be ", min, "..", max, " g, or absent"));
}

// Two names of one field: either may be empty, both must agree.
template <typename T>
T OneName(const char* name, const T& value, const char* other_name, const T& other, Fields& fields) {
  fields.Check(value == T() || other == T() || value == other, other_name, absl::StrCat("contradicts ", name));
  return value == T() ? other : value;
}

void FoldNames(feeding::v1::CreateLotRequest& request, Fields& fields) {
  std::string site;
  fields.OneOf("site_origine", request.site_origine(), {"Bretagne", "Pays de Loire", "Maubourguet"});
  if (request.site_origine() == "Bretagne") site = "LL";
  if (request.site_origine() == "Pays de Loire") site = "LS";
  if (request.site_origine() == "Maubourguet") site = "MT";
  request.set_site_code(OneName("site_code", request.site_code(), "site_origine", site, fields));
  request.set_nb_canards_initial(OneName("nb_canards_initial", request.nb_canards_initial(), "nombre_canards", request.nombre_canards(), fields));
  request.set_debut_lot(OneName("debut_lot", request.debut_lot(), "date_debut_gavage", request.date_debut_gavage(), fields));
  absl::CivilDay first, last;
  int days = 0;
  if (!request.date_fin_gavage_prevue().empty()) {
    fields.Check(IsDate(request.date_fin_gavage_prevue()), "date_fin_gavage_prevue", "must be a date YYYY-MM-DD");
    if (absl::ParseCivilTime(request.debut_lot(), &first) && absl::ParseCivilTime(request.date_fin_gavage_prevue(), &last)) {
      days = static_cast<int>(last - first) + 1;
    }
  }
  request.set_duree_prevue(OneName("duree_prevue", request.duree_prevue(), "date_fin_gavage_prevue", days, fields));
  request.set_genetique(BreedOf(request.genetique()));
  if (request.origine().empty()) request.set_origine("manual");
}

void CheckFraction(const google::protobuf::DoubleValue& value, bool present, double max, const std::string& field, Fields& fields) {
  fields.Check(!present || (std::isfinite(value.value()) && value.value() >= 0 && value.value() < max), field,
               absl::StrCat("must be 0..", max, ", or absent"));
}

void CheckRow(const feeding::v1::ImportedLot& lot, Fields& fields) {
  const std::string prefix = absl::StrCat("lots[", lot.code_lot().empty() ? absl::StrCat("row ", lot.row()) : lot.code_lot(), "].");
  fields.Check(validate::IsLotCode(lot.code_lot()), prefix + "CodeLot", "must be LL, LS or MT and 7 digits");
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

void CheckNotOld(const char* field, const std::string& day, absl::Time now, Fields& fields) {
  absl::CivilDay first;
  if (!IsDate(day) || !absl::ParseCivilTime(day, &first)) return;
  const absl::CivilDay oldest = absl::ToCivilDay(now, SiteZone()) - kFirstDayBack;
  fields.Check(first >= oldest, field, absl::StrCat("must be at most two years back: from ", absl::FormatCivilTime(oldest), "; import older lots as a file"));
}

}  // namespace

bool IsDate(const std::string& text) {
  absl::CivilDay day;
  return text.size() == 10 && absl::ParseCivilTime(text, &day) && day.year() >= 1900 && day.year() <= 2999;
}

std::string BreedOf(std::string text) {
  validate::NormaliseBreed(&text);
  return text;
}

void CheckNotFarAhead(const std::string& field, const std::string& day, absl::Time now, Fields& fields) {
  absl::CivilDay first;
  if (!IsDate(day) || !absl::ParseCivilTime(day, &first)) return;
  const absl::CivilDay newest = absl::ToCivilDay(now, SiteZone()) + kFirstDayAhead;
  fields.Check(first <= newest, field, absl::StrCat("must be at most ", kFirstDayAhead, " days ahead: until ", absl::FormatCivilTime(newest)));
}

feeding::v1::CreateLotRequest CheckNewLot(feeding::v1::CreateLotRequest request, absl::Time now, Fields& fields) {
  FoldNames(request, fields);
  fields.Text("request_id", request.request_id(), request.code_lot().empty() ? 1 : 0, 100);
  fields.Check(!request.site_code().empty(), "site_code", "is empty, must be one of LL, LS, MT");
  fields.SiteCode("site_code", request.site_code());
  fields.Check(request.code_lot().empty() || validate::IsLotCode(request.code_lot()), "code_lot", "must be LL, LS or MT and 7 digits, or empty");
  fields.Check(request.code_lot().empty() || request.code_lot().compare(0, 2, request.site_code()) == 0, "code_lot", "must begin with the site");
  fields.Check(request.gaveur_id() > 0, "gaveur_id", "must be > 0");
  fields.Check(IsBreed(request.genetique()), "genetique", "must be one of Mulard, Barbarie, Pékin, Mixte");
  fields.Check(request.nb_canards_initial() >= 1 && request.nb_canards_initial() <= 5000, "nb_canards_initial", "must be 1..5000 birds");
  fields.Check(IsDate(request.debut_lot()), "debut_lot", "must be a date YYYY-MM-DD");
  if (request.origine() == "manual") {
    CheckNotFarAhead("debut_lot", request.debut_lot(), now, fields);
    CheckNotOld("debut_lot", request.debut_lot(), now, fields);
  }
  fields.Text("by", request.by(), 0, 100);
  fields.Check(request.duree_prevue() >= 9 && request.duree_prevue() <= 14, "duree_prevue", "must be 9..14 days (date_fin_gavage_prevue: 8..13 days later)");
  fields.OneOf("origine", request.origine(), {"simulator", "manual"});
  CheckFigure("poids_moyen_initial", request.has_poids_moyen_initial(), request.poids_moyen_initial().value(), 500, 12'000, fields);
  CheckFigure("objectif_quantite_mais", request.has_objectif_quantite_mais(), request.objectif_quantite_mais().value(), 1, 30'000, fields);
  CheckFigure("objectif_poids_final", request.has_objectif_poids_final(), request.objectif_poids_final().value(), 500, 12'000, fields);
  fields.Check(!request.has_lot_mais_id() || request.lot_mais_id().value() > 0, "lot_mais_id", "must be > 0");
  fields.Check(!request.has_age_animaux() || (request.age_animaux().value() >= 1 && request.age_animaux().value() <= 400), "age_animaux",
               "must be 1..400 days, or absent");
  return request;
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
