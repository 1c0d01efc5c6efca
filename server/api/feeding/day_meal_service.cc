#include "server/api/feeding/day_meal_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/caller.h"
#include "server/api/convert.h"
#include "server/api/feeding/day_checks.h"
#include "server/api/fields.h"
#include "server/api/lot_checks.h"
#include "server/api/page_token.h"
#include "server/base/rich_status.h"
#include "server/base/sha256.h"

namespace egi::api {
namespace {

using feeding::v1::CorrectDayRequest;
using feeding::v1::DayEntry;
using feeding::v1::ListDaysRequest;
using feeding::v1::ListDaysResponse;
using feeding::v1::Lot;
using feeding::v1::RecordDayRequest;
using feeding::v1::RecordDayResponse;
using storage::read::LotKey;
using storage::read::LotReader;
using storage::read::MealReader;

constexpr int kLastDay = 27;

// The entry with the key of the header as its request_id; two that differ are a violation.
DayEntry WithKey(DayEntry entry, const Caller& caller, Fields& fields) {
  entry.set_request_id(WishOf(entry.request_id(), caller, "day.request_id", fields));
  return entry;
}

// The first day of the lot; the day given when it was not fed yet.
absl::CivilDay FirstDay(const Lot& lot, absl::CivilDay fallback) { return lot.has_debut_lot() ? DateOf(lot.debut_lot().value()) : fallback; }

absl::Status Fill(const persist::GroupOutcome& outcome, RecordDayResponse* response) {
  if (!outcome.status.ok()) return outcome.status;
  if (outcome.items.size() != 1) return absl::InternalError("the committer gave no answer for the day");
  const persist::ItemOutcome& item = outcome.items[0];
  if (item.fate == persist::Fate::kRejected) return FromRpcStatus(item.rejection);
  response->set_gavage_id(item.gavage_id);
  response->mutable_gavage_ids()->Add(item.gavage_ids.begin(), item.gavage_ids.end());
  response->set_status(item.fate == persist::Fate::kCorrected ? "corrected" : item.fate == persist::Fate::kDuplicate ? "duplicate" : "saved");
  if (item.dose_gap_pct.has_value()) response->mutable_ecart_courbe_theorique()->set_value(*item.dose_gap_pct);
  response->set_alerte_generee(item.alerts_opened > 0);
  for (const auto& advice : item.recommendations) *response->add_recommandations() = advice;
  response->set_replayed(item.replayed);
  return absl::OkStatus();
}

// What is to be stored for a day. The date is checked here too: it makes the partition that the day falls into.
absl::StatusOr<persist::MealWrite> WriteOf(const Lot& lot, int jour, absl::CivilDay date, DayEntry entry, bool correct, const Caller& caller,
                                           absl::Time now) {
  Fields fields;
  CheckDate(date, now, fields);
  const DayTimes times = TimesOf(entry, date, now, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  persist::MealWrite write;
  write.producer.transport = caller.transport;
  write.received = now;
  write.meal.set_code_lot(lot.code_lot());
  write.meal.set_jour(jour);
  write.meal.set_moment(entry.has_dose_matin() || !entry.has_dose_soir() ? "matin" : "soir");
  ToTimestamp(times.matin.value_or(times.soir.value_or(now)), write.meal.mutable_timestamp());
  if (!entry.request_id().empty()) {
    write.request.id = entry.request_id();
    entry.clear_request_id();
    Sha256 hash;
    hash.Add(absl::StrCat(correct ? "correction" : "day", "\n", lot.code_lot(), "\n", jour, "\n", entry.SerializeAsString()));
    write.request.body_hash = hash.Hex();
  }
  write.day = persist::DayWrite{std::move(entry), absl::FormatCivilTime(date), times.matin, times.soir, correct};
  return write;
}

absl::StatusOr<persist::MealWrite> RecordDay(LotReader& lots, const RecordDayRequest& request, const Caller& caller, absl::Time now) {
  Fields fields;
  DayEntry entry = WithKey(request.day(), caller, fields);
  const LotKey key = fields.Lot("day.lot_id", LotOf(entry.lot_id()));
  fields.Check(IsDate(entry.date_gavage()), "day.date_gavage", "must be a date YYYY-MM-DD");
  CheckEntry(entry, false, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = lots.FindLot(key);
  if (!lot.ok()) return lot.status();
  const absl::CivilDay date = DateOf(entry.date_gavage()), first = FirstDay(*lot, date);
  const int64_t jour = date - first;
  fields.Check(jour >= 0 && jour <= kLastDay, "day.date_gavage",
               absl::StrCat("is ", entry.date_gavage(), ", must be 0..", kLastDay, " days after the first day of the lot, ", absl::FormatCivilTime(first)));
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return WriteOf(*lot, static_cast<int>(jour), date, std::move(entry), false, caller, now);
}

absl::StatusOr<persist::MealWrite> CorrectDay(LotReader& lots, const CorrectDayRequest& request, const Caller& caller, absl::Time now) {
  Fields fields;
  DayEntry entry = WithKey(request.day(), caller, fields);
  const LotKey key = fields.Lot("lot", request.lot());
  fields.Check(request.jour() >= 0 && request.jour() <= kLastDay, "jour", absl::StrCat("is ", request.jour(), ", must be 0..", kLastDay));
  fields.Check(entry.date_gavage().empty() || IsDate(entry.date_gavage()), "day.date_gavage", "must be a date YYYY-MM-DD, or absent");
  CheckEntry(entry, true, fields);
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  const auto lot = lots.FindLot(key);
  if (!lot.ok()) return lot.status();
  const std::string named = LotOf(entry.lot_id());
  fields.Check(named.empty() || named == lot->code_lot() || named == absl::StrCat(lot->id()), "day.lot_id",
               absl::StrCat("names another lot than the path, which is ", lot->code_lot()));
  if (!lot->has_debut_lot()) {
    return WithErrorInfo(absl::NotFoundError(absl::StrCat("lot ", lot->code_lot(), " was not fed yet: nothing is known of its day ", request.jour(),
                                                          "; enter it with POST /api/lots/gavage (RecordDay)")),
                         "DAY_UNKNOWN", {{"lot", lot->code_lot()}, {"jour", absl::StrCat(request.jour())}});
  }
  const absl::CivilDay date = DateOf(lot->debut_lot().value()) + request.jour();
  fields.Check(entry.date_gavage().empty() || DateOf(entry.date_gavage()) == date, "day.date_gavage",
               absl::StrCat("names another day than the path, which is ", absl::FormatCivilTime(date)));
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return WriteOf(*lot, request.jour(), date, std::move(entry), true, caller, now);
}

// Stores the day and finishes the call after the commit, whose thread does it.
void Store(const DaySink& sink, absl::StatusOr<persist::MealWrite> write, RecordDayResponse* response, const Calls::Finish& finish) {
  if (!write.ok()) return finish(write.status());
  sink(*std::move(write), [response, finish](const persist::GroupOutcome& outcome) { finish(Fill(outcome, response)); });
}

absl::Status GetDay(MealReader& meals, const feeding::v1::GetDayRequest& request, feeding::v1::LotDay* response) {
  Fields fields;
  const LotKey lot = fields.Lot("lot", request.lot());
  fields.Check(request.jour() >= 0 && request.jour() <= kLastDay, "jour", absl::StrCat("is ", request.jour(), ", must be 0..", kLastDay));
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return Answer(meals.FindDay(lot, request.jour()), response);
}

absl::Status ListLotDays(MealReader& meals, const feeding::v1::ListLotDaysRequest& request, feeding::v1::ListLotDaysResponse* response) {
  Fields fields;
  const LotKey lot = fields.Lot("lot", request.lot());
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  return AnswerAll(meals.ListLotDays(lot), response->mutable_days());
}

absl::Status ListDays(MealReader& meals, const ListDaysRequest& request, ListDaysResponse* response) {
  Fields fields;
  storage::read::DayQuery query;
  fields.SiteCode("site_code", request.site_code());
  fields.Check(request.gaveur_id() >= 0, "gaveur_id", "must be > 0, or 0 for all");
  const int limit = fields.Number("limit", request.limit(), 1, 500, 100);
  const auto place = ReadPageToken(request, request.page_token(), 2, fields);
  fields.Check(!place.has_value() || IsDate(place->front()), "page_token", "was not made by this listing");
  if (absl::Status bad = fields.status(); !bad.ok()) return bad;
  query.site_code = request.site_code();
  query.gaveur_id = request.gaveur_id();
  query.limit = limit + 1;  // one more tells whether the page is the last
  if (place.has_value()) {
    query.after_date = (*place)[0];
    query.after_code = (*place)[1];
  }
  auto days = meals.ListDays(query);
  if (!days.ok()) return days.status();
  if (static_cast<int>(days->size()) > limit) {
    days->pop_back();
    response->set_next_page_token(MakePageToken(request, {days->back().date_gavage(), days->back().code_lot()}));
  }
  response->set_success(true);
  MoveAll(*std::move(days), response->mutable_data());
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* DayMealService::RecordDay(grpc::CallbackServerContext* context, const RecordDayRequest* request, RecordDayResponse* response) {
  return calls_.Start(context, [=, this, caller = CallerOf(*context)](const Calls::Finish& finish) {
    Store(sink_, api::RecordDay(lots_, *request, caller, clock_.Now()), response, finish);
  });
}

grpc::ServerUnaryReactor* DayMealService::CorrectDay(grpc::CallbackServerContext* context, const CorrectDayRequest* request, RecordDayResponse* response) {
  return calls_.Start(context, [=, this, caller = CallerOf(*context)](const Calls::Finish& finish) {
    Store(sink_, api::CorrectDay(lots_, *request, caller, clock_.Now()), response, finish);
  });
}

grpc::ServerUnaryReactor* DayMealService::GetDay(grpc::CallbackServerContext* context, const feeding::v1::GetDayRequest* request,
                                                 feeding::v1::LotDay* response) {
  return calls_.Run(context, [=, this] { return api::GetDay(meals_, *request, response); });
}

grpc::ServerUnaryReactor* DayMealService::ListLotDays(grpc::CallbackServerContext* context, const feeding::v1::ListLotDaysRequest* request,
                                                      feeding::v1::ListLotDaysResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListLotDays(meals_, *request, response); });
}

grpc::ServerUnaryReactor* DayMealService::ListDays(grpc::CallbackServerContext* context, const ListDaysRequest* request, ListDaysResponse* response) {
  return calls_.Run(context, [=, this] { return api::ListDays(meals_, *request, response); });
}

}  // namespace egi::api
