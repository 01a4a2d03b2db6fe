package import Model

/// Pages of kind proof: for one subscription whatever its filter policy says, and of no concern to anybody else. They
/// know no fallback and no dead letter, are counted as no page that was lost, and are not tried for long.
extension Dispatcher {
  /// Who can be proven, in the order of the configuration.
  package var provableReceivers: [ProvenReceiver] {
    order.compactMap { key in
      guard let receiver = receivers[key], let place = receiver.place else { return nil }
      let label = place.settings.label
      return ProvenReceiver(
        key: key, name: "\(place.topicName)/\(label)",
        labels: [
          "topic": place.topicName, "receiver": label, "endpoint": receiver.shownEndpoint,
          "subscription": String(key.prefix(8)),
        ])
    }
  }

  /// Puts the page of a proof, or its end, into the outbox of the subscription `key`; as
  /// ``accept(_:ticket:now:monotonic:)``. One that cannot be reached at all is told by ``takeProofNews()``.
  package func acceptProof(
    _ page: Notification, for key: String, ticket: CommitTicket, now: Timestamp, monotonic: MonotonicInstant
  ) -> [StateChange] {
    guard !page.alerts.isEmpty else { return [] }
    guard let receiver = receivers[key], receiver.place != nil, receiver.row.state != .unsubscribed else {
      tellProof(page, key, .over, attempts: 0, nil, "the receiver unsubscribed itself, or is not configured")
      return []
    }
    return enqueue(page, nil, receiver, .init(ticket: ticket, now: now, monotonic: monotonic))
  }

  /// Takes back what waits of the proofs of `key`; what is on its way ends by itself.
  package func withdrawProofs(of key: String, now: Timestamp) -> [StateChange] {
    guard let receiver = receivers[key] else { return [] }
    return receiver.queue.removeProofs().flatMap { row in
      enter(.givenUp, row, receiver, at: now, ["reason": "not taken in time"])
      return row.removed()
    }
  }

  /// What became of proofs since the last call, oldest first.
  package func takeProofNews() -> [ProofNews] {
    defer { proofNews = [] }
    return proofNews
  }

  var hasProofNews: Bool { !proofNews.isEmpty }

  /// The end of a proof is told, and nobody waits to hear of it.
  func tellProof(
    _ page: Notification, _ key: String, _ outcome: ProofNews.Outcome, attempts: Int, _ reason: String?,
    _ detail: String
  ) {
    guard page.kind == .proof, page.status == .firing else { return }
    proofNews.append(
      ProofNews(
        key: key, page: page, outcome: outcome, attempts: attempts, reason: reason, detail: detail))
  }
}
