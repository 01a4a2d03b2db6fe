internal import Model
internal import Paging
internal import StrictYAML

/// `paging:`: limits and times of paging that no route has of its own.
enum PagingSection {
  static func read(_ m: MappingReader, into settings: inout PagingSettings) {
    settings.alertsPerPage = m.optional("alerts_per_page", .int(1...1000)) ?? settings.alertsPerPage
    settings.postedAlertLimit =
      m.optional("posted_alert_limit", .int(0...1_000_000)) ?? settings.postedAlertLimit
    let time = YAMLType<Duration>.duration(.seconds(1) ... .seconds(7 * 86_400))
    settings.resolveTimeout = m.optional("resolve_timeout", time) ?? settings.resolveTimeout
    settings.silentPosterLimit = m.optional("silent_poster_limit", time) ?? settings.silentPosterLimit
    settings.startHold = m.optional("start_hold", .duration(.zero ... .seconds(600))) ?? settings.startHold
  }
}
