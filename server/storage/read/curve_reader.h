// Reads theoretical curves, and lots as their curves see them.
#ifndef EGI_SERVER_STORAGE_READ_CURVE_READER_H_
#define EGI_SERVER_STORAGE_READ_CURVE_READER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "egi/feeding/v1/curve.pb.h"
#include "egi/feeding/v1/curve_record.pb.h"
#include "server/curves/course.h"
#include "server/curves/recommended.h"
#include "server/storage/read/lot_key.h"

namespace egi::storage::read {

// A choice of curves, newest first. Empty strings and zeros do not restrict.
struct CurveQuery {
  std::string statut;     // EN_ATTENTE, VALIDEE, MODIFIEE or REJETEE
  std::string site_code;  // LL, LS or MT
  int32_t gaveur_id = 0;
  bool in_force = false;  // only those
  int64_t before_id = 0;  // only smaller ones
  int limit = 100;        // > 0
};

// Thread-safe; blocks on the database. Every call may fail with UNAVAILABLE when the database does not answer.
class CurveReader {
 public:
  virtual ~CurveReader() = default;

  // Errors: NOT_FOUND.
  virtual absl::StatusOr<feeding::v1::TheoreticalCurve> FindCurve(int32_t id) = 0;
  // In force, else the newest that was not rejected, else the newest. Errors: NOT_FOUND (the lot, or it has no curve).
  virtual absl::StatusOr<feeding::v1::TheoreticalCurve> FindLotCurve(const LotKey& lot) = 0;
  // The newest of a feeder without lot that was not rejected, or that was accepted; nullopt when there is none.
  virtual absl::StatusOr<std::optional<feeding::v1::TheoreticalCurve>> FindFeederCurve(int32_t gaveur_id, bool accepted_only) = 0;
  virtual absl::StatusOr<std::vector<feeding::v1::TheoreticalCurve>> ListCurves(const CurveQuery& query) = 0;
  // Newest first. Errors: NOT_FOUND.
  virtual absl::StatusOr<std::vector<feeding::v1::CurveChange>> ListChanges(int32_t id) = 0;

  // Errors: NOT_FOUND.
  virtual absl::StatusOr<curves::LotCourse> FindCourse(const LotKey& lot) = 0;
  // Of the lot with this meal. Errors: NOT_FOUND.
  virtual absl::StatusOr<curves::LotCourse> FindCourseOfMeal(int32_t gavage_id) = 0;
  // Of all lots of a feeder that are not cancelled, newest first. Errors: NOT_FOUND (the feeder).
  virtual absl::StatusOr<std::vector<curves::LotCourse>> ListCourses(int32_t gaveur_id) = 0;
  // Weighted, over the lots that are not cancelled; counted are those with an ITM. Errors: NOT_FOUND (the feeder).
  virtual absl::StatusOr<curves::FeederHistory> FindHistory(int32_t gaveur_id) = 0;
};

}  // namespace egi::storage::read

#endif  // EGI_SERVER_STORAGE_READ_CURVE_READER_H_
