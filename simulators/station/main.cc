// station-simulator: a measuring station as a real client of StreamSamples. With --spool nothing it measured is lost by a restart of itself, of the network or of
// the server, and nothing is stored twice.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "clients/cpp/producer.h"
#include "nlohmann/json.hpp"
#include "simulators/program/program.h"
#include "simulators/station/program/command_desk.h"
#include "simulators/station/program/command_inbox.h"
#include "simulators/station/program/explain.h"
#include "simulators/station/firmware/image.h"
#include "simulators/station/program/firmware_source.h"
#include "simulators/station/profile_loader.h"
#include "simulators/station/program/profile_table.h"
#include "simulators/station/station.h"

ABSL_FLAG(std::string, server, "127.0.0.1:50051", "HOST:PORT of the server");
ABSL_FLAG(std::string, device, "ESP32_LL_01", "identity of the station; one program per identity");
ABSL_FLAG(std::string, location, "Ligne A", "place in the plant");
ABSL_FLAG(double, rate, 1, "samples per second, above 0 and at most 500");
ABSL_FLAG(double, interval, 0, "seconds between samples; above 0 it replaces --rate");
ABSL_FLAG(std::string, config_profile, "", "quality profile, see --list-profiles; default: that of the profile file");
ABSL_FLAG(std::string, profiles, "", "YAML file of profiles; default: the built-in ones");
ABSL_FLAG(bool, list_profiles, false, "print the profiles as a table (with --json: one object a line) and end");
ABSL_FLAG(std::string, explain, "", "SAMPLE: measure the sample of this number or id again, with the same --seed, --config-profile, --lot ..., paint it and end");
ABSL_FLAG(std::string, cube, "", "with --explain: FILE.npy for the histograms of all zones, 8 x 8 x bins");
ABSL_FLAG(std::string, make_image, "", "write a firmware image of --image-version to this FILE and end");
ABSL_FLAG(std::string, image_version, "", "with --make-image: 1 to 20 letters, digits, '.', '-', '_' and '+'");
ABSL_FLAG(bool, image_broken, false, "with --make-image: an image that does not boot, to see a rollback");
ABSL_FLAG(std::string, lot, "", "code of the lot the livers come from; default: no lot");
ABSL_FLAG(double, liver_mass_g, 0, "mean mass of a liver of the lot, g; 0 = the profile's");
ABSL_FLAG(double, sigma, 0, "standard deviation / mean of the liver masses of the lot, 0 to 0.5; 0 = the profile's");
ABSL_FLAG(std::string, state, "", "folder of the firmware, its two slots and what the server has commanded; default: state in --spool, else memory only");
ABSL_FLAG(double, nack, 0.01, "share of I2C transfers a part refuses, 0 to 1");
ABSL_FLAG(double, tof_bias_mm, 0, "error of the distance sensor that a calibration has to find, -20 to 20 mm");
ABSL_FLAG(double, lamp, 1, "share of its light the lamp still gives, 0.05 to 1");
ABSL_FLAG(double, lamp_loss_pct, 0, "percent of its light the lamp loses with each hundred measurements, 0 to 100");
ABSL_FLAG(double, tof_drift_mm, 0, "what is added to the error of the distance sensor with each hundred measurements, -20 to 20 mm");
ABSL_FLAG(bool, realtime, false, "start and measure at the pace of the real parts (boot 1-2 s, Wi-Fi 2-5 s, 64 frames 4.3 s)");
ABSL_FLAG(int64_t, samples, 0, "end after this many samples, once all are acknowledged; 0 = go on for ever");
ABSL_FLAG(uint64_t, seed, 0, "seed of all randomness: the same seed, device and counter give the same measurement; 0 = random_seed of the profile, else 1");
ABSL_FLAG(std::string, spool, "", "folder that keeps unsent samples and the counter over restarts; empty = memory only");
ABSL_FLAG(int64_t, start_counter, 0, "first number of a sample; 0 = continue from the spool, else 1");
ABSL_FLAG(bool, json, false, "one JSON object a line instead of text");
ABSL_FLAG(bool, quiet, false, "do not print a line for each sample");

