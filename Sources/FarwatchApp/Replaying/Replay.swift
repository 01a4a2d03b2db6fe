internal import Configuration
internal import Model

/// `farwatch replay`: would somebody have been paged?
package enum Replay {
  package struct Report: Sendable {
    package var lines: [String]
    /// Whether somebody was told of each alert that fired and was not held back.
    package var everyAlertWasTold: Bool
  }

  /// Runs the whole replay. Blocks; opens no connection, starts no program and writes no file.
  ///
  /// - Parameter progress: hears now and then which part of the time, of 1, has passed.
  package static func run(
    _ options: ReplayOptions, progress: (Double) -> Void = { _ in }
  ) throws(ReplayFailure) -> Report {
    let plan = try ReplayPlan(options)
    let world = try ReplayWorld(plan)
    let timeline = try world.run(progress: progress)
    let summary = ReplaySummary(timeline, duration: plan.duration)
    let remarks = remarks(plan, world)
    let lines =
      options.asJSON
      ? TimelineJSON.lines(timeline, summary, plan, remarks: remarks, isVerbose: options.isVerbose)
      : TimelineText.lines(
        timeline, summary, plan, remarks: remarks, isVerbose: options.isVerbose, width: options.width)
    return Report(lines: lines, everyAlertWasTold: summary.isGood)
  }

  /// What whoever reads the timeline should know of how it came about.
  private static func remarks(_ plan: ReplayPlan, _ world: ReplayWorld) -> [String] {
    let settings = plan.loaded.settings
    var remarks: [String] = []
    if plan.rehearses {
      let parts = [
        counted(settings.checks.count, "check"), counted(settings.links.count, "replication link"),
        counted(settings.backups.count, "backup job"),
      ]
      remarks.append("Rehearsed: \(parts.joined(separator: ", "))")
    }
    let recording = plan.recording
    if !recording.samples.isEmpty {
      remarks.append(
        "Recorded: \(counted(recording.samples.count, "sample")) of \(recording.series.count) series")
    }
    if recording.passedOver > 0 {
      remarks.append("Passed over: \(counted(recording.passedOver, "sample")) of series that the rules make")
    }
    let refused = world.refused
    if refused.samples > 0 {
      remarks.append("Refused: \(refused.samples) samples that came twice or out of order")
    }
    if refused.series > 0 { remarks.append("Refused: \(refused.series) series beyond store.series_limit") }
    remarks.append("Nothing was sent; subscriptions count as confirmed; Farwatch's own metrics are absent")
    return remarks
  }
}
