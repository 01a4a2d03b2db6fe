/// Functions of a moment, given in seconds since 1970, in UTC.
enum DateFunction: String {
  case daysInMonth = "days_in_month"
  case dayOfMonth = "day_of_month"
  case dayOfWeek = "day_of_week"
  case dayOfYear = "day_of_year"
  case hour, minute, month, year

  /// Cut to whole seconds towards zero, as Prometheus does; what no 64 bits hold becomes the lowest number, as the
  /// conversion gives it on the processors that Prometheus runs on.
  func apply(_ seconds: Double) -> Double { apply(Int64(exactly: seconds.rounded(.towardZero)) ?? .min) }

  func apply(_ seconds: Int64) -> Double {
    let date = CivilDate(seconds)
    switch self {
    case .daysInMonth: return Double(date.daysInMonth)
    case .dayOfMonth: return Double(date.day)
    case .dayOfWeek: return Double(date.weekday)
    case .dayOfYear: return Double(date.dayOfYear)
    case .hour: return Double(date.secondOfDay / 3600)
    case .minute: return Double(date.secondOfDay / 60 % 60)
    case .month: return Double(date.month)
    case .year: return Double(date.year)
    }
  }
}

/// A date of the proleptic Gregorian calendar, after Howard Hinnant's "civil from days".
///
/// Counted from a 1 March so long ago that no moment lies before it, without signs and modulo 2^64: every input has
/// a result.
private struct CivilDate {
  let year: Int64
  let month: Int
  let day: Int
  let dayOfYear: Int
  /// 0 is Sunday.
  let weekday: Int
  let secondOfDay: UInt64

  private static let erasBeforeYear0: UInt64 = 730_692_556
  private static let daysOfEra: UInt64 = 146_097
  /// From 1 March of the year 0 to 1 January 1970.
  private static let daysTo1970: UInt64 = 719_468
  private static let secondsTo1970 = (erasBeforeYear0 * daysOfEra + daysTo1970) * 86_400

  init(_ seconds: Int64) {
    let total = UInt64(bitPattern: seconds) &+ Self.secondsTo1970
    secondOfDay = total % 86_400
    let days = total / 86_400
    let dayOfEra = Int(days % Self.daysOfEra)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    // From 1 March.
    let dayOfShiftedYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfShiftedYear + 2) / 153
    day = dayOfShiftedYear - (153 * shiftedMonth + 2) / 5 + 1
    month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let era = Int64(days / Self.daysOfEra) - Int64(Self.erasBeforeYear0)
    year = era * 400 + Int64(yearOfEra) + (month <= 2 ? 1 : 0)
    dayOfYear =
      dayOfShiftedYear >= 306 ? dayOfShiftedYear - 305 : dayOfShiftedYear + (Self.isLeap(year) ? 61 : 60)
    // An era is a whole number of weeks and began on a Wednesday.
    weekday = (dayOfEra + 3) % 7
  }

  private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  var daysInMonth: Int {
    switch month {
    case 2: Self.isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
