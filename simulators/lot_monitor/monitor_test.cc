#include "simulators/lot_monitor/monitor.h"

#include <atomic>
#include <chrono>
#include <map>

#include "egi/quality/v1/inspection.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/base/mutex.h"

namespace egi::lot_monitor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The queue of the server, reduced to its contract: one lease a lot, a token to finish it. Served over a real connection.
class QueueService final : public quality::v1::InspectionService::Service {
 public:
  std::map<std::string, quality::v1::PendingLot> lots;
  std::string somebody_elses_lot;
  std::vector<quality::v1::CompleteLotRequest> completed;
  std::vector<quality::v1::FailLotRequest> failed;

  grpc::Status ListPendingLots(grpc::ServerContext*, const quality::v1::ListPendingLotsRequest* request, quality::v1::ListPendingLotsResponse* response) override {
    EXPECT_EQ(request->status(), "claimable");
    for (const auto& [code, lot] : lots) *response->add_lots() = lot;
    return grpc::Status::OK;
  }
  grpc::Status ClaimLot(grpc::ServerContext*, const quality::v1::ClaimLotRequest* request, quality::v1::ClaimLotResponse* response) override {
    EXPECT_EQ(request->owner(), "m1");
    if (request->code_lot() == somebody_elses_lot) return {grpc::StatusCode::ABORTED, "held by m2"};
    *response->mutable_lot() = lots[request->code_lot()];
    response->set_lease_token("token-" + request->code_lot());
    return grpc::Status::OK;
  }
  grpc::Status RenewLease(grpc::ServerContext*, const quality::v1::RenewLeaseRequest* request, quality::v1::ClaimLotResponse*) override {
    EXPECT_EQ(request->lease_token(), "token-" + request->code_lot());
    MutexLock lock(&mutex_);
    ++renewals_;
    changed_.NotifyAll();
    return lease_is_lost ? grpc::Status(grpc::StatusCode::ABORTED, "lost") : grpc::Status(grpc::StatusCode::OK, "");
  }
  // Waits until the lease was renewed so often; false after 20 s.
  bool WaitForRenewals(int count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    MutexLock lock(&mutex_);
    while (renewals_ < count) {
      if (std::chrono::steady_clock::now() >= end) return false;
      changed_.WaitFor(&mutex_, end - std::chrono::steady_clock::now());
    }
    return true;
  }
  std::atomic<bool> lease_is_lost = false;
  grpc::Status CompleteLot(grpc::ServerContext*, const quality::v1::CompleteLotRequest* request, quality::v1::PendingLot*) override {
    EXPECT_EQ(request->lease_token(), "token-" + request->code_lot());
    completed.push_back(*request);
    return grpc::Status::OK;
  }
  grpc::Status FailLot(grpc::ServerContext*, const quality::v1::FailLotRequest* request, quality::v1::PendingLot*) override {
    EXPECT_EQ(request->lease_token(), "token-" + request->code_lot());
    failed.push_back(*request);
    return grpc::Status::OK;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int renewals_ ABSL_GUARDED_BY(mutex_) = 0;
};

class MonitorTest : public ::testing::Test {
 protected:
  MonitorTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&queue_);
    server_ = builder.BuildAndStart();
    stub_ = quality::v1::InspectionService::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }

  void AddLot(const std::string& code, double weight) {
    quality::v1::PendingLot lot;
    lot.set_code_lot(code);
    lot.set_genetique("Mulard");
    lot.mutable_poids_moyen_final()->set_value(weight);
    lot.mutable_taux_mortalite()->set_value(2);
    queue_.lots[code] = lot;
  }

  Monitor MakeMonitor(Inspect inspect, absl::Duration renew_every = absl::ZeroDuration()) {
    return Monitor({.owner = "m1", .renew_every = renew_every}, stub_, std::move(inspect));
  }

  QueueService queue_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<quality::v1::InspectionService::StubInterface> stub_;
};

