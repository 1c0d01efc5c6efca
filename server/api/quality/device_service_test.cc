#include "egi/quality/v1/device.grpc.pb.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "server/api/api_test_server.h"
#include "server/storage/write/command_store.h"
#include "server/storage/write/device_watch.h"

namespace egi::api {
namespace {

using quality::v1::DeviceCommandRecord;
using quality::v1::DeviceHeartbeat;
using quality::v1::DeviceService;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using Stub = DeviceService::Stub;

// The clock stands at 2026-02-03 09:00 UTC; ESP32_LL_01, ESP32_LS_01 and ESP32_MT_01 are active and never spoke.
class DeviceServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    devices_ = DeviceService::NewStub(channel_);
    commands_ = storage::write::NewPostgresCommandStore(*pool_);
    watch_ = storage::write::NewPostgresDeviceWatch(*pool_);
  }

  quality::v1::Device Beat(const DeviceHeartbeat& heartbeat) {
    quality::v1::ReportHeartbeatRequest request;
    *request.mutable_heartbeat() = heartbeat;
    quality::v1::ReportHeartbeatResponse response;
    const grpc::Status status = Call(*devices_, &Stub::ReportHeartbeat, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.device();
  }
  quality::v1::Device Beat(const std::string& device_id, int nacks = 0, int buffer = 0) {
    DeviceHeartbeat heartbeat;
    heartbeat.set_device_id(device_id);
    heartbeat.set_nack_count(nacks);
    heartbeat.set_buffer_size(buffer);
    return Beat(heartbeat);
  }
  grpc::Status Configure(const quality::v1::DeviceConfiguration& configuration, DeviceCommandRecord* record,
                         const std::string& device_id = "ESP32_LL_01", const std::string& by = "marie") {
    quality::v1::ConfigureDeviceRequest request;
    request.set_device_id(device_id);
    *request.mutable_configuration() = configuration;
    request.set_configured_by(by);
    quality::v1::ConfigureDeviceResponse response;
    const grpc::Status status = Call(*devices_, &Stub::ConfigureDevice, request, &response);
    *record = response.command();
    return status;
  }
  DeviceCommandRecord Configured(int interval_ms) {
    quality::v1::DeviceConfiguration configuration;
    configuration.set_measurement_interval_ms(interval_ms);
    DeviceCommandRecord record;
    const grpc::Status status = Configure(configuration, &record);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return record;
  }
  DeviceCommandRecord Answer(int32_t command_id, quality::v1::CommandOutcome outcome, const std::string& device_id = "ESP32_LL_01") {
    quality::v1::CommandResult result;
    result.set_command_id(command_id);
    result.set_device_id(device_id);
    result.set_outcome(outcome);
    auto record = commands_->Record(result, clock_.Now());
    EXPECT_TRUE(record.ok()) << record.status();
    return record.ok() ? *record : DeviceCommandRecord();
  }
  quality::v1::GetDeviceResponse Get(const std::string& device_id) {
    quality::v1::GetDeviceRequest request;
    request.set_device_id(device_id);
    quality::v1::GetDeviceResponse response;
    EXPECT_TRUE(Call(*devices_, &Stub::GetDevice, request, &response).ok());
    return response;
  }
  template <typename Request, typename Response, typename Method>
  Response History(Method method, const std::string& device_id, int limit = 0, const std::string& token = "") {
    Request request;
    request.set_device_id(device_id);
    request.set_limit(limit);
    request.set_page_token(token);
    Response response;
    const grpc::Status status = Call(*devices_, method, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::vector<std::string> Presence(const std::string& device_id) {
    std::vector<std::string> states;
    const auto history = History<quality::v1::ListDevicePresenceRequest, quality::v1::ListDevicePresenceResponse>(
        &Stub::ListDevicePresence, device_id);
    for (const auto& transition : history.transitions()) {
      states.push_back(absl::StrCat(transition.status(), " ", transition.time().seconds() - 1770109200));
    }
    return states;
  }
  storage::write::DeviceCounts Look(absl::Duration listening = absl::Hours(1)) {
    auto counts = watch_->Look(clock_.Now(), listening, absl::Minutes(5));
    EXPECT_TRUE(counts.ok()) << counts.status();
    return counts.ok() ? *counts : storage::write::DeviceCounts();
  }
  std::string OpenAlerts() { return Sql("SELECT string_agg(alert_type || ' ' || object_key, ',') FROM alert_open"); }
  quality::v1::Device Approve(const std::string& id) {
    quality::v1::ApproveDeviceRequest request;
    request.set_device_id(id);
    request.set_approved_by("marie");
    quality::v1::ApproveDeviceResponse response;
    EXPECT_TRUE(Call(*devices_, &Stub::ApproveDevice, request, &response).ok());
    return response.device();
  }
  quality::v1::Device Retire(const std::string& id) {
    quality::v1::RetireDeviceRequest request;
    request.set_device_id(id);
    request.set_retired_by("marie");
    request.set_reason("broken lens");
    quality::v1::RetireDeviceResponse response;
    EXPECT_TRUE(Call(*devices_, &Stub::RetireDevice, request, &response).ok());
    return response.device();
  }

  std::unique_ptr<Stub> devices_;
  std::unique_ptr<storage::write::CommandStore> commands_;
  std::unique_ptr<storage::write::DeviceWatch> watch_;
};

// Registry.

TEST_F(DeviceServiceTest, UnknownDeviceIsPendingUntilSomebodyApprovesItAndTheChangeIsKept) {
  EXPECT_EQ(Beat("ESP32_LS_77").status(), "pending");
  EXPECT_EQ(Beat("ESP32_LS_77").site_code(), "LS");
  EXPECT_EQ(Approve("ESP32_LS_77").status(), "active");
  EXPECT_EQ(Approve("ESP32_LS_77").status(), "active");
  const auto changes = History<quality::v1::ListDeviceChangesRequest, quality::v1::ListDeviceChangesResponse>(&Stub::ListDeviceChanges,
                                                                                                              "ESP32_LS_77");
  ASSERT_EQ(changes.changes_size(), 1);
  EXPECT_EQ(changes.changes(0).action(), "approve");
  EXPECT_EQ(changes.changes(0).changed_by(), "marie");
  EXPECT_EQ(changes.changes(0).before().fields().at("status").string_value(), "pending");
  EXPECT_EQ(changes.changes(0).after().fields().at("status").string_value(), "active");
}

TEST_F(DeviceServiceTest, UpdateChangesTheFieldsGivenAndPushesANewProfile) {
  quality::v1::UpdateDeviceRequest request;
  request.set_device_id("ESP32_LL_01");
  request.set_device_name("Ligne A");
  request.set_config_profile("foiegras_premium");
  request.set_updated_by("marie");
  quality::v1::UpdateDeviceResponse response;
  ASSERT_TRUE(Call(*devices_, &Stub::UpdateDevice, request, &response).ok());
  EXPECT_EQ(response.device().device_name(), "Ligne A");
  EXPECT_EQ(response.device().site_code(), "LL");
  EXPECT_EQ(response.device().config_profile(), "foiegras_premium");
  EXPECT_EQ(response.device().desired_configuration_revision(), 1);
  EXPECT_EQ(Get("ESP32_LL_01").desired_configuration().config_profile(), "foiegras_premium");
}

TEST_F(DeviceServiceTest, EveryBadFieldOfAnUpdateIsNamed) {
  quality::v1::UpdateDeviceRequest request;
  request.set_device_id("ESP32_LL_01");
  request.set_device_name("");
  request.set_site_code("XX");
  quality::v1::UpdateDeviceResponse response;
  EXPECT_THAT(BadFields(Call(*devices_, &Stub::UpdateDevice, request, &response)),
              UnorderedElementsAre("device_name", "site_code", "updated_by"));
  request.Clear();
  request.set_device_id("nobody");
  request.set_device_name("x");
  request.set_updated_by("marie");
  const grpc::Status unknown = Call(*devices_, &Stub::UpdateDevice, request, &response);
  EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Reason(unknown), "DEVICE_NOT_FOUND");
}

TEST_F(DeviceServiceTest, RetirementWithdrawsOpenCommandsAndRefusesNewOnes) {
  const int32_t id = Configured(1000).command().command_id();
  EXPECT_EQ(Retire("ESP32_LL_01").status(), "retired");
  const auto commands = History<quality::v1::ListDeviceCommandsRequest, quality::v1::ListDeviceCommandsResponse>(&Stub::ListDeviceCommands,
                                                                                                                 "ESP32_LL_01");
  ASSERT_EQ(commands.commands_size(), 1);
  EXPECT_EQ(commands.commands(0).command().command_id(), id);
  EXPECT_EQ(commands.commands(0).state(), "withdrawn");
  quality::v1::DeviceConfiguration configuration;
  configuration.set_frames_averaged(4);
  DeviceCommandRecord record;
  const grpc::Status refused = Configure(configuration, &record);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(refused), "DEVICE_RETIRED");
}

TEST_F(DeviceServiceTest, HistoriesNameAnUnknownDeviceAndEveryBadField) {
  const auto refused = [&](auto method, auto request, auto response) {
    request.set_device_id("nobody");
    const grpc::Status unknown = Call(*devices_, method, request, &response);
    EXPECT_EQ(unknown.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(Reason(unknown), "DEVICE_NOT_FOUND");
    request.clear_device_id();
    request.set_limit(501);
    request.set_page_token("of another listing");
    EXPECT_THAT(BadFields(Call(*devices_, method, request, &response)), ElementsAre("device_id", "limit", "page_token"));
  };
  refused(&Stub::ListDeviceCommands, quality::v1::ListDeviceCommandsRequest(), quality::v1::ListDeviceCommandsResponse());
  refused(&Stub::ListDeviceChanges, quality::v1::ListDeviceChangesRequest(), quality::v1::ListDeviceChangesResponse());
  refused(&Stub::ListDevicePresence, quality::v1::ListDevicePresenceRequest(), quality::v1::ListDevicePresenceResponse());
  refused(&Stub::ListDeviceCounters, quality::v1::ListDeviceCountersRequest(), quality::v1::ListDeviceCountersResponse());
}

// Configuration and commands.

TEST_F(DeviceServiceTest, ConfigurationKeepsEarlierFieldsAndSupersedesTheUnansweredOne) {
  quality::v1::DeviceConfiguration first;
  first.set_measurement_interval_ms(2000);
  first.set_spectral_gain(16);
  DeviceCommandRecord one, two;
  ASSERT_TRUE(Configure(first, &one).ok());
  quality::v1::DeviceConfiguration second;
  second.set_measurement_interval_ms(500);
  ASSERT_TRUE(Configure(second, &two).ok());
  EXPECT_EQ(one.command().configuration().revision(), 1);
  EXPECT_EQ(two.command().configuration().revision(), 2);
  EXPECT_EQ(two.command().configuration().measurement_interval_ms(), 500);
  EXPECT_EQ(two.command().configuration().spectral_gain(), 16);
  auto open = commands_->Open({"ESP32_LL_01", "ESP32_LS_01"});
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_EQ(open->size(), 1u);
  EXPECT_EQ((*open)[0].command().command_id(), two.command().command_id());
  EXPECT_EQ(Get("ESP32_LL_01").device().open_commands(), 1);
}

TEST_F(DeviceServiceTest, EveryBadFieldOfAConfigurationIsNamed) {
  quality::v1::DeviceConfiguration bad;
  bad.set_revision(3);
  bad.set_config_profile("");
  bad.set_measurement_interval_ms(99);
  bad.set_heartbeat_interval_s(3601);
  bad.set_frames_averaged(0);
  bad.set_spectral_integration_time_ms(501);
  bad.set_spectral_gain(5);
  DeviceCommandRecord record;
  EXPECT_THAT(BadFields(Configure(bad, &record, "ESP32_LL_01", "")),
              UnorderedElementsAre("configured_by", "configuration.revision", "configuration.config_profile",
                                   "configuration.measurement_interval_ms", "configuration.heartbeat_interval_s",
                                   "configuration.frames_averaged", "configuration.spectral_integration_time_ms",
                                   "configuration.spectral_gain"));
  EXPECT_THAT(BadFields(Configure({}, &record)), ElementsAre("configuration"));
}

TEST_F(DeviceServiceTest, DesiredAndReportedRevisionsAreShown) {
  const DeviceCommandRecord record = Configured(2000);
  EXPECT_EQ(Get("ESP32_LL_01").configuration_command().state(), "open");
  Answer(record.command().command_id(), quality::v1::COMMAND_OUTCOME_APPLIED);
  DeviceHeartbeat heartbeat;
  heartbeat.set_device_id("ESP32_LL_01");
  heartbeat.set_configuration_revision(1);
  Beat(heartbeat);
  const auto shown = Get("ESP32_LL_01");
  EXPECT_EQ(shown.configuration_command().state(), "applied");
  EXPECT_EQ(shown.device().configuration_revision(), 1);
  EXPECT_EQ(shown.device().desired_configuration_revision(), 1);
  EXPECT_EQ(shown.desired_configuration().measurement_interval_ms(), 2000);
}

TEST_F(DeviceServiceTest, RefusedConfigurationIsNotTheBaseOfTheNext) {
  Answer(Configured(2000).command().command_id(), quality::v1::COMMAND_OUTCOME_REFUSED);
  EXPECT_FALSE(Get("ESP32_LL_01").has_desired_configuration());
  quality::v1::DeviceConfiguration change;
  change.set_frames_averaged(8);
  DeviceCommandRecord record;
  ASSERT_TRUE(Configure(change, &record).ok());
  EXPECT_EQ(record.command().configuration().revision(), 2);
  EXPECT_FALSE(record.command().configuration().has_measurement_interval_ms());
}

TEST_F(DeviceServiceTest, FirstFinalAnswerStandsAndProgressLeavesTheCommandOpen) {
  const int32_t id = Configured(2000).command().command_id();
  EXPECT_EQ(Answer(id, quality::v1::COMMAND_OUTCOME_IN_PROGRESS).state(), "in_progress");
  EXPECT_EQ(commands_->Open({"ESP32_LL_01"})->size(), 1u);
  EXPECT_EQ(Answer(id, quality::v1::COMMAND_OUTCOME_APPLIED).state(), "applied");
  EXPECT_EQ(Answer(id, quality::v1::COMMAND_OUTCOME_REFUSED).state(), "applied");
  EXPECT_TRUE(commands_->Open({"ESP32_LL_01"})->empty());
  quality::v1::CommandResult foreign;
  foreign.set_command_id(id);
  foreign.set_device_id("ESP32_LS_01");
  foreign.set_outcome(quality::v1::COMMAND_OUTCOME_APPLIED);
  EXPECT_EQ(commands_->Record(foreign, clock_.Now()).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(DeviceServiceTest, CommandsArePaged) {
  for (int i = 1; i <= 3; ++i) Configured(1000 * i);
  using Request = quality::v1::ListDeviceCommandsRequest;
  using Response = quality::v1::ListDeviceCommandsResponse;
  const auto first = History<Request, Response>(&Stub::ListDeviceCommands, "ESP32_LL_01", 2);
  ASSERT_EQ(first.commands_size(), 2);
  EXPECT_EQ(first.commands(0).command().configuration().revision(), 3);
  const auto last = History<Request, Response>(&Stub::ListDeviceCommands, "ESP32_LL_01", 2, first.next_page_token());
  ASSERT_EQ(last.commands_size(), 1);
  EXPECT_EQ(last.commands(0).command().configuration().revision(), 1);
  EXPECT_EQ(last.next_page_token(), "");
}

// Heartbeats, presence, silence.

TEST_F(DeviceServiceTest, CountersAreKeptWhenTheyChangeAndOnceAnHour) {
  Beat("ESP32_LL_01", 1);
  clock_.Advance(absl::Seconds(30));
  Beat("ESP32_LL_01", 1);
  clock_.Advance(absl::Seconds(30));
  Beat("ESP32_LL_01", 4, 2);
  clock_.Advance(absl::Hours(1));
  const auto device = Beat("ESP32_LL_01", 4, 2);
  EXPECT_EQ(device.nack_count(), 4);
  std::vector<std::string> kept;
  const auto history = History<quality::v1::ListDeviceCountersRequest, quality::v1::ListDeviceCountersResponse>(
      &Stub::ListDeviceCounters, "ESP32_LL_01");
  for (const auto& row : history.counters()) {
    kept.push_back(absl::StrCat(row.time().seconds() - 1770109200, " ", row.nack_count(), " ", row.buffer_size()));
  }
  EXPECT_THAT(kept, ElementsAre("3660 4 2", "60 4 2", "0 1 0"));
}

TEST_F(DeviceServiceTest, DeviceIsOnlineFromItsFirstMessageAndOfflineFromItsLastOne) {
  Beat("ESP32_LL_01");
  clock_.Advance(absl::Seconds(60));
  Beat("ESP32_LL_01");
  clock_.Advance(absl::Seconds(99));
  EXPECT_EQ(Look().online, 1);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Look().offline, 1);
  Look();  // another server looks too
  EXPECT_THAT(Presence("ESP32_LL_01"), ElementsAre("offline 60", "online 0"));
  clock_.Advance(absl::Seconds(40));
  Beat("ESP32_LL_01");
  EXPECT_THAT(Presence("ESP32_LL_01"), ElementsAre("online 200", "offline 60", "online 0"));
  EXPECT_EQ(Get("ESP32_LL_01").device().presence(), "online");
  EXPECT_EQ(Get("ESP32_LL_01").device().presence_since().seconds(), 1770109400);
}

TEST_F(DeviceServiceTest, SampleMakesADeviceOnlineAtTheNextLook) {
  Sql("UPDATE sqal_devices SET last_seen = '2026-02-03 08:59:30+00' WHERE device_id = 'ESP32_LL_01'");
  EXPECT_EQ(Look().online, 1);
  EXPECT_THAT(Presence("ESP32_LL_01"), ElementsAre("online -30"));
}

TEST_F(DeviceServiceTest, ServerThatJustStartedCallsNobodyOfflineOrSilent) {
  Beat("ESP32_LL_01");
  clock_.Advance(absl::Hours(10));
  EXPECT_EQ(Look(absl::Seconds(1)).online, 1);
  EXPECT_EQ(OpenAlerts(), "");
}

TEST_F(DeviceServiceTest, SilentActiveDeviceOpensAnAlertThatClosesWhenItSpeaks) {
  Beat("ESP32_LL_01");
  Beat("ESP32_LS_77");  // pending: nobody waits for it
  clock_.Advance(absl::Seconds(299));
  Look();
  EXPECT_EQ(OpenAlerts(), "");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Look().silent, 1);
  Look();
  EXPECT_EQ(OpenAlerts(), "device_silent device:ESP32_LL_01");
  EXPECT_EQ(Sql("SELECT severity || ' ' || device_id || ' ' || site_code FROM sqal_alerts"), "warning ESP32_LL_01 LL");
  EXPECT_EQ(Sql("SELECT count(*) FROM event_payloads"), "1");
  Beat("ESP32_LL_01");
  EXPECT_EQ(Look().silent, 0);
  EXPECT_EQ(OpenAlerts(), "");
  EXPECT_EQ(Sql("SELECT closed_at = '2026-02-03 09:05+00' FROM sqal_alerts"), "t");
}

TEST_F(DeviceServiceTest, AcknowledgedSilenceIsNotOpenedAgain) {
  Beat("ESP32_LL_01");
  clock_.Advance(absl::Minutes(5));
  Look();
  Sql("DELETE FROM alert_open");
  Look();
  EXPECT_EQ(OpenAlerts(), "");
  EXPECT_EQ(Sql("SELECT count(*) FROM sqal_alerts"), "1");
}

TEST_F(DeviceServiceTest, RetiringASilentDeviceClosesItsAlert) {
  Beat("ESP32_LL_01");
  clock_.Advance(absl::Minutes(5));
  Look();
  Retire("ESP32_LL_01");
  Look();
  EXPECT_EQ(OpenAlerts(), "");
}

}  // namespace
}  // namespace egi::api
