// Stations and the program itself on a real PostgreSQL: configuration pushed over the stream, registration, silence.
#include <chrono>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "egi/quality/v1/device.grpc.pb.h"
#include "egi/quality/v1/ingest.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/validate/good_items.h"
#include "tests/support/child_process.h"
#include "tests/support/test_database.h"

namespace egi::app {
namespace {

using quality::v1::DeviceCommand;
using quality::v1::DeviceService;
using quality::v1::SampleIngestService;
using quality::v1::StreamSamplesRequest;
using quality::v1::StreamSamplesResponse;

constexpr char kStation[] = "ESP32_LL_01";

// A station on one open stream, driven by the test.
class Station {
 public:
  Station(const std::shared_ptr<grpc::Channel>& channel, const std::string& device_id)
      : device_id_(device_id), stub_(SampleIngestService::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream_ = stub_->StreamSamples(&context_);
    StreamSamplesRequest open;
    open.mutable_open()->set_producer_id(device_id);
    stream_->Write(open);
    EXPECT_TRUE(Read().has_opened());
  }
  ~Station() { context_.TryCancel(); }

  void Beat(int configuration_revision = 0) {
    StreamSamplesRequest request;
    request.mutable_heartbeat()->set_device_id(device_id_);
    request.mutable_heartbeat()->set_configuration_revision(configuration_revision);
    EXPECT_TRUE(stream_->Write(request));
  }
  StreamSamplesResponse Read() {
    StreamSamplesResponse response;
    EXPECT_TRUE(stream_->Read(&response)) << "the stream ended";
    return response;
  }
  DeviceCommand NextCommand() {
    const StreamSamplesResponse response = Read();
    EXPECT_TRUE(response.has_command()) << response.ShortDebugString();
    return response.command();
  }
  void Answer(const DeviceCommand& command) {
    StreamSamplesRequest request;
    request.mutable_command_result()->set_command_id(command.command_id());
    request.mutable_command_result()->set_device_id(device_id_);
    request.mutable_command_result()->set_outcome(quality::v1::COMMAND_OUTCOME_APPLIED);
    EXPECT_TRUE(stream_->Write(request));
  }
  // Sends one sample; answers the reason of its refusal, empty when it was stored.
  std::string SendSample(int64_t sequence) {
    StreamSamplesRequest request;
    request.mutable_batch()->set_first_sequence(sequence);
    quality::v1::Sample* sample = request.mutable_batch()->add_samples();
    *sample = validate::GoodSample();
    sample->clear_lot();
    sample->clear_site_code();
    sample->set_device_id(device_id_);
    sample->set_sample_id(absl::StrCat("S-", sequence));
    EXPECT_TRUE(stream_->Write(request));
    std::string refusal;
    for (StreamSamplesResponse response = Read(); !response.has_ack(); response = Read()) {
      if (response.has_rejections()) refusal = response.rejections().rejections(0).status().message();
      if (!response.has_rejections() && !response.has_results()) break;
    }
    return refusal;
  }

 private:
  const std::string device_id_;
  std::unique_ptr<SampleIngestService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<StreamSamplesRequest, StreamSamplesResponse>> stream_;
};

class DevicesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = egi::testing::TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = std::move(*database);
    config_ = absl::StrCat(::testing::TempDir(), "/devices.textproto");
    std::ofstream(config_) << "devices { silent_after_s: 3 }\n";
    address_ = absl::StrCat("127.0.0.1:", egi::testing::FreePort());
    StartServer();
  }
  void StartServer() {
    egi::testing::ChildOptions options;
    options.command = {egi::testing::Runfile("server/egi-server"), "--listen=" + address_, "--metrics=", "--config=" + config_};
    options.environment = {"EGI_DATABASE_URL=" + database_->url()};
    server_.reset();
    auto server = egi::testing::ChildProcess::Create(options);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
    ASSERT_TRUE(channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(30)));
    devices_ = DeviceService::NewStub(channel_);
  }
  int32_t Configure(int interval_ms) {
    quality::v1::ConfigureDeviceRequest request;
    request.set_device_id(kStation);
    request.mutable_configuration()->set_measurement_interval_ms(interval_ms);
    request.set_configured_by("marie");
    quality::v1::ConfigureDeviceResponse response;
    grpc::ClientContext context;
    const grpc::Status status = devices_->ConfigureDevice(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.command().command().command_id();
  }
  quality::v1::GetDeviceResponse Get(const std::string& device_id) {
    quality::v1::GetDeviceRequest request;
    request.set_device_id(device_id);
    quality::v1::GetDeviceResponse response;
    grpc::ClientContext context;
    (void)devices_->GetDevice(&context, request, &response);
    return response;
  }
  // Waits up to 30 s.
  static bool Eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return true;
  }
  bool AnsweredBy(const std::string& state) {
    return Eventually([&] { return Get(kStation).configuration_command().state() == state; });
  }

  std::unique_ptr<egi::testing::TestDatabase> database_;
  std::unique_ptr<egi::testing::ChildProcess> server_;
  std::string config_, address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<DeviceService::Stub> devices_;
};

