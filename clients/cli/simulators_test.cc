// The commands of `egictl simulators` against a scripted simulator host in this process.
#include <map>
#include <memory>
#include <sstream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cli/simulators.h"
#include "clients/cli/simulators_command.h"
#include "egi/simulation/v1/control.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "server/base/grpc_status.h"

namespace egi::cli {
namespace {

namespace sv1 = egi::simulation::v1;
using ::testing::HasSubstr;

// Remembers what it is asked and answers with one simulator.
class Host : public sv1::SimulatorService::Service {
 public:
  Host() {
    simulator_.set_name("feeding");
    simulator_.set_kind("feeding");
    simulator_.set_state("running");
    simulator_.mutable_feeding()->set_lots(3);
    simulator_.mutable_feeding()->set_acceleration(1440);
    simulator_.mutable_progress()->set_waiting(2);
    auto* lot = simulator_.mutable_progress()->add_lots();
    lot->set_code_lot("LL2602001");
    lot->set_meals(4);
    lot->set_planned_meals(24);
    lot->add_incidents("heat_wave");
  }
  grpc::Status ListSimulators(grpc::ServerContext*, const sv1::ListSimulatorsRequest* request, sv1::ListSimulatorsResponse* response) override {
    asked = request->ShortDebugString();
    *response->add_simulators() = simulator_;
    return grpc::Status::OK;
  }
  grpc::Status GetSimulator(grpc::ServerContext*, const sv1::GetSimulatorRequest* request, sv1::Simulator* response) override {
    if (request->name() != "feeding") return ToGrpcStatus(absl::NotFoundError("there is no simulator \"x\"; ListSimulators names those there are"));
    *response = simulator_;
    return grpc::Status::OK;
  }
  grpc::Status CreateSimulator(grpc::ServerContext*, const sv1::CreateSimulatorRequest* request, sv1::Simulator* response) override {
    return Keep(*request, response);
  }
  grpc::Status SetSpeed(grpc::ServerContext*, const sv1::SetSpeedRequest* request, sv1::Simulator* response) override { return Keep(*request, response); }
  grpc::Status InjectIncident(grpc::ServerContext*, const sv1::InjectIncidentRequest* request, sv1::Simulator* response) override {
    return Keep(*request, response);
  }
  grpc::Status DeleteSimulator(grpc::ServerContext*, const sv1::DeleteSimulatorRequest* request, sv1::Simulator* response) override {
    return Keep(*request, response);
  }
  grpc::Status StartScenario(grpc::ServerContext*, const sv1::StartScenarioRequest* request, sv1::ListSimulatorsResponse* response) override {
    asked = request->ShortDebugString();
    *response->add_simulators() = simulator_;
    return grpc::Status::OK;
  }
  grpc::Status ListScenarios(grpc::ServerContext*, const sv1::ListScenariosRequest*, sv1::ListScenariosResponse* response) override {
    response->add_scenarios()->set_name("demo");
    return grpc::Status::OK;
  }

  std::string asked;

 private:
  template <typename Request>
  grpc::Status Keep(const Request& request, sv1::Simulator* response) {
    asked = request.ShortDebugString();
    *response = simulator_;
    return grpc::Status::OK;
  }
  sv1::Simulator simulator_;
};

class SimulatorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&host_);
    server_ = builder.BuildAndStart();
  }

  // Runs `egictl simulators ARGUMENTS`; the exit code, -1 when the arguments are wrong.
  int Run(const std::vector<std::string>& arguments, bool json = false) {
    out_.str("");
    err_.str("");
    std::function<int(const Session&)> run;
    CLI::App app;
    AddSimulatorsCommand(app, &run);
    std::vector<std::string> words = {absl::StrCat("--host=127.0.0.1:", port_), "simulators"};
    words.insert(words.begin(), arguments.rbegin(), arguments.rend());
    try {
      app.parse(words);  // CLI11 takes them last to first
    } catch (const CLI::ParseError& error) {
      err_ << error.what();
      return -1;
    }
    return run(Session{"nowhere:1", json, in_, out_, err_});
  }

  Host host_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(SimulatorsTest, ListShowsStateAndProgress) {
  ASSERT_EQ(Run({"list", "--kind", "feeding"}), kOk) << err_.str();
  EXPECT_EQ(host_.asked, "kind: \"feeding\"");
  EXPECT_THAT(out_.str(), HasSubstr("feeding                feeding  running    3 lots at x1440"));
  EXPECT_THAT(out_.str(), HasSubstr("2 waiting"));
}

