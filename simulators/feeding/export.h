// Finished lots as a campaign file (domain.md section 15).
#ifndef EGI_SIMULATORS_FEEDING_EXPORT_H_
#define EGI_SIMULATORS_FEEDING_EXPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "server/campaign/campaign_file.h"
#include "simulators/feeding/simulation.h"

namespace egi::feeding_simulator {

// The rows of the lots. A simulated lot ends with its last meal, so its slaughter is drawn: ITM around the mean of its strain in the campaign with the
// campaign's deviation and within its limits, Sigma from its range, every living bird hung (domain.md sections 4, 5); age and rearing lot are drawn too. The
// same seed and lot give the same row. The layout holds 27 meals: lots of 14 days have 28, are left out, and their codes are added to `left_out`.
std::vector<campaign::CampaignLot> CampaignOf(const std::vector<FinishedLot>& lots, uint64_t seed, std::vector<std::string>* left_out);

// All lots of a simulation to their end, without a server and at once. They are numbered {SITE}{YYMM}{NNN} from 001 for each site and month of the first
// day. Errors: those of Simulation::Create; INVALID_ARGUMENT when it is continuous.
absl::StatusOr<std::vector<FinishedLot>> FeedOffline(SimulationOptions options, absl::Time now);

}  // namespace egi::feeding_simulator

#endif  // EGI_SIMULATORS_FEEDING_EXPORT_H_
