// Stage 2: the rules an item must obey. Pure functions: no clock but the one given, no I/O.
#ifndef EGI_SERVER_VALIDATE_VALIDATE_H_
#define EGI_SERVER_VALIDATE_VALIDATE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "egi/feeding/v1/meal.pb.h"
#include "egi/quality/v1/sample.pb.h"

namespace egi::validate {

// One bad field.
struct Violation {
  std::string field;        // path in the proto, e.g. "tof.distance_mm[27]"
  std::string description;  // what is wrong and what is expected
};

// Brings a sample to its canonical form: grades by their first token (REJET = REJECT), site in capitals, values that exceed the sensor's range by rounding only
// brought back to it. Leaves everything else alone.
void NormaliseSample(quality::v1::Sample* sample);

// Every violation of a normalised sample, empty when it is good. `now` is the time of reception.
std::vector<Violation> ValidateSample(const quality::v1::Sample& sample, absl::Time now);

// Brings a meal to its canonical form: breed and moment spelled as in the specification, site from the code when empty, an id of its lot in code_lot moved to lot_id.
void NormaliseMeal(feeding::v1::Meal* meal);

// The breed in its spelling of the specification; any other text unchanged but for surrounding spaces.
void NormaliseBreed(std::string* breed);

// Mulard, Barbarie, Pékin or Mixte, in that spelling.
bool IsBreed(const std::string& text);

// Every violation of a normalised meal, empty when it is good.
std::vector<Violation> ValidateMeal(const feeding::v1::Meal& meal, absl::Time now);

}  // namespace egi::validate

#endif  // EGI_SERVER_VALIDATE_VALIDATE_H_
