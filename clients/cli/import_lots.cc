#include "clients/cli/import_lots.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "clients/cli/campaign/convert.h"
#include "clients/cpp/client.h"

namespace egi::cli {
namespace {

using campaign::Campaign;
using campaign::Difference;
using campaign::Gap;
using campaign::Review;
using campaign::Warning;

constexpr absl::Duration kImportTimeout = absl::Seconds(60);
constexpr int kMostLots = 500;

std::string Quoted(const std::string& cell) { return cell.empty() ? "empty" : absl::StrCat("'", cell, "'"); }

std::string DifferencesToJson(const std::vector<Difference>& differences) {
  return absl::StrCat("[", absl::StrJoin(differences, ",", [](std::string* out, const Difference& d) {
                        absl::StrAppend(out, "{\"code_lot\":", JsonString(d.lot), ",\"column\":", JsonString(d.column), ",\"file\":", JsonString(d.in_file),
                                        ",\"recomputed\":", JsonString(d.recomputed), "}");
                      }), "]");
}

}  // namespace

void PrintReview(const Campaign& campaign, const Review& r, std::ostream& out) {
  out << absl::StrFormat("%d lots of %d feeders at %d sites (%s, %d columns, separator '%c')\n", r.lots, r.feeders, r.sites, campaign.encoding,
                         campaign.columns, campaign.separator);
  out << absl::StrFormat("%d meals given, %d prescribed; %d birds placed, %d hung; %.1f kg of liver; mean ITM %.2f; mean sigma %.3f of %d lots measured\n",
                         r.meals, r.meals_with_target, r.placed, r.hung, r.liver_kg, r.mean_itm, r.mean_sigma, r.measured_sigma);
  out << absl::StrFormat("derived columns recomputed: %d differences (equal: %d corn_variation, %d cumulCorn, %d delta_feed, %d others)\n",
                         r.differences.size(), r.equal_variation, r.equal_cumulative, r.equal_delta, r.equal_lot_columns);
  for (const Difference& d : r.differences) {
    out << "  " << d.lot << " " << d.column << ": " << Quoted(d.in_file) << " in the file, " << Quoted(d.recomputed) << " recomputed\n";
  }
  out << absl::StrFormat("known habits of the file: corn_variation_1 is 0 in %d lots whose first dose differs from the prescribed one; %d cells are empty after a skipped meal\n",
                         r.first_variation_forced_to_zero, r.empty_after_gap.size());
  out << r.gaps.size() << " meals skipped inside a series (kept as gaps)\n";
  for (const Gap& gap : r.gaps) out << "  " << gap.lot << " meal " << gap.meal << "\n";
  out << r.warnings.size() << " figures worth a look (imported as they are)\n";
  for (const Warning& warning : r.warnings) {
    out << "  " << warning.lot << (warning.meal > 0 ? absl::StrCat(" meal ", warning.meal) : "") << ": " << warning.text << "\n";
  }
}

std::string ReviewToJson(const Campaign& campaign, const Review& r) {
  const std::string gaps = absl::StrJoin(r.gaps, ",", [](std::string* out, const Gap& gap) {
    absl::StrAppend(out, "{\"code_lot\":", JsonString(gap.lot), ",\"repas\":", gap.meal, "}");
  });
  const std::string warnings = absl::StrJoin(r.warnings, ",", [](std::string* out, const Warning& warning) {
    absl::StrAppend(out, "{\"code_lot\":", JsonString(warning.lot), ",\"repas\":", warning.meal, ",\"text\":", JsonString(warning.text), "}");
  });
  return absl::StrCat(
      absl::StrFormat(R"("file":{"encoding":%s,"columns":%d,"lots":%d,"feeders":%d,"sites":%d,"meals":%d,"meals_prescribed":%d,"placed":%d,"hung":%d,)"
                      R"("liver_kg":%.1f,"mean_itm":%.4f,"mean_sigma":%.4f,"sigma_measured":%d},)",
                      JsonString(campaign.encoding), campaign.columns, r.lots, r.feeders, r.sites, r.meals, r.meals_with_target, r.placed, r.hung,
                      r.liver_kg, r.mean_itm, r.mean_sigma, r.measured_sigma),
      absl::StrFormat(R"("equal":{"corn_variation":%d,"cumulCorn":%d,"delta_feed":%d,"others":%d},"corn_variation_1_forced_to_zero":%d,)",
                      r.equal_variation, r.equal_cumulative, r.equal_delta, r.equal_lot_columns, r.first_variation_forced_to_zero),
      "\"differences\":", DifferencesToJson(r.differences), ",\"empty_after_gap\":", DifferencesToJson(r.empty_after_gap), ",\"gaps\":[", gaps,
      "],\"warnings\":[", warnings, "]");
}

int RunImportLots(const Session& session, const ImportLotsOptions& options) {
  std::string bytes;
  if (absl::Status status = ReadInput(session, options.file, &bytes); !status.ok()) return Fail(session, "import lots", status);
  const auto campaign = campaign::ReadCampaign(bytes);
  if (!campaign.ok()) {
    session.err << "egictl: import lots: " << options.file << " cannot be imported:\n" << std::string(campaign.status().message()) << "\n"
                << "Nothing was changed. Correct what is named above and run the command again.\n";
    return kFailed;
  }
  if (campaign->lots.size() > kMostLots) {
    return Fail(session, "import lots", absl::InvalidArgumentError(absl::StrCat(campaign->lots.size(), " lots in one file: at most ", kMostLots,
                                                                                " are imported at once; split the file")));
  }
  const Review review = campaign::ReviewCampaign(*campaign);
  if (!session.json) PrintReview(*campaign, review, session.out);
  client::Client client(session.server, kImportTimeout);
  const auto response = client.ImportLots(campaign::ToImportRequest(*campaign, options.dry_run));
  if (!response.ok()) return Fail(session, "import lots: nothing was changed", response.status());
  if (session.json) {
    session.out << absl::StrFormat(R"({"dry_run":%s,"created":%d,"updated":%d,"unchanged":%d,"gaveurs_created":%d,)", options.dry_run ? "true" : "false",
                                   response->created(), response->updated(), response->unchanged(), response->gaveurs_created())
                << ReviewToJson(*campaign, review) << "}\n";
    return kOk;
  }
  session.out << absl::StrFormat("%s: %d lots created, %d updated, %d unchanged; %d feeders created\n", options.dry_run ? "dry run, nothing was changed" : "imported",
                                 response->created(), response->updated(), response->unchanged(), response->gaveurs_created());
  if (!options.dry_run) session.err << "next: egictl replay " << options.file << " streams the meals of these lots\n";
  return kOk;
}

}  // namespace egi::cli
