internal import ConfigurationTypes
internal import Model
internal import Paging
internal import StrictYAML

/// Who is told what, and when: `routes:`, `inhibit_rules:`, `time_intervals:`, `maintenance:`, and `paging:` for limits
/// and times that no route has of its own.
enum PagingSection {
  static func read(_ m: MappingReader, _ scope: Scope, topics: [String]) -> PagingSettings {
    var settings = PagingSettings()
    settings.inhibitions = InhibitionSection.read(m)
    settings.timeIntervals = TimeIntervalsSection.read(m, scope)
    settings.maintenance = MaintenanceSection.read(m, scope)
    let routes = RoutesSection(topics: topics, timeIntervals: settings.timeIntervals.keys.sorted())
    settings.routes = routes.read(m)
    let limits = settings
    settings = m.optional("paging", .mapping { readLimits($0, limits) }) ?? settings
    return settings
  }

  private static func readLimits(_ m: MappingReader, _ before: PagingSettings) -> PagingSettings {
    var settings = before
    settings.alertsPerPage = m.optional("alerts_per_page", .int(1...1000)) ?? settings.alertsPerPage
    settings.postedAlertLimit =
      m.optional("posted_alert_limit", .int(0...1_000_000)) ?? settings.postedAlertLimit
    let time = YAMLType<Duration>.duration(.seconds(1) ... .seconds(7 * 86_400))
    settings.resolveTimeout = m.optional("resolve_timeout", time) ?? settings.resolveTimeout
    settings.silentPosterLimit = m.optional("silent_poster_limit", time) ?? settings.silentPosterLimit
    settings.startHold = m.optional("start_hold", .duration(.zero ... .seconds(600))) ?? settings.startHold
    return settings
  }
}
