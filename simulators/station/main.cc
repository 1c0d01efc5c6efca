// station-simulator: a measuring station as a real client of StreamSamples. With --spool nothing it measured is lost by a restart of itself, of the network or of
// the server, and nothing is stored twice.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "clients/cpp/producer.h"
#include "nlohmann/json.hpp"
#include "simulators/program/program.h"
#include "simulators/station/profile_loader.h"
#include "simulators/station/station.h"

ABSL_FLAG(std::string, server, "127.0.0.1:50051", "HOST:PORT of the server");
ABSL_FLAG(std::string, device, "ESP32_LL_01", "identity of the station; one program per identity");
ABSL_FLAG(std::string, location, "Ligne A", "place in the plant");
ABSL_FLAG(double, rate, 1, "samples per second, above 0 and at most 500");
ABSL_FLAG(double, interval, 0, "seconds between samples; above 0 it replaces --rate");
ABSL_FLAG(std::string, config_profile, "", "quality profile, see --list-profiles; default: that of the profile file");
ABSL_FLAG(std::string, profiles, "", "YAML file of profiles; default: the built-in ones");
ABSL_FLAG(bool, list_profiles, false, "print the profiles and end");
ABSL_FLAG(std::string, lot, "", "code of the lot the livers come from; default: no lot");
ABSL_FLAG(double, liver_mass_g, 0, "mean mass of a liver of the lot, g; 0 = the profile's");
ABSL_FLAG(int64_t, samples, 0, "end after this many samples, once all are acknowledged; 0 = go on for ever");
ABSL_FLAG(uint64_t, seed, 1, "seed of all randomness: the same seed, device and counter give the same measurement");
ABSL_FLAG(std::string, spool, "", "folder that keeps unsent samples and the counter over restarts; empty = memory only");
ABSL_FLAG(int64_t, start_counter, 0, "first number of a sample; 0 = continue from the spool, else 1");
ABSL_FLAG(bool, json, false, "one JSON object a line instead of text");
ABSL_FLAG(bool, quiet, false, "do not print a line for each sample");

