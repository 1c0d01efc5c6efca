// Small dense systems of normal equations, solved by elimination with partial pivoting.
#ifndef EGI_SERVER_ANALYSE_LEAST_SQUARES_H_
#define EGI_SERVER_ANALYSE_LEAST_SQUARES_H_

#include <algorithm>
#include <array>
#include <cmath>

namespace egi::analyse {

// Normal equations of a weighted linear least-squares problem with N unknowns.
template <int N>
class NormalEquations {
 public:
  // Adds one observation: sum of row[i] * x[i] = value.
  void Add(const std::array<double, N>& row, double value, double weight) {
    for (int i = 0; i < N; ++i) {
      for (int j = 0; j < N; ++j) matrix_[i][j] += weight * row[i] * row[j];
      right_[i] += weight * row[i] * value;
    }
  }

  // Sets an entry (and its mirror) of the matrix, or of the right side, directly.
  void Set(int row, int column, double value) { matrix_[row][column] = matrix_[column][row] = value; }
  void SetRight(int row, double value) { right_[row] = value; }

  // Diagonal of the inverse: the variances of the unknowns when the weights are inverse variances. 1 for a singular system.
  std::array<double, N> InverseDiagonal() const {
    std::array<double, N> diagonal;
    diagonal.fill(1);
    for (int k = 0; k < N; ++k) {
      NormalEquations unit = *this;
      unit.right_ = {};
      unit.right_[k] = 1;
      std::array<double, N> column;
      if (unit.Solve(0, &column)) diagonal[k] = std::max(0.0, column[k]);
    }
    return diagonal;
  }

  // Solves (M + damping * diag(M)) x = r. Returns false when the system is singular.
  bool Solve(double damping, std::array<double, N>* x) const {
    auto m = matrix_;
    auto r = right_;
    for (int i = 0; i < N; ++i) m[i][i] += damping * matrix_[i][i] + 1e-12;
    for (int col = 0; col < N; ++col) {
      int pivot = col;
      for (int row = col + 1; row < N; ++row) {
        if (std::abs(m[row][col]) > std::abs(m[pivot][col])) pivot = row;
      }
      if (std::abs(m[pivot][col]) < 1e-15) return false;
      std::swap(m[pivot], m[col]);
      std::swap(r[pivot], r[col]);
      for (int row = col + 1; row < N; ++row) {
        const double factor = m[row][col] / m[col][col];
        for (int k = col; k < N; ++k) m[row][k] -= factor * m[col][k];
        r[row] -= factor * r[col];
      }
    }
    for (int row = N - 1; row >= 0; --row) {
      double sum = r[row];
      for (int k = row + 1; k < N; ++k) sum -= m[row][k] * (*x)[k];
      (*x)[row] = sum / m[row][row];
    }
    return true;
  }

 private:
  std::array<std::array<double, N>, N> matrix_{};
  std::array<double, N> right_{};
};

}  // namespace egi::analyse

#endif  // EGI_SERVER_ANALYSE_LEAST_SQUARES_H_
