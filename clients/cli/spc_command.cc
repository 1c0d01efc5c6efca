#include "clients/cli/spc_command.h"

#include <memory>
#include <string>

#include "clients/cli/spc.h"

namespace egi::cli {
namespace {

// An optional number of a request.
template <typename Request>
void AddNumber(CLI::App* command, const std::string& name, Request* request, void (Request::*set)(double), const std::string& help) {
  command->add_option_function<double>(name, [=](const double& value) { (request->*set)(value); }, help);
}

// What both commands of spc take.
template <typename Request>
void AddSpcOptions(CLI::App* command, Request* request) {
  command->add_option("--characteristic", *request->mutable_characteristic(),
                      "thickness_mm (default), volume_mm3, mass_g, fusion_score, tof_score, spectral_score, freshness, oxidation or fat");
  command->add_option("--device", *request->mutable_device_id(), "only this device");
  command->add_option("--lot", *request->mutable_lot(), "only this lot, by code or id");
  command->add_option("--site", *request->mutable_site_code(), "only this site: LL, LS or MT");
  command->add_option_function<int>("--hours", [=](const int& hours) { request->set_hours(hours); }, "the last so many hours; default 24");
  AddNumber(command, "--lsl", request, &Request::set_lsl, "lower specification limit");
  AddNumber(command, "--usl", request, &Request::set_usl, "upper specification limit");
  AddNumber(command, "--target", request, &Request::set_target, "target between them");
}

}  // namespace

void AddSpcCommand(CLI::App& app, std::function<int(const Session&)>* run) {
  const auto chart = std::make_shared<egi::quality::v1::GetChartRequest>();
  const auto capability = std::make_shared<egi::quality::v1::GetCapabilityRequest>();
  using Chart = egi::quality::v1::GetChartRequest;
  CLI::App* spc = app.add_subcommand("spc", "statistical process control");
  spc->require_subcommand(1);
  CLI::App* command = spc->add_subcommand("chart", "a control chart and the capability of its samples");
  AddSpcOptions(command, chart.get());
  command->add_option("--kind", *chart->mutable_kind(), "i_mr (default), xbar_r, xbar_s, ewma or cusum");
  command->add_option("--rules", *chart->mutable_rules(), "western_electric (default), nelson, none, or a list such as nelson_1,nelson_3");
  command->add_option("--subgroup-by", *chart->mutable_subgroup_by(), "device (default), lot or site");
  command->add_option_function<int>("--subgroup-size", [=](const int& size) { chart->set_subgroup_size(size); }, "2 to 25; default 5");
  AddNumber(command, "--mean", chart.get(), &Chart::set_mean, "mean of the process instead of that of the samples");
  AddNumber(command, "--sigma", chart.get(), &Chart::set_sigma, "standard deviation of the process instead of that of the samples");
  command->callback([=] { *run = [=](const Session& session) { return RunSpcChart(session, *chart); }; });
  command = spc->add_subcommand("capability", "capability by device, lot or site");
  AddSpcOptions(command, capability.get());
  command->add_option("--by", *capability->mutable_group_by(), "device (default), lot or site");
  command->add_option_function<int>("--last", [=](const int& last) { capability->set_last(last); }, "the newest so many samples of each; default 100");
  command->callback([=] { *run = [=](const Session& session) { return RunSpcCapability(session, *capability); }; });
}

}  // namespace egi::cli
