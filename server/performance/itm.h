// ITM, Sigma and production of a lot (domain.md sections 4 and 5). Pure.
#ifndef EGI_SERVER_PERFORMANCE_ITM_H_
#define EGI_SERVER_PERFORMANCE_ITM_H_

#include <optional>
#include <string>

#include "egi/feeding/v1/performance.pb.h"
#include "server/performance/facts.h"

namespace egi::performance {

// Natures of a figure, from the strongest to the weakest.
inline constexpr char kFinal[] = "final";
inline constexpr char kSensed[] = "estimation_capteurs";
inline constexpr char kProjected[] = "projection";
inline constexpr char kUnknown[] = "inconnu";

// Earlier lots of a strain that a projection rests on, at least; with fewer it rests on the reference campaign.
inline constexpr int kEarlierLots = 5;

// A (<= 12.5), B (<= 14), C (<= 15.5), D (<= 17) or E.
const char* ItmClass(double itm);

// kg of corn per kg of liver from g of corn per duck and g of liver. Both > 0.
double Itm(double corn_g, double liver_g);

// The strongest figure the facts allow: final, from sensors (only once the feeding is over: before, more corn follows), projected, unknown.
feeding::v1::ItmFigure ItmOf(const LotFacts& facts);

// 95 % interval of a coefficient of variation found on `count` >= 2 livers of normally distributed weight: McKay's chi-square approximation as modified by
// Vangel (The American Statistician 50, 1996). `upper` is absent where so few livers bound it by nothing.
struct CvInterval {
  double lower = 0;
  std::optional<double> upper;
};
CvInterval IntervalOfCv(double cv, int count);

feeding::v1::SigmaFigure SigmaOf(const LotFacts& facts);

// kg of liver by the ITM of the same lot: birds hung * corn per duck / ITM. Before slaughter the birds alive stand for those hung, and the figure is a
// projection.
feeding::v1::ProductionFigure ProductionOf(const LotFacts& facts, const feeding::v1::ItmFigure& itm);

}  // namespace egi::performance

#endif  // EGI_SERVER_PERFORMANCE_ITM_H_
