#include "server/curves/draft.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "server/curves/reference.h"
#include "server/curves/weight.h"

namespace egi::curves {
namespace {

constexpr double kLeastG = 100, kMostG = 600;

std::vector<double> WeightsFor(const LotCourse& lot, int days) {
  return WeightsOf({lot.breed, days, lot.initial_weight_g, lot.weight_goal_g});
}

// A new curve follows the planned duration, whatever the one in force says.
int DaysFor(const LotCourse& lot, int wished) { return wished > 0 ? wished : lot.days > 0 ? lot.days : DaysOf(lot); }

}  // namespace

CurveDraft DraftFor(const LotCourse& lot, const DraftWish& wish) {
  const int days = DaysFor(lot, wish.days);
  const Reference strain = ReferenceNamed(wish.strain).value_or(ReferenceOf(lot.souche, lot.breed));
  CurveDraft draft;
  draft.source = "souche";
  draft.method = absl::StrCat("Médianes de la campagne, souche ", strain.name, strain.factor != 1 ? absl::StrFormat(" x %.2f", strain.factor) : "",
                              ", rééchantillonnées sur ", 2 * days, " repas");
  if (wish.days == 0 && lot.days == 0 && lot.curve_g.empty()) absl::StrAppend(&draft.method, " (durée non prévue)");
  draft.doses_g = DosesOf(strain, 2 * days);
  draft.weights_g = WeightsFor(lot, days);
  std::optional<double> goal = wish.corn_goal_g;
  std::string why = "objectif de maïs";
  if (!goal.has_value() && wish.liver_goal_g.has_value()) {
    goal = *wish.liver_goal_g * strain.itm;
    why = absl::StrFormat("foie de %.0f g x ITM %.2f", *wish.liver_goal_g, strain.itm);
  }
  if (!goal.has_value() && lot.corn_goal_g.has_value()) {
    goal = lot.corn_goal_g;
    why = "objectif du lot";
  }
  if (!goal.has_value()) return draft;
  draft.source = "souche_objectif";
  absl::StrAppend(&draft.method, absl::StrFormat(", mises à l'échelle de %.0f g de maïs par canard (%s)", *goal, why));
  draft.doses_g = ScaledTo(std::move(draft.doses_g), *goal);
  return draft;
}

CurveDraft DraftFromFeeder(const LotCourse& lot, int32_t curve_id, const std::vector<double>& doses_g) {
  const int days = DaysFor(lot, 0);
  return {"recommandee", absl::StrCat("Courbe recommandée ", curve_id, " du gaveur, ramenée de ", doses_g.size() / 2, " à ", days, " jours"),
          ResampledDays(doses_g, days), WeightsFor(lot, days)};
}

std::vector<std::string> WarningsOf(const std::vector<double>& doses_g, const std::string& source) {
  std::vector<std::string> warnings;
  const auto outside = std::count_if(doses_g.begin(), doses_g.end(), [](double dose) { return dose < kLeastG || dose > kMostG; });
  if (outside > 0) warnings.push_back(absl::StrCat(outside, " dose(s) hors de la plage de 100 à 600 g"));
  const double total = Sum(doses_g);
  if (source != "souche" && total > kMostCornG) {
    warnings.push_back(absl::StrFormat("%.0f g de maïs par canard : plus qu'aucun lot de la campagne (%.0f g)", total, kMostCornG));
  }
  return warnings;
}

}  // namespace egi::curves
