internal import Model

/// What came of a replay.
struct ReplaySummary {
  struct Receiver: Equatable {
    var topic: String
    var receiver: String
    var endpoint: String
    var pages = 0
    var notTaken = 0
  }

  struct Unheard: Equatable {
    var alert: String
    var at: Duration
    var why: String
  }

  struct FirstPage: Equatable {
    var loss: String
    var delay: Duration?
    var title: String?
  }

  var receivers: [Receiver] = []
  var fired = 0
  var told = 0
  /// Held back on purpose: silenced, inhibited or muted.
  var heldBack: [Unheard] = []
  /// Nobody was told, and nothing held them back.
  var untold: [Unheard] = []
  var firstPages: [FirstPage] = []

  init(_ timeline: Timeline, duration: Duration) {
    for page in timeline.pages {
      let place =
        receivers.firstIndex {
          $0.topic == page.topic && $0.receiver == page.receiver && $0.endpoint == page.endpoint
        } ?? receivers.count
      if place == receivers.count {
        receivers.append(Receiver(topic: page.topic, receiver: page.receiver, endpoint: page.endpoint))
      }
      if page.isTaken { receivers[place].pages += 1 } else { receivers[place].notTaken += 1 }
    }
    receivers.sort { ($0.topic, $0.receiver, $0.endpoint) < ($1.topic, $1.receiver, $1.endpoint) }
    fired = timeline.episodes.count
    for episode in timeline.episodes {
      let alert = alertText(episode.labels)
      if !episode.told.isEmpty {
        told += 1
      } else if !episode.wasQueued, let why = episode.heldBack {
        heldBack.append(Unheard(alert: alert, at: episode.firedAt, why: why))
      } else {
        untold.append(Unheard(alert: alert, at: episode.firedAt, why: Self.why(episode)))
      }
    }
    for loss in timeline.losses {
      let start = timeline.clock.start + loss.window.from
      let first = timeline.pages.first {
        $0.isTaken && $0.isFiring && $0.at >= loss.window.from && $0.startsAt >= start
      }
      firstPages.append(
        FirstPage(loss: loss.name, delay: first.map { $0.at - loss.window.from }, title: first?.title))
    }
  }

  private static func why(_ episode: Episode) -> String {
    if episode.hasNoRoute { return "it matches no route" }
    if episode.wasQueued { return "no receiver took its page" }
    if let ended = episode.endedAt {
      return
        "it was over after \(seconds(ended - episode.firedAt)), before its group was told, or nobody listens"
    }
    return "until the end of the replay its group waited, or nobody listens"
  }

  var isGood: Bool { untold.isEmpty }
}
