// Any bytes must be read or refused, never crash, and what is read must be within the stated ranges.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "server/campaign/campaign_file.h"
#include "server/campaign/convert.h"
#include "server/campaign/review.h"
#include "server/campaign/write.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto campaign = egi::campaign::ReadCampaign(std::string(reinterpret_cast<const char*>(data), size));
  if (!campaign.ok()) {
    if (campaign.status().message().empty()) std::abort();
    return 0;
  }
  std::string refused(egi::campaign::AllRowsGood(*campaign).message());
  if (refused.empty() != campaign->bad.empty() || static_cast<int>(campaign->lots.size()) > campaign->rows) std::abort();
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
  // What is written can be read again as the same lots.
  if (campaign->lots.empty()) return 0;
  for (const auto layout : {egi::campaign::Layout::k174, egi::campaign::Layout::k199, egi::campaign::Layout::k100}) {
    auto written = campaign->lots;
    for (auto& lot : written) {
      for (const char* column : egi::campaign::kPersonalColumns) lot.cells.erase(column);
      lot.cells["Gaveur"] = "#1";
    }
    const auto again = egi::campaign::ReadCampaign(egi::campaign::WriteCampaignFile(written, layout));
    if (!again.ok()) std::abort();
    for (const auto& lot : again->lots) {
      const auto same = std::find_if(written.begin(), written.end(), [&](const auto& one) { return one.code == lot.code; });
      if (same == written.end() || same->placed != lot.placed || same->last_meal() != lot.last_meal()) std::abort();
    }
  }
  return 0;
}
