#include "gmock/gmock.h"
#include "server/api/feeding/curve_api_test.h"

namespace egi::api {
namespace {

using feeding::v1::ListAdviceResponse;
using feeding::v1::RecommendedCurve;
using feeding::v1::SaveRecommendedCurveResponse;
using feeding::v1::SuggestDosesResponse;
using feeding::v1::TheoreticalCurve;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Stub = feeding::v1::AdviceService::Stub;

class AdviceServiceTest : public CurveApiTest {
 protected:
  RecommendedCurve Recommended() {
    feeding::v1::GetRecommendedCurveRequest request;
    request.set_gaveur_id(4);
    RecommendedCurve curve;
    const grpc::Status status = Call(*advice_, &Stub::GetRecommendedCurve, request, &curve);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return curve;
  }
  SaveRecommendedCurveResponse Save() {
    feeding::v1::SaveRecommendedCurveRequest request;
    request.set_gaveur_id(4);
    SaveRecommendedCurveResponse saved;
    const grpc::Status status = Call(*advice_, &Stub::SaveRecommendedCurve, request, &saved);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return saved;
  }
  SuggestDosesResponse Suggested(int day, const std::string& lot = "LL2602001") {
    feeding::v1::SuggestDosesRequest request;
    request.set_lot(lot);
    request.set_jour(day);
    SuggestDosesResponse response;
    EXPECT_TRUE(Call(*advice_, &Stub::SuggestDoses, request, &response).ok());
    return response;
  }
  std::vector<std::string> AdviceFor(const std::string& lot) {
    feeding::v1::ListAdviceRequest request;
    request.set_lot(lot);
    ListAdviceResponse response;
    EXPECT_TRUE(Call(*advice_, &Stub::ListAdvice, request, &response).ok());
    std::vector<std::string> said;
    for (const auto& advice : response.recommandations()) said.push_back(advice.type() + " " + advice.urgence());
    return said;
  }
};

// api.md C.1: day 1 is 220 g + 270 g = 490 g, by the table of cluster 2.
TEST_F(AdviceServiceTest, FeederGetsTheCurveOfTheClusterOfTheResultsSoFar) {
  // 600 kg / 50 kg and 2400 kg / 150 kg of corn and liver: 3000 / 200, not the mean of 12 and 16. 1 of 101 and 7 of 307 birds are lost.
  Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, statut, itm, nb_canards_meg, nb_canards_accroches, total_corn_real) VALUES "
      "('LL2501001', 'LL', 4, 'abattu', 12, 101, 100, 6000), ('LL2501002', 'LL', 4, 'abattu', 16, 307, 300, 8000), "
      "('LL2501003', 'LL', 4, 'annule', 30, 100, 50, 9000) RETURNING 1");
  const RecommendedCurve curve = Recommended();
  EXPECT_EQ(curve.gaveur().nb_lots_historique(), 2) << "a cancelled lot does not count";
  EXPECT_DOUBLE_EQ(curve.gaveur().itm_moyen().value(), 15);
  EXPECT_DOUBLE_EQ(curve.gaveur().mortalite_moyenne().value(), 100.0 * 8 / 408);
  EXPECT_EQ(curve.gaveur().cluster().value(), 2);
  EXPECT_EQ(curve.gaveur().nom(), "Gaveur 4");
  EXPECT_FALSE(curve.gaveur().has_prenom());
  ASSERT_EQ(curve.courbe_recommandee_size(), 11);
  EXPECT_EQ(curve.courbe_recommandee(0).jour(), 1);
  EXPECT_DOUBLE_EQ(curve.courbe_recommandee(0).matin(), 220);
  EXPECT_DOUBLE_EQ(curve.courbe_recommandee(0).soir(), 270);
  EXPECT_DOUBLE_EQ(curve.metadata().total_mais_par_canard_g(), 8630);
  EXPECT_DOUBLE_EQ(curve.metadata().total_mais_lot_kg(), 8630 * 0.8);
  EXPECT_DOUBLE_EQ(curve.metadata().itm_cible(), 14.5);
  EXPECT_FALSE(curve.has_courbe_existante());
}

