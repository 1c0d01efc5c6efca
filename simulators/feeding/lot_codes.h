// The codes of simulated lots are given by the server, which knows all lots (weaknesses of the original: numbers that began again at 1).
#ifndef EGI_SIMULATORS_FEEDING_LOT_CODES_H_
#define EGI_SIMULATORS_FEEDING_LOT_CODES_H_

#include <functional>
#include <string>

#include "simulators/feeding/simulation.h"

namespace egi::feeding_simulator {

// Creates lots through LotService.CreateLot at HOST:PORT; the request id is made of `run` and the index, so that asking twice gives the same code.
// Errors: UNAVAILABLE and DEADLINE_EXCEEDED (after 5 s) while the server is away, else what it answers.
std::function<CodeSource(const std::string& run)> CodesFromServer(const std::string& server);

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_LOT_CODES_H_
