#include "absl/strings/str_cat.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "egi/feeding/v1/lot_life.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"

namespace egi::api {
namespace {

using feeding::v1::Lot;
using feeding::v1::LotLifeService;
using feeding::v1::LotService;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using Stub = LotLifeService::Stub;

class LotLifeServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = LotLifeService::NewStub(channel_);
    lots_ = LotService::NewStub(channel_);
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (1, 'Gaveur 1', 'LL'), (2, 'Gaveur 2', 'LS'), (3, 'Gaveur 3', 'LL') RETURNING 1");
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, debut_lot, nb_canards_initial, nb_canards_vivants, total_corn_real, jour_actuel) "
        "VALUES ('LL2602001', 'LL', 1, 'en_gavage', '2026-02-01', 1000, 980, 7750, 9), "
        "('LL2602002', 'LL', 1, 'en_preparation', '2026-02-01', 50, NULL, NULL, -1) RETURNING 1");
  }

  // Finish, Cancel or Restore of LL2602001.
  template <typename Request>
  grpc::Status Move(grpc::Status (Stub::*call)(grpc::ClientContext*, const Request&, Lot*), Lot* lot) {
    Request request;
    request.set_lot("LL2602001");
    request.set_by("user:3");
    request.set_reason("a reason");
    return Call(*stub_, call, request, lot);
  }
  grpc::Status Slaughter(double liver_g, Lot* lot, int hung = 970) {
    feeding::v1::SlaughterLotRequest request;
    request.set_lot("LL2602001");
    request.set_by("user:3");
    request.set_date_abattage("2026-02-12");
    request.set_nb_canards_accroches(hung);
    request.mutable_poids_foie_moyen()->set_value(liver_g);
    return Call(*stub_, &Stub::SlaughterLot, request, lot);
  }
  feeding::v1::ListLotChangesResponse Changes() {
    feeding::v1::ListLotChangesRequest request;
    request.set_lot("LL2602001");
    feeding::v1::ListLotChangesResponse response;
    EXPECT_TRUE(Call(*stub_, &Stub::ListLotChanges, request, &response).ok());
    return response;
  }

  std::unique_ptr<Stub> stub_;
  std::unique_ptr<LotService::Stub> lots_;
};

TEST_F(LotLifeServiceTest, FinishedLotWaitsForItsInspection) {
  Lot lot;
  ASSERT_TRUE(Move(&Stub::FinishLot, &lot).ok());
  EXPECT_EQ(lot.statut(), "termine");
  EXPECT_TRUE(lot.pret_abattage());
  EXPECT_EQ(Sql("SELECT status FROM sqal_pending_lots WHERE code_lot = 'LL2602001'"), "pending");
  ASSERT_TRUE(Move(&Stub::FinishLot, &lot).ok()) << "again changes nothing";
  EXPECT_EQ(Changes().changes_size(), 2) << "its creation and this";
  EXPECT_EQ(lot.duree_gavage_reelle().value(), 10);
  EXPECT_EQ(Sql("SELECT gaveur_nom FROM sqal_pending_lots"), "Gaveur 1");
}

// domain.md sections 4 and 15.3: ITM = corn per duck / mean liver weight, loss = (placed - hung) / placed.
TEST_F(LotLifeServiceTest, SlaughterMakesItmAndLossFinal) {
  Lot lot;
  ASSERT_TRUE(Move(&Stub::FinishLot, &lot).ok());
  ASSERT_TRUE(Slaughter(500, &lot).ok());
  EXPECT_EQ(lot.statut(), "abattu");
  EXPECT_DOUBLE_EQ(lot.itm().value(), 15.5);
  EXPECT_EQ(lot.classe_itm().value(), "C");
  EXPECT_DOUBLE_EQ(lot.pctg_perte_gavage().value(), 0.03);
  EXPECT_EQ(lot.nombre_mortalite().value(), 30);
  EXPECT_EQ(Sql("SELECT count(*) FROM alert_open WHERE alert_type = 'itm_degrade'"), "0");
  ASSERT_TRUE(Slaughter(450, &lot).ok()) << "other figures correct the first ones";
  EXPECT_NEAR(lot.itm().value(), 17.2222, 1e-4);
  EXPECT_EQ(Sql("SELECT count(*) FROM alert_open WHERE alert_type = 'itm_degrade'"), "1");
  EXPECT_EQ(Changes().changes(0).transition(), "slaughter");
}

