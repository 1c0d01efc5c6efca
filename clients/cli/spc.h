// egictl spc: control charts and capability as text or JSON.
#ifndef EGI_CLIENTS_CLI_SPC_H_
#define EGI_CLIENTS_CLI_SPC_H_

#include <string>

#include "clients/cli/session.h"
#include "egi/quality/v1/spc.pb.h"

namespace egi::cli {

// Rows of the picture of a chart, one panel after the other: points are `o`, those of a violation `X`, the centre line `-`, the limits `=`; many points
// share a column, which then shows the farthest from the centre line. `columns` > 0 is the width of the drawing.
std::string ChartText(const egi::quality::v1::GetChartResponse& chart, int columns);

int RunSpcChart(const Session& session, const egi::quality::v1::GetChartRequest& request);
int RunSpcCapability(const Session& session, const egi::quality::v1::GetCapabilityRequest& request);

}  // namespace egi::cli

#endif  // EGI_CLIENTS_CLI_SPC_H_
