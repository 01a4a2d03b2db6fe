/// What an alarm says; the raw values are AWS'.
package enum AlarmState: String, Sendable, Hashable, Codable {
  case ok = "OK"
  case alarm = "ALARM"
  case insufficientData = "INSUFFICIENT_DATA"
}
