#include "server/curves/recommended.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/performance/feeder.h"

namespace egi::curves {
namespace {

constexpr int kDays = 11;
constexpr int kNoHistoryCluster = 2;
// domain.md section 7.4, total g/day.
constexpr std::array<double, kDays> kExcellent = {550, 650, 750, 850, 950, 1000, 1020, 1000, 960, 900, 800};
constexpr std::array<double, kDays> kMiddle = {490, 590, 690, 790, 870, 920, 940, 920, 880, 820, 720};
constexpr double kMorningShare = 0.45;
constexpr double kGapThatCounts = 0.5, kFactorOfGap = 0.03, kLeastFactor = 0.85, kMostFactor = 1.15;
constexpr double kHighLossPct = 2;

// 13 is the target that section 7.4 gives with the table of cluster 0.
double TargetOf(int cluster) { return performance::kClusterBounds[static_cast<size_t>(std::max(cluster - 1, 0))]; }

double OfCluster(int cluster, int day) {
  if (cluster == 0) return kExcellent[day];
  return cluster == 1 ? (kExcellent[day] + kMiddle[day]) / 2 : kMiddle[day];
}

// Factor of day 0..10 where the loss is high.
double LossFactor(int day) { return 0.95 * (day < 4 ? 0.90 : day < 7 ? 0.95 : 1.0); }

// "12,3"
std::string Fr(double value, int decimals = 1) { return absl::StrReplaceAll(absl::StrFormat("%.*f", decimals, value), {{".", ","}}); }

std::vector<std::string> AdviceOf(const FeederHistory& history, const RecommendedDoses& doses, bool high_loss, double strain_share) {
  std::vector<std::string> advice;
  if (history.lots == 0) advice.push_back("Aucun lot abattu : courbe du groupe médian, sans personnalisation");
  if (doses.factor < 1) {
    advice.push_back(absl::StrCat("ITM moyen de ", Fr(*history.itm), " pour une cible de ", Fr(doses.target_itm), " : doses réduites de ",
                                  Fr((1 - doses.factor) * 100), " %"));
  } else if (doses.factor > 1) {
    advice.push_back(absl::StrCat("ITM moyen de ", Fr(*history.itm), ", meilleur que la cible de ", Fr(doses.target_itm), " : doses augmentées de ",
                                  Fr((doses.factor - 1) * 100), " %"));
  }
  if (high_loss) {
    advice.push_back(absl::StrCat("Mortalité moyenne de ", Fr(*history.loss_pct), " % : démarrage plus progressif, surveiller les jours 1 à 7"));
  }
  if (strain_share != 1) advice.push_back(absl::StrCat("Souche plus légère ou plus lourde que CF80* : doses multipliées par ", Fr(strain_share, 3)));
  const double total = Sum(doses.totals_g);
  if (total > kMostCornG) {
    advice.push_back(absl::StrCat("Total de ", Fr(total, 0), " g par canard : plus qu'aucun lot de la campagne de référence (", Fr(kMostCornG, 0),
                                  " g); à valider par le superviseur"));
  }
  return advice;
}

}  // namespace

RecommendedDoses Recommend(const FeederHistory& history, const Reference& strain) {
  RecommendedDoses doses;
  doses.cluster = history.itm.has_value() ? performance::ClusterOf(*history.itm) : kNoHistoryCluster;
  doses.target_itm = TargetOf(doses.cluster);
  const double gap = history.itm.value_or(doses.target_itm) - doses.target_itm;
  if (std::abs(gap) > kGapThatCounts) doses.factor = std::clamp(1 - kFactorOfGap * gap, kLeastFactor, kMostFactor);
  const bool high_loss = history.loss_pct.value_or(0) > kHighLossPct;
  const double strain_share = Sum(DosesOf(strain, kReferenceMeals)) / Sum(DosesOf(*ReferenceNamed("Mulard"), kReferenceMeals));
  for (int day = 0; day < kDays; ++day) {
    const double total = std::round(OfCluster(doses.cluster, day) * doses.factor * (high_loss ? LossFactor(day) : 1) * strain_share);
    doses.totals_g.push_back(total);
    doses.mornings_g.push_back(std::floor(total * kMorningShare));
    doses.evenings_g.push_back(total - doses.mornings_g.back());
  }
  doses.source = absl::StrCat("Règle déterministe : table du groupe ", doses.cluster, history.itm.has_value() ? "" : " (pas d'historique)",
                              ", facteur par l'ITM, correction par la mortalité, souche ", strain.name);
  doses.advice = AdviceOf(history, doses, high_loss, strain_share);
  return doses;
}

}  // namespace egi::curves
