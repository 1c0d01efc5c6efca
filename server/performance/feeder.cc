#include "server/performance/feeder.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "server/analytics/correlation/correlation.h"

namespace egi::performance {

std::string ClusterRecommendation(int cluster, std::optional<double> loss_pct) {
  static constexpr std::array<const char*, 5> kTexts = {
      "Relever leurs pratiques (doses, rythme, ambiance) et les partager avec les autres gaveurs.",
      "Conserver la conduite actuelle ; comparer la courbe suivie à celle des gaveurs « Excellent ».",
      "Suivre la courbe conseillée de près et revoir les écarts de dose de plus de 10 %.",
      "Visite technique : revoir la courbe de doses, la mise en gavage et le poids des canards à la mise en place.",
      "Accompagnement rapproché dès le prochain lot : courbe validée par le superviseur, suivi de chaque repas.",
  };
  const std::string text = kTexts[static_cast<size_t>(cluster)];
  if (!loss_pct.has_value() || *loss_pct < kNotableLoss) return text;
  const std::string loss = absl::StrReplaceAll(absl::StrFormat("%.1f", *loss_pct), {{".", ","}});
  return absl::StrCat(text, " Pertes de ", loss, " % : vérifier l'ambiance du bâtiment et la manipulation.");
}

int ClusterOf(double itm) {
  const auto bound = std::find_if(kClusterBounds.begin(), kClusterBounds.end(), [itm](double limit) { return itm <= limit; });
  return static_cast<int>(bound - kClusterBounds.begin());
}

double FeederScore(double itm, double mortality_pct) {
  const double efficiency = std::clamp((17 - itm) / (17 - 12.5), 0.0, 1.0);
  const double health = std::clamp(1 - mortality_pct / 5, 0.0, 1.0);
  return 70 * efficiency + 30 * health;
}

Trend TrendOf(const std::vector<double>& itm) {
  if (itm.size() < 4) return {"insuffisant", std::nullopt};
  std::vector<double> order;
  double mean = 0;
  for (size_t i = 0; i < itm.size(); ++i) {
    order.push_back(static_cast<double>(i));
    mean += itm[i] / static_cast<double>(itm.size());
  }
  const double middle = (static_cast<double>(itm.size()) - 1) / 2;
  double covered = 0, squares = 0;
  for (size_t i = 0; i < itm.size(); ++i) {
    covered += (order[i] - middle) * (itm[i] - mean);
    squares += (order[i] - middle) * (order[i] - middle);
  }
  const double slope = covered / squares;
  const auto correlation = analytics::Pearson(order, itm);
  if (!correlation.has_value() || correlation->p_value >= 0.05) return {"stable", slope};
  return {slope < 0 ? "amelioration" : "degradation", slope};
}

}  // namespace egi::performance
