#include "server/performance/strain.h"

#include "absl/strings/match.h"
#include "server/validate/validate.h"

namespace egi::performance {
namespace {

// The breed told, else the one that the strain names, in any spelling; else empty.
std::string BreedOf(const std::string& genetique, std::string souche) {
  if (!genetique.empty()) return genetique;
  validate::NormaliseBreed(&souche);
  return validate::IsBreed(souche) ? souche : "";
}

}  // namespace

Species SpeciesOf(const std::string& genetique, const std::string& souche) {
  const std::string breed = BreedOf(genetique, souche);
  if (breed == "Mulard") return Species::kMulard;
  if (breed == "Barbarie") return Species::kBarbarie;
  if (breed == "Pékin") return Species::kPekin;
  if (breed == "Mixte") return Species::kMixed;
  return absl::StrContains(souche, " - ") ? Species::kMulard : Species::kUnknown;
}

double ReferenceLiverG(const std::string& genetique, const std::string& souche) {
  if (absl::StrContains(souche, "CF80")) return 520;
  if (absl::StrContains(souche, "PKLC")) return 593;
  if (absl::StrContains(souche, "PKL")) return 525;
  const std::string breed = BreedOf(genetique, souche);
  if (breed == "Mulard") return 520;
  if (breed == "Barbarie") return 525;
  if (breed == "Pékin") return 525 * 0.97;
  return 523;
}

}  // namespace egi::performance
