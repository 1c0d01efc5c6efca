#include "server/performance/strain.h"

#include "absl/strings/match.h"

namespace egi::performance {

Species SpeciesOf(const std::string& genetique, const std::string& souche) {
  if (genetique == "Mulard") return Species::kMulard;
  if (genetique == "Barbarie") return Species::kBarbarie;
  if (genetique == "Pékin") return Species::kPekin;
  if (genetique == "Mixte") return Species::kMixed;
  return absl::StrContains(souche, " - ") ? Species::kMulard : Species::kUnknown;
}

double ReferenceLiverG(const std::string& genetique, const std::string& souche) {
  if (absl::StrContains(souche, "CF80")) return 520;
  if (absl::StrContains(souche, "PKLC")) return 593;
  if (absl::StrContains(souche, "PKL")) return 525;
  if (genetique == "Mulard") return 520;
  if (genetique == "Barbarie") return 525;
  if (genetique == "Pékin") return 525 * 0.97;
  return 523;
}

}  // namespace egi::performance
