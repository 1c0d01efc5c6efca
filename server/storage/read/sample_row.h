// A row of sqal_samples as a message.
#ifndef EGI_SERVER_STORAGE_READ_SAMPLE_ROW_H_
#define EGI_SERVER_STORAGE_READ_SAMPLE_ROW_H_

#include <string>

#include "egi/quality/v1/record.pb.h"
#include "server/storage/read/row_cursor.h"

namespace egi::storage::read {

// The columns of `sqal_samples s` that ToSample takes. Without matrices their bytes are not read from the table.
std::string SampleColumns(bool matrices);

// Takes the columns of SampleColumns; `row` stands behind them afterwards.
quality::v1::SampleRecord ToSample(RowCursor& row, bool matrices);

// Appends the 8 rows of a packed matrix (sqal_samples.distance_cells: encoding byte, 64 big-endian values). `bytes` in the hexadecimal text
// form of bytea. False when it is not a packed matrix.
bool AppendMatrix(const std::string& bytes, google::protobuf::RepeatedPtrField<google::protobuf::ListValue>* rows);

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_SAMPLE_ROW_H_
