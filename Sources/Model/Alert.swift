/// The rule that an alert came from: what a pager's message says about its origin.
package struct AlertOrigin: Hashable, Sendable, Codable {
  package var group: String
  package var alertName: String
  package var expression: String
  /// How long the expression held before it fired.
  package var holdSeconds: Double
  /// Evaluation interval of the rule's group.
  package var intervalSeconds: Double

  package init(
    group: String, alertName: String, expression: String, holdSeconds: Double, intervalSeconds: Double
  ) {
    self.group = group
    self.alertName = alertName
    self.expression = expression
    self.holdSeconds = holdSeconds
    self.intervalSeconds = intervalSeconds
  }
}

/// Something to tell: an alert began to fire, or it is over. Alerting makes these, Notifying delivers them.
package struct AlertEvent: Hashable, Sendable, Codable {
  package enum Status: String, Sendable, Codable { case firing, resolved }

  package var status: Status
  /// Names the alert and nothing else: equal for every episode of one rule and label set, also across restarts.
  package var identity: String
  /// When this episode became active; with ``identity`` and ``episode`` it names the episode.
  package var startsAt: Timestamp
  /// Tells two episodes apart that began at the same time of the wall clock, which may be set back; nil in what older
  /// versions stored.
  package var episode: UInt64?
  /// When it ended; nil while firing.
  package var endsAt: Timestamp?
  /// `alertname` among them.
  package var labels: Labels
  package var annotations: Labels
  /// The expression's value at the deciding evaluation.
  package var value: Double
  package var origin: AlertOrigin
  /// When the transition was decided.
  package var decidedAt: Timestamp
  /// Topics that are told whatever the routes say; nil: the routes decide.
  package var topics: [String]?
  /// Of a CloudWatch alarm; nil for an alert of a rule.
  package var alarm: AlarmDetails?
  /// Of an alert that is over; nil in what older versions stored.
  package var ending: AlertEnding?
  /// Where people see what it was made of, as who posted it says; nil: it is our own.
  package var generatorURL: String?

  package init(
    status: Status, identity: String, startsAt: Timestamp, episode: UInt64? = nil, endsAt: Timestamp?,
    labels: Labels, annotations: Labels, value: Double, origin: AlertOrigin, decidedAt: Timestamp,
    topics: [String]? = nil, alarm: AlarmDetails? = nil, ending: AlertEnding? = nil
  ) {
    self.status = status
    self.identity = identity
    self.startsAt = startsAt
    self.episode = episode
    self.endsAt = endsAt
    self.labels = labels
    self.annotations = annotations
    self.value = value
    self.origin = origin
    self.decidedAt = decidedAt
    self.topics = topics
    self.alarm = alarm
    self.ending = ending
  }
}
