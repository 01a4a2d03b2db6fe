package import Model

/// A test that somebody or a schedule asks for: a synthetic alert for one receiver.
package struct ProofDemand: Sendable {
  /// Of the subscription.
  package var key: String
  /// What it is called: `topic` and `receiver`.
  package var receiver: Labels
  package var vantage: String
  /// Tells this proof from those before and after it.
  package var serial: String
  /// When the next one is due; nil: when somebody asks for it.
  package var nextAt: Timestamp?

  package init(key: String, receiver: Labels, vantage: String, serial: String, nextAt: Timestamp?) {
    self.key = key
    self.receiver = receiver
    self.vantage = vantage
    self.serial = serial
    self.nextAt = nextAt
  }
}

/// Proofs go the way of every page from the desk on, in the same run and the same commit. Nothing holds them back:
/// no route, group, silence, inhibition, mute time, maintenance or start hold, for a test that is not sent proves
/// nothing, and a receiver that is silent on purpose must not look dead. Nor are they kept as alerts: nobody can
/// acknowledge or silence one, and the API lists what is wrong.
extension PagingDesk {
  package static let proofName = "FarwatchProof"

  /// Sends a proof.
  package func prove(_ demand: ProofDemand, at time: Moment) {
    let thread = "proof/\(demand.key)"
    var labels: Labels = ["alertname": Self.proofName, "severity": "none", "vantage": demand.vantage]
    for name in ["topic", "receiver"] { labels = labels.setting(name, to: demand.receiver[name] ?? "") }
    let next =
      demand.nextAt.map { "The next test is due at \($0.iso8601)." } ?? "It was asked for by hand."
    let event = AlertEvent(
      status: .firing, identity: thread, startsAt: time.now, endsAt: nil, labels: labels,
      annotations: [
        "summary": "This is a test. Nothing is wrong.",
        "description": "Farwatch proves that its pages reach this receiver. Nothing is to be done. \(next)",
      ], value: 1,
      origin: AlertOrigin(
        group: "farwatch", alertName: Self.proofName, expression: "", holdSeconds: 0, intervalSeconds: 0),
      decidedAt: time.now)
    sendProof(
      Notification(
        kind: .proof, thread: thread, serial: demand.serial, isGrouped: false, alerts: [event],
        decidedAt: time.now), to: demand.key)
  }

  /// Sends the end of a proof that `key` took, so that what it opened there closes again. One that was not taken has
  /// none: the next that is taken is of the same thread, and its end closes both.
  package func endProof(_ page: Notification, of key: String, at time: Moment) {
    var end = page
    end.serial += "/end"
    end.decidedAt = time.now
    end.alerts = page.alerts.map { event in
      var event = event
      event.status = .resolved
      event.endsAt = time.now
      event.decidedAt = time.now
      event.ending = AlertEnding(.ceased)
      return event
    }
    sendProof(end, to: key)
  }

  private func sendProof(_ page: Notification, to key: String) {
    statistics.notifications[.proof, default: 0] += 1
    decisions.sendings.append(.init(notification: page, topics: [], subscription: key))
  }
}
