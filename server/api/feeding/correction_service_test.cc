#include "gmock/gmock.h"
#include "server/api/feeding/curve_api_test.h"

namespace egi::api {
namespace {

using feeding::v1::CorrectionStats;
using feeding::v1::DoseCorrection;
using feeding::v1::ListCorrectionsResponse;
using ::testing::ElementsAre;
using Stub = feeding::v1::CorrectionService::Stub;

class CorrectionServiceTest : public CurveApiTest {
 protected:
  void SetUp() override {
    CurveApiTest::SetUp();
    Validated();
  }
  ListCorrectionsResponse List(bool pending_only) {
    feeding::v1::ListCorrectionsRequest request;
    request.set_gaveur_id(4);
    request.set_pending_only(pending_only);
    ListCorrectionsResponse response;
    EXPECT_TRUE(Call(*corrections_, &Stub::ListCorrections, request, &response).ok());
    return response;
  }
  grpc::Status Reply(int32_t id, std::optional<bool> accepted, std::optional<double> final_g, DoseCorrection* correction) {
    feeding::v1::AnswerCorrectionRequest request;
    request.set_id(id);
    if (accepted.has_value()) request.mutable_acceptee()->set_value(*accepted);
    if (final_g.has_value()) request.mutable_dose_finale_g()->set_value(*final_g);
    return Call(*corrections_, &Stub::AnswerCorrection, request, correction);
  }
  // A meal of 180 g where 225 g are prescribed: -20 %, so half of the gap, 22.5 g, is to be added to the 247 g of the evening.
  int32_t Deviate() { return Feed(MealAt(0, 180)).gavage_id; }
};

TEST_F(CorrectionServiceTest, DeviationWaitsForAnAnswerUnderTheIdOfItsMeal) {
  const int32_t meal = Deviate();
  const ListCorrectionsResponse pending = List(true);
  ASSERT_EQ(pending.corrections_size(), 1);
  const DoseCorrection& correction = pending.corrections(0);
  EXPECT_EQ(correction.id(), meal);
  EXPECT_EQ(correction.code_lot(), "LL2602001");
  EXPECT_DOUBLE_EQ(correction.ecart_pct().value(), -20);
  EXPECT_EQ(correction.moment_cible(), "soir");
  EXPECT_DOUBLE_EQ(correction.dose_prevue_g(), 247);
  EXPECT_DOUBLE_EQ(correction.dose_proposee_g(), 269.5);
  EXPECT_DOUBLE_EQ(correction.confiance(), 0.75);
}

TEST_F(CorrectionServiceTest, AgreedDoseIsThePrescriptionOfItsMeal) {
  const int32_t id = Deviate();
  DoseCorrection correction;
  ASSERT_TRUE(Reply(id, true, 265, &correction).ok());
  EXPECT_EQ(correction.statut(), "acceptee");
  EXPECT_DOUBLE_EQ(correction.dose_finale_g().value(), 265);
  EXPECT_EQ(correction.repondu_par().value(), "gaveur:4");
  EXPECT_EQ(List(true).corrections_size(), 0);
  EXPECT_DOUBLE_EQ(*Feed(MealAt(1, 265)).dose_gap_pct, 0);
  EXPECT_EQ(Sql("SELECT dose_theorique FROM doses_journalieres WHERE moment = 'soir'"), "265");
}

TEST_F(CorrectionServiceTest, RefusedCorrectionLeavesTheCurve) {
  const int32_t id = Deviate();
  DoseCorrection correction;
  ASSERT_TRUE(Reply(id, false, {}, &correction).ok());
  EXPECT_EQ(correction.statut(), "refusee");
  EXPECT_FALSE(correction.has_dose_finale_g());
  EXPECT_DOUBLE_EQ(*Feed(MealAt(1, 247)).dose_gap_pct, 0);
}

TEST_F(CorrectionServiceTest, SameAnswerAgainChangesNothingAndAnotherOneIsRefused) {
  const int32_t id = Deviate();
  DoseCorrection correction;
  ASSERT_TRUE(Reply(id, true, {}, &correction).ok());
  EXPECT_DOUBLE_EQ(correction.dose_finale_g().value(), 269.5) << "as proposed";
  EXPECT_TRUE(Reply(id, true, {}, &correction).ok());
  EXPECT_EQ(Reason(Reply(id, true, 300, &correction)), "CORRECTION_ANSWERED");
  EXPECT_EQ(Reason(Reply(id, false, {}, &correction)), "CORRECTION_ANSWERED");
}

TEST_F(CorrectionServiceTest, NextMealWithoutAnAnswerEndsTheProposal) {
  const int32_t id = Deviate();
  Feed(MealAt(1, 247));
  DoseCorrection correction;
  EXPECT_EQ(Reason(Reply(id, true, {}, &correction)), "CORRECTION_EXPIRED");
  ASSERT_EQ(List(false).corrections_size(), 1);
  EXPECT_EQ(List(false).corrections(0).statut(), "expiree");
}

TEST_F(CorrectionServiceTest, CorrectedMealWithdrawsItsProposal) {
  const int32_t id = Deviate();
  EXPECT_EQ(Feed(MealAt(0, 224)).fate, persist::Fate::kCorrected);
  EXPECT_EQ(List(false).corrections_size(), 0);
  DoseCorrection correction;
  EXPECT_EQ(Reply(id, true, {}, &correction).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(CorrectionServiceTest, AnswerMustBeTold) {
  DoseCorrection correction;
  EXPECT_THAT(BadFields(Reply(0, {}, 2000, &correction)), ElementsAre("id", "acceptee", "dose_finale_g"));
  EXPECT_THAT(BadFields(Reply(1, false, 300, &correction)), ElementsAre("dose_finale_g"));
  EXPECT_EQ(Reply(99, true, {}, &correction).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(CorrectionServiceTest, StatisticsCountTheAnswers) {
  DoseCorrection correction;
  ASSERT_TRUE(Reply(Deviate(), true, {}, &correction).ok());  // 269.5 g agreed for the evening
  ASSERT_TRUE(Reply(Feed(MealAt(1, 230)).gavage_id, false, {}, &correction).ok());
  Feed(MealAt(2, 200));
  feeding::v1::GetCorrectionStatsRequest request;
  request.set_gaveur_id(4);
  CorrectionStats stats;
  ASSERT_TRUE(Call(*corrections_, &Stub::GetCorrectionStats, request, &stats).ok());
  EXPECT_EQ(stats.total(), 3);
  EXPECT_EQ(stats.acceptees(), 1);
  EXPECT_EQ(stats.refusees(), 1);
  EXPECT_EQ(stats.en_attente(), 1);
  EXPECT_DOUBLE_EQ(stats.taux_acceptation().value(), 50);
  EXPECT_DOUBLE_EQ(stats.ecart_apres_acceptation_g().value(), 39.5);
  Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id) SELECT 'LL26' || (10000 + i), 'LL', 4 FROM generate_series(1, 200) i RETURNING 1");
  ASSERT_TRUE(Call(*corrections_, &Stub::GetCorrectionStats, request, &stats).ok());
  EXPECT_EQ(stats.total(), 3) << "the lots of all times count";
  request.set_gaveur_id(77);
  EXPECT_EQ(Call(*corrections_, &Stub::GetCorrectionStats, request, &stats).error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace egi::api
