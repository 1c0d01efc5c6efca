#include "simulators/station/firmware/memory.h"

#include <algorithm>
#include <utility>

namespace egi::station::firmware {
namespace {

constexpr char kMemoryFile[] = "memory.pb";
constexpr int kMostResults = 100;

}  // namespace

const char* SlotFile(int slot) { return slot == 0 ? "slot-a.img" : "slot-b.img"; }

absl::StatusOr<std::unique_ptr<Memory>> Memory::Create(Flash& flash) {
  const absl::StatusOr<std::string> bytes = flash.Read(kMemoryFile);
  if (!bytes.ok()) return bytes.status();
  v1::StationMemory content;
  if (!content.ParseFromString(*bytes)) {
    return absl::DataLossError("memory.pb of the station is damaged: remove its state folder to start as delivered");
  }
  return std::unique_ptr<Memory>(new Memory(flash, std::move(content)));
}

absl::Status Memory::Change(const std::function<void(v1::StationMemory&)>& change) {
  v1::StationMemory changed = content_;
  change(changed);
  if (absl::Status status = flash_.Replace(kMemoryFile, changed.SerializeAsString()); !status.ok()) return status;
  content_ = std::move(changed);
  return absl::OkStatus();
}

void Remember(const quality::v1::CommandResult& result, v1::StationMemory& memory) {
  auto& results = *memory.mutable_results();
  const auto same = [&result](const quality::v1::CommandResult& other) { return other.command_id() == result.command_id(); };
  results.erase(std::remove_if(results.begin(), results.end(), same), results.end());
  *results.Add() = result;
  if (results.size() > kMostResults) results.DeleteSubrange(0, results.size() - kMostResults);
  auto& unsent = *memory.mutable_unsent();
  if (std::find(unsent.begin(), unsent.end(), result.command_id()) == unsent.end()) unsent.Add(result.command_id());
}

}  // namespace egi::station::firmware
