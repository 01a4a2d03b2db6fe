/// One lane at a time for each place. Pure.
///
/// A lane may want several places, as long as it is not known which of them it will be led to; it has its turn when all
/// are free at once, so that none ever holds one place while it waits for another. Who has waited longest goes first,
/// but nobody waits for a place that is free behind one who waits for another.
package struct Turnstiles<LaneID: Hashable & Sendable, Place: Hashable & Sendable>: Sendable {
  private var holders: [Place: LaneID] = [:]
  private var held: [LaneID: Set<Place>] = [:]
  private var wanted: [LaneID: (ticket: UInt64, places: Set<Place>)] = [:]
  private var lines: [Place: Set<LaneID>] = [:]
  private var lastTicket: UInt64 = 0

  package init() {}

  /// Lanes that stand in line.
  package var waiting: Int { wanted.count }

  /// What the lane holds; nil while it has no turn. No place at all is a turn too.
  package func places(of lane: LaneID) -> Set<Place>? { held[lane] }

  /// Lanes that stand in line for a place that the lane holds.
  package func waiting(behind lane: LaneID) -> Set<LaneID> {
    (held[lane] ?? []).reduce(into: []) { $0.formUnion(lines[$1] ?? []) }
  }

  /// Whether the lane has its turn now; else it stands in line. One that has a turn or stands in line leaves it first.
  package mutating func enter(_ lane: LaneID, _ places: Set<Place>) -> Bool {
    guard held[lane] == nil, wanted[lane] == nil else { return held[lane] != nil }
    if places.allSatisfy({ holders[$0] == nil }) {
      take(lane, places)
      return true
    }
    lastTicket += 1
    wanted[lane] = (lastTicket, places)
    for place in places { lines[place, default: []].insert(lane) }
    return false
  }

  /// Ends the lane's turn, or its waiting for one.
  /// - Returns: the lanes whose turn begins.
  package mutating func leave(_ lane: LaneID) -> [LaneID] {
    forget(lane)
    guard let places = held.removeValue(forKey: lane) else { return [] }
    for place in places { holders[place] = nil }
    let candidates = Set(places.flatMap { lines[$0] ?? [] }).compactMap { lane in
      wanted[lane].map { (lane: lane, ticket: $0.ticket, places: $0.places) }
    }
    var next: [LaneID] = []
    for candidate in candidates.sorted(by: { $0.ticket < $1.ticket })
    where candidate.places.allSatisfy({ holders[$0] == nil }) {
      forget(candidate.lane)
      take(candidate.lane, candidate.places)
      next.append(candidate.lane)
    }
    return next
  }

  private mutating func take(_ lane: LaneID, _ places: Set<Place>) {
    held[lane] = places
    for place in places { holders[place] = lane }
  }

  private mutating func forget(_ lane: LaneID) {
    guard let places = wanted.removeValue(forKey: lane)?.places else { return }
    for place in places {
      lines[place]?.remove(lane)
      if lines[place]?.isEmpty == true { lines[place] = nil }
    }
  }
}
