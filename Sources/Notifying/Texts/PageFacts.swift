internal import Model

/// What every text and every receiver's message says of a page, worked out from it in one place.
struct PageFacts {
  let page: Page
  let context: ChannelContext
  let firing: [AlertEvent]
  let resolved: [AlertEvent]
  let commonLabels: Labels
  let commonAnnotations: Labels

  init(_ page: Page, _ context: ChannelContext) {
    self.page = page
    self.context = context
    firing = page.notification.firing
    resolved = page.notification.resolved
    commonLabels = page.notification.commonLabels
    commonAnnotations = page.notification.commonAnnotations
  }

  var notification: Notification { page.notification }
  var status: AlertEvent.Status { firing.isEmpty ? .resolved : .firing }
  /// What everything begins with that people read first: `DRILL: ` for what is part of a drill, else nothing.
  var prefix: String { notification.drill == nil ? "" : DrillMark.prefix }
  /// What the drill is, in a sentence.
  var drillNote: String? { notification.drill?.note }
  /// The alert, when the page tells of one alone.
  var single: AlertEvent? {
    notification.alerts.count == 1 && notification.truncatedAlerts == 0 ? notification.alerts.first : nil
  }
  /// The moment at which this attempt is made, as far as the page knows it: the same at each one that is in time.
  var now: Timestamp { page.publishedAt + (page.delay ?? .zero) }

  /// The alert's name, or what the group's alerts are called: `CheckDown`, `12 alerts (region="japan")`.
  var name: String {
    if let single { return single.name }
    let count = notification.alerts.count + notification.truncatedAlerts
    let labels = notification.groupLabels.isEmpty ? commonLabels : notification.groupLabels
    let shown = labels.listed
    return "\(count) alerts" + (shown.isEmpty ? "" : " (\(shown))")
  }

  /// The word of the gravest alert that fires, else of those that are over; nil where none has a label `severity`.
  var severity: String? {
    let alerts = firing.isEmpty ? resolved : firing
    let words = alerts.compactMap { $0.labels["severity"] }
    return words.min { Severity($0) < Severity($1) }
  }

  /// The region all alerts have in common.
  var region: String? { commonLabels["region"] }

  func annotation(_ names: String...) -> String? {
    for name in names {
      if let text = commonAnnotations[name] { return text }
    }
    return nil
  }

  /// Begun at, for a group the earliest of those that fire.
  var startsAt: Timestamp {
    (firing.isEmpty ? resolved : firing).map(\.startsAt).min() ?? notification.decidedAt
  }

  var runbook: String? { annotation("runbook_url", "runbook").flatMap(webLink) }
  var dashboard: String? { annotation("dashboard_url", "dashboard").flatMap(webLink) }
  var statusPage: String? { webLink(context.externalURL + "/") }
  /// Only for what fires and is no proof: there is nothing else to acknowledge.
  var acknowledgeURL: String? {
    guard status == .firing, notification.kind != .proof else { return nil }
    return context.acknowledgeURL?(notification)
  }

  /// The page of this Farwatch that shows the alert; carries its expression as Prometheus' links do.
  func generatorURL(_ event: AlertEvent) -> String? {
    if let own = event.generatorURL, webLink(own) != nil { return own }
    guard webLink(context.externalURL) != nil else { return nil }
    let expression = event.origin.expression
    let query =
      expression.isEmpty || expression.utf8.count > 4096 ? "" : "?g0.expr=" + percentEncoded(expression)
    return "\(context.externalURL)/\(query)"
  }

  /// Named links in the order of their use.
  var links: [(name: String, url: String)] {
    [("Runbook", runbook), ("Dashboard", dashboard), ("Status page", statusPage)]
      .compactMap { link in link.1.map { (link.0, $0) } }
  }
}

extension DrillMark {
  /// One sentence for whoever is paged.
  var note: String {
    "This is a drill (\(id)): a \(kind) failover of \(workload) away from \(region) is being rehearsed. "
      + "Act as the drill asks you to."
  }

  var document: OrderedJSON {
    .object([
      .init("id", .string(id)), .init("workload", .string(workload)), .init("region", .string(region)),
      .init("kind", .string(kind)),
    ])
  }
}

extension AlertEvent {
  /// As other programs are given them: of what is part of a drill the summary says so.
  var toldAnnotations: Labels { annotations.toldAsDrill(name: name) }

  var name: String { labels["alertname"] ?? origin.alertName }

  /// What is known of its value: an alert that another program posted has none.
  var knownValue: Double? { value.isNaN ? nil : value }

  /// As Alertmanager writes it.
  var fingerprint: String { labels.fingerprintText }

  /// Whether it is over, and known to be.
  var endedWell: Bool {
    guard status == .resolved else { return false }
    if let alarm { return alarm.newState == "OK" }
    guard let ending else { return true }
    return ending.cause == .ceased && ending.seriesGone == 0
  }
}

extension Labels {
  /// Annotations of what is part of a drill begin their summary with the word; others are as they are.
  func toldAsDrill(name: String) -> Labels {
    guard self[DrillMark.annotation] != nil else { return self }
    return setting("summary", to: DrillMark.prefix + (self["summary"] ?? name))
  }

  /// `a="b", c="d"`.
  var listed: String { entries.map { "\($0.name)=\(quoted($0.value))" }.joined(separator: ", ") }
}

/// How grave an alert is, from the words that people use for it.
enum Severity: Int, Comparable {
  case critical, error, warning, info

  /// A word that nobody knows is grave: a page too loud is better than one that is missed.
  init(_ word: String) {
    self =
      switch word.lowercased() {
      case "info", "informational", "information", "notice", "none", "debug", "p5", "ok": .info
      case "warning", "warn", "medium", "minor", "low", "p3", "p4", "ticket": .warning
      case "error", "high", "major", "p2": .error
      default: .critical
      }
  }

  static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// `text` when it is an http or https URL that fits into a link.
func webLink(_ text: String) -> String? {
  guard text.hasPrefix("https://") || text.hasPrefix("http://"), text.utf8.count <= 2048,
    text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != 0x22 && $0 != 0x3c && $0 != 0x3e })
  else { return nil }
  return text
}
