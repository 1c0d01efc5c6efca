#include "server/api/api_test_server.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "egi/quality/v1/inspection.grpc.pb.h"
#include "gmock/gmock.h"

namespace egi::api {
namespace {

using quality::v1::ClaimLotRequest;
using quality::v1::ClaimLotResponse;
using quality::v1::InspectionService;
using quality::v1::PendingLot;
using ::testing::UnorderedElementsAre;
using Stub = InspectionService::Stub;

class InspectionServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = InspectionService::NewStub(channel_);
    Sql("INSERT INTO lots_gavage (id, code_lot, site_code, total_corn_real) VALUES (1, 'LL2602001', 'LL', 7000), (2, 'LL2602002', 'LL', NULL)");
    Sql("INSERT INTO sqal_pending_lots (code_lot, site, date_abattage, next_attempt_at) VALUES "
        "('LL2602001', 'LL', '2026-02-03 08:00+00', '2026-02-03 08:00+00'), ('LL2602002', 'LL', '2026-02-03 08:30+00', '2026-02-03 08:30+00')");
  }

  grpc::Status Claim(const std::string& lot, ClaimLotResponse* response) {
    ClaimLotRequest request;
    request.set_code_lot(lot);
    request.set_owner("monitor-1");
    return Call(*stub_, &Stub::ClaimLot, request, response);
  }

  grpc::Status Fail(const std::string& token, PendingLot* lot) {
    quality::v1::FailLotRequest request;
    request.set_code_lot("LL2602001");
    request.set_lease_token(token);
    request.set_reason("station offline");
    return Call(*stub_, &Stub::FailLot, request, lot);
  }

  grpc::Status Complete(const std::string& token, int samples, PendingLot* lot) {
    quality::v1::CompleteLotRequest request;
    request.set_code_lot("LL2602001");
    request.set_lease_token(token);
    request.set_samples(samples);
    return Call(*stub_, &Stub::CompleteLot, request, lot);
  }

  grpc::Status Decide(const std::string& decision, const std::string& by, const std::string& reason, PendingLot* lot) {
    quality::v1::DecideLotRequest request;
    request.set_code_lot("LL2602001");
    request.set_decision(decision);
    request.set_decision_by(by);
    request.set_reason(reason);
    return Call(*stub_, &Stub::DecideLot, request, lot);
  }

  int Count(const std::string& status) {
    quality::v1::ListPendingLotsRequest request;
    request.set_status(status);
    quality::v1::ListPendingLotsResponse response;
    EXPECT_TRUE(Call(*stub_, &Stub::ListPendingLots, request, &response).ok());
    return response.total();
  }

  // Their volumes are 500, 501, ... cm3.
  void AddSamples(int count, const std::string& grade) {
    Sql(absl::StrCat("INSERT INTO sqal_samples (time, device_id, sample_id, lot_id, vl53l8ch_volume_mm3, fusion_final_score, fusion_final_grade, "
                     "fusion_is_compliant) SELECT now(), 'd', '", grade, "' || i, 1, 499000 + 1000 * i, 0.8, '", grade, "', '", grade,
                     "' <> 'REJECT' FROM generate_series(1, ", count, ") i"));
  }

  grpc::Status Retry(const std::string& by, PendingLot* lot) {
    quality::v1::RetryLotRequest request;
    request.set_code_lot("LL2602001");
    request.set_requested_by(by);
    request.set_reason("station repaired");
    return Call(*stub_, &Stub::RetryLot, request, lot);
  }

  // "owner outcome reason" of each attempt.
  std::vector<std::string> Attempts() {
    quality::v1::ListInspectionAttemptsRequest request;
    request.set_code_lot("LL2602001");
    quality::v1::ListInspectionAttemptsResponse response;
    EXPECT_TRUE(Call(*stub_, &Stub::ListInspectionAttempts, request, &response).ok());
    std::vector<std::string> attempts;
    for (const auto& each : response.attempts()) {
      EXPECT_EQ(each.attempt(), static_cast<int>(attempts.size()) + 1);
      EXPECT_EQ(each.has_ended_at(), each.outcome() != "running");
      attempts.push_back(absl::StrCat(each.owner(), " ", each.outcome(), " ", each.reason()));
    }
    return attempts;
  }