namespace egi::station {
namespace {

constexpr absl::Duration kLastWords = absl::Seconds(10);
constexpr absl::Duration kLastWordsWithSpool = absl::Seconds(3);  // what stays is sent at the next start
constexpr absl::Duration kHeartbeat = absl::Seconds(30);

// One line on standard output; text unless --json. Used by the producer's threads too: one write a line.
void Log(const char* event, const std::string& text, nlohmann::json fields) {
  std::string line;
  if (absl::GetFlag(FLAGS_json)) {
    fields["time"] = absl::FormatTime(absl::RFC3339_sec, absl::Now(), absl::UTCTimeZone());
    fields["event"] = event;
    line = fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  } else {
    line = text + "\n";
  }
  fwrite(line.data(), 1, line.size(), stdout);
  fflush(stdout);
}

absl::StatusOr<ProfileBook> ReadProfiles() {
  const std::string path = absl::GetFlag(FLAGS_profiles);
  return path.empty() ? ProfileBook::BuiltIn() : ProfileBook::Load(path);
}

absl::Status ListProfiles(const ProfileBook& book) {
  for (const auto& [name, profile] : book.profiles()) {
    Log("profile", absl::StrCat(name, name == book.default_name() ? " (default)" : "", ": ", profile.description),
        {{"name", name}, {"description", profile.description}, {"default", name == book.default_name()}});
  }
  for (const auto& [alias, name] : book.aliases()) Log("alias", absl::StrCat(alias, " = ", name), {{"alias", alias}, {"name", name}});
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> Period() {
  const double interval = absl::GetFlag(FLAGS_interval), rate = absl::GetFlag(FLAGS_rate);
  if (interval != 0) {
    if (!(interval >= 0.002 && interval <= 86400)) return absl::InvalidArgumentError("--interval needs 0.002 to 86400 seconds");
    return absl::Seconds(interval);
  }
  if (!(rate > 0 && rate <= 500)) return absl::InvalidArgumentError("--rate needs more than 0 and at most 500 samples per second");
  return absl::Seconds(1 / rate);
}

client::SampleProducer::Options ConnectionOptions(const Station::Options& station) {
  client::SampleProducer::Options options;
  options.server = absl::GetFlag(FLAGS_server);
  options.producer_id = station.identity.device_id;
  if (const std::string spool = absl::GetFlag(FLAGS_spool); !spool.empty()) options.spool_dir = spool + "/samples";
  options.when_full = client::WhenFull::kRefuseNewest;  // a station cannot hold the line: it drops, counts and tells
  options.firmware_version = station.identity.firmware_version;
  options.config_profile = station.profile.name;
  return options;
}

client::SampleProducer::Callbacks Callbacks() {
  client::SampleProducer::Callbacks callbacks;
  callbacks.on_rejected = [](int64_t, const quality::v1::Sample& sample, const absl::Status& why) {
    Log("rejected", absl::StrCat(sample.sample_id(), " refused: ", std::string(why.message())),
        {{"sample_id", sample.sample_id()}, {"error", why.ToString()}});
  };
  callbacks.on_state = [](client::ProducerState state, const absl::Status& why) {
    const std::string error = why.ok() ? "" : why.ToString();
    Log("connection", absl::StrCat("connection: ", client::ProducerStateName(state), error.empty() ? "" : " - ", error),
        {{"state", client::ProducerStateName(state)}, {"error", error}});
  };
  return callbacks;
}

void LogSample(const quality::v1::Sample& sample) {
  if (absl::GetFlag(FLAGS_quiet)) return;
  const quality::v1::Fusion& f = sample.fusion();
  Log("sample", absl::StrFormat("%s %s %.3f (ToF %.3f, spectral %.3f)", sample.sample_id(), f.final_grade(), f.final_score(),
                                f.vl53l8ch_score(), f.as7341_score()),
      {{"sample_id", sample.sample_id()}, {"grade", f.final_grade()}, {"score", f.final_score()}});
}

// Measures until the wanted number is reached or a signal comes. Measurements that fell due while the station was held up are left out.
absl::Status Work(Station& station, client::SampleProducer& producer, absl::Duration period, program::StopSignal& stop) {
  const int64_t wanted = absl::GetFlag(FLAGS_samples);
  absl::Time due = absl::Now(), heartbeat = due;
  while (wanted <= 0 || station.measured() < wanted) {
    if (stop.WaitFor(std::min(due, heartbeat) - absl::Now())) return absl::OkStatus();
    const absl::Time now = absl::Now();
    if (now >= heartbeat) {
      // Not connected: the next heartbeat tells.
      producer.SendHeartbeat(station.Heartbeat(now, producer.stats().buffered_items)).IgnoreError();
      heartbeat = now + kHeartbeat;
    }
    if (now < due) continue;
    const int64_t dropped = station.dropped();
    absl::StatusOr<quality::v1::Sample> sample = station.Measure(now);
    if (!sample.ok()) return sample.status();
    LogSample(*sample);
    if (station.dropped() > dropped) {
      Log("dropped", absl::StrCat("buffer full: ", station.dropped(), " samples dropped so far"), {{"dropped", station.dropped()}});
    }
    due = std::max(due + period, now - period);
  }
  return absl::OkStatus();
}

absl::StatusOr<Station::Options> StationOptions(const ProfileBook& book) {
  Station::Options options;
  absl::StatusOr<Profile> profile = book.Find(absl::GetFlag(FLAGS_config_profile));
  if (!profile.ok()) return profile.status();
  options.profile = *std::move(profile);
  options.identity.device_id = absl::GetFlag(FLAGS_device);
  options.identity.location = absl::GetFlag(FLAGS_location);
  options.lot = {absl::GetFlag(FLAGS_lot), absl::GetFlag(FLAGS_liver_mass_g)};
  options.seed = absl::GetFlag(FLAGS_seed);
  options.stamp_ids = absl::GetFlag(FLAGS_spool).empty() && absl::GetFlag(FLAGS_start_counter) <= 0;
  options.start = absl::Now();
  return options;
}

// Ends the connection. What stays in a spool is no failure: the next start sends it.
absl::Status Leave(const Station& station, client::SampleProducer& producer) {
  const bool keeps = !absl::GetFlag(FLAGS_spool).empty() && absl::GetFlag(FLAGS_samples) <= 0;
  const absl::Status closed = producer.Close(keeps ? kLastWordsWithSpool : kLastWords);
  const client::ProducerStats stats = producer.stats();
  Log("end", absl::StrCat(station.measured(), " measured, ", stats.acked, " acknowledged, ", stats.rejected, " refused, ", station.dropped(),
                          " dropped, ", stats.buffered_items, " waiting"),
      {{"measured", station.measured()}, {"acked", stats.acked}, {"rejected", stats.rejected}, {"dropped", station.dropped()},
       {"waiting", stats.buffered_items}});
  if (absl::IsDeadlineExceeded(closed) && keeps) return absl::OkStatus();
  return closed;
}

absl::Status Run(program::StopSignal& stop) {
  absl::StatusOr<ProfileBook> book = ReadProfiles();
  if (!book.ok()) return book.status();
  if (absl::GetFlag(FLAGS_list_profiles)) return ListProfiles(*book);
  absl::StatusOr<absl::Duration> period = Period();
  if (!period.ok()) return period.status();
  absl::StatusOr<Station::Options> options = StationOptions(*book);
  if (!options.ok()) return options.status();
  const std::string spool = absl::GetFlag(FLAGS_spool);
  if (!spool.empty()) {
    std::error_code error;
    std::filesystem::create_directories(spool, error);
    if (error) return absl::PermissionDeniedError(absl::StrCat("cannot create --spool ", spool, ": ", error.message()));
  }
  auto numbering = Numbering::Create({.folder = spool, .start = absl::GetFlag(FLAGS_start_counter)});
  if (!numbering.ok()) return numbering.status();
  const client::SampleProducer::Options connection = ConnectionOptions(*options);
  std::unique_ptr<client::SampleProducer> producer;
  auto station = Station::Create(*std::move(options), *std::move(numbering),
                                 [&producer](const quality::v1::Sample& sample) { return producer->Send(sample).status(); });
  if (!station.ok()) return station.status();
  auto created = client::SampleProducer::Create(connection, Callbacks());
  if (!created.ok()) return created.status();
  producer = *std::move(created);
  const absl::Status worked = Work(**station, *producer, *period, stop);
  const absl::Status left = Leave(**station, *producer);
  return worked.ok() ? left : worked;
}

}  // namespace
}  // namespace egi::station

int main(int argc, char** argv) {
  return egi::program::Main("station-simulator",
                            "Simulates a measuring station and streams its samples to the server. --help lists the options.", argc,
                            argv, egi::station::Run);
}
