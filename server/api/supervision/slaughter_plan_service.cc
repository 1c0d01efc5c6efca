#include "server/api/supervision/slaughter_plan_service.h"

#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "server/api/caller.h"
#include "server/api/convert.h"
#include "server/api/fields.h"
#include "server/api/lot_checks.h"
#include "server/api/pages.h"
#include "server/base/site_zone.h"

namespace egi::api {
namespace {

using storage::PlanReader;
using storage::PlanStore;
using supervision::v1::AssignLotRequest;
using supervision::v1::ChangeSlotRequest;
using supervision::v1::CreateSlotRequest;
using supervision::v1::GetPlanRequest;
using supervision::v1::ListFeederCapacityRequest;
using supervision::v1::ListFeederCapacityResponse;
using supervision::v1::ListSlotChangesRequest;
using supervision::v1::ListSlotChangesResponse;
using supervision::v1::PlanFigures;
using supervision::v1::RemoveLotRequest;
using supervision::v1::SlaughterhouseUse;
using supervision::v1::SlaughterPlan;
using supervision::v1::Slot;

constexpr int kPlanDays = 14;   // after the first day, where no last day is told
constexpr int kMaxDays = 366;
constexpr double kBottleneckPct = 90;  // analytics.md section 5

double Percent(double part, double whole) { return 100 * part / whole; }

// 00:00..23:59.
bool IsHour(const std::string& text) {
  if (text.size() != 5 || text[2] != ':') return false;
  for (const int i : {0, 1, 3, 4}) {
    if (!absl::ascii_isdigit(text[i])) return false;
  }
  return text.substr(0, 2) < "24" && text.substr(3) < "60";
}

// In the zone of the sites, ISO date.
std::string Today(absl::Time now) { return absl::FormatCivilTime(absl::ToCivilDay(now, SiteZone())); }

// The figures that follow from the columns.
Slot Complete(Slot slot) {
  slot.set_places_libres(slot.capacite_max() - slot.nb_canards());
  slot.set_taux_utilisation_pct(Percent(slot.nb_canards(), slot.capacite_max()));
  slot.set_goulot(slot.taux_utilisation_pct() >= kBottleneckPct);
  return slot;
}

absl::Status AnswerSlot(PlanReader& reader, int32_t id, Slot* response) {
  auto slot = reader.FindSlot(id);
  if (!slot.ok()) return slot.status();
  *response = Complete(*std::move(slot));
  return absl::OkStatus();
}

void AddUse(const Slot& slot, SlaughterhouseUse& use) {
  use.set_abattoir(slot.abattoir());
  use.set_nb_creneaux(use.nb_creneaux() + 1);
  use.set_capacite_max(use.capacite_max() + slot.capacite_max());
  use.set_nb_canards(use.nb_canards() + slot.nb_canards());
  use.set_taux_utilisation_pct(Percent(use.nb_canards(), use.capacite_max()));
}

void Count(const Slot& slot, PlanFigures& figures) {
  if (slot.statut() == "planifie") figures.set_nb_planifies(figures.nb_planifies() + 1);
  if (slot.statut() == "confirme") figures.set_nb_confirmes(figures.nb_confirmes() + 1);
  if (slot.statut() == "realise") figures.set_nb_realises(figures.nb_realises() + 1);
  if (slot.statut() == "annule") {
    figures.set_nb_annules(figures.nb_annules() + 1);
    return;
  }
  figures.set_capacite_max(figures.capacite_max() + slot.capacite_max());
  figures.set_nb_canards(figures.nb_canards() + slot.nb_canards());
}

absl::Status GetPlan(PlanReader& reader, const GetPlanRequest& request, absl::Time now, SlaughterPlan* response) {
  Fields fields;
  const absl::CivilDay today = absl::ToCivilDay(now, SiteZone());
  absl::CivilDay from = today;
  bool good = true;
  if (!request.from().empty()) good = IsDate(request.from()) && absl::ParseCivilTime(request.from(), &from);
  fields.Check(good, "from", "must be a date YYYY-MM-DD, or absent for today");
  absl::CivilDay to = from + kPlanDays;
  if (!request.to().empty()) {
    const bool good_end = IsDate(request.to()) && absl::ParseCivilTime(request.to(), &to);
    fields.Check(good_end, "to", absl::StrCat("must be a date YYYY-MM-DD, or absent for ", kPlanDays, " days after from"));
    fields.Check(!good || !good_end || (to >= from && to - from <= kMaxDays), "to", absl::StrCat("must be 0..", kMaxDays, " days after from"));
  }
  fields.SiteCode("site_code", request.site_code());
  fields.OneOf("statut", request.statut(), {"planifie", "confirme", "realise", "annule"});
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  response->set_from(absl::FormatCivilTime(from));
  response->set_to(absl::FormatCivilTime(to));
  auto facts = reader.ReadPlan(response->from(), response->to(), request.site_code(), absl::FormatCivilTime(today));
  if (!facts.ok()) return facts.status();

  std::map<std::string, SlaughterhouseUse> houses;
  std::map<std::pair<std::string, std::string>, SlaughterhouseUse> days;
  for (Slot& slot : facts->slots) {
    slot = Complete(std::move(slot));
    Count(slot, *response->mutable_indicateurs());
    if (slot.statut() != "annule") {
      AddUse(slot, houses[slot.abattoir()]);
      SlaughterhouseUse& day = days[{slot.date(), slot.abattoir()}];
      day.set_date(slot.date());
      AddUse(slot, day);
    }
    if (request.statut().empty() || request.statut() == slot.statut()) *response->add_creneaux() = std::move(slot);
  }
  MoveAll(std::move(facts->lots), response->mutable_a_planifier());
  PlanFigures& figures = *response->mutable_indicateurs();
  figures.set_nb_a_planifier(facts->lots_in_all);
  if (figures.capacite_max() > 0) figures.mutable_taux_utilisation_pct()->set_value(Percent(figures.nb_canards(), figures.capacite_max()));
  for (auto& [name, use] : houses) *response->add_abattoirs() = std::move(use);
  for (auto& [key, use] : days) {
    if (use.taux_utilisation_pct() >= kBottleneckPct) *response->add_goulots() = std::move(use);
  }
  return absl::OkStatus();
}

// What every change needs: the slot, who, and where `least` is not 0, why.
template <typename Request>
void CheckChange(const Request& request, size_t least, Fields& fields) {
  fields.Check(request.id() > 0, "id", "must be the number of a slot, > 0");
  fields.Text("by", request.by(), 1, 100);
  fields.Text("reason", request.reason(), least, 500);
}

absl::Status CreateSlot(PlanReader& reader, PlanStore& store, CreateSlotRequest request, absl::Time now, grpc::CallbackServerContext* context,
                        Slot* response) {
  Fields fields;
  request.set_abattoir(std::string(absl::StripAsciiWhitespace(request.abattoir())));
  fields.SiteCode("site_code", request.site_code());
  fields.Check(!request.site_code().empty(), "site_code", "is needed: LL, LS or MT, the site of the lots");
  fields.Text("abattoir", request.abattoir(), 1, 100);
  fields.Check(IsDate(request.date()) && request.date() >= Today(now), "date", absl::StrCat("must be a date YYYY-MM-DD, today (", Today(now), ") or later"));
  const bool begins = IsHour(request.heure_debut()), ends = IsHour(request.heure_fin());
  fields.Check(begins, "heure_debut", "must be an hour HH:MM, 00:00..23:59");
  fields.Check(ends, "heure_fin", "must be an hour HH:MM, 00:00..23:59");
  fields.Check(!begins || !ends || request.heure_debut() < request.heure_fin(), "heure_fin", "must be after heure_debut");
  fields.Check(request.capacite_max() >= 1 && request.capacite_max() <= 100000, "capacite_max", "must be 1..100000 birds");
  fields.Text("by", request.by(), 1, 100);
  fields.Text("reason", request.reason(), 0, 500);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto opened = store.CreateSlot(request);
  if (!opened.ok()) return opened.status();
  TellNew(opened->is_new, context);
  return AnswerSlot(reader, opened->id, response);
}

absl::Status AssignLot(PlanReader& reader, PlanStore& store, const AssignLotRequest& request, absl::Time now, Slot* response) {
  Fields fields;
  CheckChange(request, 0, fields);
  const auto lot = fields.Lot("lot", request.lot());
  const double km = request.distance_km().value();
  fields.Check(std::isfinite(km) && km >= 0 && km <= 2000, "distance_km", "must be 0..2000 km, or absent");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = store.Assign(request, lot, Today(now)); !failed.ok()) return failed;
  return AnswerSlot(reader, request.id(), response);
}

absl::Status RemoveLot(PlanReader& reader, PlanStore& store, const RemoveLotRequest& request, Slot* response) {
  Fields fields;
  CheckChange(request, 0, fields);
  const auto lot = fields.Lot("lot", request.lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = store.Remove(request, lot); !failed.ok()) return failed;
  return AnswerSlot(reader, request.id(), response);
}

using Move = absl::Status (PlanStore::*)(const ChangeSlotRequest&);

absl::Status ChangeSlot(PlanReader& reader, PlanStore& store, Move move, size_t least_reason, const ChangeSlotRequest& request, Slot* response) {
  Fields fields;
  CheckChange(request, least_reason, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  if (absl::Status failed = (store.*move)(request); !failed.ok()) return failed;
  return AnswerSlot(reader, request.id(), response);
}

absl::Status ListSlotChanges(PlanReader& reader, const ListSlotChangesRequest& request, ListSlotChangesResponse* response) {
  Fields fields;
  fields.Check(request.id() > 0, "id", "must be the number of a slot, > 0");
  return AnswerPage(
      request, fields, [&](std::optional<int64_t> before, int limit) { return reader.ListChanges(request.id(), before.value_or(0), limit); },
      [](const supervision::v1::SlotChange& change) { return change.id(); }, Into(response->mutable_changes()), response->mutable_next_page_token());
}

absl::Status ListFeederCapacity(PlanReader& reader, const ListFeederCapacityRequest& request, ListFeederCapacityResponse* response) {
  Fields fields;
  fields.SiteCode("site_code", request.site_code());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  auto sites = reader.ListCapacity(request.site_code());
  if (!sites.ok()) return sites.status();
  for (auto& site : *sites) {
    site.set_places_libres(site.capacite_gavage_max() - site.nb_canards());
    if (site.capacite_gavage_max() > 0) site.set_taux_utilisation_pct(Percent(site.nb_canards(), site.capacite_gavage_max()));
  }
  MoveAll(*std::move(sites), response->mutable_sites());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* SlaughterPlanService::GetPlan(grpc::CallbackServerContext* context, const GetPlanRequest* request, SlaughterPlan* response) {
  return calls_.Run(context, [=, this] { return api::GetPlan(reader_, *request, clock_.Now(), response); });
}

grpc::ServerUnaryReactor* SlaughterPlanService::CreateSlot(grpc::CallbackServerContext* context, const CreateSlotRequest* request, Slot* response) {
  return calls_.Run(context, [=, this] { return api::CreateSlot(reader_, store_, *request, clock_.Now(), context, response); });
}

grpc::ServerUnaryReactor* SlaughterPlanService::GetSlot(grpc::CallbackServerContext* context, const supervision::v1::GetSlotRequest* request,
                                                        Slot* response) {
  return calls_.Run(context, [=, this] { return AnswerSlot(reader_, request->id(), response); });
}

grpc::ServerUnaryReactor* SlaughterPlanService::AssignLot(grpc::CallbackServerContext* context, const AssignLotRequest* request, Slot* response) {
  return calls_.Run(context, [=, this] { return api::AssignLot(reader_, store_, *request, clock_.Now(), response); });
}

grpc::ServerUnaryReactor* SlaughterPlanService::RemoveLot(grpc::CallbackServerContext* context, const RemoveLotRequest* request, Slot* response) {
  return calls_.Run(context, [=, this] { return api::RemoveLot(reader_, store_, *request, response); });
}

grpc::ServerUnaryReactor* SlaughterPlanService::ConfirmSlot(grpc::CallbackServerContext* context, const ChangeSlotRequest* request, Slot* response) {
  return calls_.Run(context, [=, this] { return ChangeSlot(reader_, store_, &PlanStore::Confirm, 0, *request, response); });
}

grpc::ServerUnaryReactor* SlaughterPlanService::ReopenSlot(grpc::CallbackServerContext* context, const ChangeSlotRequest* request, Slot* response) {
  return calls_.Run(context, [=, this] { return ChangeSlot(reader_, store_, &PlanStore::Reopen, 1, *request, response); });
}

grpc::ServerUnaryReactor* SlaughterPlanService::CancelSlot(grpc::CallbackServerContext* context, const ChangeSlotRequest* request, Slot* response) {
  return calls_.Run(context, [=, this] { return ChangeSlot(reader_, store_, &PlanStore::Cancel, 1, *request, response); });
}

grpc::ServerUnaryReactor* SlaughterPlanService::ListSlotChanges(grpc::CallbackServerContext* context, const ListSlotChangesRequest* request,
                                                                ListSlotChangesResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListSlotChanges(reader_, *request, response); });
}

grpc::ServerUnaryReactor* SlaughterPlanService::ListFeederCapacity(grpc::CallbackServerContext* context, const ListFeederCapacityRequest* request,
                                                                   ListFeederCapacityResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListFeederCapacity(reader_, *request, response); });
}

}  // namespace egi::api
