#include "server/curves/lot_advice.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace egi::curves {
namespace {

constexpr double kMeanGapPct = 15, kConformityPct = 85, kWeightPct = 10, kWeightHighPct = 25;
constexpr char kHigh[] = "haute", kMiddle[] = "moyenne", kLow[] = "basse";

std::string Fr(double value) { return absl::StrReplaceAll(absl::StrFormat("%.1f", value), {{".", ","}}); }

int RankOf(const LotAdvice& advice) { return advice.urgency == kHigh ? 0 : advice.urgency == kMiddle ? 1 : 2; }

void AdviseOnDoses(const ConformityFigures& figures, std::vector<LotAdvice>& advice) {
  if (figures.mean_gap_pct.value_or(0) > kMeanGapPct) {
    advice.push_back({"dose", kHigh, absl::StrCat("Écart moyen de ", Fr(*figures.mean_gap_pct), " % aux doses prescrites sur ", figures.meals, " repas"),
                      "Vérifier le réglage de l'appareil et la courbe du lot avant le prochain repas"});
  }
  if (figures.conforming_pct.value_or(100) < kConformityPct) {
    advice.push_back({"conformite", kMiddle,
                      absl::StrCat(Fr(*figures.conforming_pct), " % des repas dans la tolérance de 10 %, ", figures.days_out_of_tolerance,
                                   " jours hors tolérance"),
                      "Revenir à la courbe par étapes, ou faire modifier la courbe par le superviseur"});
  }
}

}  // namespace

std::vector<LotAdvice> AdviseLot(const LotSituation& lot) {
  std::vector<LotAdvice> advice;
  AdviseOnDoses(lot.conformity, advice);
  const double off = std::abs(lot.weight_gap_pct.value_or(0));
  if (off >= kWeightPct) {
    const bool late = *lot.weight_gap_pct < 0;
    advice.push_back({"poids", off >= kWeightHighPct ? kHigh : kMiddle,
                      absl::StrCat("Poids moyen ", late ? "en retard" : "en avance", " de ", Fr(off), " % sur la courbe"),
                      late ? "Ajouter 50 g au prochain repas et peser à nouveau" : "Retirer 30 g au prochain repas et peser à nouveau"});
  }
  if (lot.active && lot.pending_corrections > 0) {
    advice.push_back({"correction", kMiddle, absl::StrCat(lot.pending_corrections, " correction(s) de dose proposée(s) sans réponse"),
                      "Accepter ou refuser avant le prochain repas"});
  }
  if (lot.active && !lot.curve_in_force) {
    advice.push_back(lot.curve_waits ? LotAdvice{"courbe", kLow, "La courbe proposée attend la décision du superviseur", "Valider, modifier ou rejeter la courbe"}
                                     : LotAdvice{"courbe", kLow, "Le lot n'a pas de courbe théorique en vigueur", "Générer une courbe et la faire valider"});
  }
  std::stable_sort(advice.begin(), advice.end(), [](const LotAdvice& a, const LotAdvice& b) { return RankOf(a) < RankOf(b); });
  return advice;
}

}  // namespace egi::curves
