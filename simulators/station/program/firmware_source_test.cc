// Downloads over real gRPC from a service that serves one image in small chunks.
#include "simulators/station/program/firmware_source.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "egi/quality/v1/firmware.grpc.pb.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace egi::station {
namespace {

class OneImage : public quality::v1::FirmwareService::Service {
 public:
  std::string image;
  grpc::Status DownloadFirmware(grpc::ServerContext*, const quality::v1::DownloadFirmwareRequest* request,
                                grpc::ServerWriter<quality::v1::DownloadFirmwareResponse>* writer) override {
    if (request->version() != "v1.3.0") return {grpc::StatusCode::NOT_FOUND, "no such version"};
    constexpr size_t kChunk = 65536;
    for (auto at = static_cast<size_t>(request->offset()); at < image.size(); at += kChunk) {
      quality::v1::DownloadFirmwareResponse response;
      response.set_offset(static_cast<int64_t>(at));
      response.set_data(image.substr(at, kChunk));
      if (!writer->Write(response)) break;
    }
    return grpc::Status::OK;
  }
};

TEST(FirmwareSource, PiecesFromTheirOffsetsMakeTheImage) {
  OneImage service;
  for (int i = 0; i < 1'000'000; ++i) service.image += static_cast<char>(i * 31 >> 3);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  const firmware::FetchImage fetch = FirmwareOf(absl::StrCat("127.0.0.1:", port));
  std::string image;
  while (image.size() < service.image.size()) {
    const absl::StatusOr<std::string> piece = fetch("v1.3.0", static_cast<int64_t>(image.size()));
    ASSERT_TRUE(piece.ok()) << piece.status();
    ASSERT_LE(piece->size(), 320u << 10);
    image += *piece;
  }
  EXPECT_EQ(image, service.image);
  EXPECT_EQ(fetch("v9", 0).status().code(), absl::StatusCode::kNotFound);
  server->Shutdown();
}

}  // namespace
}  // namespace egi::station
