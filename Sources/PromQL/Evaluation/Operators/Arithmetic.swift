#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

extension BinaryOperator {
  /// The arithmetic of this operator; for a comparison the left value and whether it holds.
  @inline(__always)
  func apply(_ left: Double, _ right: Double) -> (value: Double, holds: Bool) {
    switch self {
    case .add: (left + right, true)
    case .subtract: (left - right, true)
    case .multiply: (left * right, true)
    case .divide: (left / right, true)
    case .modulo: (fmod(left, right), true)
    case .power: (pow(left, right), true)
    case .atan2: (Self.arcTangent(left, right), true)
    case .equal: (left, left == right)
    case .notEqual: (left, left != right)
    case .less: (left, left < right)
    case .lessOrEqual: (left, left <= right)
    case .greater: (left, left > right)
    case .greaterOrEqual: (left, left >= right)
    case .and, .or, .unless, .trimAbove, .trimBelow: (left, false)
    }
  }

  private static func arcTangent(_ y: Double, _ x: Double) -> Double {
    #if canImport(Glibc)
      Glibc.atan2(y, x)
    #else
      Musl.atan2(y, x)
    #endif
  }
}
