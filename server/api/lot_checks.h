// The rules of lots that are opened or imported.
#ifndef EGI_SERVER_API_LOT_CHECKS_H_
#define EGI_SERVER_API_LOT_CHECKS_H_

#include "egi/feeding/v1/lot.pb.h"
#include "server/api/fields.h"

namespace egi::api {

// Notes every bad field.
void CheckNewLot(const feeding::v1::CreateLotRequest& request, Fields& fields);

// Notes every bad cell as `lots[LL4801665].ITM`: the lot and the column of the file. No cell of the personal columns is quoted.
void CheckImport(const feeding::v1::ImportLotsRequest& request, Fields& fields);

}  // namespace egi::api

#endif  // EGI_SERVER_API_LOT_CHECKS_H_
