#include "clients/cli/send.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/progress.h"
#include "clients/cli/stream_out.h"
#include "clients/cpp/channel.h"
#include "google/protobuf/util/json_util.h"

namespace egi::cli {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);

const char* StatusWord(egi::ingest::v1::ItemStatus status) {
  switch (status) {
    case egi::ingest::v1::ITEM_STATUS_DUPLICATE:
      return "duplicate";
    case egi::ingest::v1::ITEM_STATUS_CORRECTED:
      return "corrected";
    default:
      return "saved";
  }
}

// What is said about one document, from the producer's threads and from this one.
class Reporter {
 public:
  Reporter(const Session& session, bool sample) : session_(session), sample_(sample) {}

  void AddLine(int line) {
    MutexLock lock(&mutex_);
    lines_.push_back(line);
  }

  void Stored(int64_t index, const egi::ingest::v1::ItemResult& result) {
    MutexLock lock(&mutex_);
    const int line = LineOf(index);
    if (session_.json) {
      session_.out << absl::StrCat("{\"line\":", line, ",\"status\":\"", StatusWord(result.status()), "\"",
                                   sample_ ? absl::StrCat(",\"fusion_score\":", result.fusion_score(), ",\"fusion_grade\":", JsonString(result.fusion_grade()))
                                           : absl::StrCat(",\"gavage_id\":", result.gavage_id()),
                                   ",\"alerts_opened\":", result.alerts_opened(), "}")
                   << "\n";
    } else {
      session_.out << absl::StrCat("line ", line, ": ", StatusWord(result.status()),
                                   sample_ ? absl::StrCat(", grade ", result.fusion_grade(), ", score ", result.fusion_score())
                                           : absl::StrCat(", gavage_id ", result.gavage_id()))
                   << "\n";
    }
  }

  void Refused(int line, const absl::Status& why) {
    MutexLock lock(&mutex_);
    Print(line, why);
  }

  void RefusedIndex(int64_t index, const absl::Status& why) {
    MutexLock lock(&mutex_);
    Print(LineOf(index), why);
  }

 private:
  int LineOf(int64_t index) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return index >= 1 && index <= static_cast<int64_t>(lines_.size()) ? lines_[static_cast<size_t>(index - 1)] : 0;
  }

  void Print(int line, const absl::Status& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (session_.json) {
      session_.out << absl::StrCat("{\"line\":", line, ",\"status\":\"refused\",\"code\":\"", absl::StatusCodeToString(why.code()),
                                   "\",\"message\":", JsonString(std::string(why.message())), "}")
                   << "\n";
    } else {
      session_.err << absl::StrCat("line ", line, ": refused: ", std::string(why.message()), "\n", client::DescribeDetails(why));
    }
  }

  const Session& session_;
  const bool sample_;
  Mutex mutex_;
  std::vector<int> lines_ ABSL_GUARDED_BY(mutex_);
};

template <typename ItemType>
int Send(const Session& session, const std::vector<std::pair<int, std::string>>& documents) {
  Reporter reporter(session, std::is_same_v<ItemType, egi::quality::v1::Sample>);
  auto stream = StreamOut<ItemType>::Create(
      session, "send", [&](int64_t index, const egi::ingest::v1::ItemResult& result) { reporter.Stored(index, result); },
      [&](int64_t index, const ItemType&, const absl::Status& why) { reporter.RefusedIndex(index, why); });
  if (!stream.ok()) return Fail(session, "send", stream.status());
  int64_t unreadable = 0;
  for (const auto& [line, document] : documents) {
    ItemType item;
    const auto parsed = google::protobuf::util::JsonStringToMessage(document, &item);
    if (!parsed.ok()) {
      ++unreadable;
      reporter.Refused(line, absl::InvalidArgumentError(absl::StrCat("not a ", ItemType::descriptor()->name(), ": ", std::string(parsed.message()))));
      continue;
    }
    reporter.AddLine(line);
    if (absl::Status status = (*stream)->Send(item); !status.ok()) return Fail(session, "send", status);
  }
  Progress progress("sending", static_cast<int64_t>(documents.size()), &session.err, session.err_is_terminal);
  const absl::Status status = (*stream)->Finish(kPatience, [&](const Outcome& outcome) { progress.Update(outcome.settled() + unreadable); });
  Outcome outcome = (*stream)->outcome();
  outcome.refused += unreadable;
  if (!status.ok()) return Fail(session, "send", status);
  if (documents.size() > 1 || session.json) (session.json ? session.out : session.err) << DescribeOutcome(outcome, session.json) << "\n";
  return outcome.refused > 0 ? kSomeRefused : kOk;
}

}  // namespace

std::vector<std::pair<int, std::string>> SplitDocuments(const std::string& text) {
  std::vector<std::pair<int, std::string>> documents;
  int line = 0, depth = 0, start = 0;
  std::string document;
  bool in_string = false, escaped = false;
  for (const absl::string_view part : absl::StrSplit(text, '\n')) {
    ++line;
    if (depth == 0 && absl::StripAsciiWhitespace(part).empty()) continue;
    if (document.empty()) start = line;
    absl::StrAppend(&document, part, "\n");
    for (const char c : part) {
      if (in_string) {
        if (escaped) {
          escaped = false;
        } else if (c == '\\') {
          escaped = true;
        } else if (c == '"') {
          in_string = false;
        }
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if (c == '}' || c == ']') {
        --depth;
      }
    }
    // A string never spans lines in JSON: an open one ends with its line, so that one bad line does not swallow the rest.
    in_string = escaped = false;
    if (depth > 0) continue;
    documents.emplace_back(start, std::move(document));
    document.clear();
    depth = 0;
  }
  if (!document.empty()) documents.emplace_back(start, std::move(document));
  return documents;
}

int RunSend(const Session& session, const SendOptions& options) {
  std::string text;
  if (absl::Status status = ReadInput(session, options.file, &text); !status.ok()) return Fail(session, "send", status);
  const auto documents = SplitDocuments(text);
  if (documents.empty()) {
    return Fail(session, "send", absl::InvalidArgumentError("there is nothing to send: one JSON object, or one a line, is expected"));
  }
  return options.kind == "sample" ? Send<egi::quality::v1::Sample>(session, documents) : Send<egi::feeding::v1::Meal>(session, documents);
}

}  // namespace egi::cli