TEST_F(DevicesTest, ConfigurationReachesTheOpenStreamAndItsAnswerIsShown) {
  Station station(channel_, kStation);
  const int32_t id = Configure(500);
  const DeviceCommand command = station.NextCommand();
  EXPECT_EQ(command.command_id(), id);
  EXPECT_EQ(command.device_id(), kStation);
  EXPECT_EQ(command.configuration().revision(), 1);
  EXPECT_EQ(command.configuration().measurement_interval_ms(), 500);
  station.Answer(command);
  EXPECT_TRUE(AnsweredBy("applied"));
  station.Beat(1);
  EXPECT_TRUE(Eventually([&] { return Get(kStation).device().configuration_revision() == 1; }));
  EXPECT_EQ(Get(kStation).device().open_commands(), 0);
}

TEST_F(DevicesTest, UnansweredCommandComesAgainOnTheNextStreamAndAfterARestartOfTheServer) {
  const int32_t id = Configure(500);
  {
    Station station(channel_, kStation);
    EXPECT_EQ(station.NextCommand().command_id(), id);
  }
  {
    Station station(channel_, kStation);
    EXPECT_EQ(station.NextCommand().command_id(), id);
  }
  StartServer();
  Station station(channel_, kStation);
  const DeviceCommand command = station.NextCommand();
  EXPECT_EQ(command.command_id(), id);
  station.Answer(command);
  EXPECT_TRUE(AnsweredBy("applied"));
}

TEST_F(DevicesTest, UnknownDeviceIsPendingAndARetiredOneIsRefusedWithItsReason) {
  Station station(channel_, "ESP32_MT_99");
  EXPECT_EQ(station.SendSample(1), "");
  EXPECT_EQ(Get("ESP32_MT_99").device().status(), "pending");
  EXPECT_EQ(Get("ESP32_MT_99").device().site_code(), "MT");
  quality::v1::RetireDeviceRequest request;
  request.set_device_id("ESP32_MT_99");
  request.set_retired_by("marie");
  quality::v1::RetireDeviceResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(devices_->RetireDevice(&context, request, &response).ok());
  int64_t sequence = 2;
  std::string refusal;
  EXPECT_TRUE(Eventually([&] { return !(refusal = station.SendSample(sequence++)).empty(); })) << "known within 10 s";
  EXPECT_NE(refusal.find("ESP32_MT_99 is retired"), std::string::npos) << refusal;
}

TEST_F(DevicesTest, SilentDeviceOpensAnAlertThatClosesWhenItSpeaks) {
  const auto open = [&] { return database_->Ask("SELECT count(*) FROM alert_open WHERE alert_type = 'device_silent'"); };
  Station station(channel_, kStation);
  station.Beat();
  ASSERT_TRUE(Eventually([&] { return Get(kStation).device().presence() == "online"; }));
  ASSERT_TRUE(Eventually([&] { return open() == "1"; }));
  EXPECT_EQ(database_->Ask("SELECT object_key FROM alert_open WHERE alert_type = 'device_silent'"), absl::StrCat("device:", kStation));
  station.Beat();
  EXPECT_TRUE(Eventually([&] { return open() == "0"; }));
}

}  // namespace
}  // namespace egi::app