// domain.md section 9: 3 % and more is a warning, 5 % and more critical.
TEST_F(LotLifeServiceTest, FinalLossOpensAnAlertThatFollowsTheCorrectedFigure) {
  constexpr char kOpen[] = "SELECT coalesce(string_agg(severite || ' ' || niveau || ' ' || valeur_observee, ', '), '-') FROM alert_open o "
                           "JOIN alertes_euralis a ON a.id = o.alert_id WHERE type_alerte = 'mortalite_haute'";
  Lot lot;
  ASSERT_TRUE(Move(&Stub::FinishLot, &lot).ok());
  ASSERT_TRUE(Slaughter(500, &lot).ok());
  EXPECT_EQ(Sql(kOpen), "warning lot 3");
  ASSERT_TRUE(Slaughter(500, &lot, 950).ok());
  EXPECT_EQ(Sql(kOpen), "critique lot 5");
  ASSERT_TRUE(Slaughter(500, &lot, 971).ok());
  EXPECT_EQ(Sql(kOpen), "-");
}

// Planned: 12 days from 2026-02-01 on, the last one 2026-02-12.
TEST_F(LotLifeServiceTest, SlaughterBeforeThePlannedEndNeedsAReasonThatStandsInTheHistory) {
  Sql("UPDATE lots_gavage SET duree_gavage_prevue = 12 WHERE code_lot = 'LL2602001' RETURNING 1");
  Lot lot;
  ASSERT_TRUE(Move(&Stub::FinishLot, &lot).ok());
  feeding::v1::SlaughterLotRequest request;
  request.set_lot("LL2602001");
  request.set_by("user:3");
  request.set_date_abattage("2026-02-10");
  request.set_nb_canards_accroches(970);
  request.set_reason("  ");
  const grpc::Status refused = Call(*stub_, &Stub::SlaughterLot, request, &lot);
  EXPECT_THAT(BadFields(refused), ElementsAre("reason"));
  EXPECT_THAT(refused.error_message(), ::testing::HasSubstr("2 days before the planned last day, 2026-02-12"));
  EXPECT_EQ(Sql("SELECT statut FROM lots_gavage WHERE code_lot = 'LL2602001'"), "termine");
  request.set_reason("heat wave");
  ASSERT_TRUE(Call(*stub_, &Stub::SlaughterLot, request, &lot).ok());
  EXPECT_EQ(Changes().changes(0).reason(), "heat wave");
  request.clear_reason();
  request.set_nb_canards_accroches(968);
  EXPECT_TRUE(Call(*stub_, &Stub::SlaughterLot, request, &lot).ok()) << "the day was explained";
  request.set_date_abattage("2026-02-09");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::SlaughterLot, request, &lot)), ElementsAre("reason"));
  request.set_date_abattage("2026-02-11");
  EXPECT_TRUE(Call(*stub_, &Stub::SlaughterLot, request, &lot).ok()) << "the day before the last is within the plan";
}

TEST_F(LotLifeServiceTest, WaitingLotHasTheDayOfItsSlaughterUnlessItWasInspectedBefore) {
  constexpr char kDay[] = "SELECT (date_abattage AT TIME ZONE 'Europe/Paris')::date FROM sqal_pending_lots WHERE code_lot = 'LL2602001'";
  Lot lot;
  ASSERT_TRUE(Move(&Stub::FinishLot, &lot).ok());
  ASSERT_TRUE(Slaughter(500, &lot).ok());
  EXPECT_EQ(Sql(kDay), "2026-02-12");
  Sql("UPDATE sqal_pending_lots SET status = 'inspected', date_inspection_sqal = '2026-02-12 15:00+00', date_abattage = '2026-02-11 12:00+00' RETURNING 1");
  ASSERT_TRUE(Slaughter(501, &lot).ok());
  EXPECT_EQ(Sql(kDay), "2026-02-11") << "an inspected lot keeps its day";
}

