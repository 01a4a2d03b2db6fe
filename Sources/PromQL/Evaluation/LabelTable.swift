internal import Model

/// The label sets that one plan deals with, each under a small number.
///
/// Steps of a plan speak in these numbers and remember by them what they worked out (a result's labels, a group), so
/// that a steady evaluation neither hashes nor builds a label set. Emptied when the store's index changes.
final class LabelTable {
  private(set) var sets: [Labels] = []
  private var numbers: [Labels: Int] = [:]
  private var withoutName: [Int] = []
  private var stamps: [UInt64] = []
  private var epoch: UInt64 = 0

  func number(of labels: Labels) -> Int {
    if let known = numbers[labels] { return known }
    numbers[labels] = sets.count
    sets.append(labels)
    withoutName.append(-1)
    stamps.append(0)
    return sets.count - 1
  }

  func droppingName(_ number: Int) -> Int {
    if withoutName[number] < 0 { withoutName[number] = self.number(of: sets[number].withoutMetricName) }
    return withoutName[number]
  }

  func clear() {
    sets.removeAll()
    numbers.removeAll()
    withoutName.removeAll()
    stamps.removeAll()
  }

  func hasDuplicates(_ list: [Int]) -> Bool {
    epoch += 1
    for number in list {
      if stamps[number] == epoch { return true }
      stamps[number] = epoch
    }
    return false
  }
}

/// A memory from label set numbers to other numbers.
struct NumberMap {
  private var values: [Int] = []

  mutating func value(for key: Int, _ make: () -> Int) -> Int {
    if key < values.count, values[key] >= 0 { return values[key] }
    let made = make()
    if key >= values.count {
      values.append(contentsOf: repeatElement(-1, count: key + 1 - values.count))
    }
    values[key] = made
    return made
  }

  mutating func clear() { values.removeAll(keepingCapacity: true) }
}
