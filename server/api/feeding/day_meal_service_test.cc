#include "egi/feeding/v1/day_meal.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "egi/feeding/v1/meal_history.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"
#include "server/persist/submit_and_wait.h"

namespace egi::api {
namespace {

using feeding::v1::DayEntry;
using feeding::v1::DayMealService;
using feeding::v1::LotDay;
using feeding::v1::MealHistory;
using feeding::v1::MealHistoryService;
using feeding::v1::RecordDayResponse;
using ::testing::ElementsAre;
using Stub = DayMealService::Stub;

// The clock stands at 2026-02-03 09:00 UTC; LL2602001 is fed since 31 January, 50 birds were placed.
class DayMealServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = DayMealService::NewStub(channel_);
    histories_ = MealHistoryService::NewStub(channel_);
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (4, 'Gaveur 4', 'LL'), (5, 'Gaveur 5', 'MT') RETURNING 1");
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, debut_lot, nb_canards_initial, duree_gavage_prevue) VALUES "
        "('LL2602001', 'LL', 4, '2026-01-31', 50, 12), ('MT2602001', 'MT', 5, NULL, 40, NULL) RETURNING 1");
  }

  static DayEntry Day(const std::string& date, double matin = 300, double soir = 320) {
    DayEntry day;
    day.mutable_lot_id()->set_string_value("LL2602001");
    day.set_date_gavage(date);
    day.set_dose_matin(matin);
    day.set_dose_soir(soir);
    day.set_heure_gavage_matin("07:00");
    day.set_heure_gavage_soir("18:30");
    day.set_nb_canards_peses(2);
    day.add_poids_echantillon(4500);
    day.add_poids_echantillon(4600);
    day.set_saisi_par("user:4");
    return day;
  }

  grpc::Status Record(const DayEntry& day, RecordDayResponse* response, const std::string& key = "") {
    feeding::v1::RecordDayRequest request;
    *request.mutable_day() = day;
    grpc::ClientContext context;
    if (!key.empty()) context.AddMetadata("idempotency-key", key);
    return stub_->RecordDay(&context, request, response);
  }

  grpc::Status Correct(int jour, DayEntry day, RecordDayResponse* response) {
    feeding::v1::CorrectDayRequest request;
    request.set_lot("LL2602001");
    request.set_jour(jour);
    day.set_raison_correction("lue de travers");
    *request.mutable_day() = std::move(day);
    return Call(*stub_, &Stub::CorrectDay, request, response);
  }

  LotDay Get(const std::string& lot, int jour) {
    feeding::v1::GetDayRequest request;
    request.set_lot(lot);
    request.set_jour(jour);
    LotDay day;
    const grpc::Status status = Call(*stub_, &Stub::GetDay, request, &day);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return day;
  }

  feeding::v1::ListLotDaysResponse Days() {
    feeding::v1::ListLotDaysRequest request;
    request.set_lot("LL2602001");
    feeding::v1::ListLotDaysResponse response;
    EXPECT_TRUE(Call(*stub_, &Stub::ListLotDays, request, &response).ok());
    return response;
  }

  // A meal as a stream would bring it.
  void Stream(int jour, const std::string& moment, double dose, const std::string& by = "") {
    persist::MealWrite write;
    write.received = clock_.Now();
    write.producer.id = "barn-7";
    write.meal.set_code_lot("LL2602001");
    write.meal.set_jour(jour);
    write.meal.set_moment(moment);
    write.meal.set_dose_theorique(300);
    write.meal.set_dose_reelle(dose);
    write.meal.set_saisi_par(by);
    write.meal.set_raison_correction(by.empty() ? "" : "pesée refaite");
    write.meal.mutable_timestamp()->set_seconds(1769839200 + jour * 86400 + (moment == "soir" ? 43200 : 0));  // 31 January 06:00 UTC
    const auto outcome = persist::SubmitAndWait<persist::MealWrite>(meals_.get(), {write});
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  }

  std::unique_ptr<Stub> stub_;
  std::unique_ptr<MealHistoryService::Stub> histories_;
};

