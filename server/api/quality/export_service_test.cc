#include <cstdio>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "egi/quality/v1/export.grpc.pb.h"
#include "gmock/gmock.h"
#include "openssl/sha.h"
#include "server/api/api_test_server.h"

namespace egi::api {
namespace {

using quality::v1::ExportChunk;
using quality::v1::ExportSamplesRequest;
using quality::v1::ExportSummary;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class ExportServiceTest : public ApiTest {
 protected:
  // Samples one a second before now, `count` of device d; ids s1 (oldest) ...
  void AddSamples(int count) {
    Sql(absl::StrCat("INSERT INTO sqal_samples (time, device_id, sample_id, batch_id, ordinal, fusion_final_score, fusion_final_grade, "
                     "fusion_is_compliant) SELECT to_timestamp(1770109200 - ", count, " + i - 1), 'd', 's' || i, 1, i, 0.8, 'A', true ",
                     "FROM generate_series(1, ", count, ") i"));
  }

  grpc::Status Export(const ExportSamplesRequest& request, std::string* file, ExportSummary* summary) {
    file->clear();
    summary->Clear();
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    auto stream = quality::v1::ExportService::NewStub(channel_)->ExportSamples(&context, request);
    ExportChunk chunk;
    while (stream->Read(&chunk)) {
      EXPECT_FALSE(summary->rows() > 0) << "the summary is the last chunk";
      if (chunk.has_summary()) *summary = chunk.summary();
      file->append(chunk.data());
      EXPECT_LE(chunk.data().size(), 256u << 10);
    }
    return stream->Finish();
  }
};

std::string Sha256Of(const std::string& bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), sizeof(digest)));
}

TEST_F(ExportServiceTest, EverySampleIsWrittenOnceOldestFirstOverManyPages) {
  AddSamples(1234);
  std::string file;
  ExportSummary summary;
  ASSERT_TRUE(Export({}, &file, &summary).ok());
  const std::vector<std::string> lines = absl::StrSplit(file, '\n');
  ASSERT_EQ(lines.size(), 1234u + 2);
  EXPECT_THAT(lines[0], StartsWith("time,sample_id,device_id,"));
  EXPECT_THAT(lines[1], StartsWith("2026-02-03T08:39:26Z,s1,d,"));
  EXPECT_THAT(lines[1234], StartsWith("2026-02-03T08:59:59Z,s1234,d,"));
  EXPECT_EQ(summary.rows(), 1234);
  EXPECT_EQ(summary.size_bytes(), static_cast<int64_t>(file.size()));
  EXPECT_EQ(summary.sha256(), Sha256Of(file));
}

TEST_F(ExportServiceTest, FiltersRestrictAndAnEmptyFileStillHasItsSummary) {
  AddSamples(10);
  ExportSamplesRequest request;
  request.set_format("ndjson");
  request.mutable_start_time()->set_seconds(1770109195);
  std::string file;
  ExportSummary summary;
  ASSERT_TRUE(Export(request, &file, &summary).ok());
  EXPECT_EQ(summary.rows(), 5);
  EXPECT_THAT(file, StartsWith("{\"sample_id\":\"s6\""));
  request.set_device_id("another");
  ASSERT_TRUE(Export(request, &file, &summary).ok());
  EXPECT_EQ(file, "");
  EXPECT_EQ(summary.sha256(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") << "of nothing";
}

TEST_F(ExportServiceTest, EveryBadFieldIsNamed) {
  ExportSamplesRequest request;
  request.set_format("xls");
  request.set_fields("some");
  request.mutable_end_time()->set_seconds(1);
  request.mutable_start_time()->set_seconds(2);
  std::string file;
  ExportSummary summary;
  EXPECT_THAT(BadFields(Export(request, &file, &summary)), UnorderedElementsAre("format", "fields", "end_time"));
}

}  // namespace
}  // namespace egi::api
