#include "absl/strings/str_cat.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/feeding/curve_api_test.h"

namespace egi::api {
namespace {

using feeding::v1::CreateCurveRequest;
using feeding::v1::CurveDashboard;
using feeding::v1::GetLotCurveRequest;
using feeding::v1::GetRealCurveResponse;
using feeding::v1::ListCurvesRequest;
using feeding::v1::ListCurvesResponse;
using feeding::v1::PredictiveCurve;
using feeding::v1::RealDay;
using feeding::v1::TheoreticalCurve;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Stub = feeding::v1::CurveService::Stub;

class CurveServiceTest : public CurveApiTest {
 protected:
  GetLotCurveRequest Lot(const std::string& lot = "LL2602001") {
    GetLotCurveRequest request;
    request.set_lot(lot);
    return request;
  }
  feeding::v1::Lot LotItself() {
    feeding::v1::GetLotRequest request;
    request.set_lot("LL2602001");
    feeding::v1::Lot lot;
    EXPECT_TRUE(Call(*feeding::v1::LotService::NewStub(channel_), &feeding::v1::LotService::Stub::GetLot, request, &lot).ok());
    return lot;
  }
  // The newest entry of 2026-01-21, day 1.
  grpc::Status Enter(double dose_g, RealDay* day, int32_t gaveur_id = 0) {
    feeding::v1::EnterRealDoseRequest request;
    request.mutable_lot_id()->set_string_value("LL2602001");
    request.set_gaveur_id(gaveur_id);
    request.set_site_code("LL");
    request.set_date_gavage("2026-01-21");
    request.set_jour_gavage(1);
    request.mutable_dose_reelle_g()->set_value(dose_g);
    request.set_commentaire_gaveur("noté le soir");
    return Call(*curves_, &Stub::EnterRealDose, request, day);
  }
};

// domain.md section 7.2: CF80* begins with 225 g and ends with 485 g.
TEST_F(CurveServiceTest, GeneratedCurveWaitsUntilASupervisorAcceptsIt) {
  const TheoreticalCurve proposed = Generate();
  EXPECT_EQ(proposed.statut(), "EN_ATTENTE");
  EXPECT_EQ(proposed.source(), "souche");
  EXPECT_FALSE(proposed.en_vigueur());
  EXPECT_FALSE(proposed.has_pysr_equation());
  EXPECT_FALSE(proposed.has_pysr_r2_score());
  ASSERT_EQ(proposed.courbe_size(), 12);
  EXPECT_DOUBLE_EQ(proposed.courbe(0).dose_matin(), 225);
  EXPECT_DOUBLE_EQ(proposed.courbe(11).dose_soir(), 485);
  EXPECT_NEAR(proposed.courbe(11).poids().value(), 6787.5, 0.1);
  EXPECT_EQ(LotItself().courbe_theorique_size(), 12);

  TheoreticalCurve accepted;
  ASSERT_TRUE(Decide(proposed.id(), "VALIDEE", {}, &accepted).ok());
  EXPECT_EQ(accepted.statut(), "VALIDEE");
  EXPECT_TRUE(accepted.en_vigueur());
  EXPECT_EQ(accepted.superviseur_nom().value(), "superviseur:7");
  EXPECT_TRUE(accepted.has_date_validation());
  TheoreticalCurve of_lot;
  ASSERT_TRUE(Call(*curves_, &Stub::GetLotCurve, Lot(), &of_lot).ok());
  EXPECT_EQ(of_lot.id(), proposed.id());
}

TEST_F(CurveServiceTest, MealWithoutPrescriptionIsJudgedAgainstTheCurveInForce) {
  EXPECT_FALSE(Feed(MealAt(0, 180)).dose_gap_pct.has_value()) << "no curve yet";
  Validated();
  const persist::ItemOutcome outcome = Feed(MealAt(1, 200));
  EXPECT_NEAR(*outcome.dose_gap_pct, (200 - 247.0) / 247 * 100, 0.5);
  EXPECT_EQ(outcome.alerts_opened, 1);
  EXPECT_EQ(Sql("SELECT type_alerte FROM alertes_euralis"), "dose_ecart");
  EXPECT_EQ(Sql("SELECT dose_theorique FROM doses_journalieres WHERE jour = 0 AND moment = 'soir'"), "247");
  feeding::v1::Meal own = MealAt(2, 300);
  own.set_dose_theorique(300);
  EXPECT_DOUBLE_EQ(*Feed(own).dose_gap_pct, 0) << "a prescription that the meal names stands before the curve";
}

TEST_F(CurveServiceTest, ModifiedCurveHoldsFromTheNextMealOnAndAResendIsStillADuplicate) {
  TheoreticalCurve curve = Validated();
  Feed(MealAt(0, 225));
  std::vector<double> doses(24, 300);
  ASSERT_TRUE(Decide(curve.id(), "VALIDEE", doses, &curve).ok());
  EXPECT_EQ(curve.statut(), "MODIFIEE");
  EXPECT_DOUBLE_EQ(curve.courbe(0).dose_matin(), 300);
  EXPECT_DOUBLE_EQ(curve.courbe_proposee(0).dose_matin(), 225);
  EXPECT_EQ(Feed(MealAt(0, 225)).fate, persist::Fate::kDuplicate);
  EXPECT_DOUBLE_EQ(*Feed(MealAt(1, 330)).dose_gap_pct, 10);

  feeding::v1::ListCurveChangesRequest request;
  request.set_courbe_id(curve.id());
  feeding::v1::ListCurveChangesResponse response;
  ASSERT_TRUE(Call(*curves_, &Stub::ListCurveChanges, request, &response).ok());
  ASSERT_EQ(response.changements_size(), 3);
  EXPECT_EQ(response.changements(0).statut(), "MODIFIEE");
  EXPECT_EQ(response.changements(0).statut_avant().value(), "VALIDEE");
  EXPECT_DOUBLE_EQ(response.changements(0).doses_avant_g(0), 225);
  EXPECT_DOUBLE_EQ(response.changements(0).doses_g(0), 300);
  EXPECT_EQ(response.changements(2).changed_by(), "server");
  EXPECT_FALSE(response.changements(2).has_statut_avant());
}

// domain.md section 9: weight 10 % off the curve is a warning.
TEST_F(CurveServiceTest, WeightIsJudgedAgainstTheCurveInForce) {
  Validated();
  EXPECT_EQ(Feed(MealAt(0, 225, 4612)).alerts_opened, 0);
  EXPECT_EQ(Feed(MealAt(1, 247, 4725 * 0.89)).alerts_opened, 2) << "lost weight, and 11 % late";
  EXPECT_EQ(Sql("SELECT severite FROM alertes_euralis WHERE type_alerte = 'poids_courbe'"), "warning");
  Feed(MealAt(2, 271, 4836));
  EXPECT_EQ(Sql("SELECT count(*) FROM alert_open WHERE alert_type = 'poids_courbe'"), "0") << "closes when the weight is back";
}

TEST_F(CurveServiceTest, RejectedCurveIsNoLongerInForceAndStaysRejected) {
  TheoreticalCurve curve = Validated();
  ASSERT_TRUE(Decide(curve.id(), "REJETEE", {}, &curve).ok());
  EXPECT_FALSE(curve.en_vigueur());
  EXPECT_FALSE(Feed(MealAt(0, 100)).dose_gap_pct.has_value());
  const grpc::Status refused = Decide(curve.id(), "VALIDEE", {}, &curve);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(refused), "CURVE_STATE");
}

TEST_F(CurveServiceTest, RejectionOfACurveThatHoldsNeedsAComment) {
  feeding::v1::DecideCurveRequest reject;
  reject.set_statut("REJETEE");
  reject.set_superviseur_nom("superviseur:7");
  TheoreticalCurve curve = Generate();
  reject.set_courbe_id(curve.id());
  ASSERT_TRUE(Call(*curves_, &Stub::DecideCurve, reject, &curve).ok()) << "a proposal needs none";
  curve = Validated();
  reject.set_courbe_id(curve.id());
  reject.set_commentaire(" ");
  EXPECT_THAT(BadFields(Call(*curves_, &Stub::DecideCurve, reject, &curve)), ElementsAre("commentaire"));
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage WHERE courbe_id IS NOT NULL"), "1");
  ASSERT_TRUE(Decide(curve.id(), "VALIDEE", std::vector<double>(24, 300), &curve).ok());
  EXPECT_THAT(BadFields(Call(*curves_, &Stub::DecideCurve, reject, &curve)), ElementsAre("commentaire")) << "MODIFIEE";
  reject.set_commentaire("birds are late");
  ASSERT_TRUE(Call(*curves_, &Stub::DecideCurve, reject, &curve).ok());
  EXPECT_EQ(curve.commentaire_superviseur().value(), "birds are late");
  EXPECT_TRUE(Call(*curves_, &Stub::DecideCurve, reject, &curve).ok()) << "again changes nothing";
}

TEST_F(CurveServiceTest, DashboardShowsTheCurveInForceElseTheNewestThatWasNotRejected) {
  const auto shown = [&] {
    feeding::v1::CurveDashboard dashboard;
    EXPECT_TRUE(Call(*curves_, &Stub::GetCurveDashboard, Lot(), &dashboard).ok());
    return dashboard.has_courbe_theorique() ? dashboard.courbe_theorique().id() : 0;
  };
  TheoreticalCurve decided;
  const int32_t held = Validated().id(), waiting = Generate().id();
  EXPECT_EQ(shown(), held);
  ASSERT_TRUE(Decide(held, "REJETEE", {}, &decided).ok());
  EXPECT_EQ(shown(), waiting);
  ASSERT_TRUE(Decide(waiting, "REJETEE", {}, &decided).ok());
  EXPECT_EQ(shown(), 0) << "rejected curves are no advice";
  const int32_t next = Generate().id();
  EXPECT_EQ(shown(), next);
  TheoreticalCurve of_lot;
  ASSERT_TRUE(Call(*curves_, &Stub::GetLotCurve, Lot(), &of_lot).ok());
  EXPECT_EQ(of_lot.id(), next);
}

TEST_F(CurveServiceTest, RepeatedDecisionChangesNothing) {
  TheoreticalCurve curve = Validated(), again;
  ASSERT_TRUE(Decide(curve.id(), "VALIDEE", {}, &again).ok());
  EXPECT_EQ(again.SerializeAsString(), curve.SerializeAsString());
  EXPECT_EQ(Sql("SELECT count(*) FROM courbes_theoriques_history"), "2");
}

TEST_F(CurveServiceTest, NewProposalTakesThePlaceOfTheOneThatWaits) {
  const int32_t first = Generate().id();
  EXPECT_EQ(Generate().id(), first);
  TheoreticalCurve decided;
  ASSERT_TRUE(Decide(first, "VALIDEE", {}, &decided).ok());
  const int32_t second = Generate().id();
  EXPECT_NE(second, first) << "a decided curve stays";
  ASSERT_TRUE(Decide(second, "VALIDEE", {}, &decided).ok());
  EXPECT_TRUE(decided.en_vigueur());
  EXPECT_EQ(Sql("SELECT courbe_id FROM lots_gavage WHERE code_lot = 'LL2602001'"), absl::StrCat(second));
}

TEST_F(CurveServiceTest, ModificationNeedsTheDaysOfTheCurve) {
  TheoreticalCurve curve;
  const grpc::Status refused = Decide(Generate().id(), "MODIFIEE", {300, 300}, &curve);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(BadFields(refused), ElementsAre("courbe_modifiee"));
}

TEST_F(CurveServiceTest, FinishedLotTakesNoCurve) {
  TheoreticalCurve curve = Generate();
  Sql("UPDATE lots_gavage SET statut = 'termine' WHERE code_lot = 'LL2602001' RETURNING 1");
  EXPECT_EQ(Reason(Decide(curve.id(), "VALIDEE", {}, &curve)), "LOT_STATE");
  EXPECT_TRUE(Decide(curve.id(), "REJETEE", {}, &curve).ok());
  feeding::v1::GenerateCurveRequest request;
  request.set_lot("LL2602001");
  EXPECT_EQ(Reason(Call(*curves_, &Stub::GenerateCurve, request, &curve)), "LOT_STATE");
}

// domain.md section 7.4: 45 % in the morning, 55 % in the evening.
TEST_F(CurveServiceTest, WrittenCurveTakesDaysAndTheLotByItsNumber) {
  CreateCurveRequest request;
  request.mutable_lot_id()->set_number_value(std::stoi(Sql("SELECT id FROM lots_gavage WHERE code_lot = 'LL2602001'")));
  for (int day = 0; day < 2; ++day) {
    feeding::v1::CurveDay& row = *request.add_courbe_theorique();
    row.set_jour(day);
    row.mutable_dose_g()->set_value(500 + 100 * day);
    row.mutable_poids()->set_value(4600 + 200 * day);
  }
  request.set_pysr_equation("304.5 + 64.7 * jour");
  request.set_by("superviseur:7");
  TheoreticalCurve curve;
  const grpc::Status status = Call(*curves_, &Stub::CreateCurve, request, &curve);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(curve.source(), "manuelle");
  EXPECT_EQ(curve.pysr_equation().value(), "304.5 + 64.7 * jour");
  EXPECT_DOUBLE_EQ(curve.courbe(0).dose_matin(), 225);
  EXPECT_DOUBLE_EQ(curve.courbe(0).dose_soir(), 275);
  EXPECT_DOUBLE_EQ(curve.courbe(1).dose_g(), 600);
  EXPECT_DOUBLE_EQ(curve.courbe(1).poids().value(), 4800);
  EXPECT_EQ(Sql("SELECT poids_g FROM courbes_theoriques"), "{4500,4600,4700,4800}");
}

TEST_F(CurveServiceTest, EveryBadFieldIsNamed) {
  CreateCurveRequest request;
  feeding::v1::CurveDay& row = *request.add_courbe_theorique();
  row.set_jour(3);
  row.mutable_dose_matin()->set_value(200);
  request.set_duree_gavage_jours(12);
  request.mutable_pysr_r2_score()->set_value(1.5);
  TheoreticalCurve curve;
  const grpc::Status refused = Call(*curves_, &Stub::CreateCurve, request, &curve);
  EXPECT_THAT(BadFields(refused), ElementsAre("lot_id", "courbe_theorique[0].jour", "courbe_theorique[0]", "pysr_r2_score", "duree_gavage_jours", "by"));
  ListCurvesRequest list;
  list.set_statut("VALIDE");
  list.set_limit(501);
  ListCurvesResponse listed;
  EXPECT_THAT(BadFields(Call(*curves_, &Stub::ListCurves, list, &listed)), ElementsAre("statut", "limit"));
}

TEST_F(CurveServiceTest, GoalScalesTheStrainAndNoFormulaIsInvented) {
  feeding::v1::GeneratePysrCurveRequest request;
  request.set_lot_id("LL2602001");
  request.mutable_poids_foie_cible()->set_value(500);
  request.mutable_auto_save()->set_value(false);
  TheoreticalCurve curve;
  ASSERT_TRUE(Call(*curves_, &Stub::GeneratePysrCurve, request, &curve).ok());
  EXPECT_EQ(curve.id(), 0);
  EXPECT_EQ(curve.source(), "souche_objectif");
  EXPECT_NEAR(curve.total_mais_g(), 500 * 15.11, 2);
  EXPECT_FALSE(curve.has_pysr_equation());
  EXPECT_EQ(Sql("SELECT count(*) FROM courbes_theoriques"), "0");
  request.clear_auto_save();
  request.mutable_food_intake_goal()->set_value(8000);
  request.set_duree_gavage(11);
  ASSERT_TRUE(Call(*curves_, &Stub::GeneratePysrCurve, request, &curve).ok());
  EXPECT_GT(curve.id(), 0);
  EXPECT_EQ(curve.duree_gavage_jours(), 11);
  EXPECT_NEAR(curve.total_mais_g(), 8000, 2);
  request.mutable_food_intake_goal()->set_value(20000);
  EXPECT_THAT(BadFields(Call(*curves_, &Stub::GeneratePysrCurve, request, &curve)), ElementsAre("food_intake_goal"));
}

TEST_F(CurveServiceTest, RealCurveHasItsGapsAndItsEnteredDays) {
  Validated();
  Feed(MealAt(0, 225));
  Feed(MealAt(3, 300, 4900));  // the evening of day 0 and the morning of day 1 were skipped
  GetRealCurveResponse response;
  ASSERT_TRUE(Call(*curves_, &Stub::GetRealCurve, Lot(), &response).ok());
  ASSERT_EQ(response.jours_size(), 2);
  EXPECT_TRUE(response.jours(0).repas_manquant());
  EXPECT_DOUBLE_EQ(response.jours(0).dose_g(), 225);
  EXPECT_DOUBLE_EQ(response.jours(0).dose_theorique_g().value(), 225) << "only of the meal that was given";
  EXPECT_EQ(response.jours(1).date_gavage().value(), "2026-01-21");
  EXPECT_DOUBLE_EQ(response.jours(1).poids_moyen().value(), 4900);
  EXPECT_TRUE(response.jours(1).has_poids_theorique());
  EXPECT_EQ(response.jours(1).source(), "repas");
}

TEST_F(CurveServiceTest, EnteredDayStandsUntilItsMealsAreKnownAndKeepsItsHistory) {
  RealDay day;
  ASSERT_TRUE(Enter(520, &day).ok());
  ASSERT_TRUE(Enter(520, &day).ok());
  EXPECT_EQ(day.source(), "saisie");
  EXPECT_DOUBLE_EQ(day.dose_reelle_g(), 520);
  EXPECT_EQ(day.commentaire_gaveur().value(), "noté le soir");
  EXPECT_EQ(Sql("SELECT count(*) FROM courbe_reelle_jours"), "1");
  ASSERT_TRUE(Enter(530, &day).ok());
  EXPECT_EQ(Sql("SELECT string_agg(dose_reelle_g::text, ' ' ORDER BY correction) FROM courbe_reelle_jours"), "520 530");
  EXPECT_EQ(Reason(Enter(530, &day, 5)), "LOT_OF_OTHER_GAVEUR");
  Feed(MealAt(2, 270));
  GetRealCurveResponse response;
  ASSERT_TRUE(Call(*curves_, &Stub::GetRealCurve, Lot(), &response).ok());
  ASSERT_EQ(response.jours_size(), 1);
  EXPECT_EQ(response.jours(0).source(), "repas");
  EXPECT_DOUBLE_EQ(response.jours(0).dose_g(), 270);
}

TEST_F(CurveServiceTest, PredictiveCurveGoesOnFromTheNewestMeal) {
  Validated();
  Feed(MealAt(0, 240));
  PredictiveCurve curve;
  ASSERT_TRUE(Call(*curves_, &Stub::GetPredictiveCurve, Lot(), &curve).ok());
  EXPECT_EQ(curve.source(), "courbe_en_vigueur");
  EXPECT_EQ(curve.jour_actuel(), 0);
  EXPECT_DOUBLE_EQ(curve.ecart_observe_g().value(), 15);
  EXPECT_DOUBLE_EQ(curve.poids_du_plan(), 0.65);
  ASSERT_EQ(curve.courbe_size(), 12);
  EXPECT_FALSE(curve.courbe(0).has_dose_matin()) << "was given";
  EXPECT_GT(curve.courbe(0).dose_soir().value(), 247);
  EXPECT_DOUBLE_EQ(curve.courbe(11).dose_soir().value(), 485);
  EXPECT_LT(curve.courbe(11).lower(), curve.courbe(11).dose_g());
}

TEST_F(CurveServiceTest, DashboardHoldsTheThreeCurvesAndTheConformity) {
  CurveDashboard dashboard;
  ASSERT_TRUE(Call(*curves_, &Stub::GetCurveDashboard, Lot(), &dashboard).ok());
  EXPECT_FALSE(dashboard.has_courbe_theorique()) << "a lot without a curve has a dashboard";
  Validated();
  Feed(MealAt(0, 225));
  Feed(MealAt(1, 200));
  ASSERT_TRUE(Call(*curves_, &Stub::GetCurveDashboard, Lot(), &dashboard).ok());
  EXPECT_EQ(dashboard.courbe_theorique().statut(), "VALIDEE");
  EXPECT_EQ(dashboard.courbe_theorique().superviseur().value(), "superviseur:7");
  EXPECT_EQ(dashboard.courbe_reelle_size(), 1);
  EXPECT_EQ(dashboard.corrections_ia_size(), 1);
  EXPECT_EQ(dashboard.statistiques().nb_repas(), 2);
  EXPECT_DOUBLE_EQ(dashboard.statistiques().taux_conformite().value(), 50);
  EXPECT_EQ(dashboard.statistiques().jours_hors_tolerance(), 1);
  EXPECT_EQ(dashboard.statistiques().nb_alertes(), 1);
  EXPECT_DOUBLE_EQ(LotItself().taux_conformite().value(), 50) << "the lot says the same";
}

TEST_F(CurveServiceTest, ListIsPagedAndFiltered) {
  Validated();
  Generate();
  ListCurvesRequest request;
  request.set_limit(1);
  ListCurvesResponse first, second;
  ASSERT_TRUE(Call(*curves_, &Stub::ListCurves, request, &first).ok());
  ASSERT_EQ(first.courbes_size(), 1);
  EXPECT_EQ(first.courbes(0).statut(), "EN_ATTENTE");
  EXPECT_EQ(first.courbes(0).gaveur_nom().value(), "Gaveur 4");
  request.set_page_token(first.next_page_token());
  ASSERT_TRUE(Call(*curves_, &Stub::ListCurves, request, &second).ok());
  ASSERT_EQ(second.courbes_size(), 1);
  EXPECT_TRUE(second.courbes(0).en_vigueur());
  EXPECT_EQ(second.next_page_token(), "");
  ListCurvesRequest other;
  other.set_site_code("MT");
  ListCurvesResponse none;
  ASSERT_TRUE(Call(*curves_, &Stub::ListCurves, other, &none).ok());
  EXPECT_EQ(none.courbes_size(), 0);
}

TEST_F(CurveServiceTest, UnknownThingsAreNotFound) {
  TheoreticalCurve curve;
  EXPECT_EQ(Call(*curves_, &Stub::GetLotCurve, Lot("LL9999999"), &curve).error_code(), grpc::StatusCode::NOT_FOUND);
  const grpc::Status none = Call(*curves_, &Stub::GetLotCurve, Lot(), &curve);
  EXPECT_EQ(none.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(none.error_message(), HasSubstr("generer-theorique"));
  EXPECT_EQ(Decide(99, "VALIDEE", {}, &curve).error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace egi::api
