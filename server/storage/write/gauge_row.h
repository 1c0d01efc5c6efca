// Rows of the gauge control as messages.
#ifndef EGI_SERVER_STORAGE_WRITE_GAUGE_ROW_H_
#define EGI_SERVER_STORAGE_WRITE_GAUGE_ROW_H_

#include <string>

#include "egi/quality/v1/gauge.pb.h"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::write {

// Column lists for the aliases c (sqal_calibrations) and k (sqal_gauge_checks), in the order the functions below take them.
const std::string& CalibrationColumns();
quality::v1::Calibration ToCalibration(read::RowCursor& row);

extern const char kCheckColumns[];
quality::v1::GaugeCheck ToCheck(read::RowCursor& row);

// An array of doubles as PostgreSQL reads it, e.g. "{1,2.5}".
std::string WhiteReferenceText(const quality::v1::SpectralChannels& channels);

// JSON arrays of figures and of measurements, with the names of the protos.
std::string FiguresJson(const quality::v1::GaugeCheck& check);
std::string MeasurementsJson(const quality::v1::GaugeStudy& study);

// A study without its measurements, as kept in sqal_gauge_studies.result.
std::string StudyJson(quality::v1::GaugeStudy study);
quality::v1::GaugeStudy ToStudy(const std::string& result, const std::string& measurements, int32_t study_id);

}  // namespace egi::storage::write

#endif  // EGI_SERVER_STORAGE_WRITE_GAUGE_ROW_H_
