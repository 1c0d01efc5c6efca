#include "absl/strings/str_cat.h"
#include "server/validate/checks.h"
#include "server/validate/validate.h"

namespace egi::validate {
namespace {

void CheckWords(Report& report, const feeding::v1::Meal& meal) {
  if (meal.lot_id() < 0) report.Add("lot_id", absl::StrCat("is ", meal.lot_id(), ", expected the id of a lot, above 0"));
  if (meal.code_lot().empty()) {
    if (meal.lot_id() == 0) report.Add("code_lot", "is missing, expected LL, LS or MT and 7 digits, or the id of the lot in lot_id");
  } else if (!IsLotCode(meal.code_lot())) {
    report.Add("code_lot", absl::StrCat("is \"", absl::string_view(meal.code_lot()).substr(0, 40),
                                        "\", expected LL, LS or MT and 7 digits"));
  }
  CheckSite(report, "site", meal.site());
  CheckText(report, "", "gaveur_nom", meal.gaveur_nom(), 100);
  CheckText(report, "", "saisi_par", meal.saisi_par(), 100);
  CheckText(report, "", "raison_correction", meal.raison_correction(), 500);
  CheckId(report, "", "request_id", meal.request_id(), 100, false);
  const std::string& breed = meal.genetique();
  if (!breed.empty() && !IsBreed(breed)) {
    report.Add("genetique", absl::StrCat("is \"", absl::string_view(breed).substr(0, 40),
                                         "\", expected Mulard, Barbarie, Pékin or Mixte"));
  }
  const bool announces = meal.jour() == -1;
  const std::string& moment = meal.moment();
  if (moment != "matin" && moment != "soir" && !(announces && moment.empty())) {
    report.Add("moment",
               absl::StrCat("is \"", absl::string_view(moment).substr(0, 40), "\", expected matin or soir"));
  }
}

void CheckMeasures(Report& report, const feeding::v1::Meal& meal) {
  CheckRange(report, "", "jour", meal.jour(), -1, 27);
  if (meal.has_dose_theorique()) CheckRange(report, "", "dose_theorique", meal.dose_theorique(), 0, 1000, "g per duck");
  if (meal.has_dose_reelle()) {
    CheckRange(report, "", "dose_reelle", meal.dose_reelle(), 0, 1000, "g per duck");
  } else if (meal.jour() != -1) {
    report.Add("dose_reelle", "is missing, expected the dose given, 0 to 1000 g per duck");
  }
  if (meal.has_poids_moyen()) CheckRange(report, "", "poids_moyen", meal.poids_moyen(), 500, 12000, "g");
  if (meal.has_taux_mortalite()) CheckRange(report, "", "taux_mortalite", meal.taux_mortalite(), 0, 100, "%");
  if (meal.has_temperature_stabule()) {
    CheckRange(report, "", "temperature_stabule", meal.temperature_stabule(), -20, 50, "degrees Celsius");
  }
  if (meal.has_humidite_stabule()) CheckRange(report, "", "humidite_stabule", meal.humidite_stabule(), 0, 100, "%");
}

void CheckCounts(Report& report, const feeding::v1::Meal& meal) {
  if (meal.gaveur_id() < 0) report.Add("gaveur_id", absl::StrCat("is ", meal.gaveur_id(), ", expected a positive id or 0"));
  if (meal.nb_canards_initial() < 0) {
    report.Add("nb_canards_initial", absl::StrCat("is ", meal.nb_canards_initial(), ", expected a count or 0"));
  }
  if (meal.has_nb_canards_vivants()) {
    const int living = meal.nb_canards_vivants();
    if (living < 0) {
      report.Add("nb_canards_vivants", absl::StrCat("is ", living, ", expected 0 or more"));
    } else if (meal.nb_canards_initial() > 0 && living > meal.nb_canards_initial()) {
      report.Add("nb_canards_vivants", absl::StrCat("is ", living, ", more than the ", meal.nb_canards_initial(),
                                                    " birds placed (nb_canards_initial)"));
    }
  }
  if (meal.has_nb_morts() && (meal.nb_morts() < 0 || (meal.nb_canards_initial() > 0 && meal.nb_morts() > meal.nb_canards_initial()))) {
    report.Add("nb_morts", absl::StrCat("is ", meal.nb_morts(), ", expected 0 or more and no more than the birds placed"));
  }
  CheckRange(report, "", "repas", meal.repas(), 0, 54);
}

}  // namespace

std::vector<Violation> ValidateMeal(const feeding::v1::Meal& meal, absl::Time now) {
  Report report;
  CheckWords(report, meal);
  CheckMeasures(report, meal);
  CheckCounts(report, meal);
  CheckTime(report, "timestamp", meal.has_timestamp(), meal.timestamp(), now);
  if (meal.has_sent_at()) CheckTime(report, "sent_at", true, meal.sent_at(), now);
  return report.Take();
}

}  // namespace egi::validate
