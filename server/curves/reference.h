// The one table of reference doses: medians of the real doses of the campaign per strain, and what is made of it for a lot. Pure.
#ifndef EGI_SERVER_CURVES_REFERENCE_H_
#define EGI_SERVER_CURVES_REFERENCE_H_

#include <optional>
#include <string>
#include <vector>

namespace egi::curves {

// Meals of the table (domain.md section 7.2).
inline constexpr int kReferenceMeals = 22;

// Most corn a duck of the campaign got, g (domain.md section 7.3).
inline constexpr double kMostCornG = 8940;

// Medians of one strain, or what stands for a breed that the campaign does not have.
struct Reference {
  const char* name;         // "CF80*", "PKL*", "PKLC" or "toutes souches"
  const double* medians_g;  // kReferenceMeals doses, g per duck
  double factor;            // on them: 0.97 for Pékin, else 1
  double itm;               // mean ITM of the strain in the campaign, kg/kg (section 4)
};

// `name`: a strain as in the campaign file ("CF80* - M15 V2E SFM", "MMG AS - PKL*", "MMG AS - PKLC") or a breed. Mulard = CF80*, Barbarie = PKL*, Pékin = PKL* x 0.97
// (section 7.3, an assumption: the campaign has no Barbarie and no Pékin lot), Mixte = all strains. nullopt for any other text.
std::optional<Reference> ReferenceNamed(const std::string& name);

// Of a lot: by its strain, else by its breed, else all strains.
Reference ReferenceOf(const std::string& souche, const std::string& genetique);

// The medians resampled linearly to `meals` >= 2 doses, times the factor, in whole g per duck (section 7.3).
std::vector<double> DosesOf(const Reference& reference, int meals);

// 200 -> 460 g in the morning, 210 -> 490 g in the evening, whatever the strain, 2 * `days` doses (section 7.3: the linear mode of the seeds).
std::vector<double> LinearDoses(int days);

// The same shape with the sum `total_g` > 0, each dose to 0.1 g. `doses_g` has a sum above 0.
std::vector<double> ScaledTo(std::vector<double> doses_g, double total_g);

double Sum(const std::vector<double>& values);

}  // namespace egi::curves

#endif  // EGI_SERVER_CURVES_REFERENCE_H_