TEST_F(DayMealServiceTest, CorrectionAfterSlaughterCorrectsTheItmAndStandsInTheHistoryUnderItsAuthor) {
  Stream(0, "matin", 300);
  EXPECT_EQ(Sql("SELECT changed_by || ' ' || transition FROM lots_gavage_history WHERE code_lot = 'LL2602001' ORDER BY id DESC LIMIT 1"), "barn-7 start");
  Sql("UPDATE lots_gavage SET statut = 'abattu', itm = 0.6, poids_foie_moyen = 500, itm_estime = 0.75, poids_foie_estime = 400 "
      "WHERE code_lot = 'LL2602001' RETURNING 1");
  Stream(0, "matin", 320, "user:4");
  EXPECT_EQ(Sql("SELECT total_corn_real || ' ' || itm || ' ' || itm_estime FROM lots_gavage WHERE code_lot = 'LL2602001'"), "320 0.64 0.8");
  EXPECT_EQ(Sql("SELECT changed_by FROM lots_gavage_history WHERE code_lot = 'LL2602001' ORDER BY id DESC LIMIT 1"), "user:4");
}

TEST_F(DayMealServiceTest, DayIsReadBackAsItWasEntered) {
  DayEntry entry = Day("2026-02-01");
  entry.set_mortalite_jour(2);
  entry.set_cause_mortalite("chaleur");
  entry.set_temperature_stabule(21.5);
  entry.set_suit_courbe_theorique(false);
  entry.set_raison_ecart("jabots pleins");
  RecordDayResponse response;
  const grpc::Status status = Record(entry, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.status(), "saved");
  ASSERT_EQ(response.gavage_ids_size(), 2);
  EXPECT_EQ(response.gavage_id(), response.gavage_ids(0));
  EXPECT_FALSE(response.has_ecart_courbe_theorique()) << "nothing was prescribed";
  const LotDay day = Get("LL2602001", 1);
  EXPECT_EQ(day.date_gavage(), "2026-02-01");
  EXPECT_EQ(day.jour_gavage(), 1);
  EXPECT_EQ(day.dose_matin().value(), 300);
  EXPECT_EQ(day.dose_soir().value(), 320);
  EXPECT_EQ(day.dose_totale(), 620);
  EXPECT_EQ(day.heure_gavage_matin().value(), "07:00");
  EXPECT_EQ(day.heure_gavage_soir().value(), "18:30");
  EXPECT_EQ(day.poids_moyen().value(), 4550);
  EXPECT_THAT(day.poids_echantillon(), ElementsAre(4500, 4600));
  EXPECT_EQ(day.nb_canards_vivants().value(), 48);
  EXPECT_EQ(day.mortalite_jour().value(), 2);
  EXPECT_DOUBLE_EQ(day.taux_mortalite().value(), 4);
  EXPECT_EQ(day.temperature_stabule().value(), 21.5);
  EXPECT_FALSE(day.suit_courbe_theorique().value());
  EXPECT_EQ(day.raison_ecart().value(), "jabots pleins");
  EXPECT_EQ(day.cause_mortalite().value(), "chaleur");
  EXPECT_FALSE(day.has_remarques());
  EXPECT_EQ(day.saisi_par().value(), "user:4");
  EXPECT_EQ(day.corrections(), 0);
  EXPECT_EQ(Sql("SELECT statut FROM lots_gavage WHERE code_lot = 'LL2602001'"), "en_gavage");
}

TEST_F(DayMealServiceTest, LotIsNamedByIdOrCodeAndItsFirstDayIsDayZero) {
  DayEntry entry = Day("2026-02-01");
  entry.mutable_lot_id()->set_number_value(std::stod(Sql("SELECT id FROM lots_gavage WHERE code_lot = 'MT2602001'")));
  RecordDayResponse response;
  ASSERT_TRUE(Record(entry, &response).ok());
  EXPECT_EQ(Get("MT2602001", 0).date_gavage(), "2026-02-01");
  entry.set_date_gavage("2026-02-02");
  ASSERT_TRUE(Record(entry, &response).ok());
  EXPECT_EQ(Get("MT2602001", 1).date_gavage(), "2026-02-02");
}

