package import Model

/// Who took an alert on, and when.
package struct Acknowledgement: Hashable, Sendable, Codable {
  package var by: String
  package var comment: String
  package var at: Timestamp

  package init(by: String, comment: String, at: Timestamp) {
    self.by = by
    self.comment = comment
    self.at = at
  }
}

/// An alert that came from outside, as Prometheus posts it.
package struct PostedAlert: Hashable, Sendable {
  /// `alertname` among them; at least one.
  package var labels: Labels
  package var annotations: Labels
  /// nil: now, or for a known alert as it was.
  package var startsAt: Timestamp?
  /// In the past: it is over. In the future: it is over then, unless it is posted again. nil: after the time that
  /// ``PagingSettings`` gives.
  package var endsAt: Timestamp?
  package var generatorURL: String

  package init(
    labels: Labels, annotations: Labels, startsAt: Timestamp?, endsAt: Timestamp?, generatorURL: String
  ) {
    self.labels = labels
    self.annotations = annotations
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.generatorURL = generatorURL
  }
}

/// An alert as paging knows it.
package struct PagedAlert: Sendable {
  package enum Source: String, Sendable, Codable {
    case rule, alarm
    /// Posted by another program.
    case posted
  }

  package var identity: String
  /// As Alertmanager computes it, 16 hexadecimal digits.
  package var fingerprint: String
  package var source: Source
  package var status: AlertEvent.Status
  package var labels: Labels
  package var annotations: Labels
  package var startsAt: Timestamp
  /// When it ended, or will unless it is posted again; nil: open.
  package var endsAt: Timestamp?
  package var updatedAt: Timestamp
  package var generatorURL: String
  /// Identifiers of the silences that hold it back.
  package var silencedBy: [String]
  /// Fingerprints of the alerts that hold it back.
  package var inhibitedBy: [String]
  /// Names of the mute time intervals and maintenance windows that hold it back.
  package var mutedBy: [String]
  /// Those of them that are maintenance windows.
  package var maintenance: [String]
  package var acknowledgement: Acknowledgement?
  /// Topics that its routes lead to.
  package var topics: [String]
  /// Topics that were told that it fires.
  package var toldTopics: [String]
  /// The newest page of a group that told of it; nil: none did.
  package var toldAt: Timestamp?
  /// What became of those pages, for each topic; empty until somebody asks the outbox.
  package var tellings: [TopicTelling] = []

  package init(
    identity: String, fingerprint: String, source: Source, status: AlertEvent.Status, labels: Labels,
    annotations: Labels, startsAt: Timestamp, endsAt: Timestamp?, updatedAt: Timestamp, generatorURL: String,
    silencedBy: [String] = [], inhibitedBy: [String] = [], mutedBy: [String] = [],
    maintenance: [String] = [],
    acknowledgement: Acknowledgement? = nil, topics: [String] = [], toldTopics: [String] = [],
    toldAt: Timestamp? = nil
  ) {
    self.identity = identity
    self.fingerprint = fingerprint
    self.source = source
    self.status = status
    self.labels = labels
    self.annotations = annotations
    self.startsAt = startsAt
    self.endsAt = endsAt
    self.updatedAt = updatedAt
    self.generatorURL = generatorURL
    self.silencedBy = silencedBy
    self.inhibitedBy = inhibitedBy
    self.mutedBy = mutedBy
    self.maintenance = maintenance
    self.acknowledgement = acknowledgement
    self.topics = topics
    self.toldTopics = toldTopics
    self.toldAt = toldAt
  }
}

/// Alerts that are told together.
package struct AlertGroup: Sendable {
  /// `group_by` labels and their values.
  package var labels: Labels
  package var topic: String
  package var routeID: String
  /// Places in ``PagingSnapshot/alerts``.
  package var alerts: [Int]

  package init(labels: Labels, topic: String, routeID: String, alerts: [Int]) {
    self.labels = labels
    self.topic = topic
    self.routeID = routeID
    self.alerts = alerts
  }
}

/// How far the news of an alert got to one topic.
package struct TopicTelling: Hashable, Sendable {
  package enum State: String, Sendable, CaseIterable {
    /// Somebody took the page.
    case told
    /// The page is in the outbox, and nobody has taken it yet.
    case waiting
    /// Nobody took it, and it is tried no longer.
    case givenUp = "given_up"
    /// The topic has no subscription that wants it.
    case nobody
    /// It left before the process began, and what became of it is not known.
    case unknown
  }

  package var topic: String
  package var state: State
  /// When it was taken; nil: it was not.
  package var at: Timestamp?
  /// Why it waits, was given up or leads to nobody; nil: nothing is to be said.
  package var reason: String?

  package init(topic: String, state: State, at: Timestamp? = nil, reason: String? = nil) {
    self.topic = topic
    self.state = state
    self.at = at
    self.reason = reason
  }

  /// `told office`, `waiting for office: not confirmed`
  package var words: String {
    let why = reason.map { ": \($0)" } ?? ""
    return switch state {
    case .told: "told \(topic)"
    case .waiting: "waiting for \(topic)\(why)"
    case .givenUp: "given up, nobody was told by \(topic)\(why)"
    case .nobody: "nobody is told by \(topic)\(why)"
    case .unknown: "left for \(topic) before the last start; whether it was taken is not known"
    }
  }
}

/// How paging stands at one moment.
package struct PagingSnapshot: Sendable {
  package var alerts: [PagedAlert]
  package var groups: [AlertGroup]
  package var silences: [Silence]

  package init(alerts: [PagedAlert], groups: [AlertGroup], silences: [Silence]) {
    self.alerts = alerts
    self.groups = groups
    self.silences = silences
  }
}

/// How paging stands at one moment, with as many alerts as anybody looks at.
package struct PagingOverview: Sendable {
  /// Posted ones that fire, the most urgent first, then those that were asked for.
  package var alerts: [PagedAlert] = []
  /// All posted alerts that fire, and those of them that are held back.
  package var postedFiring = 0
  package var postedHeldBack = 0
  package var silences: [Silence]
  /// Alerts that fire and that each silence holds back, by its identifier.
  package var silenced: [String: Int] = [:]
  /// Labels of what holds ``alerts`` back, by fingerprint.
  package var inhibitors: [String: Labels] = [:]
}

/// The first few of many in an order, without sorting them all.
package struct MostUrgent<Element> {
  private let limit: Int
  private let isBefore: (Element, Element) -> Bool
  /// In order.
  package private(set) var found: [Element] = []

  package init(limit: Int, _ isBefore: @escaping (Element, Element) -> Bool) {
    self.limit = limit
    self.isBefore = isBefore
  }

  package mutating func offer(_ element: Element) {
    if found.count >= limit {
      guard let last = found.last, isBefore(element, last) else { return }
      found.removeLast()
    }
    var (low, high) = (0, found.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(element, found[middle]) { high = middle } else { low = middle + 1 }
    }
    found.insert(element, at: low)
  }
}
