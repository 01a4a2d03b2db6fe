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
    case .and, .or, .unless: (left, false)
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

/// Functions of one number.
enum NumberFunction: String {
  case abs, ceil, floor, sqrt, exp, ln, log2, log10, sgn

  func apply(_ x: Double) -> Double {
    switch self {
    case .abs: x.magnitude
    case .ceil: x.rounded(.up)
    case .floor: x.rounded(.down)
    case .sqrt: x.squareRoot()
    case .exp: Self.exponential(x)
    case .ln: log(x)
    case .log2: Self.binaryLogarithm(x)
    case .log10: Self.decimalLogarithm(x)
    case .sgn: x > 0 ? 1 : x < 0 ? -1 : x
    }
  }

  #if canImport(Glibc)
    private static func exponential(_ x: Double) -> Double { Glibc.exp(x) }
    private static func binaryLogarithm(_ x: Double) -> Double { Glibc.log2(x) }
    private static func decimalLogarithm(_ x: Double) -> Double { Glibc.log10(x) }
  #else
    private static func exponential(_ x: Double) -> Double { Musl.exp(x) }
    private static func binaryLogarithm(_ x: Double) -> Double { Musl.log2(x) }
    private static func decimalLogarithm(_ x: Double) -> Double { Musl.log10(x) }
  #endif
}
