// For tests of curves: the services, two lots of feeder 4, and meals stored by the real committer.
#ifndef EGI_SERVER_API_FEEDING_CURVE_API_TEST_H_
#define EGI_SERVER_API_FEEDING_CURVE_API_TEST_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "egi/feeding/v1/advice.grpc.pb.h"
#include "egi/feeding/v1/correction.grpc.pb.h"
#include "egi/feeding/v1/curve.grpc.pb.h"
#include "server/analyse/judge.h"
#include "server/api/api_test_server.h"
#include "server/base/proto_time.h"
#include "server/storage/postgres/meal_committer.h"

namespace egi::api {

// LL2602001 (Mulard, 12 days) and LL2602002 (Barbarie, no planned duration) of feeder 4, in preparation; their first day is 2026-01-20.
class CurveApiTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    curves_ = feeding::v1::CurveService::NewStub(channel_);
    corrections_ = feeding::v1::CorrectionService::NewStub(channel_);
    advice_ = feeding::v1::AdviceService::NewStub(channel_);
    Sql("INSERT INTO gaveurs_euralis (id, nom, site_code) VALUES (4, 'Gaveur 4', 'LL'), (5, 'Gaveur 5', 'LL') RETURNING 1");
    Sql("INSERT INTO lots_gavage (code_lot, site_code, gaveur_id, genetique, debut_lot, duree_gavage_prevue, nb_canards_initial) "
        "VALUES ('LL2602001', 'LL', 4, 'Mulard', '2026-01-20', 12, 800), ('LL2602002', 'LL', 4, 'Barbarie', '2026-01-20', NULL, 800) RETURNING 1");
    storage::PostgresMealCommitter::Options options;
    options.url = database_->url();
    options.judge = [](const feeding::v1::Meal& meal, const analyse::LotState& lot) { return analyse::JudgeMeal(meal, lot); };
    meals_ = std::make_unique<storage::PostgresMealCommitter>(options, &clock_);
  }

  // A meal of LL2602001 at place 0, 1, 2 ... from 2026-01-20 on, as a feeder without a prescription sends it.
  static feeding::v1::Meal MealAt(int place, double dose_g, std::optional<double> weight_g = std::nullopt) {
    feeding::v1::Meal meal;
    meal.set_code_lot("LL2602001");
    meal.set_gaveur_id(4);
    meal.set_jour(place / 2);
    meal.set_moment(place % 2 == 0 ? "matin" : "soir");
    meal.set_dose_reelle(dose_g);
    if (weight_g.has_value()) meal.set_poids_moyen(*weight_g);
    ToTimestamp(absl::FromUnixSeconds(1768892400) + place * absl::Hours(12), meal.mutable_timestamp());  // 2026-01-20 07:00 UTC
    return meal;
  }

  // Stores a meal in a transaction of its own.
  persist::ItemOutcome Feed(feeding::v1::Meal meal) {
    persist::MealWrite write;
    write.received = clock_.Now();
    write.meal = std::move(meal);
    std::vector<persist::Group<persist::MealWrite>> groups(1);
    groups[0].items.push_back(std::move(write));
    groups[0].size = 1;
    const auto committed = meals_->Commit(&groups);
    EXPECT_TRUE(committed.ok()) << committed.status();
    EXPECT_EQ(groups[0].outcome.items.size(), 1u) << groups[0].outcome.status;
    return groups[0].outcome.items.empty() ? persist::ItemOutcome() : groups[0].outcome.items[0];
  }

  feeding::v1::TheoreticalCurve Generate(const std::string& source = "") {
    feeding::v1::GenerateCurveRequest request;
    request.set_lot("LL2602001");
    request.set_source(source);
    feeding::v1::TheoreticalCurve curve;
    const grpc::Status status = Call(*curves_, &feeding::v1::CurveService::Stub::GenerateCurve, request, &curve);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return curve;
  }

  // Decides about a curve; `doses_g` two a day = modified.
  grpc::Status Decide(int32_t id, const std::string& statut, const std::vector<double>& doses_g, feeding::v1::TheoreticalCurve* curve) {
    feeding::v1::DecideCurveRequest request;
    request.set_courbe_id(id);
    request.set_statut(statut);
    request.set_superviseur_nom("superviseur:7");
    request.set_commentaire("vu");
    for (size_t day = 0; 2 * day + 1 < doses_g.size(); ++day) {
      feeding::v1::CurveDay& row = *request.add_courbe_modifiee();
      row.set_jour(static_cast<int32_t>(day));
      row.mutable_dose_matin()->set_value(doses_g[2 * day]);
      row.mutable_dose_soir()->set_value(doses_g[2 * day + 1]);
    }
    return Call(*curves_, &feeding::v1::CurveService::Stub::DecideCurve, request, curve);
  }

  // LL2602001 with the validated curve of its strain: 225, 247 (rounded from 22 to 24 meals), ... g.
  feeding::v1::TheoreticalCurve Validated() {
    feeding::v1::TheoreticalCurve curve;
    const grpc::Status status = Decide(Generate().id(), "VALIDEE", {}, &curve);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return curve;
  }

  std::unique_ptr<feeding::v1::CurveService::Stub> curves_;
  std::unique_ptr<feeding::v1::CorrectionService::Stub> corrections_;
  std::unique_ptr<feeding::v1::AdviceService::Stub> advice_;
  std::unique_ptr<storage::PostgresMealCommitter> meals_;
};

}  // namespace egi::api

#endif  // EGI_SERVER_API_FEEDING_CURVE_API_TEST_H_
