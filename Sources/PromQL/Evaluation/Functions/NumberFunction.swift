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
    case .decimalLogarithm: goBinaryLogarithm(x) * decimalLogarithmOf2
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

private let binaryLogarithmOfE = 1.44269504088896340735992468100189214
private let decimalLogarithmOf2 = 0.301029995663981195213738894724493027

/// Go's way to the logarithm of base 2, from which it also gets that of base 10: both may differ in the last bit from
/// the C library's.
private func goBinaryLogarithm(_ x: Double) -> Double {
  guard x.isFinite, x > 0 else { return log(x) }
  let fraction = x.significand / 2
  let exponent = Double(x.exponent + 1)
  return fraction == 0.5 ? exponent - 1 : log(fraction) * binaryLogarithmOfE + exponent
}
