internal import Model

/// Sorts label sets into the groups of an aggregation. What was worked out for a label set is remembered.
struct Grouping {
  private let names: Set<String>
  private let keeps: Bool
  /// Number of the group's labels by number of a label set.
  private var groupOfSet = NumberMap()
  /// Place of the group in this evaluation by number of its labels.
  private var places: [Int] = []
  /// Numbers of the groups' labels, in the order in which the groups came up in this evaluation.
  private(set) var labels: [Int] = []
  /// Whether a member has a name that is to be dropped.
  private var dropsName: [Bool] = []

  init(_ grouping: Aggregation.Grouping) {
    switch grouping {
    case .by(let labels):
      names = Set(labels)
      keeps = true
    case .without(let labels):
      names = Set(labels).union([Labels.metricNameLabel])
      keeps = false
    }
  }

  mutating func forget() {
    groupOfSet.clear()
    places.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    dropsName.removeAll(keepingCapacity: true)
  }

  /// Begins an evaluation without groups.
  mutating func begin() {
    for number in labels { places[number] = -1 }
    labels.removeAll(keepingCapacity: true)
    dropsName.removeAll(keepingCapacity: true)
  }

  /// The labels of the group of `labels`.
  func key(of labels: Labels) -> Labels { keeps ? labels.keeping(names) : labels.dropping(names) }

  /// The place of the group of label set `set`, and whether it is new in this evaluation.
  mutating func place(of set: Int, _ table: LabelTable) -> (place: Int, isNew: Bool) {
    let (names, keeps) = (names, keeps)
    let number = groupOfSet.value(for: set) {
      let labels = table.sets[set]
      return table.number(of: keeps ? labels.keeping(names) : labels.dropping(names))
    }
    if number >= places.count {
      places.append(contentsOf: repeatElement(-1, count: number + 1 - places.count))
    }
    let isNew = places[number] < 0
    if isNew {
      places[number] = labels.count
      labels.append(number)
      dropsName.append(false)
    }
    if table.dropsName(set) { dropsName[places[number]] = true }
    return (places[number], isNew)
  }

  /// The label set of the group's result.
  func result(_ place: Int, _ table: LabelTable) -> Int {
    dropsName[place] ? table.droppingName(labels[place]) : labels[place]
  }
}
