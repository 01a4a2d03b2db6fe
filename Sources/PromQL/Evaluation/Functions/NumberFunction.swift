#if canImport(Glibc)
  internal import Glibc
#else
  internal import Musl
#endif

/// Functions of one number. The raw value is the function's name in PromQL; the cases are named otherwise so that
/// they do not hide the C library's functions.
enum NumberFunction: String {
  case absolute = "abs"
  case ceiling = "ceil"
  case floor
  case squareRoot = "sqrt"
  case exponential = "exp"
  case naturalLogarithm = "ln"
  case binaryLogarithm = "log2"
  case decimalLogarithm = "log10"
  case sign = "sgn"
  case sine = "sin"
  case cosine = "cos"
  case tangent = "tan"
  case arcSine = "asin"
  case arcCosine = "acos"
  case arcTangent = "atan"
  case hyperbolicSine = "sinh"
  case hyperbolicCosine = "cosh"
  case hyperbolicTangent = "tanh"
  case areaSine = "asinh"
  case areaCosine = "acosh"
  case areaTangent = "atanh"
  case degrees = "deg"
  case radians = "rad"

  func apply(_ x: Double) -> Double {
    switch self {
    case .absolute: x.magnitude
    case .ceiling: x.rounded(.up)
    case .floor: x.rounded(.down)
    case .squareRoot: x.squareRoot()
    case .exponential: exp(x)
    case .naturalLogarithm: log(x)
    case .binaryLogarithm: goBinaryLogarithm(x)
    case .decimalLogarithm: goBinaryLogarithm(x) * (naturalLogarithmOf2 / naturalLogarithmOf10)
    case .sign: x > 0 ? 1 : x < 0 ? -1 : x
    case .sine: sin(x)
    case .cosine: cos(x)
    case .tangent: tan(x)
    case .arcSine: asin(x)
    case .arcCosine: acos(x)
    case .arcTangent: atan(x)
    case .hyperbolicSine: sinh(x)
    case .hyperbolicCosine: cosh(x)
    case .hyperbolicTangent: tanh(x)
    case .areaSine: asinh(x)
    case .areaCosine: acosh(x)
    case .areaTangent: atanh(x)
    case .degrees: x * 180 / .pi
    case .radians: x * .pi / 180
    }
  }
}

private let naturalLogarithmOf2 = 0.693147180559945309417232121458176568
private let naturalLogarithmOf10 = 2.30258509299404568401799145468436421

/// Go's way to the logarithm of base 2, from which it also gets that of base 10: `log10(1000)` is a little less than
/// 3 there, and `floor` shows it.
private func goBinaryLogarithm(_ x: Double) -> Double {
  guard x.isFinite, x > 0 else { return log(x) }
  let fraction = x.significand / 2
  let exponent = Double(x.exponent + 1)
  return fraction == 0.5 ? exponent - 1 : log(fraction) * (1 / naturalLogarithmOf2) + exponent
}
