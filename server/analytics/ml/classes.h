// The classes the models tell apart.
#ifndef EGI_SERVER_ANALYTICS_ML_CLASSES_H_
#define EGI_SERVER_ANALYTICS_ML_CLASSES_H_

#include <array>

namespace egi::analytics::ml {

inline constexpr int kGradeClasses = 5;
inline constexpr std::array<const char*, kGradeClasses> kGrades = {"A+", "A", "B", "C", "REJECT"};

inline constexpr int kDefectClasses = 4;
inline constexpr std::array<const char*, kDefectClasses> kDefects = {"foreign_body", "surface_deformation", "edge_damage",
                                                                     "optical_inconsistency"};

// Probability from which a zone is said to carry a defect: below one half, because a defect missed costs more than a second look.
inline constexpr double kZoneThreshold = 0.4;

// Names of the models.
inline constexpr char kGradeModel[] = "cnn_quality_model";
inline constexpr char kDefectModel[] = "defect_detection";
inline constexpr char kLotModel[] = "quality_prediction";

}  // namespace egi::analytics::ml

#endif  // EGI_SERVER_ANALYTICS_ML_CLASSES_H_
