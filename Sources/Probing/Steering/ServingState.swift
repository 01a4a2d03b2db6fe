internal import Model

/// Decides which regions serve, from what DNS says and what the front door's answers say. Pure.
///
/// - A view is what one side has shown in its last ``window`` passes, put together. A pass that brought nothing to know
///   changes no view, counts for nothing and takes nothing back.
/// - The serving regions change, all at once, when both sides show the same other regions in ``confirm`` passes in a
///   row, all of them known ones. Until then the old ones stay.
/// - There are none before the first agreement.
struct ServingState: Sendable {
  let window: Int
  let confirm: Int
  private(set) var serving: Set<String>?
  private(set) var changedAt: Timestamp?
  /// When both sides last showed just the serving regions.
  private(set) var confirmedAt: Timestamp?
  private var steering: [Set<String>] = []
  private var marker: [Set<String>] = []
  private var candidate: (regions: Set<String>, passes: Int)?

  init(window: Int, confirm: Int) {
    self.window = max(1, window)
    self.confirm = max(1, confirm)
  }

  /// What is known after a pass.
  struct Decision: Equatable, Sendable {
    /// nil: there was no agreement yet.
    var serving: Set<String>?
    /// Whether a side shows what is not serving, or the sides differ; nil when that cannot be known now.
    var disagreement: Bool?
  }

  /// - Parameters: the regions that each side shows in this pass; nil: not known.
  mutating func observe(steering dns: Set<String>?, marker front: Set<String>?, at now: Timestamp) -> Decision
  {
    if let dns { steering = Array((steering + [dns]).suffix(window)) }
    if let front { marker = Array((marker + [front]).suffix(window)) }
    let views = (
      dns.map { _ in steering.reduce(into: Set()) { $0.formUnion($1) } },
      front.map { _ in marker.reduce(into: Set()) { $0.formUnion($1) } }
    )
    switch views {
    case (.some(let dns), .some(let front)):
      weigh(dns, front, at: now)
      // Before the first agreement there is nothing to contradict but each other.
      let isStrange = dns.contains(RegionMap.unknown) || serving.map { $0 != dns } == true
      return Decision(serving: serving, disagreement: dns != front || isStrange)
    case (.some(let only), nil), (nil, .some(let only)):
      // One side alone can contradict, but not agree.
      return Decision(serving: serving, disagreement: serving.map { $0 != only } == true ? true : nil)
    case (nil, nil): return Decision(serving: serving, disagreement: nil)
    }
  }

  private mutating func weigh(_ dns: Set<String>, _ front: Set<String>, at now: Timestamp) {
    guard dns == front, !dns.isEmpty, !dns.contains(RegionMap.unknown) else {
      candidate = nil
      return
    }
    if dns == serving {
      candidate = nil
      confirmedAt = now
      return
    }
    let passes = (candidate.map { $0.regions == dns ? $0.passes : 0 } ?? 0) + 1
    candidate = (dns, passes)
    guard passes >= confirm else { return }
    if serving != nil { changedAt = now }
    serving = dns
    confirmedAt = now
    candidate = nil
  }
}
