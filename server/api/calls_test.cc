#include "server/api/api_test_server.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "egi/feeding/v1/site.grpc.pb.h"
#include "gmock/gmock.h"
#include "server/api/feeding/site_service.h"

namespace egi::api {
namespace {

using feeding::v1::SiteService;

// Stands in for a database that does not answer until it is told to.
class SlowSites : public storage::read::SiteReader {
 public:
  absl::StatusOr<std::vector<feeding::v1::Site>> ListSites() override {
    std::unique_lock<std::mutex> lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    return std::vector<feeding::v1::Site>();
  }
  absl::StatusOr<std::vector<feeding::v1::SiteStats>> ListSiteStats(const std::string&) override { return absl::UnimplementedError(""); }
  absl::StatusOr<feeding::v1::SiteStats> ReadTotal(const std::string&) override { return absl::UnimplementedError("not asked"); }
  absl::StatusOr<feeding::v1::GetKpisResponse> ReadKpis() override { return absl::UnimplementedError(""); }
  absl::StatusOr<std::vector<feeding::v1::ProductionPoint>> ListProduction(int) override { return absl::UnimplementedError(""); }
  absl::StatusOr<std::vector<feeding::v1::SiteItm>> ListItm() override { return absl::UnimplementedError(""); }
  absl::StatusOr<Counts> Count() override { return absl::UnimplementedError(""); }

  void AwaitWaiting(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }
  void Open() {
    std::lock_guard<std::mutex> lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = false;
};

// One worker and a queue of one: the third call at once is one too many.
TEST(CallsTest, CallBeyondTheQueueIsToldWhenToComeBackAndTheOthersAreAnswered) {
  SlowSites sites;
  FakeClock clock(absl::UnixEpoch());
  WorkerPool workers(1, 1);
  api::SiteService service(sites, clock, Calls(workers));
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("localhost:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  const auto stub = SiteService::NewStub(grpc::CreateChannel("localhost:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  const feeding::v1::ListSitesRequest request;

  std::atomic<int> answered{0};
  std::atomic<int> refused{0};
  grpc::Status refusal;
  std::mutex mutex;
  const auto call = [&] {
    feeding::v1::ListSitesResponse response;
    const grpc::Status status = Call(*stub, &SiteService::Stub::ListSites, request, &response);
    if (status.ok()) {
      ++answered;
      return;
    }
    ++refused;
    std::lock_guard<std::mutex> lock(mutex);
    refusal = status;
    sites.Open();
  };
  std::thread first(call);
  sites.AwaitWaiting(1);
  std::thread second(call);
  std::thread third(call);
  for (std::thread* thread : {&first, &second, &third}) thread->join();
  EXPECT_EQ(answered, 2);
  EXPECT_EQ(refused, 1);
  EXPECT_EQ(refusal.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  google::rpc::Status rpc;
  ASSERT_TRUE(rpc.ParseFromString(refusal.error_details()));
  EXPECT_EQ(std::count_if(rpc.details().begin(), rpc.details().end(), [](const auto& d) { return d.template Is<google::rpc::RetryInfo>(); }), 1);
  server->Shutdown();
}

}  // namespace
}  // namespace egi::api
