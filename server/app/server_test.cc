// The program itself on a real PostgreSQL: stream, stop, start again, resume.
#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "egi/quality/v1/ingest.grpc.pb.h"
#include "egi/realtime/v1/realtime.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "server/validate/good_items.h"
#include "tests/support/child_process.h"
#include "tests/support/test_database.h"

namespace egi::app {
namespace {

using quality::v1::StreamSamplesRequest;
using quality::v1::StreamSamplesResponse;

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto database = egi::testing::TestDatabase::Create();
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = std::move(*database);
    address_ = absl::StrCat("127.0.0.1:", egi::testing::FreePort());
    auto server = egi::testing::ChildProcess::Create(Command({"--listen=" + address_, "--metrics="}));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = std::move(*server);
    Connect();
  }
  egi::testing::ChildOptions Command(const std::vector<std::string>& flags) {
    egi::testing::ChildOptions options;
    options.command = {egi::testing::Runfile("server/egi-server")};
    options.command.insert(options.command.end(), flags.begin(), flags.end());
    options.environment = {"EGI_DATABASE_URL=" + database_->url()};
    return options;
  }
  void Connect() {
    // A new channel each time: no back-off from the time the server was away.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(address_, grpc::InsecureChannelCredentials(), arguments);
    ASSERT_TRUE(channel_->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(20)));
    ingest_ = quality::v1::SampleIngestService::NewStub(channel_);
    realtime_ = realtime::v1::RealtimeService::NewStub(channel_);
  }

  // Streams samples first..last as the durable producer; returns the sequence the server knew at the start. With `stop`, the server is told
  // to end in the middle; then the stream ends with UNAVAILABLE and `acked` is what it acknowledged.
  int64_t Stream(int64_t last, int64_t* acked, grpc::Status* status, bool stop = false) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    auto stream = ingest_->StreamSamples(&context);
    StreamSamplesRequest open;
    open.mutable_open()->set_producer_id("station-1");
    stream->Write(open);
    StreamSamplesResponse response;
    if (!stream->Read(&response)) {
      *status = stream->Finish();
      return -1;
    }
    const int64_t known = response.opened().committed_sequence();
    *acked = known;
    bool open_for_writing = true;
    for (int64_t first = known + 1; first <= last && open_for_writing; first += 50) {
      StreamSamplesRequest batch;
      batch.mutable_batch()->set_first_sequence(first);
      for (int64_t sequence = first; sequence < first + 50 && sequence <= last; ++sequence) {
        *batch.mutable_batch()->add_samples() = Sample(sequence);
      }
      open_for_writing = stream->Write(batch);
      if (stop && first > last / 2) {
        kill(server_->pid(), SIGTERM);
        stop = false;
      }
    }
    if (open_for_writing) stream->WritesDone();
    while (stream->Read(&response)) {
      if (response.has_ack()) *acked = response.ack().committed_sequence();
      EXPECT_FALSE(response.has_rejections()) << response.ShortDebugString();
    }
    *status = stream->Finish();
    return known;
  }
  static quality::v1::Sample Sample(int64_t sequence) {
    quality::v1::Sample sample = validate::GoodSample();
    sample.set_sample_id(absl::StrCat("S-", sequence));
    sample.clear_lot();
    return sample;
  }
  // Ids of the live events after `token` up to the `current` marker; `token` moves on.
  std::vector<std::string> ReadTo(std::string* token) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    realtime::v1::SubscribeRequest request;
    request.set_resume_token(*token);
    request.set_skip_snapshot(true);
    request.mutable_filter()->add_kinds(realtime::v1::EVENT_KIND_SAMPLE);
    auto stream = realtime_->Subscribe(&context, request);
    std::vector<std::string> ids;
    realtime::v1::SubscribeResponse response;
    while (stream->Read(&response)) {
      if (response.has_current()) {
        *token = response.current().resume_token();
        context.TryCancel();
        break;
      }
      if (response.has_event()) ids.push_back(response.event().sample().sample().sample_id());
    }
    stream->Finish();
    return ids;
  }

  std::unique_ptr<egi::testing::TestDatabase> database_;
  std::unique_ptr<egi::testing::ChildProcess> server_;
  std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<quality::v1::SampleIngestService::Stub> ingest_;
  std::unique_ptr<realtime::v1::RealtimeService::Stub> realtime_;
};

TEST_F(ServerTest, StreamStoppedInTheMiddleResumesWithNothingLostOrTwice) {
  std::string token;
  ASSERT_TRUE(ReadTo(&token).empty());
  int64_t acked = 0;
  grpc::Status status;
  EXPECT_EQ(Stream(2000, &acked, &status, /*stop=*/true), 0);
  ASSERT_TRUE(server_->Stop(absl::Seconds(20)).ok());  // it ends by itself, with 0
  EXPECT_GE(std::stoll(database_->Ask("SELECT count(*) FROM sqal_sensor_samples")), acked);
  ASSERT_TRUE(server_->Start().ok());
  Connect();
  const int64_t acked_before = acked;
  EXPECT_GE(Stream(2000, &acked, &status), acked_before);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(acked, 2000);
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM sqal_sensor_samples"), "2000");
  EXPECT_EQ(database_->Ask("SELECT count(DISTINCT sample_id) FROM sqal_sensor_samples"), "2000");
  // A subscriber from before the restart sees every sample once, in order.
  const auto ids = ReadTo(&token);
  ASSERT_EQ(ids.size(), 2000u);
  for (size_t i = 0; i < ids.size(); ++i) ASSERT_EQ(ids[i], absl::StrCat("S-", i + 1));
  EXPECT_TRUE(ReadTo(&token).empty());
}

TEST_F(ServerTest, AddressesOfOtherMachinesAreRefused) {
  const auto output = egi::testing::RunCommand(egi::testing::Runfile("server/egi-server") + " --listen=0.0.0.0:0 2>&1");
  EXPECT_FALSE(output.ok());
  EXPECT_NE(output.status().message().find("no TLS"), absl::string_view::npos) << output.status();
}

TEST_F(ServerTest, FaultsOfAFileOfProfilesAreToldWithTheirLine) {
  const std::string file = ::testing::TempDir() + "/profiles.yaml";
  std::ofstream(file) << "default_profile: a\nprofiles:\n  a:\n    fusion:\n      weight_tof: 2\n";
  const auto output = egi::testing::RunCommand("EGI_DATABASE_URL='" + database_->url() + "' " + egi::testing::Runfile("server/egi-server") +
                                               " --listen=127.0.0.1:0 --metrics= --profiles=" + file + " 2>&1");
  EXPECT_FALSE(output.ok());
  EXPECT_NE(output.status().message().find("line 5: profiles.a.fusion.weight_tof"), absl::string_view::npos) << output.status();
}

TEST_F(ServerTest, UnknownSchemaIsRefused) {
  database_->Ask("UPDATE egi_schema SET version = 1000000 RETURNING version");
  const auto output = egi::testing::RunCommand("EGI_DATABASE_URL='" + database_->url() + "' " +
                                               egi::testing::Runfile("server/egi-server") + " --listen=127.0.0.1:0 --metrics= 2>&1");
  EXPECT_FALSE(output.ok());
  EXPECT_NE(output.status().message().find("start a newer server"), absl::string_view::npos) << output.status();
}

}  // namespace
}  // namespace egi::app
