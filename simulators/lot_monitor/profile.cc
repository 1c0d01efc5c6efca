#include "simulators/lot_monitor/profile.h"

namespace egi::lot_monitor {
namespace {

// Final mean weight, g.
struct Limits {
  double optimal;
  double minimal;
};

Limits LimitsOf(const std::string& breed) {
  if (breed == "Mulard") return {6500, 5800};
  if (breed == "Barbarie") return {6000, 5500};
  return {6200, 5600};
}

// Mortality, percent.
constexpr double kPremiumMortality = 3.0;
constexpr double kStandardMortality = 5.0;

}  // namespace

std::string ChooseProfile(const quality::v1::PendingLot& lot) {
  if (!lot.has_poids_moyen_final() || !lot.has_taux_mortalite()) return "foiegras_standard_barquette";
  const Limits limits = LimitsOf(lot.genetique());
  const double weight = lot.poids_moyen_final().value();
  const double mortality = lot.taux_mortalite().value();
  if (weight >= limits.optimal && mortality <= kPremiumMortality) return "foiegras_premium";
  if (weight >= limits.minimal && mortality <= kStandardMortality) return "foiegras_standard_barquette";
  return "foiegras_low_quality";
}

}  // namespace egi::lot_monitor