TEST_F(AdviceServiceTest, SavedCurveIsDecidedAboutAndThenServesTheLots) {
  EXPECT_FALSE(Recommended().gaveur().has_cluster());
  const int32_t id = Save().courbe_id();
  EXPECT_EQ(Save().courbe_id(), id) << "it still waits: the newer one takes its place";
  EXPECT_EQ(Recommended().courbe_existante().statut(), "EN_ATTENTE");
  feeding::v1::GenerateCurveRequest request;
  request.set_lot("LL2602001");
  request.set_source("recommandee");
  TheoreticalCurve curve;
  EXPECT_EQ(Reason(Call(*curves_, &feeding::v1::CurveService::Stub::GenerateCurve, request, &curve)), "NO_RECOMMENDED_CURVE");
  ASSERT_TRUE(Decide(id, "VALIDEE", {}, &curve).ok());
  EXPECT_FALSE(curve.has_lot_id());
  EXPECT_FALSE(curve.en_vigueur()) << "it is of no lot";
  curve = Generate("recommandee");
  EXPECT_EQ(curve.source(), "recommandee");
  ASSERT_EQ(curve.courbe_size(), 12);
  EXPECT_DOUBLE_EQ(curve.courbe(0).dose_matin(), 220);
  EXPECT_DOUBLE_EQ(curve.courbe(11).dose_soir(), 396);  // 720 - 324
}

TEST_F(AdviceServiceTest, SuggestionSaysWhatItComesFrom) {
  EXPECT_EQ(Suggested(3).data().source(), "souche");
  EXPECT_FALSE(Suggested(3).data().has_confiance()) << "nothing was measured";
  feeding::v1::Meal meal = MealAt(0, 240);
  meal.set_dose_theorique(225);
  Feed(meal);
  EXPECT_EQ(Suggested(3).data().source(), "predictive");
  EXPECT_DOUBLE_EQ(Suggested(3).data().confiance().value(), 1);
  Validated();
  EXPECT_EQ(Suggested(0).data().source(), "courbe_en_vigueur");
  EXPECT_DOUBLE_EQ(Suggested(0).data().dose_matin(), 225);
  const int32_t deviating = Feed(MealAt(1, 200)).gavage_id;
  feeding::v1::AnswerCorrectionRequest reply;
  reply.set_id(deviating);
  reply.mutable_acceptee()->set_value(true);
  reply.mutable_dose_finale_g()->set_value(290);
  feeding::v1::DoseCorrection correction;
  ASSERT_TRUE(Call(*corrections_, &feeding::v1::CorrectionService::Stub::AnswerCorrection, reply, &correction).ok());
  EXPECT_EQ(Suggested(1).data().source(), "correction");
  EXPECT_DOUBLE_EQ(Suggested(1).data().dose_matin(), 290);
}

TEST_F(AdviceServiceTest, AdviceNamesWhatIsWrong) {
  EXPECT_THAT(AdviceFor("LL2602001"), ElementsAre("courbe basse"));
  Validated();
  EXPECT_THAT(AdviceFor("LL2602001"), IsEmpty());
  Feed(MealAt(0, 150));
  EXPECT_THAT(AdviceFor("LL2602001"), ElementsAre("dose haute", "conformite moyenne", "correction moyenne"));
}

TEST_F(AdviceServiceTest, BadAndUnknownThingsAreRefused) {
  feeding::v1::GetRecommendedCurveRequest request;
  request.set_nb_canards(99);
  request.set_souche("Poulet");
  RecommendedCurve curve;
  EXPECT_THAT(BadFields(Call(*advice_, &Stub::GetRecommendedCurve, request, &curve)), ElementsAre("gaveur_id", "nb_canards", "souche"));
  request = {};
  request.set_gaveur_id(77);
  EXPECT_EQ(Call(*advice_, &Stub::GetRecommendedCurve, request, &curve).error_code(), grpc::StatusCode::NOT_FOUND);
  feeding::v1::SuggestDosesRequest day;
  day.set_lot("LL2602001");
  day.set_jour(12);
  SuggestDosesResponse suggested;
  const grpc::Status refused = Call(*advice_, &Stub::SuggestDoses, day, &suggested);
  EXPECT_THAT(BadFields(refused), ElementsAre("jour"));
}

}  // namespace
}  // namespace egi::api
