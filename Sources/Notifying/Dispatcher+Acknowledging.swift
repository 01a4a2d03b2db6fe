internal import Model

/// Pages of kind acknowledgement: for receivers that escalate by themselves, and of no concern to anybody else. They
/// alarm nobody, so none of them is counted as untold, filtered or given up, and they know no dead letter.
extension Dispatcher {
  /// Refusals after which an acknowledgement is given up: the news behind it must not wait for it.
  static let acknowledgementRefusals = 3

  func publish(
    acknowledgement page: Notification, to keys: [String], _ how: Acceptance
  ) -> [StateChange] {
    var changes: [StateChange] = []
    for key in keys {
      guard let receiver = receivers[key], let settings = receiver.place?.settings else { continue }
      changes += enqueue(acknowledgement: page, receiver, how)
      guard let fallback = settings.fallback, receiver.row.fallenBack?.contains(page.thread) ?? false else {
        continue
      }
      // Who was told the beginning in its place.
      var how = how
      how.reason = ["fallback_of": receiver.shownEndpoint]
      how.cameFrom = receiver.key
      for other in self.keys(of: fallback) {
        if let receiver = receivers[other] { changes += enqueue(acknowledgement: page, receiver, how) }
      }
    }
    return changes
  }

  private func enqueue(
    acknowledgement page: Notification, _ receiver: Receiver, _ how: Acceptance
  ) -> [StateChange] {
    guard receiver.place?.settings.receiver.hearsAcknowledgements ?? false,
      let heard = receiver.heard(page)
    else { return [] }
    return enqueue(heard, nil, receiver, how)
  }
}
