// What a lot without a curve in force is going to eat. Pure.
#ifndef EGI_SERVER_PERFORMANCE_PLANNED_CURVE_H_
#define EGI_SERVER_PERFORMANCE_PLANNED_CURVE_H_

#include "server/performance/facts.h"

namespace egi::performance {

// Without a curve in force: the meals of the strain's curve over the planned duration, and those of them that are still to come. Leaves `facts` as they are when
// there is a curve, or no plan.
void AddPlannedCurve(LotFacts& facts);

}  // namespace egi::performance

#endif  // EGI_SERVER_PERFORMANCE_PLANNED_CURVE_H_