namespace egi::station {
namespace {

constexpr absl::Duration kLastWords = absl::Seconds(10);
constexpr absl::Duration kLastWordsWithSpool = absl::Seconds(3);  // what stays is sent at the next start
constexpr absl::Duration kHeartbeat = absl::Seconds(30);
constexpr absl::Duration kLookForCommands = absl::Milliseconds(200);

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
  const std::string text = absl::GetFlag(FLAGS_json) ? ProfileLines(book) : ProfileTable(book);
  fwrite(text.data(), 1, text.size(), stdout);
  return absl::OkStatus();
}

absl::Status MakeImageFile() {
  const auto image = firmware::MakeImage(absl::GetFlag(FLAGS_image_version), "", !absl::GetFlag(FLAGS_image_broken));
  if (!image.ok()) return absl::InvalidArgumentError(absl::StrCat("--image-", std::string(image.status().message())));
  const std::string path = absl::GetFlag(FLAGS_make_image);
  std::ofstream file(path, std::ios::binary);
  file << *image;
  file.close();
  if (!file) return absl::InternalError(absl::StrCat("cannot write --make-image ", path));
  Log("image", absl::StrCat(path, ": ", image->size(), " bytes, SHA-256 ", firmware::Sha256Hex(*image)),
      {{"file", path}, {"size_bytes", image->size()}, {"sha256", firmware::Sha256Hex(*image)}});
  return absl::OkStatus();
}

absl::Status ExplainSample(const Station::Options& options) {
  absl::StatusOr<SampleName> name = ParseSampleName(absl::GetFlag(FLAGS_explain));
  if (!name.ok()) return name.status();
  StationIdentity identity = options.identity;
  LotUnderInspection lot = options.lot;
  if (!name->device_id.empty()) identity.device_id = name->device_id;
  if (!name->code_lot.empty()) lot.code_lot = name->code_lot;
  const std::string text = Explain(identity, options.profile, lot, options.seed, name->number);
  fwrite(text.data(), 1, text.size(), stdout);
  const std::string cube = absl::GetFlag(FLAGS_cube);
  return cube.empty() ? absl::OkStatus() : WriteCube(options.profile, lot, identity.device_id, options.seed, name->number, cube);
}

// Where the station stands (simulators.md section 2).
void LogState(const char* state, const std::string& why = "") {
  Log("state", absl::StrCat("state: ", state, why.empty() ? "" : " - ", why), {{"state", state}, {"why", why}});
}

const char* StateOf(client::ProducerState state) {
  switch (state) {
    case client::ProducerState::kConnecting:
      return "backend_connecting";
    case client::ProducerState::kStreaming:
      return "online";
    case client::ProducerState::kWaiting:
    case client::ProducerState::kClosed:
      return "offline";
    case client::ProducerState::kFailed:
      break;
  }
  return "error";
}

// Why the station does not grade, told once on standard error whenever it changes; `told` keeps what was told last. True when it was told.
bool TellRefusal(const std::string& why, std::string* told) {
  if (why == *told) return false;
  *told = why;
  const std::string text = why.empty() ? "grades again" : absl::StrCat("refuses to grade: ", why);
  fprintf(stderr, "station-simulator: %s\n", text.c_str());
  return true;
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

client::SampleProducer::Callbacks Callbacks(CommandInbox& inbox) {
  client::SampleProducer::Callbacks callbacks;
  callbacks.on_command = [&inbox](const quality::v1::DeviceCommand& command) { inbox.Put(command); };
  callbacks.on_rejected = [](int64_t, const quality::v1::Sample& sample, const absl::Status& why) {
    Log("rejected", absl::StrCat(sample.sample_id(), " refused: ", std::string(why.message())),
        {{"sample_id", sample.sample_id()}, {"error", why.ToString()}});
  };
  callbacks.on_state = [](client::ProducerState state, const absl::Status& why) {
    const std::string error = why.ok() ? "" : why.ToString();
    Log("connection", absl::StrCat("connection: ", client::ProducerStateName(state), " (", StateOf(state), ")", error.empty() ? "" : " - ", error),
        {{"state", client::ProducerStateName(state)}, {"device_state", StateOf(state)}, {"error", error}});
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

// Measures once; what a single measurement may suffer does not end the work.
absl::Status MeasureOnce(Station& station, absl::Time now) {
  if (!station.controller().RefusesToGrade(now).empty()) return absl::OkStatus();
  const int64_t dropped = station.dropped();
  absl::StatusOr<quality::v1::Sample> sample = station.Measure(now);
  if (absl::IsDataLoss(sample.status()) && sample.status().message().rfind("measurement ", 0) == 0) {
    fprintf(stderr, "station-simulator: %s\n", std::string(sample.status().message()).c_str());
    return absl::OkStatus();
  }
  if (!sample.ok()) return sample.status();
  LogSample(*sample);
  if (station.dropped() > dropped) {
    Log("dropped", absl::StrCat("buffer full: ", station.dropped(), " samples dropped so far"), {{"dropped", station.dropped()}});
  }
  return absl::OkStatus();
}

// Measures until the wanted number is reached or a signal comes. Measurements that fell due while the station was held up are left out.
absl::Status Work(Station& station, client::SampleProducer& producer, CommandInbox& inbox, absl::Duration period, program::StopSignal& stop) {
  const int64_t wanted = absl::GetFlag(FLAGS_samples);
  CommandDesk desk(station, producer, inbox, FirmwareOf(absl::GetFlag(FLAGS_server)),
                   [](const char* event, const std::string& text) { Log(event, text, {{"message", text}}); });
  absl::Time due = absl::Now(), heartbeat = due;
  std::string told_refusal;
  while (wanted <= 0 || station.measured() < wanted) {
    if (stop.WaitFor(std::min(std::min(due, heartbeat) - absl::Now(), kLookForCommands))) return absl::OkStatus();
    const absl::Time now = absl::Now();
    const std::string version = station.controller().version();
    if (absl::Status status = desk.Serve(now); !status.ok()) return status;
    if (station.controller().version() != version) heartbeat = now;  // the registry shall know at once
    const quality::v1::DeviceConfiguration& configuration = station.controller().configuration();
    if (TellRefusal(station.controller().RefusesToGrade(now), &told_refusal)) heartbeat = now;
    if (now >= heartbeat) {
      // Not connected: the next heartbeat tells.
      producer.SendHeartbeat(station.Heartbeat(now, producer.stats().buffered_items)).IgnoreError();
      heartbeat = now + (configuration.has_heartbeat_interval_s() ? absl::Seconds(configuration.heartbeat_interval_s()) : kHeartbeat);
    }
    const absl::Duration interval = configuration.has_measurement_interval_ms() ? absl::Milliseconds(configuration.measurement_interval_ms()) : period;
    due = std::min(due, now + interval);  // the server may have shortened it
    if (now < due) continue;
    if (absl::Status status = MeasureOnce(station, now); !status.ok()) return status;
    due = std::max(due + interval, now - interval);
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
  options.lot = {absl::GetFlag(FLAGS_lot), absl::GetFlag(FLAGS_liver_mass_g), absl::GetFlag(FLAGS_sigma)};
  options.hardware = {absl::GetFlag(FLAGS_nack), absl::GetFlag(FLAGS_tof_bias_mm), absl::GetFlag(FLAGS_lamp), absl::GetFlag(FLAGS_lamp_loss_pct),
                      absl::GetFlag(FLAGS_tof_drift_mm)};
  options.find_profile = [book](const std::string& name) { return book.Find(name); };
  const uint64_t seed = absl::GetFlag(FLAGS_seed);
  options.seed = seed != 0 ? seed : static_cast<uint64_t>(options.profile.twin.random_seed.value_or(1));
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

absl::Status CheckHardwareFlags() {
  std::string bad;
  const auto check = [&bad](const char* flag, double value, double low, double high) {
    if (!(value >= low && value <= high)) absl::StrAppend(&bad, flag, " is ", value, "; give ", low, " to ", high, ". ");
  };
  check("--sigma", absl::GetFlag(FLAGS_sigma), 0, 0.5);
  check("--nack", absl::GetFlag(FLAGS_nack), 0, 1);
  check("--tof-bias-mm", absl::GetFlag(FLAGS_tof_bias_mm), -20, 20);
  check("--lamp", absl::GetFlag(FLAGS_lamp), 0.05, 1);
  check("--lamp-loss-pct", absl::GetFlag(FLAGS_lamp_loss_pct), 0, 100);
  check("--tof-drift-mm", absl::GetFlag(FLAGS_tof_drift_mm), -20, 20);
  return bad.empty() ? absl::OkStatus() : absl::InvalidArgumentError(bad);
}

// Makes sure of a folder; none = nothing to do.
absl::Status MakeFolder(const char* flag, const std::string& folder) {
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  return error ? absl::PermissionDeniedError(absl::StrCat("cannot create ", flag, " ", folder, ": ", error.message())) : absl::OkStatus();
}

// The states before the connection: 1 to 2 s of boot and 2 to 5 s of Wi-Fi, waited for with --realtime.
void LogStart(const Station::Options& options, program::StopSignal& stop) {
  Random random(options.seed, absl::StrCat(options.identity.device_id, " start"), 0);
  for (const auto& [state, low, high] : {std::tuple{"booting", 1.0, 2.0}, std::tuple{"wifi_connecting", 2.0, 5.0}}) {
    const double seconds = random.Uniform(low, high);
    LogState(state, absl::StrFormat("%.1f s", seconds));
    if (absl::GetFlag(FLAGS_realtime)) stop.WaitFor(absl::Seconds(seconds));
  }
  LogState("wifi_connected");
}

absl::Status Run(program::StopSignal& stop) {
  if (!absl::GetFlag(FLAGS_make_image).empty()) return MakeImageFile();
  absl::StatusOr<ProfileBook> book = ReadProfiles();
  if (!book.ok()) return book.status();
  if (absl::GetFlag(FLAGS_list_profiles)) return ListProfiles(*book);
  absl::StatusOr<absl::Duration> period = Period();
  if (!period.ok()) return period.status();
  if (absl::Status status = CheckHardwareFlags(); !status.ok()) return status;
  absl::StatusOr<Station::Options> options = StationOptions(*book);
  if (!options.ok()) return options.status();
  if (!absl::GetFlag(FLAGS_explain).empty()) return ExplainSample(*options);
  const std::string spool = absl::GetFlag(FLAGS_spool);
  std::string state = absl::GetFlag(FLAGS_state);
  if (state.empty() && !spool.empty()) state = absl::StrCat(spool, "/state");
  if (absl::Status status = MakeFolder("--spool", spool); !status.ok()) return status;
  if (absl::Status status = MakeFolder("--state", state); !status.ok()) return status;
  auto numbering = Numbering::Create({.folder = spool, .start = absl::GetFlag(FLAGS_start_counter)});
  if (!numbering.ok()) return numbering.status();
  if (absl::GetFlag(FLAGS_realtime)) options->on_wait = [&stop](absl::Duration wait) { stop.WaitFor(wait); };
  const client::SampleProducer::Options connection = ConnectionOptions(*options);
  LogStart(*options, stop);
  CommandInbox inbox;
  std::unique_ptr<client::SampleProducer> producer;
  auto station = Station::Create(*std::move(options), *std::move(numbering),
                                 [&producer](const quality::v1::Sample& sample) { return producer->Send(sample).status(); },
                                 state.empty() ? nullptr : std::make_unique<firmware::FolderFlash>(state));
  if (!station.ok()) {
    LogState("error", std::string(station.status().message()));
    return station.status();
  }
  auto created = client::SampleProducer::Create(connection, Callbacks(inbox));
  if (!created.ok()) return created.status();
  producer = *std::move(created);
  const absl::Status worked = Work(**station, *producer, inbox, *period, stop);
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