TEST_F(SimulatorsTest, JsonIsOneObjectALine) {
  ASSERT_EQ(Run({"list"}, true), kOk);
  EXPECT_THAT(out_.str(), HasSubstr("\"code_lot\":\"LL2602001\""));
  EXPECT_EQ(out_.str().find('\n'), out_.str().size() - 1);
}

TEST_F(SimulatorsTest, ShowNamesLotsAndTheirIncidents) {
  ASSERT_EQ(Run({"show", "feeding"}), kOk);
  EXPECT_THAT(out_.str(), HasSubstr("LL2602001  meal  4 of 24"));
  EXPECT_THAT(out_.str(), HasSubstr("heat_wave"));
  EXPECT_EQ(Run({"show", "x"}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("no simulator"));
}

TEST_F(SimulatorsTest, OptionsOfEachKindReachTheHost) {
  ASSERT_EQ(Run({"add", "feeding", "more", "--lots", "7", "--acceleration", "86400", "--continuous", "--seed", "3"}), kOk) << err_.str();
  EXPECT_EQ(host_.asked, "name: \"more\" feeding { lots: 7 acceleration: 86400 seed: 3 continuous: true }");
  ASSERT_EQ(Run({"add", "station", "s", "--device", "ESP32_LS_07", "--rate", "20"}), kOk) << err_.str();
  EXPECT_EQ(host_.asked, "name: \"s\" station { device: \"ESP32_LS_07\" rate: 20 }");
  ASSERT_EQ(Run({"add", "monitor", "m", "--samples-per-sqrt-bird", "0.7"}), kOk) << err_.str();
  EXPECT_EQ(host_.asked, "name: \"m\" monitor { samples_per_sqrt_bird: 0.7 }");
  ASSERT_EQ(Run({"speed", "feeding", "--acceleration", "60"}), kOk);
  EXPECT_EQ(host_.asked, "name: \"feeding\" acceleration: 60");
  ASSERT_EQ(Run({"delete", "feeding", "--force"}), kOk);
  EXPECT_EQ(host_.asked, "name: \"feeding\" force: true");
  ASSERT_EQ(Run({"run", "fortnight", "--acceleration", "86400"}), kOk);
  EXPECT_EQ(host_.asked, "scenario: \"fortnight\" acceleration: 86400");
}

TEST_F(SimulatorsTest, IncidentReachesTheHostWhole) {
  ASSERT_EQ(Run({"inject", "feeding", "disease", "--site", "LL", "--from", "J3:soir", "--duration", "2d", "--intensity", "0.8"}), kOk) << err_.str();
  EXPECT_EQ(host_.asked, "name: \"feeding\" incident { type: \"disease\" site: \"LL\" from { jour: 3 moment: \"soir\" } duration: \"2d\" intensity { value: 0.8 } }");
}

TEST_F(SimulatorsTest, WrongArgumentsNeverReachTheHost) {
  EXPECT_EQ(Run({"inject", "feeding", "disease", "--from", "J3:midi"}), -1);
  EXPECT_THAT(err_.str(), HasSubstr("J3:soir"));
  EXPECT_EQ(Run({"inject", "feeding", "disease", "--lot", "1", "--site", "LL"}), -1);
  EXPECT_EQ(Run({"speed"}), -1);
  EXPECT_EQ(Run({}), -1);
}

TEST_F(SimulatorsTest, AbsentHostIsUnreachable) {
  server_->Shutdown();
  EXPECT_EQ(Run({"scenarios"}), kUnreachable);
}

TEST(ParseMealMomentTest, DayAloneIsItsMorning) {
  EXPECT_EQ(ParseMealMoment("J12")->ShortDebugString(), "jour: 12 moment: \"matin\"");
  EXPECT_EQ(ParseMealMoment("0:soir")->moment(), "soir");
  for (const char* text : {"", "J", "J28", "soir", "J3:", "J-1"}) EXPECT_FALSE(ParseMealMoment(text).ok()) << text;
}

}  // namespace
}  // namespace egi::cli
