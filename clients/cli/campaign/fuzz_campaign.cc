// Any bytes must be read or refused, never crash, and what is read must be within the stated ranges.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "clients/cli/campaign/campaign_file.h"
#include "clients/cli/campaign/convert.h"
#include "clients/cli/campaign/review.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto campaign = egi::campaign::ReadCampaign(std::string(reinterpret_cast<const char*>(data), size));
  if (!campaign.ok()) {
    if (campaign.status().message().empty()) std::abort();
    return 0;
  }
  for (const auto& lot : campaign->lots) {
    if (lot.code.size() != 9 || lot.placed < 1 || lot.hung > lot.placed || lot.last_meal() > egi::campaign::kMeals) std::abort();
  }
  const auto review = egi::campaign::ReviewCampaign(*campaign);
  const auto meals = egi::campaign::ToMeals(*campaign);
  if (meals.ok() && static_cast<int>(meals->size()) != review.meals) std::abort();
  const auto request = egi::campaign::ToImportRequest(*campaign, true);
  for (const auto& lot : request.lots()) {
    for (const auto& [column, cell] : lot.source().fields()) {
      if (egi::campaign::IsPersonal(column)) std::abort();
    }
  }
  return 0;
}
