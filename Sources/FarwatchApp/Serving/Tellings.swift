internal import Model
internal import Notifying
internal import Paging

extension Dispatcher {
  /// What became of the pages of an alert: what the desk decided, joined with what the outbox knows.
  func tellings(of alert: PagedAlert) -> [TopicTelling] {
    guard !alert.toldTopics.isEmpty else { return [] }
    let all = tellings(of: alert.identity)
    // Fallbacks are told by topics of their own.
    let others = Set(all.map(\.topic)).subtracting(alert.toldTopics).sorted()
    return (alert.toldTopics + others).map { topic in
      let here = all.filter { $0.topic == topic }
      if here.isEmpty {
        return hasSubscribers(topic)
          ? TopicTelling(topic: topic, state: .unknown)
          : TopicTelling(topic: topic, state: .nobody, reason: "it has no subscription")
      }
      return TopicTelling(topic, here)
    }
  }
}

extension TopicTelling {
  /// Who took it settles it, then who may take it yet, then who will not.
  fileprivate init(_ topic: String, _ tellings: [Telling]) {
    var taken: Timestamp?
    var waiting: [String?] = []
    var lost: [String] = []
    for telling in tellings {
      switch telling.fate {
      case .taken(let at): taken = max(taken ?? at, at)
      case .waiting(let trouble): waiting.append(telling.isListening ? trouble : "not confirmed")
      case .lost(let reason): lost.append(reason)
      case .filtered: break
      }
    }
    if let taken {
      self.init(topic: topic, state: .told, at: taken)
    } else if !waiting.isEmpty {
      self.init(topic: topic, state: .waiting, reason: waiting.compactMap { $0 }.first)
    } else if let reason = lost.first {
      self.init(topic: topic, state: .givenUp, reason: reason)
    } else {
      self.init(topic: topic, state: .nobody, reason: "its filter policies leave the alert out")
    }
  }
}