  std::unique_ptr<Stub> stub_;
};

TEST_F(InspectionServiceTest, LotIsHeldByOneInspectorUntilItsLeaseLapses) {
  ClaimLotResponse first, second;
  ASSERT_TRUE(Claim("LL2602001", &first).ok());
  EXPECT_EQ(first.lot().status(), "inspecting");
  EXPECT_EQ(first.lot().total_corn_g().value(), 7000);
  EXPECT_EQ(first.lot().lease_until().seconds(), 1770109260);
  EXPECT_EQ(Claim("LL2602001", &second).error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(Count("claimable"), 1);
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(Count("claimable"), 2);
  ASSERT_TRUE(Claim("LL2602001", &second).ok());
  EXPECT_NE(second.lease_token(), first.lease_token());
  PendingLot lot;
  EXPECT_EQ(Fail(first.lease_token(), &lot).error_code(), grpc::StatusCode::ABORTED) << "a lost lease can do nothing";
}

TEST_F(InspectionServiceTest, CancelledLotIsRefusedAsSuch) {
  Sql("UPDATE lots_gavage SET statut = 'annule' WHERE id = 1 RETURNING 1");
  ClaimLotResponse none;
  EXPECT_EQ(Reason(Claim("LL2602001", &none)), "LOT_STATE");
}

TEST_F(InspectionServiceTest, LeaseThatLapsesThreeTimesPutsTheLotInError) {
  ClaimLotResponse claimed;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(Claim("LL2602001", &claimed).ok()) << attempt;
    EXPECT_EQ(claimed.lot().attempts(), attempt - 1);
    EXPECT_EQ(claimed.lot().lease_owner().value(), "monitor-1");
    clock_.Advance(absl::Seconds(60));
  }
  const grpc::Status refused = Claim("LL2602001", &claimed);
  EXPECT_EQ(Reason(refused), "LOT_NOT_CLAIMABLE");
  EXPECT_EQ(Count("error"), 1) << "the refusal does not take the finding back";
  EXPECT_EQ(Sql("SELECT last_error FROM sqal_pending_lots WHERE code_lot = 'LL2602001'"), "the lease of monitor-1 lapsed");
  EXPECT_THAT(Attempts(), ::testing::Each("monitor-1 lapsed the lease of monitor-1 lapsed"));
  EXPECT_EQ(Attempts().size(), 3u);
}

TEST_F(InspectionServiceTest, LotInErrorIsGivenBackByANamedPerson) {
  ClaimLotResponse claimed;
  PendingLot lot;
  EXPECT_EQ(Reason(Retry("user:3", &lot)), "LOT_NOT_IN_ERROR");
  for (int attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
    ASSERT_TRUE(Fail(claimed.lease_token(), &lot).ok());
    clock_.Advance(absl::Seconds(60));
  }
  EXPECT_EQ(lot.status(), "error");
  EXPECT_THAT(BadFields(Retry("", &lot)), UnorderedElementsAre("requested_by"));
  ASSERT_TRUE(Retry("user:3", &lot).ok());
  EXPECT_EQ(lot.status(), "pending");
  EXPECT_EQ(lot.attempts(), 0);
  ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
  EXPECT_THAT(Attempts(), ::testing::ElementsAre("monitor-1 failed station offline", "monitor-1 failed station offline", "monitor-1 failed station offline",
                                                 "user:3 requeued station repaired", "monitor-1 running "));
}

