/// What a script wants to know in one number.
extension StatusAnswer {
  /// Raw values are exit codes, as Nagios' plugins are used: 0 good, 1 bad, 2 unknown.
  package enum Judgement: Int32, Sendable { case good = 0, bad = 1, unknown = 2 }

  /// As the daemon says: what its page shows. Of an older one what follows from the rest.
  ///
  /// Bad wins: what is known to be bad is not made better by something else that is unknown.
  package var judgement: Judgement {
    if let told {
      switch told.verdict {
      case .good: return .good
      case .bad, .degraded: return .bad
      case .unknown: return .unknown
      }
    }
    let verdicts = self.verdicts
    if verdicts.contains(where: { $0 == .bad || $0 == .degraded }) || alertsFiring > 0
      || receivers.contains(where: { $0.consecutiveFailures > 0 })
    {
      return .bad
    }
    return !isReady || verdicts.contains(.unknown) ? .unknown : .good
  }

  /// A CloudWatch alarm without data is no fault by itself: many wait for events.
  private var verdicts: [Verdict] {
    readiness.map(\.verdict) + regions.map(\.verdict) + links.map(\.verdict) + backups.map(\.verdict)
      + alarms.map(\.verdict).filter { $0 == .bad }
  }

  /// One sentence: what is bad, else what is not known.
  package var summary: String {
    if let told { return told.text }
    if !isReady { return "Starting: not every collector has reported yet" }
    var parts: [String] = []
    count(regions.count { $0.verdict == .bad }, "region is down", "regions are down", &parts)
    count(regions.count { $0.verdict == .degraded }, "region is degraded", "regions are degraded", &parts)
    count(
      readiness.count { $0.verdict == .bad }, "failover is not safe", "failovers are not safe", &parts)
    count(
      links.count { $0.verdict == .bad }, "link misses its objective", "links miss their objective", &parts)
    count(backups.count { $0.verdict == .bad }, "backup is too old", "backups are too old", &parts)
    count(alertsFiring, "alert is firing", "alerts are firing", &parts)
    count(alarms.count { $0.verdict == .bad }, "alarm is in ALARM", "alarms are in ALARM", &parts)
    count(
      receivers.count { $0.consecutiveFailures > 0 }, "receiver does not take pages",
      "receivers do not take pages", &parts)
    if parts.isEmpty {
      count(
        regions.count { $0.verdict == .unknown }, "region is unknown", "regions are unknown", &parts)
      count(
        readiness.count { $0.verdict == .unknown }, "failover is not known to be safe",
        "failovers are not known to be safe", &parts)
      count(links.count { $0.verdict == .unknown }, "link is unknown", "links are unknown", &parts)
      count(backups.count { $0.verdict == .unknown }, "backup is unknown", "backups are unknown", &parts)
    }
    return parts.isEmpty ? "Nothing is firing" : parts.joined(separator: ", ")
  }

  private func count(_ number: Int, _ one: String, _ many: String, _ parts: inout [String]) {
    if number > 0 { parts.append(number == 1 ? "1 \(one)" : "\(number) \(many)") }
  }
}

extension StatusAnswer.Alert {
  package var isFiring: Bool { state == "firing" }
}
