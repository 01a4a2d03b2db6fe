internal import Model

/// A day of the proleptic Gregorian calendar, by the number of days since 1970-01-01.
struct CivilDay: Equatable {
  let number: Int
  let year: Int
  /// 1 to 12.
  let month: Int
  /// From 1.
  let day: Int
  /// 0 is Sunday.
  let weekday: Int

  init(number: Int) {
    let civil = Timestamp(milliseconds: Int64(clamping: number) &* 86_400_000).civil
    self.number = number
    year = civil.year
    month = civil.month
    day = civil.day
    weekday = civil.weekday
  }

  var daysInMonth: Int {
    switch month {
    case 2: Self.isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  /// Days from 1970-01-01 to a date.
  static func number(year: Int, month: Int, day: Int) -> Int {
    Int(Timestamp(year: year, month: month, day: day).milliseconds / 86_400_000)
  }
}

/// Division that rounds down, as calendars need it before 1970.
func floorDivide(_ a: Int, _ b: Int) -> (quotient: Int, remainder: Int) {
  let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
  return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
}