TEST_F(InspectionServiceTest, CompletedInspectionWritesLiverMassAndItmIntoTheLot) {
  ClaimLotResponse claimed;
  ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
  EXPECT_FALSE(claimed.lot().has_poids_foie_estime());
  AddSamples(5, "A");
  PendingLot lot;
  ASSERT_TRUE(Complete(claimed.lease_token(), 5, &lot).ok());
  EXPECT_NEAR(lot.poids_foie_estime().value(), 502 * 0.947, 1e-6);
  EXPECT_NEAR(lot.itm_estime().value(), 7000 / (502 * 0.947), 1e-6);
  EXPECT_EQ(Sql("SELECT nb_foies_mesures || ' ' || (itm IS NULL)::text || ' ' || (poids_foie_moyen IS NULL)::text FROM lots_gavage WHERE id = 1"), "5 true true")
      << "an estimate is not the final figure";
  EXPECT_THAT(Attempts(), ::testing::ElementsAre("monitor-1 completed "));
}

TEST_F(InspectionServiceTest, LotWithoutCornHasAMassAndNoItm) {
  Sql("UPDATE lots_gavage SET total_corn_real = NULL WHERE id = 1");
  ClaimLotResponse claimed;
  ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
  AddSamples(2, "B");
  PendingLot lot;
  ASSERT_TRUE(Complete(claimed.lease_token(), 2, &lot).ok());
  EXPECT_TRUE(lot.has_poids_foie_estime());
  EXPECT_FALSE(lot.has_itm_estime());
}

TEST_F(InspectionServiceTest, RenewedLeaseHolds) {
  ClaimLotResponse claimed, renewed;
  ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
  clock_.Advance(absl::Seconds(59));
  quality::v1::RenewLeaseRequest request;
  request.set_code_lot("LL2602001");
  request.set_lease_token(claimed.lease_token());
  request.set_lease_seconds(120);
  ASSERT_TRUE(Call(*stub_, &Stub::RenewLease, request, &renewed).ok());
  EXPECT_EQ(renewed.lease_token(), claimed.lease_token());
  clock_.Advance(absl::Seconds(119));
  ClaimLotResponse other;
  EXPECT_EQ(Claim("LL2602001", &other).error_code(), grpc::StatusCode::ABORTED);
  request.set_lease_token("another");
  EXPECT_EQ(Call(*stub_, &Stub::RenewLease, request, &renewed).error_code(), grpc::StatusCode::ABORTED);
}