TEST_F(MonitorTest, EveryClaimableLotIsInspectedWithItsProfileAndCompleted) {
  AddLot("LL2602001", 6600);
  AddLot("MT2602002", 5700);
  std::map<std::string, std::string> profiles;
  const auto done = MakeMonitor([&](const quality::v1::PendingLot& lot, const std::string& profile, int samples) {
                      profiles[lot.code_lot()] = profile;
                      return samples;
                    }).RunOnce();
  EXPECT_EQ(done.value(), 2);
  EXPECT_EQ(profiles["LL2602001"], "foiegras_premium");
  EXPECT_EQ(profiles["MT2602002"], "foiegras_low_quality");
  ASSERT_EQ(queue_.completed.size(), 2u);
  EXPECT_EQ(queue_.completed[0].samples(), 5);
}

TEST_F(MonitorTest, LotOfAnotherInspectorIsPassedOver) {
  AddLot("LL2602001", 6600);
  AddLot("LL2602002", 6600);
  queue_.somebody_elses_lot = "LL2602001";
  std::vector<std::string> inspected;
  const auto done = MakeMonitor([&](const quality::v1::PendingLot& lot, const std::string&, int samples) {
                      inspected.push_back(lot.code_lot());
                      return samples;
                    }).RunOnce();
  EXPECT_EQ(done.value(), 1);
  EXPECT_THAT(inspected, ElementsAre("LL2602002"));
}

TEST_F(MonitorTest, ToldToStopItFinishesTheLotAtHandAndTakesNoOther) {
  AddLot("LL2602001", 6600);
  AddLot("LL2602002", 6600);
  bool stopping = false;
  Monitor monitor({.owner = "m1", .stopping = [&] { return stopping; }}, stub_, [&](const quality::v1::PendingLot&, const std::string&, int samples) {
    stopping = true;
    return samples;
  });
  EXPECT_EQ(monitor.RunOnce().value(), 1);
  ASSERT_EQ(queue_.completed.size(), 1u);
  EXPECT_EQ(queue_.completed[0].code_lot(), "LL2602001");
  EXPECT_TRUE(queue_.failed.empty());
}

TEST_F(MonitorTest, FailedInspectionIsGivenBackWithItsReason) {
  AddLot("LL2602001", 6600);
  const auto done = MakeMonitor([](const quality::v1::PendingLot&, const std::string&, int) -> absl::StatusOr<int> { return absl::UnavailableError("station away"); }).RunOnce();
  EXPECT_EQ(done.value(), 0);
  ASSERT_EQ(queue_.failed.size(), 1u);
  EXPECT_THAT(queue_.failed[0].reason(), HasSubstr("station away"));
  EXPECT_TRUE(queue_.completed.empty());
}

TEST_F(MonitorTest, IncompleteInspectionIsNotCalledComplete) {
  AddLot("LL2602001", 6600);
  const auto done = MakeMonitor([](const quality::v1::PendingLot&, const std::string&, int samples) { return samples - 1; }).RunOnce();
  EXPECT_EQ(done.value(), 0);
  ASSERT_EQ(queue_.failed.size(), 1u);
  EXPECT_THAT(queue_.failed[0].reason(), HasSubstr("4 of 5"));
}

TEST_F(MonitorTest, LeaseIsRenewedWhileALotIsInspected) {
  AddLot("LL2602001", 6600);
  const auto done = MakeMonitor(
                        [&](const quality::v1::PendingLot&, const std::string&, int samples) {
                          EXPECT_TRUE(queue_.WaitForRenewals(3));
                          return samples;
                        },
                        absl::Milliseconds(5))
                        .RunOnce();
  EXPECT_EQ(done.value(), 1);
}

TEST_F(MonitorTest, LotWhoseLeaseWasLostIsNeitherCompletedNorFailed) {
  AddLot("LL2602001", 6600);
  queue_.lease_is_lost = true;
  const auto done = MakeMonitor(
                        [&](const quality::v1::PendingLot&, const std::string&, int samples) {
                          EXPECT_TRUE(queue_.WaitForRenewals(1));
                          return samples;
                        },
                        absl::Milliseconds(5))
                        .RunOnce();
  EXPECT_EQ(done.value(), 0);
  EXPECT_TRUE(queue_.completed.empty());
  EXPECT_TRUE(queue_.failed.empty());
}

TEST_F(MonitorTest, UnreachableServerIsAnError) {
  server_->Shutdown();
  EXPECT_EQ(MakeMonitor([](const quality::v1::PendingLot&, const std::string&, int samples) { return samples; }).RunOnce().status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace egi::lot_monitor
