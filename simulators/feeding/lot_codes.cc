#include "simulators/feeding/lot_codes.h"

#include <chrono>
#include <memory>

#include "absl/strings/str_cat.h"
#include "clients/cpp/channel.h"
#include "egi/feeding/v1/lot.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace egi::feeding_simulator {
namespace {

constexpr std::chrono::seconds kAnswerTime(5);

absl::StatusOr<std::string> CreateLot(const std::string& server, const std::string& request_id, const LotPlan& plan) {
  feeding::v1::CreateLotRequest request;
  request.set_request_id(request_id);
  request.set_site_code(plan.site);
  request.set_gaveur_id(plan.gaveur_id);
  request.set_genetique(BreedName(plan.breed));
  request.set_nb_canards_initial(plan.birds);
  request.set_debut_lot(absl::FormatTime("%Y-%m-%d", plan.first_day, absl::UTCTimeZone()));
  request.set_duree_prevue(plan.days);
  request.set_origine("simulator");
  // A channel kept over an outage would answer from its own back-off instead of trying.
  const auto stub = feeding::v1::LotService::NewStub(client::MakeChannel(server));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kAnswerTime);
  feeding::v1::Lot lot;
  const grpc::Status status = stub->CreateLot(&context, request, &lot);
  if (!status.ok()) return absl::Status(static_cast<absl::StatusCode>(status.error_code()), absl::StrCat("no code for a new lot: ", status.error_message()));
  return lot.code_lot();
}

}  // namespace

std::function<CodeSource(const std::string& run)> CodesFromServer(const std::string& server) {
  return [server](const std::string& run) -> CodeSource {
    return [server, run](int index, const LotPlan& plan) { return CreateLot(server, absl::StrCat(run, "/", index), plan); };
  };
}

}  // namespace egi::feeding_simulator
