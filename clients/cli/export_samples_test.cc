// egictl export samples against a service in this process that may send wrong bytes.
#include "clients/cli/export_samples.h"

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

#include "egi/quality/v1/export.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace egi::cli {
namespace {

using ::testing::HasSubstr;

// Sends "abc", whose SHA-256 FIPS 180-2 prints.
constexpr char kSha256OfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

class Exports : public quality::v1::ExportService::Service {
 public:
  grpc::Status ExportSamples(grpc::ServerContext*, const quality::v1::ExportSamplesRequest* request,
                             grpc::ServerWriter<quality::v1::ExportChunk>* stream) override {
    last = *request;
    quality::v1::ExportChunk chunk;
    chunk.set_data("ab");
    stream->Write(chunk);
    chunk.set_data(third);
    stream->Write(chunk);
    if (breaks) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "database away");
    chunk.mutable_summary()->set_rows(2);
    chunk.mutable_summary()->set_size_bytes(3);
    chunk.mutable_summary()->set_sha256(kSha256OfAbc);
    stream->Write(chunk);
    return grpc::Status::OK;
  }
  quality::v1::ExportSamplesRequest last;
  std::string third = "c";
  bool breaks = false;
};

class ExportSamplesTest : public testing::Test {
 protected:
  void SetUp() override {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&exports_);
    server_ = builder.BuildAndStart();
    options_.out = testing::TempDir() + "/samples.csv";
    std::remove(options_.out.c_str());
  }
  int Run() {
    return RunExportSamples(Session{"127.0.0.1:" + std::to_string(port_), false, in_, out_, err_}, options_);
  }
  bool Exists(const std::string& path) { return std::ifstream(path).good(); }

  Exports exports_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  ExportSamplesOptions options_;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(ExportSamplesTest, WholeFileHasTheBytesAndItsChecksumIsPrinted) {
  options_.from = "2026-02-03";
  options_.to = "2026-02-03T09:00:00.5Z";
  options_.full = true;
  EXPECT_EQ(Run(), kOk) << err_.str();
  std::ostringstream content;
  content << std::ifstream(options_.out).rdbuf();
  EXPECT_EQ(content.str(), "abc");
  EXPECT_THAT(out_.str(), HasSubstr(std::string("2 samples, 3 bytes, sha256 ") + kSha256OfAbc));
  EXPECT_EQ(exports_.last.start_time().seconds(), 1770076800);
  EXPECT_EQ(exports_.last.end_time().nanos(), 500'000'000);
  EXPECT_EQ(exports_.last.fields(), "full");
}

TEST_F(ExportSamplesTest, BytesThatWereChangedOrBrokenOffLeaveNoFile) {
  exports_.third = "x";
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("export again"));
  exports_.breaks = true;
  EXPECT_EQ(Run(), kUnreachable);
  EXPECT_FALSE(Exists(options_.out));
  EXPECT_FALSE(Exists(options_.out + ".part"));
}

TEST_F(ExportSamplesTest, TimesAndFoldersThatDoNotExistAreNamed) {
  options_.from = "yesterday";
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("--from yesterday: expected"));
  options_.from.clear();
  options_.out = "/nowhere/samples.csv";
  EXPECT_EQ(Run(), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("choose another --out"));
}

}  // namespace
}  // namespace egi::cli