// A station measures its livers at once, and a sample of the future is refused.
TEST_F(LotLifeServiceTest, LotSlaughteredTodayWaitsSinceNowAtTheLatest) {
  Lot lot;
  ASSERT_TRUE(Move(&Stub::FinishLot, &lot).ok());
  feeding::v1::SlaughterLotRequest request;
  request.set_lot("LL2602001");
  request.set_by("user:3");
  request.set_nb_canards_accroches(900);
  request.set_date_abattage(Sql("SELECT (now() AT TIME ZONE 'Europe/Paris')::date"));
  ASSERT_TRUE(Call(*stub_, &Stub::SlaughterLot, request, &lot).ok());
  EXPECT_EQ(Sql("SELECT date_abattage <= now() FROM sqal_pending_lots WHERE code_lot = 'LL2602001'"), "t");
  EXPECT_EQ(Sql("SELECT bool_and(time <= now()) FROM alertes_euralis"), "t");
}

TEST_F(LotLifeServiceTest, SlaughterOfAnImportedLotKeepsTheFiguresItCameWith) {
  Sql("UPDATE lots_gavage SET origine = 'import', statut = 'termine', itm = 14.5, sigma = 0.2, nb_canards_enleves = 985, nb_canards_meg = 1000 "
      "WHERE code_lot = 'LL2602001' RETURNING 1");
  feeding::v1::SlaughterLotRequest request;
  request.set_lot("LL2602001");
  request.set_by("user:3");
  request.set_date_abattage("2026-02-12");
  request.set_nb_canards_accroches(980);
  Lot lot;
  ASSERT_TRUE(Call(*stub_, &Stub::SlaughterLot, request, &lot).ok());
  EXPECT_EQ(Sql("SELECT itm || ' ' || sigma || ' ' || nb_canards_enleves FROM lots_gavage WHERE code_lot = 'LL2602001'"), "14.5 0.2 985");
}

TEST_F(LotLifeServiceTest, BirdsOfAnImportedLotAreCorrectedWithItsLoss) {
  Sql("UPDATE lots_gavage SET origine = 'import', statut = 'termine', nb_canards_meg = 1000, nb_canards_accroches = 960, pctg_perte_gavage = 0.04, "
      "nb_canards_vivants = NULL WHERE code_lot = 'LL2602001' RETURNING 1");
  feeding::v1::UpdateLotRequest update;
  update.set_lot("LL2602001");
  update.set_by("user:7");
  update.mutable_nombre_canards()->set_value(959);
  Lot lot;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::UpdateLot, update, &lot)), ElementsAre("nombre_canards"));
  update.mutable_nombre_canards()->set_value(1200);
  ASSERT_TRUE(Call(*stub_, &Stub::UpdateLot, update, &lot).ok());
  EXPECT_EQ(lot.nombre_canards().value(), 1200);
  EXPECT_DOUBLE_EQ(lot.pctg_perte_gavage().value(), 0.2);
  constexpr char kOpen[] = "SELECT coalesce(string_agg(severity::text, ','), '-') FROM alert_open WHERE alert_type = 'mortalite_haute'";
  EXPECT_EQ(Sql(kOpen), "3") << "the corrected loss, 20 %, is critical";
  update.mutable_nombre_canards()->set_value(965);
  ASSERT_TRUE(Call(*stub_, &Stub::UpdateLot, update, &lot).ok());
  EXPECT_EQ(Sql(kOpen), "-");
}

TEST_F(LotLifeServiceTest, TransitionTheStateForbidsIsRefusedAndChangesNothing) {
  Lot lot;
  const grpc::Status refused = Slaughter(500, &lot);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(refused), "LOT_STATE");
  EXPECT_THAT(refused.error_message(), ::testing::HasSubstr("possible: finish, cancel"));
  EXPECT_EQ(Changes().changes_size(), 1) << "its creation only";
}

TEST_F(LotLifeServiceTest, CancelledLotLeavesTheListsAndComesBackAsItWas) {
  Lot lot;
  ASSERT_TRUE(Move(&Stub::CancelLot, &lot).ok());
  EXPECT_EQ(lot.statut(), "annule");
  feeding::v1::ListLotsRequest list;
  feeding::v1::ListLotsResponse lots;
  ASSERT_TRUE(Call(*lots_, &LotService::Stub::ListLots, list, &lots).ok());
  ASSERT_EQ(lots.lots_size(), 1);
  EXPECT_EQ(lots.lots(0).code_lot(), "LL2602002");
  ASSERT_TRUE(Move(&Stub::RestoreLot, &lot).ok());
  EXPECT_EQ(lot.statut(), "en_gavage");
}

