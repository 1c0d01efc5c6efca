// The services that this server offers.
#ifndef EGI_SERVER_APP_SERVICE_NAMES_H_
#define EGI_SERVER_APP_SERVICE_NAMES_H_

#include <vector>

namespace egi::app {

// Full names, for grpc.health.v1. Every one of them needs the database, so they are healthy together.
const std::vector<const char*>& ServiceNames();

}  // namespace egi::app

#endif  // EGI_SERVER_APP_SERVICE_NAMES_H_
