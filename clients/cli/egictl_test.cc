// The commands against services in this process: what they print and how they end.
#include <chrono>
#include <map>
#include <memory>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "clients/cli/import_lots.h"
#include "clients/cli/progress.h"
#include "clients/cli/replay.h"
#include "clients/cli/send.h"
#include "clients/cli/watch.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "egi/feeding/v1/meal.grpc.pb.h"
#include "egi/realtime/v1/realtime.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"
#include "server/base/grpc_status.h"
#include "server/base/mutex.h"

namespace egi::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using egi::feeding::v1::ImportLotsRequest;
using egi::feeding::v1::ImportLotsResponse;
using egi::feeding::v1::StreamMealsRequest;
using egi::feeding::v1::StreamMealsResponse;

constexpr char kFile[] = "data/lots_gavage_synthetic.csv";

class Lots : public egi::feeding::v1::LotService::Service {
 public:
  grpc::Status ImportLots(grpc::ServerContext*, const ImportLotsRequest* request, ImportLotsResponse* response) override {
    last = *request;
    if (!refusal.ok()) return ToGrpcStatus(refusal);
    response->set_created(request->lots_size());
    return grpc::Status::OK;
  }
  ImportLotsRequest last;
  absl::Status refusal;
};

// Stores meals by their key like the real ledger; refuses meals without a dose.
class Meals : public egi::feeding::v1::MealIngestService::Service {
 public:
  grpc::Status StreamMeals(grpc::ServerContext*, grpc::ServerReaderWriter<StreamMealsResponse, StreamMealsRequest>* stream) override {
    StreamMealsRequest request;
    StreamMealsResponse opened;
    if (!stream->Read(&request) || !request.open().ephemeral()) return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "ephemeral expected");
    opened.mutable_opened()->set_max_outstanding(1000);
    stream->Write(opened);
    int64_t sequence = 0;
    while (stream->Read(&request)) {
      StreamMealsResponse results, rejections, ack;
      for (const auto& meal : request.batch().meals()) {
        ++sequence;
        if (!meal.has_dose_reelle()) {
          auto* rejection = rejections.mutable_rejections()->add_rejections();
          rejection->set_sequence(sequence);
          *rejection->mutable_status() = ToRpcStatus(InvalidFields({{"dose_reelle", "is missing"}}));
          continue;
        }
        auto* result = results.mutable_results()->add_results();
        result->set_sequence(sequence);
        MutexLock lock(&mutex_);
        const bool fresh = stored_.emplace(absl::StrCat(meal.code_lot(), meal.jour(), meal.moment()), meal.dose_reelle()).second;
        result->set_status(fresh ? egi::ingest::v1::ITEM_STATUS_SAVED : egi::ingest::v1::ITEM_STATUS_DUPLICATE);
        result->set_gavage_id(static_cast<int>(stored_.size()));
      }
      if (results.has_results()) stream->Write(results);
      if (rejections.has_rejections()) stream->Write(rejections);
      ack.mutable_ack()->set_committed_sequence(sequence);
      stream->Write(ack);
    }
    return grpc::Status::OK;
  }
  size_t stored() const {
    MutexLock lock(&mutex_);
    return stored_.size();
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, double> stored_ ABSL_GUARDED_BY(mutex_);
};

class Feed : public egi::realtime::v1::RealtimeService::Service {
 public:
  grpc::Status Subscribe(grpc::ServerContext* context, const egi::realtime::v1::SubscribeRequest* request,
                         grpc::ServerWriter<egi::realtime::v1::SubscribeResponse>* stream) override {
    if (request->resume_token() == "old") return grpc::Status(grpc::StatusCode::OUT_OF_RANGE, "the earliest resumable token is T7");
    for (int i = 1; !context->IsCancelled(); ++i) {
      egi::realtime::v1::SubscribeResponse response;
      auto* event = response.mutable_event();
      event->set_resume_token(absl::StrCat("T", i));
      event->mutable_meal()->mutable_meal()->set_code_lot("LL4801665");
      event->mutable_meal()->mutable_meal()->set_dose_reelle(200 + i);
      if (!stream->Write(response)) break;
    }
    return grpc::Status::OK;
  }
};

class EgictlTest : public ::testing::Test {
 protected:
  EgictlTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&lots_);
    builder.RegisterService(&meals_);
    builder.RegisterService(&feed_);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  ~EgictlTest() override { server_->Shutdown(std::chrono::system_clock::now()); }

  Session MakeSession(bool json = false) {
    out_.str("");
    err_.str("");
    return Session{address_, json, in_, out_, err_, false};
  }

  Lots lots_;
  Meals meals_;
  Feed feed_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
  std::istringstream in_;
  std::ostringstream out_, err_;
};

TEST_F(EgictlTest, ImportSendsAllLotsAtOnceAndReportsTheFile) {
  EXPECT_EQ(RunImportLots(MakeSession(), {kFile, true}), kOk) << err_.str();
  EXPECT_EQ(lots_.last.lots_size(), 12);
  EXPECT_TRUE(lots_.last.dry_run());
  EXPECT_THAT(out_.str(), HasSubstr("derived columns recomputed: 0 differences"));
  EXPECT_THAT(out_.str(), HasSubstr("dry run, nothing was changed: 12 lots created"));
}

TEST_F(EgictlTest, NothingThatImportPrintsIsPersonal) {
  for (const bool json : {false, true}) {
    EXPECT_EQ(RunImportLots(MakeSession(json), {kFile, false}), kOk);
    for (const char* personal : {"Gaveur 0", "Éleveur", "Société", "@example.org", "Françonville", "00-00", "rue de"}) {
      EXPECT_THAT(out_.str() + err_.str(), Not(HasSubstr(personal)));
    }
  }
}