// Front ends of api.md C.2 send neither `by` nor `reason`.
TEST_F(LotLifeServiceTest, ChangeAndCancellationByNobodyAreThoseOfTheApi) {
  feeding::v1::UpdateLotRequest update;
  update.set_lot("LL2602001");
  update.mutable_nombre_canards()->set_value(1010);
  Lot lot;
  ASSERT_TRUE(Call(*stub_, &Stub::UpdateLot, update, &lot).ok());
  feeding::v1::CancelLotRequest cancel;
  cancel.set_lot("LL2602001");
  ASSERT_TRUE(Call(*stub_, &Stub::CancelLot, cancel, &lot).ok());
  EXPECT_EQ(lot.statut(), "annule");
  const auto changes = Changes();
  ASSERT_EQ(changes.changes_size(), 3);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(changes.changes(i).changed_by(), "api");
  EXPECT_EQ(changes.changes(2).transition(), "create");
  feeding::v1::FinishLotRequest finish;
  finish.set_lot("LL2602002");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::FinishLot, finish, &lot)), ElementsAre("by", "reason"));
}

TEST_F(LotLifeServiceTest, HistoryTellsWhoWhenWhyAndBothValues) {
  feeding::v1::UpdateLotRequest update;
  update.set_lot("LL2602001");
  update.set_by("user:7");
  update.set_reason("counted again");
  update.mutable_nombre_canards()->set_value(1010);
  Lot lot;
  ASSERT_TRUE(Call(*stub_, &Stub::UpdateLot, update, &lot).ok());
  EXPECT_EQ(lot.nombre_canards().value(), 1010);
  const auto changes = Changes();
  ASSERT_EQ(changes.changes_size(), 2);
  EXPECT_EQ(changes.changes(1).transition(), "create");
  const auto& change = changes.changes(0);
  EXPECT_EQ(change.changed_by(), "user:7");
  EXPECT_EQ(change.transition(), "update");
  EXPECT_EQ(change.reason(), "counted again");
  ASSERT_EQ(change.fields_size(), 1);
  EXPECT_EQ(change.fields(0).field(), "nb_canards_initial");
  EXPECT_EQ(change.fields(0).before().value(), "1000");
  EXPECT_EQ(change.fields(0).after().value(), "1010");
}

TEST_F(LotLifeServiceTest, AgeOfTheBirdsIsToldLaterAndItsChangeIsKept) {
  feeding::v1::UpdateLotRequest update;
  update.set_lot("LL2602001");
  update.set_by("user:7");
  update.mutable_age_animaux()->set_value(92);
  Lot lot;
  ASSERT_TRUE(Call(*stub_, &Stub::UpdateLot, update, &lot).ok());
  EXPECT_EQ(lot.age_animaux().value(), 92);
  EXPECT_EQ(Sql("SELECT after ->> 'age_animaux' FROM lots_gavage_history ORDER BY id DESC LIMIT 1"), "92");
  update.mutable_age_animaux()->set_value(0);
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::UpdateLot, update, &lot)), ElementsAre("age_animaux"));
}

TEST_F(LotLifeServiceTest, ChangeOfALotThatChangedMeanwhileIsAborted) {
  feeding::v1::GetLotRequest get;
  get.set_lot("LL2602001");
  Lot read, lot;
  ASSERT_TRUE(Call(*lots_, &LotService::Stub::GetLot, get, &read).ok());
  feeding::v1::UpdateLotRequest update;
  update.set_lot("LL2602001");
  update.set_by("user:7");
  *update.mutable_updated_at() = read.updated_at();
  update.mutable_objectif_poids_final()->set_value(6500);
  ASSERT_TRUE(Call(*stub_, &Stub::UpdateLot, update, &lot).ok());
  update.mutable_objectif_poids_final()->set_value(6600);
  EXPECT_EQ(Call(*stub_, &Stub::UpdateLot, update, &lot).error_code(), grpc::StatusCode::ABORTED);
}

