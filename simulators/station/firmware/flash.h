// The persistent memory of a station: named files that survive a power cut at any moment.
#ifndef EGI_SIMULATORS_STATION_FIRMWARE_FLASH_H_
#define EGI_SIMULATORS_STATION_FIRMWARE_FLASH_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace egi::station::firmware {

// Not thread-safe. What a call has answered OK to is durable. Errors of all: INTERNAL (input/output error).
class Flash {
 public:
  virtual ~Flash() = default;
  // The whole file; empty when there is none.
  virtual absl::StatusOr<std::string> Read(const std::string& name) = 0;
  // Its size, 0 when there is none.
  virtual absl::StatusOr<int64_t> Size(const std::string& name) = 0;
  // Adds to its end; a power cut may leave any first part of `bytes`.
  virtual absl::Status Append(const std::string& name, const std::string& bytes) = 0;
  // Exchanges the whole; a power cut leaves the old or the new content.
  virtual absl::Status Replace(const std::string& name, const std::string& bytes) = 0;
  virtual absl::Status Remove(const std::string& name) = 0;
};

// For stations without a folder: forgets with the process.
class MemoryFlash : public Flash {
 public:
  absl::StatusOr<std::string> Read(const std::string& name) override { return files_[name]; }
  absl::StatusOr<int64_t> Size(const std::string& name) override { return static_cast<int64_t>(files_[name].size()); }
  absl::Status Append(const std::string& name, const std::string& bytes) override {
    files_[name] += bytes;
    return absl::OkStatus();
  }
  absl::Status Replace(const std::string& name, const std::string& bytes) override {
    files_[name] = bytes;
    return absl::OkStatus();
  }
  absl::Status Remove(const std::string& name) override {
    files_.erase(name);
    return absl::OkStatus();
  }

 private:
  std::map<std::string, std::string> files_;
};

// Files in a folder, synced to the disk.
class FolderFlash : public Flash {
 public:
  // The folder must exist.
  explicit FolderFlash(std::string folder) : folder_(std::move(folder)) {}
  absl::StatusOr<std::string> Read(const std::string& name) override;
  absl::StatusOr<int64_t> Size(const std::string& name) override;
  absl::Status Append(const std::string& name, const std::string& bytes) override;
  absl::Status Replace(const std::string& name, const std::string& bytes) override;
  absl::Status Remove(const std::string& name) override;

 private:
  absl::Status Write(const std::string& path, int flags, const std::string& bytes);
  absl::Status SyncFolder();

  const std::string folder_;
};

}  // namespace egi::station::firmware

#endif  // EGI_SIMULATORS_STATION_FIRMWARE_FLASH_H_
