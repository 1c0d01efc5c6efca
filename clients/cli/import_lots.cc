#include "clients/cli/import_lots.h"

#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "server/campaign/convert.h"
#include "clients/cpp/client.h"

namespace egi::cli {
namespace {

using campaign::Anomaly;
using campaign::Campaign;
using campaign::Review;

constexpr absl::Duration kImportTimeout = absl::Seconds(60);
constexpr int kMostLots = 500;

std::string Quoted(const std::string& cell) { return cell.empty() ? "empty" : absl::StrCat("'", cell, "'"); }

// The anomalies whose kind is (or, with `others`, is not) one of `kinds`.
std::vector<const Anomaly*> Of(const Review& review, const std::set<std::string>& kinds, bool others = false) {
  std::vector<const Anomaly*> found;
  for (const Anomaly& anomaly : review.anomalies) {
    if ((kinds.count(anomaly.kind) > 0) != others) found.push_back(&anomaly);
  }
  return found;
}

const std::set<std::string>& NotDoubts() {
  static const auto* kinds = new std::set<std::string>{"difference", "gap", "empty_after_gap", "first_variation", "same_meaning", "other_definition"};
  return *kinds;
}

std::string ToJson(const std::vector<const Anomaly*>& anomalies) {
  return absl::StrCat("[", absl::StrJoin(anomalies, ",", [](std::string* out, const Anomaly* a) {
                        absl::StrAppend(out, "{\"code_lot\":", JsonString(a->lot), ",\"row\":", a->row, ",\"column\":", JsonString(a->column),
                                        ",\"repas\":", a->meal, ",\"file\":", JsonString(a->in_file), ",\"recomputed\":", JsonString(a->expected),
                                        ",\"text\":", JsonString(a->text), "}");
                      }), "]");
}

}  // namespace

void PrintReview(const Campaign& campaign, const Review& r, std::ostream& out) {
  out << absl::StrFormat("%d lots of %d feeders at %d sites (%s, %d columns, separator '%c')\n", r.all.lots, r.feeders, r.sites.size(), campaign.encoding,
                         campaign.columns, campaign.separator);
  out << absl::StrFormat("%d meals given, %d prescribed; %d birds placed, %d hung; %.1f kg of liver; mean ITM %.2f; mean sigma %.3f of %d lots measured\n",
                         r.meals, r.meals_with_target, r.all.placed, r.all.hung, r.all.liver_kg, r.mean_itm, r.mean_sigma, r.measured_sigma);
  out << absl::StrFormat("derived columns recomputed: %d differences (equal: %d corn_variation, %d cumulCorn, %d delta_feed, %d others)\n",
                         r.Count("difference"), r.equal_variation, r.equal_cumulative, r.equal_delta, r.equal_lot_columns);
  for (const Anomaly* d : Of(r, {"difference"})) {
    out << "  " << d->lot << " " << d->column << ": " << Quoted(d->in_file) << " in the file, " << Quoted(d->expected) << " recomputed\n";
  }
  out << absl::StrFormat("known habits of the file: corn_variation_1 is 0 in %d lots whose first dose differs from the prescribed one; %d cells are empty after a skipped meal\n",
                         r.Count("first_variation"), r.Count("empty_after_gap"));
  out << r.Count("gap") << " meals skipped inside a series (kept as gaps)\n";
  for (const Anomaly* gap : Of(r, {"gap"})) out << "  " << gap->lot << " meal " << gap->meal << "\n";
  const std::vector<const Anomaly*> doubts = Of(r, NotDoubts(), true);
  out << doubts.size() << " figures worth a look (imported as they are)\n";
  for (const Anomaly* doubt : doubts) {
    out << "  " << doubt->lot << (doubt->meal > 0 ? absl::StrCat(" meal ", doubt->meal) : "") << ": " << doubt->text << "\n";
  }
}

std::string ReviewToJson(const Campaign& campaign, const Review& r) {
  return absl::StrCat(
      absl::StrFormat(R"("file":{"encoding":%s,"columns":%d,"lots":%d,"feeders":%d,"sites":%d,"meals":%d,"meals_prescribed":%d,"placed":%d,"hung":%d,)"
                      R"("liver_kg":%.1f,"mean_itm":%.4f,"mean_sigma":%.4f,"sigma_measured":%d},)",
                      JsonString(campaign.encoding), campaign.columns, r.all.lots, r.feeders, r.sites.size(), r.meals, r.meals_with_target, r.all.placed,
                      r.all.hung, r.all.liver_kg, r.mean_itm, r.mean_sigma, r.measured_sigma),
      absl::StrFormat(R"("equal":{"corn_variation":%d,"cumulCorn":%d,"delta_feed":%d,"others":%d},"corn_variation_1_forced_to_zero":%d,)",
                      r.equal_variation, r.equal_cumulative, r.equal_delta, r.equal_lot_columns, r.Count("first_variation")),
      "\"differences\":", ToJson(Of(r, {"difference"})), ",\"empty_after_gap\":", ToJson(Of(r, {"empty_after_gap"})), ",\"gaps\":", ToJson(Of(r, {"gap"})),
      ",\"warnings\":", ToJson(Of(r, NotDoubts(), true)));
}

int RunImportLots(const Session& session, const ImportLotsOptions& options) {
  std::string bytes;
  if (absl::Status status = ReadInput(session, options.file, &bytes); !status.ok()) return Fail(session, "import lots", status);
  const auto campaign = campaign::ReadCampaign(bytes);
  if (const absl::Status bad = campaign.ok() ? campaign::AllRowsGood(*campaign) : campaign.status(); !bad.ok()) {
    session.err << "egictl: import lots: " << options.file << " cannot be imported:\n" << std::string(bad.message()) << "\n"
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
