internal import Model

/// Everything that deciding who is told what and when depends on.
package struct PagingSettings: Sendable {
  /// Tried in order, first match unless `continue`. An alert that none of them takes is counted and logged.
  package var routes: [RouteSettings] = []
  package var inhibitions: [InhibitionRule] = []
  /// What routes name in `mute_times` and `active_times`.
  package var timeIntervals: [String: TimeIntervals] = [:]
  package var maintenance: [MaintenanceWindow] = []
  /// Alerts that one page tells of, for delivery; the others are counted in it.
  package var alertsPerPage = 200
  /// Alerts that other programs may have posted at one time; what is beyond is refused and counted.
  package var postedAlertLimit = 20_000
  /// A posted alert without an end is over after this time, unless it is posted again.
  package var resolveTimeout: Duration = .seconds(300)
  /// How long a posted alert goes on after the end that its poster keeps putting off: silence is not health.
  package var silentPosterLimit: Duration = .seconds(3600)
  /// Nothing new is told after a start before all that could hold it back is known, but no longer than this.
  package var startHold: Duration = .seconds(30)

  package init() {}
}