TEST_F(DayMealServiceTest, DayThatIsKnownIsAlreadyExistsUnlessItIsTheSameRequest) {
  RecordDayResponse first, again;
  ASSERT_TRUE(Record(Day("2026-02-01"), &first, "k-1").ok());
  const grpc::Status conflict = Record(Day("2026-02-01"), &again);
  EXPECT_EQ(conflict.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Reason(conflict), "DAY_KNOWN");
  ASSERT_TRUE(Record(Day("2026-02-01"), &again, "k-1").ok());
  EXPECT_TRUE(again.replayed());
  EXPECT_EQ(again.gavage_id(), first.gavage_id());
  EXPECT_EQ(again.status(), "saved");
  const grpc::Status reused = Record(Day("2026-02-01", 301), &again, "k-1");
  EXPECT_EQ(reused.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(Reason(reused), "REQUEST_ID_REUSED");
}

TEST_F(DayMealServiceTest, BadFieldsAreNamedAtOnce) {
  DayEntry bad = Day("2026-02-30", 1001);
  bad.mutable_lot_id()->set_string_value("");
  bad.set_heure_gavage_soir("6 pm");
  RecordDayResponse response;
  const grpc::Status status = Record(bad, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(BadFields(status), ElementsAre("day.lot_id", "day.date_gavage", "day.dose_matin", "day.heure_gavage_soir"));
  EXPECT_THAT(BadFields(Record(Day("2026-01-30"), &response)), ElementsAre("day.date_gavage")) << "before the first day";
  DayEntry unknown = Day("2026-02-01");
  unknown.mutable_lot_id()->set_string_value("LL9999999");
  EXPECT_EQ(Record(unknown, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(DayMealServiceTest, CorrectionReplacesTheDayAndKeepsWhatWasThere) {
  RecordDayResponse response;
  ASSERT_TRUE(Record(Day("2026-02-01"), &response).ok());
  EXPECT_EQ(Correct(2, Day("", 310), &response).error_code(), grpc::StatusCode::NOT_FOUND);
  DayEntry correction = Day("", 310);
  correction.set_saisi_par("user:9");
  correction.set_mortalite_jour(1);
  const grpc::Status status = Correct(1, correction, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.status(), "corrected");
  const LotDay day = Get("LL2602001", 1);
  EXPECT_EQ(day.dose_matin().value(), 310);
  EXPECT_EQ(day.nb_canards_vivants().value(), 49);
  EXPECT_EQ(day.saisi_par().value(), "user:9");
  EXPECT_EQ(day.corrections(), 1) << "one meal and the entry, corrected at once";
  ASSERT_TRUE(Correct(1, correction, &response).ok());
  EXPECT_EQ(response.status(), "duplicate");
  EXPECT_EQ(Get("LL2602001", 1).corrections(), 1);
  EXPECT_EQ(Sql("SELECT count(*) FROM gavage_jours_history"), "1");
  feeding::v1::GetMealHistoryRequest request;
  request.set_gavage_id(day.gavage_id_matin().value());
  MealHistory history;
  ASSERT_TRUE(Call(*histories_, &MealHistoryService::Stub::GetMealHistory, request, &history).ok());
  EXPECT_EQ(history.first_recorded_by(), "user:4");
  ASSERT_EQ(history.changes_size(), 1);
  EXPECT_EQ(history.changes(0).changed_by(), "user:9");
  EXPECT_EQ(history.changes(0).reason(), "lue de travers");
  EXPECT_EQ(history.changes(0).fields(0).field(), "dose_reelle");
  EXPECT_EQ(history.changes(0).fields(0).before().value(), "300");
  EXPECT_EQ(history.changes(0).fields(0).after().value(), "310");
  EXPECT_EQ(Sql("SELECT coalesce(before->>'mortalite_jour', 'not counted') || ' ' || (after->>'mortalite_jour') || ' ' || changed_by FROM gavage_jours_history"),
            "not counted 1 user:9");
  Stream(1, "soir", 325);
  EXPECT_EQ(Get("LL2602001", 1).corrections(), 2) << "a meal that a stream corrects counts by itself";
}

TEST_F(DayMealServiceTest, DayOfAStreamThatIsCorrectedSaysOneCorrection) {
  Stream(1, "matin", 300);
  Stream(1, "soir", 320);
  RecordDayResponse response;
  ASSERT_TRUE(Correct(1, Day("", 310, 330), &response).ok());
  EXPECT_EQ(response.status(), "corrected");
  EXPECT_EQ(Get("LL2602001", 1).corrections(), 1);
}

TEST_F(DayMealServiceTest, DeathsNotCountedAreNullAndNoneIsZero) {
  RecordDayResponse response;
  ASSERT_TRUE(Record(Day("2026-02-01"), &response).ok());
  EXPECT_FALSE(Get("LL2602001", 1).has_mortalite_jour());
  EXPECT_EQ(Sql("SELECT count(*) FROM gavage_jours WHERE mortalite_jour IS NULL"), "1");
  DayEntry two = Day(""), none = Day("");
  two.set_mortalite_jour(2);
  ASSERT_TRUE(Correct(1, two, &response).ok());
  EXPECT_EQ(Get("LL2602001", 1).mortalite_jour().value(), 2);
  ASSERT_TRUE(Correct(1, Day("", 311), &response).ok());
  EXPECT_EQ(Get("LL2602001", 1).mortalite_jour().value(), 2) << "as entered before";
  none.set_mortalite_jour(0);
  ASSERT_TRUE(Correct(1, none, &response).ok());
  const LotDay day = Get("LL2602001", 1);
  EXPECT_TRUE(day.has_mortalite_jour());
  EXPECT_EQ(day.mortalite_jour().value(), 0);
  EXPECT_EQ(day.nb_canards_vivants().value(), 50);
  EXPECT_EQ(Sql("SELECT mortalite_jour FROM gavage_jours"), "0");
}

TEST_F(DayMealServiceTest, CorrectionOfOneHalfOnALotWithACurveCorrectsThatHalfOnly) {
  Sql("INSERT INTO courbes_theoriques (lot_id, source, methode, duree_gavage_jours, doses_g) SELECT id, 'manuelle', 'essai', 2, '{290, 300, 310, 320}' "
      "FROM lots_gavage WHERE code_lot = 'LL2602001' RETURNING 1");
  Sql("UPDATE lots_gavage SET courbe_id = (SELECT max(id) FROM courbes_theoriques) WHERE code_lot = 'LL2602001' RETURNING 1");
  RecordDayResponse response;
  ASSERT_TRUE(Record(Day("2026-02-01"), &response).ok());
  EXPECT_EQ(Get("LL2602001", 1).dose_theorique_matin().value(), 310);
  DayEntry evening = Day("", 0, 330);
  evening.clear_dose_matin();
  ASSERT_TRUE(Correct(1, evening, &response).ok());
  EXPECT_EQ(response.gavage_ids_size(), 1);
  EXPECT_EQ(Sql("SELECT string_agg(moment || ' ' || correction, ', ' ORDER BY moment) FROM gavage_meals"), "matin 0, soir 1");
  EXPECT_EQ(Get("LL2602001", 1).dose_matin().value(), 300);
  EXPECT_EQ(Get("LL2602001", 1).dose_soir().value(), 330);
  ASSERT_TRUE(Correct(1, Day("", 300, 330), &response).ok());
  EXPECT_EQ(Sql("SELECT string_agg(moment || ' ' || correction, ', ' ORDER BY moment) FROM gavage_meals"), "matin 0, soir 1") << "the same values";
}

TEST_F(DayMealServiceTest, DateThatCannotBeAsksForNoPartition) {
  const std::string before = Sql("SELECT count(*) FROM pg_inherits");
  RecordDayResponse response;
  DayEntry entry = Day("1950-02-01");
  entry.mutable_lot_id()->set_string_value("MT2602001");
  EXPECT_THAT(BadFields(Record(entry, &response)), ElementsAre("day.date_gavage"));
  feeding::v1::CorrectDayRequest request;
  request.set_lot("MT2602001");
  *request.mutable_day() = Day("");
  request.mutable_day()->clear_lot_id();
  request.mutable_day()->set_raison_correction("lue de travers");
  const grpc::Status unknown = Call(*stub_, &Stub::CorrectDay, request, &response);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND) << "the lot was not fed yet";
  EXPECT_EQ(Reason(unknown), "DAY_UNKNOWN");
  EXPECT_EQ(Sql("SELECT count(*) FROM pg_inherits"), before);
}

TEST_F(DayMealServiceTest, CorrectionOfDeathsAloneNamesWhatChanged) {
  RecordDayResponse response;
  ASSERT_TRUE(Record(Day("2026-02-01"), &response).ok());
  DayEntry deaths = Day("");
  deaths.clear_dose_matin();
  deaths.clear_dose_soir();
  deaths.set_mortalite_jour(2);
  ASSERT_TRUE(Correct(1, deaths, &response).ok());
  feeding::v1::GetMealHistoryRequest request;
  request.set_gavage_id(Get("LL2602001", 1).gavage_id_matin().value());
  MealHistory history;
  ASSERT_TRUE(Call(*histories_, &MealHistoryService::Stub::GetMealHistory, request, &history).ok());
  EXPECT_EQ(history.meal().meal().nb_morts(), 2);
  ASSERT_EQ(history.changes_size(), 1);
  std::vector<std::string> fields;
  for (const auto& field : history.changes(0).fields()) fields.push_back(absl::StrCat(field.field(), " ", field.before().value(), " ", field.after().value()));
  EXPECT_THAT(fields, ElementsAre("nb_canards_vivants  48", "taux_mortalite  4", "nb_morts  2"));
}

TEST_F(DayMealServiceTest, MealHistoryTellsEveryValueNewestFirst) {
  Stream(0, "matin", 300);
  Stream(0, "matin", 305, "user:4");
  Stream(0, "matin", 300, "user:5");
  feeding::v1::GetMealHistoryRequest request;
  request.set_lot("LL2602001");
  request.set_moment("matin");
  MealHistory history;
  ASSERT_TRUE(Call(*histories_, &MealHistoryService::Stub::GetMealHistory, request, &history).ok());
  EXPECT_EQ(history.first_recorded_by(), "barn-7");
  EXPECT_TRUE(history.has_first_received_time());
  EXPECT_EQ(history.meal().meal().dose_reelle(), 300);
  EXPECT_EQ(history.meal().meal().saisi_par(), "") << "names stay in the history";
  ASSERT_EQ(history.changes_size(), 2);
  EXPECT_EQ(history.changes(0).correction(), 2);
  EXPECT_EQ(history.changes(0).changed_by(), "user:5");
  EXPECT_EQ(history.changes(0).fields(0).before().value(), "305");
  EXPECT_EQ(history.changes(1).changed_by(), "user:4");
  EXPECT_EQ(history.changes(1).fields(0).after().value(), "305");
  request.set_gavage_id(1);
  EXPECT_EQ(Call(*histories_, &MealHistoryService::Stub::GetMealHistory, request, &history).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  feeding::v1::GetMealHistoryRequest unknown;
  unknown.set_gavage_id(99);
  EXPECT_EQ(Call(*histories_, &MealHistoryService::Stub::GetMealHistory, unknown, &history).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(DayMealServiceTest, SkippedMealsAreGapsAndTheMealThatIsNotDueYetIsNone) {
  EXPECT_EQ(Days().days_size(), 0);
  Stream(0, "matin", 300);
  Stream(0, "soir", 290);
  Stream(2, "soir", 330);
  Stream(3, "matin", 330);
  const auto days = Days();
  ASSERT_EQ(days.days_size(), 4);
  EXPECT_DOUBLE_EQ(days.days(0).ecart_courbe_theorique().value(), -10.0 / 600 * 100);
  EXPECT_THAT(days.days(0).repas_manques(), ElementsAre());
  EXPECT_THAT(days.days(1).repas_manques(), ElementsAre("matin", "soir"));
  EXPECT_FALSE(days.days(1).has_dose_matin());
  EXPECT_EQ(days.days(1).date_gavage(), "2026-02-01");
  EXPECT_THAT(days.days(2).repas_manques(), ElementsAre("matin"));
  EXPECT_THAT(days.days(3).repas_manques(), ElementsAre()) << "its evening is still to come";
}

TEST_F(DayMealServiceTest, DaysOfAllLotsComeInPagesNewestFirst) {
  RecordDayResponse response;
  for (const char* date : {"2026-01-31", "2026-02-01", "2026-02-02"}) ASSERT_TRUE(Record(Day(date), &response).ok());
  DayEntry elsewhere = Day("2026-02-02");
  elsewhere.mutable_lot_id()->set_string_value("MT2602001");
  ASSERT_TRUE(Record(elsewhere, &response).ok());
  std::vector<std::string> seen;
  feeding::v1::ListDaysRequest request;
  request.set_limit(3);
  for (int page = 0; page < 2; ++page) {
    feeding::v1::ListDaysResponse answer;
    ASSERT_TRUE(Call(*stub_, &Stub::ListDays, request, &answer).ok());
    EXPECT_TRUE(answer.success());
    for (const LotDay& day : answer.data()) seen.push_back(absl::StrCat(day.date_gavage(), " ", day.code_lot()));
    request.set_page_token(answer.next_page_token());
  }
  EXPECT_EQ(request.page_token(), "");
  EXPECT_THAT(seen, ElementsAre("2026-02-02 LL2602001", "2026-02-02 MT2602001", "2026-02-01 LL2602001", "2026-01-31 LL2602001"));
  feeding::v1::ListDaysResponse answer;
  request.set_gaveur_id(5);
  ASSERT_TRUE(Call(*stub_, &Stub::ListDays, request, &answer).ok());
  EXPECT_EQ(answer.data_size(), 1);
}

}  // namespace
}  // namespace egi::api