TEST_F(LotLifeServiceTest, FeederOfAnotherSiteOrAfterTheFirstMealIsRefused) {
  feeding::v1::UpdateLotRequest update;
  update.set_lot("LL2602002");
  update.set_by("user:7");
  update.mutable_gaveur_id()->set_value(2);
  Lot lot;
  EXPECT_EQ(Reason(Call(*stub_, &Stub::UpdateLot, update, &lot)), "GAVEUR_OF_OTHER_SITE");
  update.mutable_gaveur_id()->set_value(777777);
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::UpdateLot, update, &lot)), ElementsAre("gaveur_id"));
  update.mutable_gaveur_id()->set_value(3);
  update.mutable_date_debut_gavage()->set_value("2999-01-01");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::UpdateLot, update, &lot)), ElementsAre("date_debut_gavage"));
  update.clear_date_debut_gavage();
  ASSERT_TRUE(Call(*stub_, &Stub::UpdateLot, update, &lot).ok());
  EXPECT_EQ(lot.gaveur_id().value(), 3);
  Sql("INSERT INTO gavage_meals (code_lot, jour, moment, lot_id, time, body_hash) SELECT code_lot, 0, 'matin', id, now(), '\\x0011223344556677' "
      "FROM lots_gavage WHERE code_lot = 'LL2602002' RETURNING 1");
  update.mutable_gaveur_id()->set_value(1);
  EXPECT_EQ(Reason(Call(*stub_, &Stub::UpdateLot, update, &lot)), "LOT_STATE");
  update.clear_gaveur_id();
  update.mutable_date_debut_gavage()->set_value("2026-02-01");
  EXPECT_TRUE(Call(*stub_, &Stub::UpdateLot, update, &lot).ok()) << "the day it has";
  update.mutable_date_debut_gavage()->set_value("2026-02-02");
  EXPECT_EQ(Reason(Call(*stub_, &Stub::UpdateLot, update, &lot)), "LOT_STATE");
}

TEST_F(LotLifeServiceTest, EveryBadFieldIsNamed) {
  feeding::v1::SlaughterLotRequest request;
  request.mutable_poids_foie_moyen()->set_value(5);
  request.mutable_sigma()->set_value(2);
  Lot lot;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::SlaughterLot, request, &lot)),
              UnorderedElementsAre("lot", "by", "date_abattage", "poids_foie_moyen", "sigma"));
}

TEST_F(LotLifeServiceTest, LotOpensUnderTheNamesOfEitherFrontEndAndUnderItsOwnCode) {
  feeding::v1::CreateLotRequest request;
  request.set_code_lot("LL2602777");
  request.set_site_origine("Bretagne");
  request.set_gaveur_id(1);
  request.set_genetique("pekin");
  request.set_nombre_canards(300);
  request.set_date_debut_gavage("2026-02-03");
  request.set_date_fin_gavage_prevue("2026-02-14");
  Lot lot;
  ASSERT_TRUE(Call(*lots_, &LotService::Stub::CreateLot, request, &lot).ok());
  EXPECT_EQ(lot.code_lot(), "LL2602777");
  EXPECT_EQ(lot.genetique().value(), "Pékin");
  EXPECT_EQ(lot.duree_prevue().value(), 12);
  EXPECT_EQ(lot.date_fin_gavage_prevue().value(), "2026-02-14");
  ASSERT_TRUE(Call(*lots_, &LotService::Stub::CreateLot, request, &lot).ok()) << "the same again answers the same lot";
  request.set_nombre_canards(301);
  EXPECT_EQ(Call(*lots_, &LotService::Stub::CreateLot, request, &lot).error_code(), grpc::StatusCode::ALREADY_EXISTS);
  request.set_site_code("LS");
  EXPECT_THAT(BadFields(Call(*lots_, &LotService::Stub::CreateLot, request, &lot)), ::testing::Contains("site_origine"));
  request.clear_site_code();
  request.clear_code_lot();
  request.set_request_id("wish-1");
  request.set_gaveur_id(2);
  EXPECT_EQ(Reason(Call(*lots_, &LotService::Stub::CreateLot, request, &lot)), "GAVEUR_OF_OTHER_SITE");
  request.set_gaveur_id(1);
  ASSERT_TRUE(Call(*lots_, &LotService::Stub::CreateLot, request, &lot).ok());
  const std::string code = lot.code_lot();
  ASSERT_TRUE(Call(*lots_, &LotService::Stub::CreateLot, request, &lot).ok());
  EXPECT_EQ(lot.code_lot(), code);
  request.set_nombre_canards(302);
  EXPECT_EQ(Reason(Call(*lots_, &LotService::Stub::CreateLot, request, &lot)), "REQUEST_ID_REUSED");
}

}  // namespace
}  // namespace egi::api
