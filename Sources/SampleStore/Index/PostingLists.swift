internal import Model

/// Operations on ascending lists of ids.
enum PostingLists {
  /// What is in all of `lists`: the shortest is walked, the others are searched from where the last id was found.
  static func intersection(_ lists: [[SeriesID]]) -> [SeriesID] {
    let sorted = lists.sorted { $0.count < $1.count }
    guard var found = sorted.first else { return [] }
    for other in sorted.dropFirst() {
      var from = 0
      found = found.filter { id in
        from = other.firstPlace(notBefore: id, from: from)
        return from < other.count && other[from] == id
      }
      if found.isEmpty { return [] }
    }
    return found
  }

  /// What is in any of `lists`, which have nothing in common: a series has one value of a label.
  static func union(_ lists: [[SeriesID]]) -> [SeriesID] {
    guard lists.count > 1 else { return lists.first ?? [] }
    return lists.flatMap { $0 }.sorted()
  }
}

extension [SeriesID] {
  /// Ids mostly come in ascending order: the end is tried first.
  mutating func insertSorted(_ id: SeriesID) {
    guard let last, last >= id else { return append(id) }
    let place = firstPlace(notBefore: id, from: 0)
    if self[place] != id { insert(id, at: place) }
  }

  /// The first place from `from` on whose id is not below `id`: steps that double, then a binary search.
  func firstPlace(notBefore id: SeriesID, from: Int) -> Int {
    var low = from
    var step = 1
    while low + step < count, self[low + step] < id {
      low += step
      step *= 2
    }
    var high = Swift.min(count, low + step)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