TEST_F(EgictlTest, RefusedImportNamesTheCellsAndChangesNothing) {
  lots_.refusal = InvalidFields({{"lots[LL4801665].ITM", "must be above 0"}});
  EXPECT_EQ(RunImportLots(MakeSession(), {kFile, false}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("nothing was changed"));
  EXPECT_THAT(err_.str(), HasSubstr("lots[LL4801665].ITM: must be above 0"));
}

TEST_F(EgictlTest, MissingFileIsNamed) {
  EXPECT_EQ(RunImportLots(MakeSession(), {"no/such/file.csv", false}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("cannot read no/such/file.csv: No such file"));
}

TEST_F(EgictlTest, FolderInPlaceOfAFileIsNamed) {
  EXPECT_EQ(RunImportLots(MakeSession(), {"clients", false}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("cannot read clients: it is a folder"));
}

TEST_F(EgictlTest, SecondReplayFindsEveryMealStored) {
  EXPECT_EQ(RunReplay(MakeSession(), {kFile, 0}), kOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("243 saved, 0 already stored"));
  EXPECT_EQ(meals_.stored(), 243u);
  EXPECT_EQ(RunReplay(MakeSession(true), {kFile, 0}), kOk);
  EXPECT_EQ(out_.str(), "{\"saved\":0,\"duplicate\":243,\"corrected\":0,\"refused\":0,\"alerts\":0}\n");
  EXPECT_EQ(meals_.stored(), 243u);
}

TEST_F(EgictlTest, SendReportsEachLineAndGoesOnAfterABadOne) {
  in_.str(R"({"code_lot":"LL4801665","jour":0,"moment":"matin","dose_reelle":210}
{"code_lot":"LL4801665","jour":"zero"}

{"code_lot":"LL4801665","jour":0,"moment":"soir"}
{"code_lot":"LL4801665","jour":1,"moment":"matin",
 "dose_reelle":230}
)");
  EXPECT_EQ(RunSend(MakeSession(), {"meal", "-"}), kSomeRefused);
  EXPECT_THAT(out_.str(), HasSubstr("line 1: saved, gavage_id 1"));
  EXPECT_THAT(out_.str(), HasSubstr("line 5: saved, gavage_id 2"));
  EXPECT_THAT(err_.str(), HasSubstr("line 2: refused: not a Meal"));
  EXPECT_THAT(err_.str(), HasSubstr("line 4: refused"));
  EXPECT_THAT(err_.str(), HasSubstr("dose_reelle: is missing"));
}

TEST_F(EgictlTest, EmptyInputIsAnErrorOfItsOwn) {
  in_.str("\n  \n");
  EXPECT_EQ(RunSend(MakeSession(), {"meal", "-"}), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("nothing to send"));
}

TEST_F(EgictlTest, WatchEndsAfterTheCountAndTellsHowToContinue) {
  WatchOptions options;
  options.count = 2;
  EXPECT_EQ(RunWatch(MakeSession(), options), kOk);
  EXPECT_THAT(out_.str(), HasSubstr("dose 201 g"));
  EXPECT_THAT(out_.str(), HasSubstr("dose 202 g"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("dose 203 g")));
  EXPECT_THAT(err_.str(), HasSubstr("egictl watch --resume T2\n"));
}

TEST_F(EgictlTest, WatchWithATokenTooOldSaysWhatToDo) {
  WatchOptions options;
  options.resume = "old";
  EXPECT_EQ(RunWatch(MakeSession(), options), kFailed);
  EXPECT_THAT(err_.str(), HasSubstr("the earliest resumable token is T7"));
  EXPECT_THAT(err_.str(), HasSubstr("--resume"));
}

TEST_F(EgictlTest, UnreachableServerHasItsOwnExitCode) {
  server_->Shutdown(std::chrono::system_clock::now());
  EXPECT_EQ(RunImportLots(MakeSession(), {kFile, false}), kUnreachable);
  EXPECT_THAT(err_.str(), HasSubstr("./egi up"));
}

TEST(WatchTest, UnknownKindIsRefused) {
  WatchOptions options;
  options.kinds = {"sample", "weather"};
  EXPECT_EQ(ToRequest(options).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(SendTest, DocumentsMaySpanLinesAndBracesInStringsDoNotCount) {
  using Documents = std::vector<std::pair<int, std::string>>;
  EXPECT_EQ(SplitDocuments("{\"a\":\"}{\"}\n{\n}\n"), (Documents{{1, "{\"a\":\"}{\"}\n"}, {2, "{\n}\n"}}));
  EXPECT_EQ(SplitDocuments("{\"a\n{}\n").front().first, 1) << "an unfinished document is kept for its error";
}

TEST(ProgressTest, SilentForTwoSecondsThenDrawn) {
  std::chrono::steady_clock::time_point now;
  std::ostringstream stream;
  {
    Progress progress("replay", 100, &stream, false, [&] { return now; });
    now += std::chrono::seconds(1);
    progress.Update(10);
    EXPECT_EQ(stream.str(), "");
    now += std::chrono::seconds(1);
    progress.Update(50);
    EXPECT_EQ(stream.str(), "replay  [###############...............]  50/100  50 %  25/s\n");
    progress.Update(60);
    EXPECT_EQ(stream.str().size(), 61u) << "not more often than every five seconds";
  }
}

}  // namespace
}  // namespace egi::cli