TEST_F(InspectionServiceTest, LotIsCompleteOnlyWhenItsSamplesAreStored) {
  ClaimLotResponse claimed;
  ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
  AddSamples(4, "A");
  PendingLot lot;
  const grpc::Status status = Complete(claimed.lease_token(), 5, &lot);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(status), "SAMPLES_MISSING");
  AddSamples(1, "B");
  ASSERT_TRUE(Complete(claimed.lease_token(), 5, &lot).ok());
  EXPECT_EQ(lot.status(), "inspected");
  EXPECT_EQ(lot.nb_echantillons(), 5);
  EXPECT_EQ(lot.date_inspection_sqal().seconds(), 1770109200);
  EXPECT_FALSE(lot.has_lease_until());
  EXPECT_EQ(Sql("SELECT proposed_decision FROM sqal_pending_lots WHERE code_lot = 'LL2602001'"), "approved");
  EXPECT_EQ(Claim("LL2602001", &claimed).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(InspectionServiceTest, PagesOfTheQueueNeitherRepeatNorSkip) {
  quality::v1::ListPendingLotsRequest request;
  request.set_limit(1);
  std::vector<std::string> codes;
  do {
    quality::v1::ListPendingLotsResponse page;
    ASSERT_TRUE(Call(*stub_, &Stub::ListPendingLots, request, &page).ok());
    ASSERT_EQ(page.lots_size(), 1);
    codes.push_back(page.lots(0).code_lot());
    EXPECT_EQ(absl::StrCat(page.lots(0).lot_id()), Sql("SELECT id FROM lots_gavage WHERE code_lot = '" + codes.back() + "'"));
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(std::set<std::string>(codes.begin(), codes.end()).size(), codes.size());
  EXPECT_EQ(static_cast<int>(codes.size()), Count(""));
}

TEST_F(InspectionServiceTest, DecisionClosesTheAlertsOfTheLot) {
  ClaimLotResponse claimed;
  ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
  AddSamples(4, "A");
  PendingLot lot;
  ASSERT_TRUE(Complete(claimed.lease_token(), 4, &lot).ok());
  Sql("INSERT INTO sqal_alerts (time, alert_id, device_id, alert_type, severity, message, object_key) VALUES "
      "(now(), 900, 'd', 'grade_reject', 'critical', 'm', 'lot:LL2602001'), (now(), 901, 'd', 'device_silent', 'warning', 'm', 'device:d') RETURNING 1");
  Sql("INSERT INTO alert_open (alert_type, object_key, origin, alert_id, time, last_time) "
      "SELECT alert_type, object_key, 'SQAL', alert_id, time, time FROM sqal_alerts RETURNING 1");
  ASSERT_TRUE(Decide("approved", "user:3", "", &lot).ok());
  EXPECT_EQ(Sql("SELECT string_agg(alert_id || ' ' || close_reason, ',') FROM sqal_alerts WHERE closed_at IS NOT NULL"), "900 lot_decided");
  EXPECT_EQ(Sql("SELECT string_agg(object_key, ',') FROM alert_open"), "device:d");
}

TEST_F(InspectionServiceTest, LessThanEightyPercentCompliantIsProposedForRejection) {
  ClaimLotResponse claimed;
  ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
  AddSamples(3, "A");
  AddSamples(1, "REJECT");
  PendingLot lot;
  ASSERT_TRUE(Complete(claimed.lease_token(), 4, &lot).ok());
  EXPECT_EQ(Sql("SELECT proposed_decision FROM sqal_pending_lots WHERE code_lot = 'LL2602001'"), "rejected");
}

TEST_F(InspectionServiceTest, FailedLotWaitsLongerEachTimeAndIsGivenUpAfterThreeAttempts) {
  ClaimLotResponse claimed;
  PendingLot lot;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    ASSERT_TRUE(Claim("LL2602001", &claimed).ok()) << attempt;
    ASSERT_TRUE(Fail(claimed.lease_token(), &lot).ok());
    EXPECT_EQ(lot.attempts(), attempt);
    EXPECT_EQ(lot.last_error().value(), "station offline");
    if (attempt == 3) break;
    EXPECT_EQ(lot.status(), "pending");
    const absl::Duration wait = absl::Seconds(attempt == 1 ? 30 : 60);
    clock_.Advance(wait - absl::Seconds(1));
    EXPECT_EQ(Claim("LL2602001", &claimed).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(lot.status(), "error");
  EXPECT_EQ(Count("error"), 1);
  EXPECT_EQ(Claim("LL2602001", &claimed).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
}

TEST_F(InspectionServiceTest, StatesAreEventsAndRenewalsAreNot) {
  ClaimLotResponse claimed;
  PendingLot lot;
  ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
  ASSERT_TRUE(Fail(claimed.lease_token(), &lot).ok());
  EXPECT_EQ(Sql("SELECT count(*) FROM event_batches WHERE kind = 'lot'"), "2");
}

TEST_F(InspectionServiceTest, InspectedLotIsDecidedOnceByANamedPerson) {
  ClaimLotResponse claimed;
  PendingLot lot;
  EXPECT_EQ(Reason(Decide("approved", "user:3", "", &lot)), "LOT_NOT_INSPECTED");
  ASSERT_TRUE(Claim("LL2602001", &claimed).ok());
  AddSamples(5, "A");
  ASSERT_TRUE(Complete(claimed.lease_token(), 5, &lot).ok());
  EXPECT_EQ(lot.proposed_decision().value(), "approved");
  EXPECT_THAT(BadFields(Decide("rejected", "user:3", "", &lot)), UnorderedElementsAre("reason")) << "against the proposal";
  ASSERT_TRUE(Decide("rejected", "user:3", "smell", &lot).ok());
  EXPECT_EQ(lot.status(), "rejected");
  EXPECT_EQ(lot.decision_by().value(), "user:3");
  EXPECT_EQ(lot.decision_reason().value(), "smell");
  EXPECT_EQ(lot.decision_at().seconds(), 1770109200);
  ASSERT_TRUE(Decide("rejected", "user:3", "smell", &lot).ok()) << "again";
  EXPECT_EQ(Reason(Decide("approved", "user:4", "", &lot)), "LOT_DECIDED");
  EXPECT_EQ(Sql("SELECT count(*) FROM event_batches WHERE kind = 'lot'"), "3") << "claimed, inspected, decided";
}

TEST_F(InspectionServiceTest, LotIsNamedByItsIdOrItsCodeAndWhoActsMayBeLeftOut) {
  ClaimLotRequest claim;
  ClaimLotResponse claimed;
  claim.set_code_lot("9");
  EXPECT_EQ(Reason(Call(*stub_, &Stub::ClaimLot, claim, &claimed)), "LOT_NOT_FOUND");
  claim.set_code_lot("1");
  ASSERT_TRUE(Call(*stub_, &Stub::ClaimLot, claim, &claimed).ok());
  EXPECT_EQ(claimed.lot().code_lot(), "LL2602001");
  EXPECT_EQ(claimed.lot().lease_owner().value(), "api");
  AddSamples(2, "A");
  quality::v1::CompleteLotRequest complete;
  complete.set_code_lot("1");
  complete.set_lease_token(claimed.lease_token());
  complete.set_samples(2);
  PendingLot lot;
  ASSERT_TRUE(Call(*stub_, &Stub::CompleteLot, complete, &lot).ok());
  quality::v1::ListInspectionAttemptsRequest list;
  list.set_code_lot("1");
  quality::v1::ListInspectionAttemptsResponse attempts;
  ASSERT_TRUE(Call(*stub_, &Stub::ListInspectionAttempts, list, &attempts).ok());
  EXPECT_EQ(attempts.attempts_size(), 1);
  quality::v1::DecideLotRequest decide;
  decide.set_code_lot("1");
  decide.set_decision("rejected");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::DecideLot, decide, &lot)), UnorderedElementsAre("reason")) << "against the proposal";
  decide.set_decision("approved");
  ASSERT_TRUE(Call(*stub_, &Stub::DecideLot, decide, &lot).ok());
  EXPECT_EQ(lot.decision_by().value(), "api");
}

TEST_F(InspectionServiceTest, UnknownLotIsNotFoundAndEveryBadFieldIsNamed) {
  ClaimLotResponse claimed;
  EXPECT_EQ(Claim("LL2602009", &claimed).error_code(), grpc::StatusCode::NOT_FOUND);
  ClaimLotRequest request;
  request.set_lease_seconds(4);
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::ClaimLot, request, &claimed)), UnorderedElementsAre("code_lot", "lease_seconds"));
  quality::v1::CompleteLotRequest complete;
  PendingLot lot;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::CompleteLot, complete, &lot)), UnorderedElementsAre("code_lot", "lease_token", "samples"));
  quality::v1::DecideLotRequest decide;
  decide.set_decision("perhaps");
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::DecideLot, decide, &lot)), UnorderedElementsAre("code_lot", "decision"));
  quality::v1::ListPendingLotsRequest list;
  list.set_status("done");
  list.set_limit(501);
  quality::v1::ListPendingLotsResponse lots;
  EXPECT_THAT(BadFields(Call(*stub_, &Stub::ListPendingLots, list, &lots)), UnorderedElementsAre("status", "limit"));
}

}  // namespace
}  // namespace egi::api
