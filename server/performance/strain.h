// What a strain or a breed is, and how heavy its livers are.
#ifndef EGI_SERVER_PERFORMANCE_STRAIN_H_
#define EGI_SERVER_PERFORMANCE_STRAIN_H_

#include <string>

namespace egi::performance {

// Of the birds of a lot, as the rules of labels ask.
enum class Species {
  kUnknown,
  kMulard,    // Cairina moschata x Anas platyrhynchos
  kBarbarie,  // Cairina moschata
  kPekin,     // Anas platyrhynchos
  kMixed,     // several breeds in one lot
};

// The breed when one is told, else the one a strain names that is nothing but a breed (files of simulated lots: Barbarie, Pékin). A strain that names two lines with ` - ` between them (CF80* - M15 V2E SFM, MMG AS - PKL*, MMG AS - PKLC) is a cross of a
// Muscovy and a Pekin line, that is a mule duck.
Species SpeciesOf(const std::string& genetique, const std::string& souche);

// Mean liver weight of the reference campaign, g (domain.md section 4): 520 (CF80*), 525 (PKL*), 593 (PKLC). Breeds as their curves (section 7.3): Mulard =
// CF80*, Barbarie = PKL*, Pékin = 0.97 * PKL*. Anything else: the mean of the campaign, 523 (39 936.9 kg of 76 379 birds, section 15.4).
double ReferenceLiverG(const std::string& genetique, const std::string& souche);

}  // namespace egi::performance

#endif  // EGI_SERVER_PERFORMANCE_STRAIN_H_
