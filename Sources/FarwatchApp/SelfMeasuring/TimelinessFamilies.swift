internal import Alerting
internal import Model

/// Whether what is to happen happens in time, and by a clock that can be believed.
enum TimelinessFamilies {
  static let longestDelay = MetricFamily.gauge(
    "farwatch_schedule_longest_delay_seconds",
    "By how much the start of a collection was late, the greatest of the last five minutes.")
  static let groupSeconds = MetricFamily.gauge(
    "farwatch_rule_group_last_duration_seconds",
    "How long the last evaluations of the group's rules took together.")
  static let groupInterval = MetricFamily.gauge(
    "farwatch_rule_group_interval_seconds", "How often the group's rules are to be evaluated.")
  static let groupMissed = MetricFamily.counter(
    "farwatch_rule_group_iterations_missed_total",
    "Intervals of the group that passed without an evaluation because one came late.")
  static let clockOffset = MetricFamily.gauge(
    "farwatch_clock_offset_seconds",
    "The system's clock minus the time that samples are dated with: not 0 while a step of the clock is not followed."
  )
  static let clockSetBack = MetricFamily.counter(
    "farwatch_clock_set_back_total",
    "Times that the system's clock was set back, and what was dated by it moved along.")

  /// Groups of one name, in whatever files, are one, as in ``SelfMetrics/groupReadings(_:)``: their times are added,
  /// and the shortest interval is told. Groups beyond the limit are left out, but their misses are counted together.
  static func readings(_ groups: [RulesSnapshot.Group]) -> [Reading] {
    struct Sum {
      var name: String
      var duration = Duration.zero
      var interval: Duration
      var missed = 0
    }
    var places: [String: Int] = [:]
    var sums: [Sum] = []
    var others = 0
    for group in groups {
      guard places[group.name] != nil || sums.count < SelfMetrics.mostGroups else {
        others += group.missedIntervals
        continue
      }
      let place = places[group.name] ?? sums.count
      if place == sums.count {
        places[group.name] = place
        sums.append(Sum(name: group.name, interval: group.interval))
      }
      sums[place].duration += group.evaluationTime
      sums[place].interval = min(sums[place].interval, group.interval)
      sums[place].missed += group.missedIntervals
    }
    let known = sums.flatMap { sum in
      let labels: Labels = ["group": sum.name]
      return [
        Reading(groupSeconds, sum.duration.inSeconds, labels: labels),
        Reading(groupInterval, sum.interval.inSeconds, labels: labels),
        Reading(groupMissed, Double(sum.missed), labels: labels),
      ]
    }
    return sums.count < groups.count && others > 0 ? known + [Reading(groupMissed, Double(others))] : known
  }

  static func readings(_ loop: CoreLoop.Statistics) -> [Reading] {
    [
      Reading(clockOffset, loop.clockOffset.inSeconds),
      Reading(clockSetBack, Double(loop.timesSetBack)),
    ]
  }
}
