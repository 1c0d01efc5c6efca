#include "clients/cpp/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cpp/crc32c.h"
#include "clients/cpp/spool_record.h"

namespace egi::client {
namespace {

constexpr char kOwnerFile[] = "producer";
constexpr char kFormat[] = "egi-spool 1";
constexpr char kSuffix[] = ".seg";
constexpr int64_t kSmallestLimit = 64 << 10;
constexpr int64_t kReadChunk = 1 << 20;

// Reads up to `size` bytes at `offset`.
absl::StatusOr<std::string> ReadAt(const File& file, const std::string& path, int64_t offset, int64_t size) {
  std::string data(static_cast<size_t>(size), '\0');
  size_t done = 0;
  while (done < data.size()) {
    const ssize_t n = pread(file.fd(), data.data() + done, data.size() - done, offset + static_cast<int64_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus("read", path);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  data.resize(done);
  return data;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Spool>> Spool::Create(Options options) {
  if (options.dir.empty()) return absl::InvalidArgumentError("spool folder is empty: name one");
  if (options.limit_bytes < kSmallestLimit) {
    return absl::InvalidArgumentError(absl::StrCat("spool limit of ", options.limit_bytes, " bytes: at least ", kSmallestLimit, " are needed"));
  }
  auto spool = std::unique_ptr<Spool>(new Spool(std::move(options)));
  MutexLock lock(&spool->mutex_);
  if (absl::Status status = MakeDirectories(spool->options_.dir); !status.ok()) return status;
  absl::StatusOr<File> lock_file = OpenFile(absl::StrCat(spool->options_.dir, "/lock"), O_RDWR | O_CREAT);
  if (!lock_file.ok()) return lock_file.status();
  if (flock(lock_file->fd(), LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("spool ", spool->options_.dir, " is in use by another process: stop it or choose another folder"));
  }
  spool->lock_ = std::move(*lock_file);
  if (absl::Status status = spool->LoadOwner(); !status.ok()) return status;
  if (absl::Status status = spool->LoadSegments(); !status.ok()) return status;
  return spool;
}

absl::Status Spool::LoadOwner() {
  const std::string path = absl::StrCat(options_.dir, "/", kOwnerFile);
  const absl::StatusOr<std::string> content = ReadFile(path);
  if (absl::IsNotFound(content.status())) return WriteOwner();
  if (!content.ok()) return content.status();
  const std::vector<std::string> lines = absl::StrSplit(*content, '\n');
  const size_t body = content->rfind("crc ");
  if (lines.size() != 6 || lines[0] != kFormat || body == std::string::npos ||
      lines[4] != absl::StrFormat("crc %08x", Crc32c(content->data(), body))) {
    return absl::DataLossError(absl::StrCat(path, " is damaged; nothing was changed. Restore the folder, or choose a new one"));
  }
  const std::string owner(absl::StripPrefix(lines[1], "id ")), kind(absl::StripPrefix(lines[2], "kind "));
  if (owner != options_.producer_id || kind != options_.kind) {
    return absl::FailedPreconditionError(absl::StrCat("spool ", options_.dir, " belongs to ", kind, " producer '", owner, "', not to ",
                                                      options_.kind, " producer '", options_.producer_id, "': choose another folder"));
  }
  int64_t base;
  if (lines[3] == "base none") return absl::OkStatus();
  if (!absl::SimpleAtoi(absl::StripPrefix(lines[3], "base "), &base)) return absl::DataLossError(absl::StrCat(path, " is damaged"));
  base_ = base;
  return absl::OkStatus();
}

absl::Status Spool::WriteOwner() {
  std::string content = absl::StrCat(kFormat, "\nid ", options_.producer_id, "\nkind ", options_.kind, "\nbase ");
  absl::StrAppend(&content, base_ ? absl::StrCat(*base_) : "none", "\n");
  absl::StrAppendFormat(&content, "crc %08x\n", Crc32c(content.data(), content.size()));
  return ReplaceFile(options_.dir, kOwnerFile, content);
}

absl::Status Spool::LoadSegments() {
  const absl::StatusOr<std::vector<std::string>> names = ListDirectory(options_.dir);
  if (!names.ok()) return names.status();
  std::vector<int64_t> firsts;
  for (const std::string& name : *names) {
    int64_t first;
    if (name.size() == 24 && absl::EndsWith(name, kSuffix) && absl::SimpleAtoi(name.substr(0, 20), &first)) firsts.push_back(first);
  }
  if (firsts.empty()) {
    if (base_) return absl::DataLossError(absl::StrCat("spool ", options_.dir, " was in use but holds no segment: its files were removed"));
    return StartSegment(1);
  }
  for (size_t i = 0; i < firsts.size(); ++i) {
    if (i > 0 && firsts[i] != LastIndexLocked() + 1) {
      return absl::DataLossError(absl::StrCat("spool ", options_.dir, ": items ", LastIndexLocked() + 1, " to ", firsts[i] - 1, " are missing"));
    }
    if (absl::Status status = LoadSegment(firsts[i], i + 1 == firsts.size()); !status.ok()) return status;
  }
  acked_ = firsts.front() - 1;
  absl::StatusOr<File> active = OpenFile(PathOf(firsts.back()), O_WRONLY | O_APPEND);
  if (!active.ok()) return active.status();
  active_ = std::move(*active);
  if (ftruncate(active_.fd(), segments_.back().bytes) != 0) return ErrnoStatus("cut the torn end of", PathOf(firsts.back()));
  dirty_ = true;  // What the last process wrote may not have reached the disk.
  return absl::OkStatus();
}

absl::Status Spool::LoadSegment(int64_t first_index, bool last) {
  const std::string path = PathOf(first_index);
  const absl::StatusOr<std::string> content = ReadFile(path);
  if (!content.ok()) return content.status();
  const SegmentScan scan = ScanSegment(*content, first_index);
  if (scan.end != content->size() && (!last || scan.damaged_inside)) {
    return absl::DataLossError(absl::StrCat("spool record ", first_index + scan.records, " at byte ", scan.end, " of ", path,
                                            " is damaged and intact records follow it; nothing was changed. Restore the file from a copy, or",
                                            " move the folder away and start a new one: what it held and the server does not have is lost"));
  }
  segments_.push_back({first_index, scan.records, static_cast<int64_t>(scan.end)});
  return absl::OkStatus();
}

absl::Status Spool::StartSegment(int64_t first_index) {
  if (absl::Status status = SyncLocked(); !status.ok()) return status;
  absl::StatusOr<File> file = OpenFile(PathOf(first_index), O_WRONLY | O_CREAT | O_APPEND);
  if (!file.ok()) return file.status();
  if (absl::Status status = SyncDirectory(options_.dir); !status.ok()) return status;
  active_ = std::move(*file);
  segments_.push_back({first_index, 0, 0});
  return absl::OkStatus();
}

absl::StatusOr<int64_t> Spool::Append(const std::string& item) {
  const int64_t size = static_cast<int64_t>(item.size() + kRecordHeaderBytes);
  if (size > options_.limit_bytes / 8) {
    return absl::InvalidArgumentError(
        absl::StrCat("an item of ", item.size(), " bytes: a spool of ", options_.limit_bytes, " bytes takes items up to an eighth of that"));
  }
  MutexLock lock(&mutex_);
  if (BytesLocked() + size > options_.limit_bytes) {
    return absl::ResourceExhaustedError(absl::StrCat("spool ", options_.dir, " is full: ", BytesLocked(), " of ", options_.limit_bytes,
                                                     " bytes wait for the server"));
  }
  if (segments_.back().records > 0 && segments_.back().bytes + size > segment_limit()) {
    if (absl::Status status = StartSegment(LastIndexLocked() + 1); !status.ok()) return status;
  }
  Segment& segment = segments_.back();
  const int64_t index = LastIndexLocked() + 1;
  const std::string path = PathOf(segment.first_index);
  if (absl::Status status = AppendAll(active_, path, EncodeRecord(index, item), segment.bytes); !status.ok()) return status;
  dirty_ = true;
  ++segment.records;
  segment.bytes += size;
  if (options_.sync == SyncPolicy::kEveryAppend) {
    if (absl::Status status = SyncLocked(); !status.ok()) return status;
  }
  return index;
}

absl::Status Spool::Read(int64_t index, int max_items, size_t max_bytes, std::vector<std::string>* items) {
  items->clear();
  MutexLock lock(&mutex_);
  if (index > LastIndexLocked()) return absl::OkStatus();
  auto segment = std::find_if(segments_.begin(), segments_.end(),
                              [index](const Segment& s) { return index >= s.first_index && index < s.first_index + s.records; });
  if (segment == segments_.end()) {
    return absl::DataLossError(absl::StrCat("item ", index, " was dropped; the oldest kept is ", segments_.front().first_index));
  }
  const std::string path = PathOf(segment->first_index);
  absl::StatusOr<File> file = OpenFile(path, O_RDONLY);
  if (!file.ok()) return file.status();
  int64_t at = segment->first_index, offset = 0;
  if (cursor_index_ > at && cursor_index_ <= index) std::tie(at, offset) = std::pair(cursor_index_, cursor_offset_);
  size_t bytes = 0;
  int64_t chunk_size = kReadChunk;
  while (at < segment->first_index + segment->records && static_cast<int>(items->size()) < max_items) {
    const absl::StatusOr<std::string> chunk = ReadAt(*file, path, offset, std::min(chunk_size, segment->bytes - offset));
    if (!chunk.ok()) return chunk.status();
    size_t position = 0, size = 0;
    for (std::string item; DecodeRecord(*chunk, position, at, &item, &size); position += size, ++at) {
      if (at < index) continue;
      bytes += item.size();
      const bool enough = static_cast<int>(items->size()) == max_items || (!items->empty() && bytes > max_bytes);
      if (enough) break;
      items->push_back(std::move(item));
    }
    const bool stopped_early = !items->empty() && bytes > max_bytes;
    if (position == 0 && !stopped_early) {
      if (offset + static_cast<int64_t>(chunk->size()) >= segment->bytes) {
        return absl::DataLossError(absl::StrCat("spool record ", at, " at byte ", offset, " of ", path, " is damaged"));
      }
      chunk_size *= 2;  // The record is larger than the chunk.
    }
    offset += static_cast<int64_t>(position);
    if (stopped_early) break;
  }
  cursor_index_ = at;
  cursor_offset_ = offset;
  return absl::OkStatus();
}

absl::Status Spool::SyncLocked() {
  if (!dirty_ || segments_.empty()) return absl::OkStatus();
  if (absl::Status status = SyncFile(active_, PathOf(segments_.back().first_index)); !status.ok()) return status;
  dirty_ = false;
  return absl::OkStatus();
}

absl::Status Spool::Sync() {
  MutexLock lock(&mutex_);
  return SyncLocked();
}

absl::Status Spool::DropThrough(int64_t index) {
  MutexLock lock(&mutex_);
  acked_ = std::max(acked_, std::min(index, LastIndexLocked()));
  // A large last segment that is wholly acknowledged gives way to an empty one, so that an idle producer gives its disk space back.
  if (acked_ == LastIndexLocked() && segments_.back().bytes > segment_limit() / 2) {
    if (absl::Status status = StartSegment(acked_ + 1); !status.ok()) return status;
  }
  while (segments_.size() > 1 && segments_[0].first_index + segments_[0].records - 1 <= acked_) {
    const std::string path = PathOf(segments_.front().first_index);
    if (unlink(path.c_str()) != 0) return ErrnoStatus("delete", path);
    segments_.pop_front();
  }
  return absl::OkStatus();
}

absl::Status Spool::Bind(int64_t base) {
  MutexLock lock(&mutex_);
  if (base_ == base) return absl::OkStatus();
  base_ = base;
  return WriteOwner();
}

std::optional<int64_t> Spool::base() const {
  MutexLock lock(&mutex_);
  return base_;
}

int64_t Spool::first_index() const {
  MutexLock lock(&mutex_);
  return segments_.front().first_index;
}

int64_t Spool::last_index() const {
  MutexLock lock(&mutex_);
  return LastIndexLocked();
}

int64_t Spool::bytes() const {
  MutexLock lock(&mutex_);
  return BytesLocked();
}

int64_t Spool::LastIndexLocked() const { return segments_.back().first_index + segments_.back().records - 1; }

int64_t Spool::BytesLocked() const {
  int64_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.bytes;
  return bytes;
}

std::string Spool::PathOf(int64_t first_index) const {
  return absl::StrFormat("%s/%020d%s", options_.dir, first_index, kSuffix);
}

}  // namespace egi::client
