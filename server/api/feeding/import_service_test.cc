// Imports and exports over gRPC, with a real database and the runner that works the queue off.
#include "server/api/api_test_server.h"

#include <fstream>
#include <iterator>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "egi/feeding/v1/import.grpc.pb.h"
#include "egi/feeding/v1/lot_export.grpc.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "server/analyse/judge.h"
#include "server/api/feeding/import_service.h"
#include "server/base/sha256.h"
#include "server/campaign/review.h"
#include "server/imports/import_runner.h"
#include "server/persist/batcher.h"
#include "server/storage/postgres/meal_committer.h"

namespace egi::api {
namespace {

using feeding::v1::CreateImportRequest;
using feeding::v1::ExportLotsRequest;
using feeding::v1::GetImportRequest;
using feeding::v1::GetImportResponse;
using feeding::v1::Import;
using feeding::v1::ImportInfo;
using feeding::v1::ImportService;
using feeding::v1::LotExportService;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

std::string Hex(const std::string& bytes) {
  Sha256 sha256;
  sha256.Add(bytes);
  return sha256.Hex();
}

class ImportServiceTest : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    stub_ = ImportService::NewStub(channel_);
    exports_ = LotExportService::NewStub(channel_);
    std::ifstream file("data/lots_gavage_synthetic.csv", std::ios::binary);
    bytes_.assign((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    store_ = storage::write::NewPostgresImportStore(*pool_);
    lots_ = storage::write::NewPostgresLotStore(*pool_);
    auto meals = persist::MealBatcher::Create(
        std::make_unique<storage::PostgresMealCommitter>(
            storage::PostgresMealCommitter::Options{
                .url = database_->url(),
                .judge = [](const feeding::v1::Meal& meal, const analyse::LotState& lot) { return analyse::JudgeMeal(meal, lot); }},
            &clock_),
        {.on_committed = [](std::shared_ptr<const persist::CommittedBatch>) {}});
    ASSERT_TRUE(meals.ok());
    meals_ = *std::move(meals);
  }

  // Works one import of the queue off.
  void Work() {
    imports::ImportRunner::Options options;
    options.store = store_.get();
    options.lots = lots_.get();
    options.meals = meals_.get();
    options.clock = &clock_;
    options.log = log_.get();
    options.owner = "test";
    const auto ran = imports::ImportRunner(options).RunOne();
    ASSERT_TRUE(ran.ok()) << ran.status();
    EXPECT_TRUE(*ran);
  }

  ImportInfo Info(const std::string& bytes) {
    ImportInfo info;
    info.set_file_name("/home/someone/campaign.csv");
    info.set_size_bytes(static_cast<int32_t>(bytes.size()));
    info.set_sha256(Hex(bytes));
    return info;
  }

  grpc::Status Upload(const ImportInfo& info, const std::string& bytes, Import* import) {
    grpc::ClientContext context;
    auto stream = stub_->CreateImport(&context, import);
    CreateImportRequest request;
    *request.mutable_info() = info;
    stream->Write(request);
    for (size_t at = 0; at < bytes.size(); at += 10'000) {
      request.set_chunk(bytes.substr(at, 10'000));
      if (!stream->Write(request)) break;
    }
    stream->WritesDone();
    return stream->Finish();
  }

  Import Uploaded(const std::string& bytes) {
    Import import;
    const grpc::Status status = Upload(Info(bytes), bytes, &import);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return import;
  }

  // The file and its lots; checks the summary. `trailers` (may be null) gets the trailing metadata.
  std::string Export(const ExportLotsRequest& request, int64_t rows, std::multimap<std::string, std::string>* trailers = nullptr) {
    grpc::ClientContext context;
    auto stream = exports_->ExportLots(&context, request);
    std::string file;
    feeding::v1::LotExportSummary summary;
    for (feeding::v1::LotExportChunk chunk; stream->Read(&chunk);) {
      file += chunk.data();
      if (chunk.has_summary()) summary = chunk.summary();
    }
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(summary.rows(), rows);
    EXPECT_EQ(summary.sha256(), Hex(file));
    EXPECT_EQ(summary.size_bytes(), static_cast<int64_t>(file.size()));
    if (trailers != nullptr) {
      for (const auto& [key, value] : context.GetServerTrailingMetadata()) {
        trailers->emplace(std::string(key.data(), key.size()), std::string(value.data(), value.size()));
      }
    }
    return file;
  }

  std::unique_ptr<ImportService::Stub> stub_;
  std::unique_ptr<LotExportService::Stub> exports_;
  std::string bytes_;
  const std::unique_ptr<telemetry::Log> log_ = telemetry::Log::ToStderr();
  std::unique_ptr<storage::write::ImportStore> store_;
  std::unique_ptr<storage::write::LotStore> lots_;
  std::unique_ptr<persist::MealBatcher> meals_;
};

TEST_F(ImportServiceTest, UploadedFileIsQueuedAndTheSameFileIsTheSameImport) {
  const Import first = Uploaded(bytes_);
  EXPECT_EQ(first.state(), "queued");
  EXPECT_EQ(first.policy(), "all");
  EXPECT_EQ(first.file_name(), "campaign.csv") << "no folder of a machine is kept";
  EXPECT_EQ(first.sha256(), Hex(bytes_));
  EXPECT_EQ(Uploaded(bytes_).import_id(), first.import_id());
  ImportInfo other = Info(bytes_);
  other.set_policy("per_row");
  Import import;
  const grpc::Status status = Upload(other, bytes_, &import);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Reason(status), "IMPORT_RUNNING");
  Work();
  EXPECT_NE(Uploaded(bytes_).import_id(), first.import_id()) << "the first has ended";
}

TEST_F(ImportServiceTest, BadUploadsNameTheirFields) {
  ImportInfo info = Info(bytes_);
  info.set_policy("some");
  info.set_sha256("abc");
  info.set_size_bytes(0);
  Import import;
  EXPECT_THAT(BadFields(Upload(info, bytes_, &import)), ElementsAre("info.size_bytes", "info.sha256", "info.policy"));
  info = Info(bytes_);
  EXPECT_THAT(BadFields(Upload(info, bytes_.substr(0, 100), &import)), ElementsAre("info.size_bytes"));
  EXPECT_THAT(BadFields(Upload(info, bytes_ + "x", &import)), ElementsAre("info.size_bytes"));
  std::string damaged = bytes_;
  damaged.back() = 'x';
  EXPECT_THAT(BadFields(Upload(info, damaged, &import)), ElementsAre("info.sha256"));
  EXPECT_EQ(Sql("SELECT count(*) FROM imports"), "0");
}

TEST_F(ImportServiceTest, ReportHoldsFiguresAndAnomalies) {
  const Import import = Uploaded(bytes_);
  Work();
  GetImportRequest get;
  get.set_import_id(import.import_id());
  GetImportResponse response;
  ASSERT_TRUE(Call(*stub_, &ImportService::Stub::GetImport, get, &response).ok());
  EXPECT_EQ(response.import().state(), "done");
  EXPECT_EQ(response.import().progress_pct(), 100);
  EXPECT_EQ(response.report().lots(), 12);
  EXPECT_EQ(response.report().meals(), 243);
  EXPECT_EQ(response.report().gaps(), 1);
  EXPECT_EQ(response.report().layout(), "campaign174");
  ASSERT_EQ(response.report().site_figures_size(), 3);
  EXPECT_EQ(response.report().site_figures(0).site_code(), "LL");
  EXPECT_EQ(response.anomalies_size(), response.import().anomalies());

  feeding::v1::ListImportAnomaliesRequest list;
  list.set_import_id(import.import_id());
  list.set_severity("warning");
  list.set_limit(2);
  feeding::v1::ListImportAnomaliesResponse page;
  std::vector<std::string> kinds;
  do {
    ASSERT_TRUE(Call(*stub_, &ImportService::Stub::ListImportAnomalies, list, &page).ok());
    for (const auto& anomaly : page.anomalies()) kinds.push_back(absl::StrCat(anomaly.row(), " ", anomaly.kind(), " ", anomaly.column()));
    list.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_THAT(kinds, ElementsAre("5 gap feedCornReal_19", "6 unusual_dose feedCornReal_7", "9 high_loss dPctgPerteGav",
                                 "10 inconsistent_count Nombre_enleve", "12 unusual_target feedTarget_19"));
}

TEST_F(ImportServiceTest, ImportsAreListedNewestFirstAndUnknownOnesAreNotFound) {
  Uploaded(bytes_);
  Uploaded(bytes_ + "\n");
  feeding::v1::ListImportsRequest list;
  list.set_limit(1);
  feeding::v1::ListImportsResponse page;
  ASSERT_TRUE(Call(*stub_, &ImportService::Stub::ListImports, list, &page).ok());
  ASSERT_EQ(page.imports_size(), 1);
  EXPECT_EQ(page.imports(0).import_id(), 2);
  list.set_page_token(page.next_page_token());
  ASSERT_TRUE(Call(*stub_, &ImportService::Stub::ListImports, list, &page).ok());
  EXPECT_EQ(page.imports(0).import_id(), 1);
  GetImportRequest get;
  get.set_import_id(99);
  GetImportResponse response;
  EXPECT_EQ(Call(*stub_, &ImportService::Stub::GetImport, get, &response).error_code(), grpc::StatusCode::NOT_FOUND);
  feeding::v1::ListImportAnomaliesRequest anomalies;
  anomalies.set_import_id(1);
  anomalies.set_kind("odd");
  anomalies.set_severity("bad");
  feeding::v1::ListImportAnomaliesResponse none;
  EXPECT_THAT(BadFields(Call(*stub_, &ImportService::Stub::ListImportAnomalies, anomalies, &none)), ElementsAre("severity", "kind"));
}

TEST_F(ImportServiceTest, WatcherSeesTheImportUntilItsEnd) {
  const Import import = Uploaded(bytes_);
  GetImportRequest request;
  request.set_import_id(import.import_id());
  grpc::ClientContext context;
  auto stream = stub_->WatchImport(&context, request);
  Import seen;
  ASSERT_TRUE(stream->Read(&seen));
  EXPECT_EQ(seen.state(), "queued");
  Work();
  while (stream->Read(&seen)) continue;
  EXPECT_EQ(seen.state(), "done");
  EXPECT_EQ(seen.rows_done(), 12);
  EXPECT_TRUE(stream->Finish().ok());
  request.set_import_id(99);
  grpc::ClientContext other;
  auto none = stub_->WatchImport(&other, request);
  EXPECT_FALSE(none->Read(&seen));
  EXPECT_EQ(none->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ImportServiceTest, ExportIsReadBackWithTheSameFiguresAndHoldsNoPersonalCell) {
  Uploaded(bytes_);
  Work();
  const auto original = campaign::ReadCampaign(bytes_);
  for (const std::string format : {"campaign174", "campaign199", "campaign100"}) {
    ExportLotsRequest request;
    request.set_format(format);
    const auto again = campaign::ReadCampaign(Export(request, 12));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(again->layout, format);
    EXPECT_TRUE(again->bad.empty()) << campaign::AllRowsGood(*again);
    const campaign::Review before = campaign::ReviewCampaign(*original), after = campaign::ReviewCampaign(*again);
    EXPECT_EQ(after.Count("difference"), 0) << format;
    EXPECT_EQ(after.meals, before.meals);
    EXPECT_EQ(after.Count("gap"), before.Count("gap"));
    EXPECT_EQ(after.all.hung, before.all.hung);
    EXPECT_NEAR(after.all.liver_kg, before.all.liver_kg, 1e-6);
    EXPECT_NEAR(after.mean_itm, before.mean_itm, 1e-9);
    for (const campaign::CampaignLot& lot : again->lots) {
      for (const char* column : campaign::kPersonalColumns) {
        const auto cell = lot.cells.find(column);
        EXPECT_TRUE(cell == lot.cells.end() || (std::string(column) == "Gaveur" && cell->second[0] == '#')) << column;
      }
    }
  }
  EXPECT_THAT(Export(ExportLotsRequest(), 12), Not(HasSubstr("example.org")));
}

TEST_F(ImportServiceTest, ExportImportedAgainAddsNothing) {
  Uploaded(bytes_);
  Work();
  const std::string file = Export(ExportLotsRequest(), 12);
  const Import again = Uploaded(file);
  Work();
  const auto import = store_->Find(again.import_id());
  ASSERT_TRUE(import.ok());
  EXPECT_EQ(import->state(), "done") << import->error();
  EXPECT_EQ(import->lots_created() + import->gaveurs_created() + import->meals_saved() + import->meals_corrected(), 0);
  EXPECT_EQ(import->meals_duplicate(), 243);
  EXPECT_EQ(Sql("SELECT count(*) FROM gaveurs_contact WHERE email IS NOT NULL"), "11") << "contacts are not emptied";
  EXPECT_EQ(Sql("SELECT count(*) FROM lots_gavage WHERE eleveur_id IS NOT NULL"), "12");
}

// As far as a layout carries the columns of a lot, whatever way the lot came.
TEST_F(ImportServiceTest, OwnExportOfEveryLayoutIsUnchanged) {
  Uploaded(bytes_);
  Work();
  Sql("UPDATE lots_gavage SET itm = 1000.0 / 66.3, poids_foie_moyen = 510.123456, pctg_perte_gavage = 5.0 / 681, nb_canards_initial = 681, nb_canards_meg = 681, "
      "nb_canards_accroches = 676, origine = 'manual', statut = 'abattu', date_abattage = '2024-01-15', source = NULL, lot_pag = NULL, souche = NULL "
      "WHERE code_lot = 'LL9900002' RETURNING 1");
  const std::string before = Sql("SELECT md5(string_agg(l::text, '|' ORDER BY code_lot)) FROM lots_gavage l");
  for (const std::string format : {"campaign174", "campaign199", "campaign100"}) {
    ExportLotsRequest request;
    request.set_format(format);
    const Import again = Uploaded(Export(request, 12));
    Work();
    const auto import = store_->Find(again.import_id());
    ASSERT_TRUE(import.ok());
    EXPECT_EQ(import->state(), "done") << import->error();
    EXPECT_EQ(import->lots_unchanged(), 12) << format << " " << absl::StrJoin(import->columns_changed(), ", ");
    EXPECT_EQ(import->meals_duplicate(), 243) << format;
    EXPECT_EQ(Sql("SELECT md5(string_agg(l::text, '|' ORDER BY code_lot)) FROM lots_gavage l"), before) << format;
  }
}

TEST_F(ImportServiceTest, NdjsonExportIsNotReadBackAndTheErrorNamesWhatIs) {
  Uploaded(bytes_);
  Work();
  ExportLotsRequest request;
  request.set_format("ndjson");
  const Import again = Uploaded(Export(request, 12));
  Work();
  const auto import = store_->Find(again.import_id());
  ASSERT_TRUE(import.ok());
  EXPECT_EQ(import->state(), "failed");
  for (const char* layout : {"JSON", "campaign174", "campaign199", "campaign100"}) EXPECT_THAT(import->error(), HasSubstr(layout));
}

// The limit of the running server is a minute; this one's is short.
TEST_F(ImportServiceTest, UploadThatStallsIsCancelledAndFreesItsPlace) {
  api::ImportService service(*store_, clock_, *workers_, {.chunk_within = absl::Milliseconds(40)});
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("localhost:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  const auto stub = ImportService::NewStub(grpc::CreateChannel(absl::StrCat("localhost:", port), grpc::InsecureChannelCredentials()));
  const auto stall = [&] {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    Import import;
    const auto stream = stub->CreateImport(&context, &import);
    CreateImportRequest request;
    *request.mutable_info() = Info(bytes_);
    stream->Write(request);  // and nothing more comes
    return stream->Finish().error_code();
  };
  for (int attempt = 0; attempt < 3; ++attempt) {  // more than there are places
    grpc::StatusCode code = stall();
    // The place is free a moment after the client has its answer.
    while (code == grpc::StatusCode::RESOURCE_EXHAUSTED) code = stall();
    EXPECT_EQ(code, grpc::StatusCode::CANCELLED);
  }
  EXPECT_EQ(Sql("SELECT count(*) FROM imports"), "0");
  server->Shutdown();
}

TEST_F(ImportServiceTest, NdjsonHoldsALotAndItsMealsALine) {
  Uploaded(bytes_);
  Work();
  ExportLotsRequest request;
  request.set_format("ndjson");
  request.set_site_code("LS");
  const std::vector<std::string> lines = absl::StrSplit(Export(request, 4), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4u);
  feeding::v1::ExportedLot first;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(lines[0], &first).ok());
  EXPECT_EQ(first.lot().site_code(), "LS");
  EXPECT_EQ(first.doses_size(), first.lot().nb_repas());
  EXPECT_THAT(lines[0], HasSubstr("\"dose"));
}

TEST_F(ImportServiceTest, LotOfFourteenDaysIsLeftOutByNameWhereItsLastMealHasNoRoom) {
  Uploaded(bytes_);
  Work();
  const std::string code = Sql("SELECT code_lot FROM doses_journalieres WHERE repas = 22 AND code_lot LIKE 'LS%' LIMIT 1");
  Sql(absl::StrCat("UPDATE doses_journalieres SET jour = 13, moment = 'soir', repas = 28 WHERE repas = 22 AND code_lot = '", code, "'"));
  ExportLotsRequest request;
  request.set_site_code("LS");
  for (const std::string format : {"", "campaign174", "campaign199", "campaign100"}) {
    request.set_format(format);
    std::multimap<std::string, std::string> trailers;
    const std::string file = Export(request, 3, &trailers);
    EXPECT_THAT(file, Not(HasSubstr(code))) << format;
    EXPECT_THAT(trailers, Contains(Pair("x-egi-left-out-count", "1"))) << format;
    EXPECT_THAT(trailers, Contains(Pair("x-egi-left-out", code))) << format;
  }
  request.set_format("ndjson");
  std::multimap<std::string, std::string> trailers;
  EXPECT_THAT(Export(request, 4, &trailers), HasSubstr("\"repas\":28"));
  EXPECT_THAT(trailers, Contains(Pair("x-egi-left-out-count", "0")));
  EXPECT_EQ(trailers.count("x-egi-left-out"), 0u);
}

TEST_F(ImportServiceTest, ExportIsRestrictedAndNamesEveryBadField) {
  Uploaded(bytes_);
  Work();
  ExportLotsRequest request;
  request.set_from("2024-01-05");
  request.set_to("2024-01-05");
  const std::string wanted = Sql("SELECT count(*) FROM lots_gavage WHERE debut_lot = '2024-01-05'");
  Export(request, std::stoi(wanted));
  request.set_format("xlsx");
  request.set_site_code("XX");
  request.set_from("05/01/2024");
  request.set_gaveur_id(-1);
  grpc::ClientContext context;
  auto stream = exports_->ExportLots(&context, request);
  feeding::v1::LotExportChunk chunk;
  EXPECT_FALSE(stream->Read(&chunk));
  EXPECT_THAT(BadFields(stream->Finish()), ElementsAre("format", "site_code", "gaveur_id", "from"));
}

}  // namespace
}  // namespace egi::api
